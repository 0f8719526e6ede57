"""Lists that are changed in place: items that stay keep their comments and form, and so does all around the list."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.config.yaml_edit.edit import put
from attrib_cli.config.yaml_text import read_document
from attrib_cli.saved.library import Library, SavedReport

ITEMS = ["email", "NO", "12:30", "it's", "a: b", "x # y", "é😀", "[a", "12", "on", "two\nlines"]
PATH = ("reports", "r", "by")


class Written:
    """A list as someone might have written it, a comment about each item that has one, and those about none."""

    def __init__(self, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        self.newline = rng.choice(["\n", "\r\n"])
        self.items = rng.sample(ITEMS, k=rng.randint(1, 5))
        self.about: dict[str, str] = {}
        self.alone: list[str] = []
        lines = rng.choice([self.block, self.rows, self.line])()
        before = [
            "# top",
            "version: 1",
            "reports:",
            "  first: {by: [a, b]} # é",
            "  r:",
            "    # what",
            "    limit: 3 # n",
        ]
        after = ["    model: x  # m", "", "  # next", "  z: {by: a}", "# end"]
        self.before, self.after = (self.newline.join(part) + self.newline for part in (before, after))
        if rng.random() < 0.3:
            self.after = rng.choice(["", "# end", "  z: {by: a}  # no break"])
        self.text = self.before + self.newline.join(lines) + self.newline + self.after
        if not self.after and rng.random() < 0.5:
            self.text = self.text.removesuffix(self.newline)

    def maybe(self) -> bool:
        return self.rng.random() < 0.4

    def scalar(self, item: str) -> str:
        quoted = self.maybe() or not item.isalnum()
        return '"' + item.replace("\n", "\\n") + '"' if quoted else item

    def comment(self, item: str | None = None) -> str:
        text = f" # c{len(self.about) + len(self.alone)} 'é' [, {{"
        if item is None:
            self.alone.append(text)
        else:
            self.about[item] = text
        return text

    def block(self) -> list[str]:
        pad = "    " + self.rng.choice(["", "  "])
        lines = ["    by:" + (self.comment() if self.maybe() else "")]
        for item in self.items:
            if self.maybe():
                lines.append(pad + self.comment())
            about = self.comment(item) if self.maybe() else ""
            lines.append(f"{pad}-{self.rng.choice([' ', '   '])}{self.scalar(item)}{about}")
        return lines

    def rows(self) -> list[str]:
        lines = ["    by: [" + (self.comment() if self.maybe() else "")]
        for i, item in enumerate(self.items):
            last = i == len(self.items) - 1
            comma = self.rng.choice(["", ","]) if last else self.rng.choice([",", " ,"])
            lines.append(f"      {self.scalar(item)}{comma}{self.comment(item) if self.maybe() else ''}")
        return [*lines, "    ]" + (self.comment() if self.maybe() else "")]

    def line(self) -> list[str]:
        comma = self.rng.choice([",", ", ", " , "])
        return [f"    by: [{comma.join(self.scalar(item) for item in self.items)}]  {self.comment()}"]


@examples(70)
@given(st.integers(0, 2**32))
def test_items_that_stay_keep_their_comments_and_all_around_the_list_stays(seed: int) -> None:
    made = Written(seed)
    rng = made.rng
    kept = [item for item in made.items if rng.random() < 0.6]
    new = list(kept)
    for item in rng.sample([item for item in ITEMS if item not in made.items], k=rng.randint(0, 2)):
        new.insert(rng.randint(0, len(new)), item)

    changed = put(made.text, PATH, new, "f")

    tree = read_document(changed, "f").tree
    assert isinstance(tree, dict)
    assert isinstance(tree["reports"], dict)
    assert isinstance(entry := tree["reports"]["r"], dict)
    assert entry["by"] == new
    assert changed.startswith(made.before)
    assert changed.endswith(made.after)
    if kept == new == made.items:
        assert changed == made.text
    for comment in (*made.alone, *(made.about.get(item, "") for item in kept)):
        assert comment in changed
    assert len(re.findall("\r\n", changed)) == (changed.count("\n") if made.newline == "\r\n" else 0)
    assert "\n\n      " not in changed.replace("\r", "")  # no line is left empty


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("by: [a, b, c] # x\n", ["a", "c"], "by: [a, c] # x\n"),
        ("by: [a, b, c] # x\n", ["b", "d"], "by: [b, d] # x\n"),
        ("by: [a, b]\n", [], "by: []\n"),
        ("by:\n- a # 1\n# two\n- b # 2\n# end\n", ["b", "c"], "by:\n# two\n- b # 2\n- c\n# end\n"),
        ("by:\n- a\n", [], "by: []\n"),
        ("by:\n- a # one\n# end", ["b"], "by:\n- b # one\n# end"),
        ("by:\n  - a\n  - b", ["a", "b", "c"], "by:\n  - a\n  - b\n  - c"),
        ("by:\n  - a\n  - b", ["a"], "by:\n  - a\n"),
        ("by: [\n  a, # one\n  b, # two\n]\n", ["b"], "by: [\n  # one\n  b, # two\n]\n"),
        ("by: [\n  a,\n  b,\n]\n", ["b"], "by: [\n  b,\n]\n"),
        ("by: a # x\n", ["a", "b"], "by: [a, b] # x\n"),
    ],
)
def test_lists_look_as_a_person_would_have_changed_them(before: str, new: list[str], after: str) -> None:
    assert put(before, ("by",), new, "f") == after


@examples(20)
@given(st.integers(0, 2**32))
def test_a_save_of_a_file_changes_the_entry_alone(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """The same for whole files, in bytes: with a byte order mark, without a break at the end, in any line ends."""
    made = Written(seed)
    folder = tmp_path_factory.mktemp("file")
    mark = b"\xef\xbb\xbf" if made.maybe() else b""
    path = folder / "attrib.yaml"
    path.write_bytes(mark + made.text.encode())

    library = Library.open(None, user="ann", environ={"XDG_CONFIG_HOME": str(folder)}, folder=folder)
    saved = library.report("r")
    assert saved.definition.by == tuple(made.items)
    library.save_report(replace(saved, definition=replace(saved.definition, by=("new", *made.items[1:]))), force=True)
    first = path.read_bytes()
    library.save_report(SavedReport(name="another", definition=ReportEntry(by=("x",))), force=False)
    library.rename_report("another", "é")
    library.delete_report("é")

    assert path.read_bytes().removesuffix(made.newline.encode()) == first.removesuffix(made.newline.encode())
    assert first.startswith(mark + made.before.encode())
    assert first.endswith(made.after.encode())
    assert library.report("r").definition.by == ("new", *made.items[1:])
    for comment in made.alone:
        assert comment.encode() in first
