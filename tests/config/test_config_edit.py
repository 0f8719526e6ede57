"""Changes of a configuration in place: what is not the entry stays byte for byte, what went in comes out."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.config.load import load_config
from attrib_cli.config.migrations import upgraded
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.config.yaml_edit.edit import drop, put, rename
from attrib_cli.config.yaml_edit.writing import inline, scalar
from attrib_cli.config.yaml_text import read_document
from attrib_cli.engine.errors import AttribError, ConfigError, UsageError
from attrib_cli.engine.filters import parse_filter
from attrib_cli.saved.definitions_file import read_definitions
from attrib_cli.saved.library import Library, SavedDashboard, SavedReport

TRICKY = [
    *("NO", "no", "on", "Off", "yes", "y", "n", "null", "~", "", " ", " x ", "true", "12:30", "2026-01", "2026-01-31"),
    *(
        "1e3",
        "0x1F",
        "0b1",
        "1_000",
        "+1",
        "-",
        "- a",
        ".5",
        ".inf",
        "=",
        "<<",
        "? x",
        ": x",
        "a: b",
        "a #b",
        "#",
        "---",
    ),
    *("'", '"', "it's", 'say "hi"', "a\nb", "\n", "\ttab", "trailing\\", "{a}", "[a]", "a, b", "%d", "@x", "`x`", "*a"),
    *(
        "&a",
        "!x",
        "|",
        ">",
        "😀 Spring",
        "👩‍👩‍👧",
        "Frühling",
        "日本語",
        "\u2028",
        "\x85",
        "\ufeff",
        "\x07",
        "é\u0301",
        "…",
    ),
]


def library(folder: Path, user: str = "ann") -> Library:
    path = folder / "attrib.yaml"
    config = load_config(path) if path.exists() else None
    environ = {"XDG_CONFIG_HOME": str(folder / f"home-{user}")}
    return Library.open(config, user=user, environ=environ, folder=folder)


def report(name: str, **keys: object) -> SavedReport:
    shared = {key: keys.pop(key) for key in ("owner", "visibility", "access") if key in keys}
    return replace(SavedReport(name=name, definition=replace(ReportEntry(), **keys)), **shared)


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TRICKY)
def test_texts_come_back_here_and_from_any_yaml_reader(text: str) -> None:
    for written in (scalar(text), inline([text, "x"]), inline({text: text})):
        assert "\n" not in written
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}
    assert yaml.safe_load(f"{scalar(text)}: {inline([text, {text: [text]}])}") == {text: [text, {text: [text]}]}
    assert read_document(f"a: {inline([text])}", "f").tree == {"a": [text]}


@examples(60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_any_text_comes_back(text: str) -> None:
    assert yaml.safe_load(f"{scalar(text)}: [{scalar(text)}]") == {text: [text]}


@pytest.mark.parametrize("text", TRICKY)
def test_saved_texts_come_back(text: str, tmp_path: Path) -> None:
    if not text.strip():
        return
    told = {"campaign": (text, "x"), "where": (parse_filter(f"name={text}"),), "description": text}
    library(tmp_path).save_report(report("r", **told), force=False)
    found = library(tmp_path).report("r").definition
    assert {key: getattr(found, key) for key in told} == told


@pytest.mark.parametrize(
    "name",
    ["NO", "on", "12:30", "1e3", "a: b", 'it\'s "q"', "😀", "#x", "- a", "~", "a, b", "é", "a\nb", "a\r\n\tb: #"],
)
def test_names_come_back(name: str, tmp_path: Path) -> None:
    first = library(tmp_path)
    first.save_report(report(name, by=("channel",)), force=False)
    first.save_report(report("other", limit=3), force=False)
    first.save_dashboard(SavedDashboard(name=name, reports=(name, "other")), force=False)
    again = library(tmp_path)
    assert [one.name for one in again.reports()] == [name, "other"]
    assert again.dashboard(name).reports == (name, "other")
    again.rename_report(name, "plain")
    assert library(tmp_path).dashboard(name).reports == ("plain", "other")


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/b",
        "a\0b",
        "..",
        ".",
        ".hidden",
        "",
        " ",
        "a\n",
        "\ta",
        "\x1b[0m",
        "a\x0bb",
        "a\u2028b",
        "a\\b",
        "x" * 300,
    ],
)
def test_names_that_could_escape_a_folder_are_refused(name: str, tmp_path: Path) -> None:
    for save in (
        lambda: library(tmp_path).save_report(report(name), force=False),
        lambda: library(tmp_path).save_dashboard(SavedDashboard(name=name, reports=()), force=False),
    ):
        with pytest.raises(UsageError):
            save()
    assert list(tmp_path.iterdir()) == []


# --- every other byte -----------------------------------------------------------------------------------------------


class Pieces:
    """A random file as someone might have written it: text before, the entry, text after."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.newline = self.rng.choice(["\n", "\n", "\r\n"])
        self.step = self.rng.choice([1, 2, 4])

    def noise(self, column: int) -> list[str]:
        """Blank lines and comments that do not stand further in than `column`."""
        lines = ["", "# note: 'x' \"y\" {", "#", "  " if column else "", " " * column + "# at the column é 😀"]
        return self.rng.choices(lines, k=self.rng.choice([0, 0, 1, 2]))

    def key(self, name: str) -> str:
        return self.rng.choice([scalar(name), f"'{name}'", f'"{name}"', f"{scalar(name)} "])

    def value(self, column: int, depth: int = 0) -> list[str]:
        """The lines of a value; the first stands behind the colon."""
        pad = " " * (column + self.step)
        kinds = ["channel", "'it''s'", '"a: \\u00e9 #"', "x  # comment", "[a, 'b, c' , d]", "12:30", "NO"]
        forms = [[self.rng.choice(kinds)]]
        items = self.rng.choices(["a", "b # c", "'d'"], k=self.rng.randint(1, 3))
        forms.append(["", *(f"{pad}- {item}" for item in items)])
        forms.append(["| # text", f"{pad}line one", "", f"{pad}# no comment"])
        forms.append(["first", f"{pad}second line of a plain text"])
        return self.rng.choice(forms)

    def entry(self, name: str, column: int) -> list[str]:
        pad = " " * (column + self.step)
        if self.rng.random() < 0.2:
            return [" " * column + f"{self.key(name)}: {{by: [x, y], description: 'd' }} # flow"]
        lines = [" " * column + f"{self.key(name)}:" + self.rng.choice(["", "  # about it"])]
        for key in self.rng.sample(["description", "by", "model", "where"], k=self.rng.randint(1, 4)):
            first, *rest = self.value(column + self.step)
            lines.append(f"{pad}{key}: {first}".rstrip(" "))
            lines.extend(rest)
            if self.rng.random() < 0.3:
                lines.append(f"{pad}# deeper comment")
        return lines

    def text(self, lines: list[str]) -> str:
        return "".join(line + self.newline for line in lines)


def pieces(seed: int) -> tuple[Pieces, str, str, str]:
    made = Pieces(seed)
    column = made.step
    before = [*made.noise(0), "version: 1", *made.noise(0), "defaults: {by: 'x' , model: NO}  # flow", *made.noise(0)]
    before += ["reports: # saved", *made.noise(0)]
    for name in made.rng.sample(["NO", "b: c", "😀"], k=made.rng.randint(0, 3)):
        before += [*made.entry(name, column), *made.noise(column)]
    after = made.noise(column)
    for name in made.rng.sample(["1e3", "d", "e"], k=made.rng.randint(0, 3)):
        after += [*made.entry(name, column), *made.noise(column)]
    after += [*made.noise(0), "exclude:", "    asset_types:", "    - a", "", "# end"]
    return made, made.text(before), made.text(made.entry("it", column)), made.text(after)


@examples(20)
@given(st.integers(0, 2**32))
def test_every_other_byte_stays(seed: int) -> None:
    made, before, entry, after = pieces(seed)
    text = before + entry + after
    tree = read_document(text, "f").tree
    assert isinstance(tree, dict)
    assert isinstance(tree["reports"], dict)
    new = {"by": ["channel", "NO"], "limit": 3, "description": "12:30"}

    changed = put(text, ("reports", "it"), new, "f")
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert changed.count("\r\n") == (changed.count("\n") if made.newline == "\r\n" else 0)
    assert read_document(changed, "f").tree == tree | {
        "reports": tree["reports"] | {"it": {"by": ["channel", "NO"], "limit": "3", "description": "12:30"}}
    }

    dropped = drop(text, ("reports", "it"), "f")
    assert dropped == before + after

    added = put(text, ("reports", "new"), new, "f")
    middle = made.text(
        [" " * made.step + "new:", *(" " * (made.step + 2) + f"{k}: {inline(v)}" for k, v in new.items())]
    )
    assert added.replace(middle, "", 1) == text

    renamed = rename(text, ("reports", "it"), "other: name", "f")
    head, tail = renamed.split("'other: name'")
    assert text.startswith(head)
    assert text.endswith(tail)
    assert yaml.compose(renamed) is not None


@pytest.mark.parametrize(
    "beginning", ["", "# only a comment\n", "version: 1", "a: 1\n...\n", "---\nversion: 1\n", "{}"]
)
@pytest.mark.parametrize(
    "section", ["", "reports:", "reports: # none\n", "reports: ~\n", "reports: {}\n", "reports:\n\n# x\n"]
)
def test_sections_that_are_missing_or_empty_are_filled(beginning: str, section: str) -> None:
    if section and (beginning.endswith("...\n") or beginning == "{}"):
        return
    text = beginning + ("\n" if beginning and not beginning.endswith("\n") else "") + section
    old = read_document(text, "f").tree or {}
    assert isinstance(old, dict)
    new = put(text, ("reports", "r"), {"by": "x"}, "f")
    assert read_document(new, "f").tree == {**old, "reports": {"r": {"by": "x"}}}


def test_equal_keys_of_a_changed_entry_keep_their_form_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "attrib.yaml"
    path.write_text(
        "reports:\n  r:\n    model: 'linear'  # agreed\n    # by what\n    by:\n      - channel # c\n    limit: 5\n"
    )
    saved = library(tmp_path).report("r")
    changed = replace(saved, definition=replace(saved.definition, limit=7), owner="ann")
    library(tmp_path).save_report(changed, force=True)
    assert path.read_text() == (
        "reports:\n  r:\n    model: 'linear'  # agreed\n    # by what\n    by:\n      - channel # c\n    limit: 7\n"
        "    owner: ann\n"
    )


def test_byte_order_mark_and_mode_and_link_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_bytes(b"\xef\xbb\xbfversion: 1\r\n")
    real.chmod(0o640)
    (tmp_path / "attrib.yaml").symlink_to(real)
    library(tmp_path).save_report(report("r", by=("channel",)), force=False)
    assert real.read_bytes().startswith(b"\xef\xbb\xbfversion: 1\r\n\r\nreports:\r\n  r:\r\n")
    assert real.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "attrib.yaml").is_symlink()


@pytest.mark.parametrize(
    "text",
    [
        "reports: &a\n  r: {by: x}\n",
        "defaults: &a {by: x}\nreports:\n  r: *a\n",
        "reports: !!python/object:os.system {r: {by: x}}\n",
        "reports: [a, b]\n",
        "reports: text\n",
        "- a\n- b\n",
        "just a text\n",
        "reports:\n  r: {by: x}\n  r: {by: y}\n",
        "version: 2\nreports: {}\n",
        "a: [" * 40 + "]" * 40,
        "reports: {",
        "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
    ],
)
def test_what_cannot_be_read_is_refused_and_stays(text: str, tmp_path: Path) -> None:
    path = tmp_path / "attrib.yaml"
    path.write_text(text)
    with pytest.raises(AttribError):
        library(tmp_path).save_report(report("new"), force=True)
    assert path.read_text() == text


def test_an_editor_that_saves_meanwhile_wins(tmp_path: Path) -> None:
    from attrib_cli.saved.definitions_file import FileEdit

    path = tmp_path / "attrib.yaml"
    path.write_text("version: 1\n")
    edit = FileEdit(read_definitions(path), project=path)
    edit.put("reports", "r", replace(ReportEntry(), by=("x",)))
    path.write_text("version: 1  # mine\n")
    with pytest.raises(ConfigError, match="changed by another program"):
        edit.write()
    assert path.read_text() == "version: 1  # mine\n"


def test_older_files_are_upgraded_step_by_step_and_newer_refused() -> None:
    def first(text: str, name: str) -> str:
        return put(text, ("currency",), "USD", name)

    def second(text: str, name: str) -> str:
        return rename(text, ("currency",), "money", name)

    old = "# mine\nversion: 1 # v\na: 1\n"
    assert upgraded(old, "f", [first, second]) == "# mine\nversion: 3 # v\na: 1\n\nmoney: USD\n"
    assert upgraded("version: 2\ncurrency: EUR # e\n", "f", [first, second]) == "version: 3\nmoney: EUR # e\n"
    assert upgraded("version: 9\n", "f", [first, second]) == "version: 9\n"
    assert upgraded(old, "f") == old
