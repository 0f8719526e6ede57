"""The configuration: found, read as what is written, and every mistake said with its line."""

import datetime as dt
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.config.find import find_config
from attrib_cli.config.load import Config, load_config
from attrib_cli.config.schema import reference
from attrib_cli.config.table_sources import config_sources
from attrib_cli.config.validate import check_entries
from attrib_cli.config.yaml_text import DEEPEST, LARGEST, dotted, read_document
from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup
from attrib_cli.engine.settings import ConversionTable, CustomModel, Settings
from attrib_cli.engine.source_spec import PATHS, TABLES, Filter

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
ONE_FOLDER = examples(40)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str | bytes) -> Config:
    path = Path("attrib.yaml")
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return load_config(path)


def errors(text: str | bytes) -> tuple[AttribError, ...]:
    """All problems of a file; both kinds of errors are what decides the exit code as a wrong configuration."""
    with pytest.raises((ConfigError, ErrorGroup)) as caught:
        load(text)
    found = caught.value.errors if isinstance(caught.value, ErrorGroup) else (caught.value,)
    assert all(isinstance(error, ConfigError) and error.hint for error in found)
    return found


def only(text: str | bytes) -> tuple[str, str]:
    """The only problem of a file, as (message with its place, hint)."""
    (error,) = errors(text)
    return str(error), error.hint or ""


# Found


def test_the_nearest_file_upwards_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / "attrib.yaml").touch()
    assert find_config(deep, {}) == tmp_path / "attrib.yaml"
    (tmp_path / "a" / "attrib.yml").touch()
    assert find_config(deep, {}) == tmp_path / "a" / "attrib.yml"
    (tmp_path / "a" / "attrib.yaml").touch()
    assert find_config(deep, {"ATTRIB_CONFIG": ""}) == tmp_path / "a" / "attrib.yaml"
    (deep / "attrib.yaml").mkdir()
    assert find_config(deep, {}) == tmp_path / "a" / "attrib.yaml"
    (deep / "attrib.yml").symlink_to("nowhere")
    assert find_config(deep, {}) == deep / "attrib.yml"


def test_the_environment_comes_first_and_must_be_right(tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml").touch()
    (tmp_path / "other.yaml").touch()
    assert find_config(tmp_path, {"ATTRIB_CONFIG": "other.yaml"}) == tmp_path / "other.yaml"
    assert find_config(tmp_path, {"ATTRIB_CONFIG": str(tmp_path / "other.yaml")}) == tmp_path / "other.yaml"
    for name in ("gone.yaml", "~nobody-of-this-name/x.yaml"):
        with pytest.raises(ConfigError) as caught:
            find_config(tmp_path, {"ATTRIB_CONFIG": name})
        assert "ATTRIB_CONFIG" in (caught.value.hint or "")


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "attrib.yaml.bak").touch()
    found = find_config(tmp_path, {})
    assert found is None or not found.is_relative_to(tmp_path)  # a folder above may have one


def test_places_name_the_file_in_full_outside_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "attrib.yaml").write_text("timezone: UTC\n")
    assert load_config(tmp_path / "attrib.yaml").places == {"timezone": "attrib.yaml:1"}
    monkeypatch.chdir(tmp_path / "below")
    assert load_config(Path("../attrib.yaml").resolve()).places == {"timezone": f"{tmp_path}/attrib.yaml:1"}


# Read


def test_the_example_of_the_documentation_means_what_it_says() -> None:
    example = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    config = load(example[1])
    assert config.path == Path.cwd() / "attrib.yaml"
    assert list(config.sources) == ["touchpoints", "contacts", "deals", "deal_contacts", "campaigns"]
    touchpoints = config.sources["touchpoints"]
    assert touchpoints.path == "data/touchpoints-*.csv.gz"
    headers = {name: column.header for name, column in (touchpoints.columns or {}).items()}
    assert headers == {"contact_id": ("Contact ID",), "occurred_at": ("Timestamp",)}
    assert (touchpoints.date_format, touchpoints.decimal, touchpoints.encoding) == ("%d/%m/%Y %H:%M", ",", None)
    assert config.sources["contacts"].path == "data/contacts.parquet"
    lines = example[1].splitlines()

    def place(start: str) -> str:
        return f"attrib.yaml:{next(n for n, line in enumerate(lines, 1) if line.startswith(start))}"

    assert config.settings == Settings(
        timezone="Europe/Berlin",
        week_starts_on=6,
        fiscal_year_starts_in=4,
        exclude_asset_types=("static list", "workflow", "internal survey"),
        exclude_interaction_types=(),
        currency="USD",
        exchange_rates={"EUR": Decimal("1.08"), "GBP": Decimal("1.27")},
        models=(
            CustomModel(
                name="board",
                weights={"first": Decimal(30), "lead": Decimal(30), "last": Decimal(30)},
                rest=Decimal(10),
                description="What the board agreed on in 2025",
                place=place("  board:"),
            ),
            CustomModel(
                name="patient-decay",
                weights={},
                rest=Decimal(100),
                kernel="decay",
                half_life=dt.timedelta(days=30),
                place=place("  patient-decay:"),
            ),
        ),
        conversions=(ConversionTable(name="demo-booked", of="contact", place=place("  demo-booked:")),),
    )
    assert config.defaults.model == ("linear", "board")
    assert (config.defaults.type, config.defaults.period, config.defaults.by) == (
        "revenue",
        "last-quarter",
        ("campaign",),
    )
    assert config.defaults.lookback == dt.timedelta(days=180)
    assert config.defaults.limit is None
    assert config.places["models.board.weights"] == place("    weights:")
    assert config.places["sources.deals"] == place("  deals:")
    assert config.place("models.board.half_life") == place("  board:")
    assert config.place("timezone") == place("timezone:")
    assert config.place("reports.x") == str(config.path)


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "---\n", "{}\n", "version: 1\nsources:\nmodels:\n", "\ufeffversion: 1"]
)
def test_an_empty_file_leaves_the_settings_of_the_program(text: str) -> None:
    config = load(text)
    assert config.settings == Settings()
    assert config.sources == {}


def test_text_stays_what_is_written() -> None:
    written = ["NO", "on", "12:30", "2026-01", "1e3", "0x1F", "~x", "null-ish", "Spring: 2026", "=1+1", "a#b", "x, y"]
    plain = "\n".join(f"    - {text}" for text in written if ": " not in text)
    config = load(
        f"defaults:\n  campaign:\n{plain}\n    - 'Spring: 2026'\n    - 'null'\n    - ' x '\n    - \"\\t\\u00e9\"\n"
    )
    expected = [text for text in written if ": " not in text]
    assert config.defaults.campaign == (*expected, "Spring: 2026", "null", " x ", "\t\u00e9")


@ONE_FOLDER
@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_text_comes_back_from_between_quotes(text: str) -> None:
    escaped = "".join(c if c.isalnum() or c in " :#-" else f"\\U{ord(c):08X}" for c in text)
    assert load(f'defaults: {{campaign: "{escaped}"}}').defaults.campaign == (text,)


def test_values_that_can_be_written_in_several_ways() -> None:
    for month in ("4", "04", "April", "apr"):
        assert load(f"fiscal_year_starts_in: {month}").settings.fiscal_year_starts_in == 4
    assert load("week_starts_on: MONDAY").settings.week_starts_on == 0
    for tab in ("tab", r"\t", r'"\t"'):
        assert load(f"sources: {{deals: {{path: x, delimiter: {tab}}}}}").sources["deals"].delimiter == "\t"
    assert load("defaults: {by: 'channel, month', where: 'a=b, c'}").defaults.by == ("channel", "month")
    comma = Filter(column="a", op="=", values=("b, c",))
    assert load("defaults: {by: 'channel, month', where: 'a=b, c'}").defaults.where == (comma,)
    assert load("defaults: {type: Deal_Create, period: Last 3 Months}").defaults.type == "deal-create"
    assert load("defaults: {period: Last 3 Months}").defaults.period == "last-3-months"
    assert load("exclude: {asset_types: []}").settings.exclude_asset_types == ()
    assert load("exclude: {asset_types: NO}").settings.exclude_asset_types == ("NO",)
    assert load("currency: usd\nexchange_rates: {eur: '1.0800', USD: 1}").settings.exchange_rates["EUR"] == Decimal(
        "1.08"
    )
    assert load("models: {m: {weights: {first: 0.1, last: 1e1}}}").settings.models[0].weights == {
        "first": Decimal("0.1"),
        "last": Decimal(10),
    }
    assert load("defaults: {model: [POSITION_BASED, Mine], measure: [REVENUE, default]}\nmodels: {mine: {rest: 1}}")


def test_wrong_saved_entries_do_not_keep_the_rest_from_being_used() -> None:
    text = "reports:\n  a: {type: x, by: b}\n  b: {by: c}\ndashboards: {d: {reprots: [a]}}\ntimezone: Europe/Rome\n"
    assert load(text).settings.timezone == "Europe/Rome"
    found = check_entries(read_document(text, "attrib.yaml"))
    assert list(found.file.reports or {}) == ["b"]
    assert {entry: str(error).partition(": ")[0] for entry, error in found.wrong.items()} == {
        ("reports", "a"): "attrib.yaml:2",
        ("dashboards", "d"): "attrib.yaml:4",
    }


def test_sources_become_files_of_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("tp-1.csv", "tp-2.csv"):
        (tmp_path / "data" / name).write_text("Who;When\nc1;2026-01-01\n")
    columns = "{contact_id: Who, occurred_at: When}"
    entry = f"    path: data/tp-*.csv\n    delimiter: ;\n    columns: {columns}\n"
    sources = config_sources(load(f"sources:\n  touchpoints:\n{entry}"))
    table = sources.tables["touchpoints"]
    assert [Path(path).name for path in table.paths] == ["tp-1.csv", "tp-2.csv"]
    assert dict(table.columns) == {"contact_id": "Who", "occurred_at": "When"}
    assert (table.delimiter, table.place, sources.place) == (";", "attrib.yaml:2", "attrib.yaml:1")
    with pytest.raises(ErrorGroup) as caught:
        config_sources(load("sources:\n  touchpoints: gone.csv\n\n  deals: gone.parquet\n"))
    assert [error.place for error in caught.value.errors] == ["attrib.yaml:2", "attrib.yaml:4"]


# Wrong

MISTAKES = [
    ("\ntimezon: UTC", "attrib.yaml:2: timezon: unknown key", "'timezone'"),
    ("zzz: 1", "attrib.yaml:1: zzz: unknown key", "sources"),
    ("timezone: europe/berlin2", "attrib.yaml:1: timezone: there is no time zone", "'Europe/Berlin'"),
    ("timezone: Europe", "attrib.yaml:1: timezone: there is no time zone", "Europe/"),
    ("timezone: ../etc/passwd", "attrib.yaml:1: timezone: there is no time zone", "IANA"),
    ("timezone: [UTC]", "attrib.yaml:1: timezone: expected a text, found a list", "colon"),
    ("week_starts_on: tusday", "attrib.yaml:1: week_starts_on: 'tusday'", "'tuesday'"),
    ("week_starts_on: 1", "attrib.yaml:1: week_starts_on: '1'", "monday"),
    ("fiscal_year_starts_in: 13", "attrib.yaml:1: fiscal_year_starts_in: '13' is not a month", "1 to 12"),
    ("version: 0", "attrib.yaml:1: version: expected a whole number", "digits"),
    ("version: two", "attrib.yaml:1: version: expected a whole number", "digits"),
    ("currency: Dollar", "attrib.yaml:1: currency: 'Dollar' is not a currency", "USD"),
    ("exchange_rates: {EUR: 2}", "attrib.yaml:1: exchange_rates: rates need the currency", "currency: USD"),
    ("currency: USD\nexchange_rates:\n  USD: 2", "attrib.yaml:3: exchange_rates.USD: USD is the currency", "Delete"),
    ("currency: USD\nexchange_rates:\n  EUR: 0", "attrib.yaml:3: exchange_rates.EUR: 0 is not an exchange", "above 0"),
    ("currency: USD\nexchange_rates:\n  EUR: '1,1'", "attrib.yaml:3: exchange_rates.EUR: expected a number", "point"),
    (
        "currency: USD\nexchange_rates:\n  EUR:",
        "attrib.yaml:3: exchange_rates.EUR: expected a text, found nothing",
        "value",
    ),
    (
        "currency: USD\nexchange_rates: {EUR: 2, eur: 2}",
        "attrib.yaml:2: exchange_rates.eur: the currency is there twice",
        "",
    ),
    ("sources: x.csv", "attrib.yaml:1: sources: expected a mapping, found 'x.csv'", "touchpoints: ..."),
    ("sources:\n  touchpint: x.csv", "attrib.yaml:2: sources.touchpint: unknown table", "'touchpoints'"),
    (
        "sources:\n  deals:\n    colums: {}\n    path: x",
        "attrib.yaml:3: sources.deals.colums: unknown key",
        "'columns'",
    ),
    (
        "sources:\n  deals:\n    encoding: utf-8",
        "attrib.yaml:2: sources.deals: nothing says where its rows are",
        "`path`",
    ),
    ("sources:\n  deals: ''", "attrib.yaml:2: sources.deals.path: expected a text, found an empty one", "value"),
    ("sources:\n  deals:\n  - x.csv", "attrib.yaml:2: sources.deals: expected a mapping, found a list", "path"),
    ("sources: {deals: {path: x, delimiter: ab}}", "attrib.yaml:1: sources.deals.delimiter: 'ab' does not", "tab"),
    ("sources: {deals: {path: x, decimal: ;}}", "attrib.yaml:1: sources.deals.decimal: ';'", "`.` or `,`"),
    ("sources: {deals: {path: x, encoding: utf-9}}", "attrib.yaml:1: sources.deals.encoding: there is no", "latin-1"),
    ("sources: {deals: {path: x, encoding: base64}}", "attrib.yaml:1: sources.deals.encoding: there is no", "latin-1"),
    ("sources: {deals: {path: x, date_format: iso}}", "attrib.yaml:1: sources.deals.date_format: 'iso'", "%d"),
    (
        "sources:\n deals:\n  path: x\n  columns:\n   a:",
        "attrib.yaml:5: sources.deals.columns.a: expected a mapping, found nothing",
        "header",
    ),
    ("exclude: [workflow]", "attrib.yaml:1: exclude: expected a mapping, found a list", "asset_types"),
    (
        "exclude:\n  asset_types:\n    - a\n    - {b: c}",
        "attrib.yaml:4: exclude.asset_types[1]: expected a text",
        "value",
    ),
    (
        "models:\n  custom:\n    weights:\n      frist: 1\n    rest: 1",
        "attrib.yaml:4: models.custom.weights.frist: unknown position",
        "'first'",
    ),
    (
        "models:\n  custom:\n    weights: {first: -1}\n    rest: 1",
        "attrib.yaml:3: models.custom.weights.first: -1 is not",
        "0 to",
    ),
    ("models: {c: {rest: 0.0000001}}", "attrib.yaml:1: models.c.rest: 1E-7 is not a weight", "6 decimals"),
    ("models: {c: {rest: 30%}}", "attrib.yaml:1: models.c.rest: expected a number, found '30%'", "Write 30."),
    ("models: {c: {rest: nan}}", "attrib.yaml:1: models.c.rest: expected a number", "digits"),
    ("models: {c: {weights: {first: 0}}}", "attrib.yaml:1: models.c: the model gives no weight", "above 0"),
    ("models:\n  c:", "attrib.yaml:2: models.c: expected a mapping, found nothing", "weights"),
    ("models: {c: {rest: 1, half_life: 14d}}", "attrib.yaml:1: models.c.half_life: a half-life has no effect", "decay"),
    ("models: {c: {rest: 1, kernel: decai}}", "attrib.yaml:1: models.c.kernel: 'decai'", "'decay'"),
    ("models: {c: {rest: 1, kernel: decay, half_life: 3m}}", "attrib.yaml:1: models.c.half_life: '3m'", "90d"),
    ("models: {Position_Based: {rest: 1}}", "attrib.yaml:1: models.Position_Based: the name is that", "another"),
    (
        "models: {FIRST INTERACTION: {rest: 1}}",
        'attrib.yaml:1: models."FIRST INTERACTION": the name is that',
        "another",
    ),
    ("models: {All: {rest: 1}}", "attrib.yaml:1: models.All: the name 'all' means every model", "another"),
    ("models: {'a,b': {rest: 1}}", "attrib.yaml:1: models.\"a,b\": 'a,b' cannot be", "letters"),
    (
        "models:\n  my-own: {rest: 1}\n  My_Own: {rest: 1}",
        "attrib.yaml:3: models.My_Own: the name is the same",
        "another",
    ),
    (
        "sources: {deals: {path: d.csv, separator: '->'}}",
        "attrib.yaml:1: sources.deals.separator: only `paths` have steps",
        "`split`",
    ),
    ("defaults: {model: [linear, liner]}", "attrib.yaml:1: defaults.model[1]: there is no model 'liner'", "'linear'"),
    ("defaults: {type: revenu}", "attrib.yaml:1: defaults.type: there is no report type", "'revenue'"),
    ("defaults: {period: last-mnth}", "attrib.yaml:1: defaults.period: there is no period", "'last-month'"),
    ("defaults: {lookback: 0d}", "attrib.yaml:1: defaults.lookback: '0d'", "90d"),
    ("defaults: {limit: 0}", "attrib.yaml:1: defaults.limit: expected a whole number", "digits"),
    ("defaults: {limit: 2.5}", "attrib.yaml:1: defaults.limit: expected a whole number", "digits"),
    ("defaults: {measure: [share, revenu]}", "attrib.yaml:1: defaults.measure[1]: there is no measure", "'revenue'"),
    (
        "defaults: {compare: previous-yaer}",
        "attrib.yaml:1: defaults.compare: there is no comparison",
        "'previous-year'",
    ),
    ("defaults: {half-life: 3d}", "attrib.yaml:1: defaults.half-life: unknown key", "'half_life'"),
    ("defaults: {campaign: {a: b}}", "attrib.yaml:1: defaults.campaign: expected a list of texts", "[one, two]"),
]


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES)
def test_a_mistake_is_said_with_its_line_and_a_way_on(text: str, message: str, hint: str) -> None:
    found = only(text)
    assert found[0].startswith(message)
    assert hint in found[1]


@examples(300)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "key:",
                "b: ",
                "- ",
                "-",
                "\n",
                "\n  ",
                "\n    ",
                "?",
                ": ",
                ":",
                "{",
                "}",
                "[",
                "]",
                ", ",
                '"',
                "'",
                "\\",
                "#",
                " #",
                ">",
                "&x ",
                "*x",
                "!t ",
                "!!str ",
                "---",
                "...",
                "%",
                "@",
                "`",
                "~",
                "null",
                "2026-01-01",
                "1e3",
                "é",
                "😀",
                "\t",
                "\r",
                "\x85",
                "\x07",
                "<<: ",
                "''",
                '""',
                "\\n",
                "\\u0041",
                "\\ud800",
                ">-#",
                "{a: b?}",
                "x: {a: [1, 2]}\n",
                "x: 1\n",
                "x: 2\n",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_libyaml_and_the_parser_in_python_say_the_same(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found = _said_of(text)
        patch.delattr(yaml, "CSafeLoader", raising=False)
        assert _said_of(text) == found


def test_what_libyaml_takes_and_the_parser_in_python_refuses() -> None:
    for text in ("a: {b?: c, d ? : e}", "a: {x, ?y}", "a: |#b\n  c", "a: >#\n  c", "a:\tb", "- a\x85- b"):
        with pytest.MonkeyPatch.context() as patch:
            found = _said_of(text)
            patch.delattr(yaml, "CSafeLoader", raising=False)
            assert _said_of(text) == found


def _said_of(text: str) -> object:
    read_document.cache_clear()
    try:
        document = read_document(text, "attrib.yaml")
    except ConfigError as error:
        return str(error), error.place, error.hint
    problems = [(str(error), error.place, error.hint) for error in document.problems]
    return document.tree, dict(document.lines), problems, document.unreadable


def test_all_mistakes_are_said_at_once_in_the_order_of_their_lines() -> None:
    lines = [
        ("timezone: Nowhere", True),
        ("sources:", False),
        ("  deal: x", True),
        ("  deals: {path: x, decimal: ;}", True),
        ("defaults:", False),
        ("  limit: -1", True),
        ("  by: *alias", True),
        ("models:", False),
        ("  a: {rest: 1, kernel: x}", True),
        ("  A: {rest: 1}", True),
        ("  b: {rest: x}", True),
        ("currency: U", True),
        ("currency: V", True),
        ("colour: red", True),
    ]
    found = errors("\n".join(line for line, _ in lines))
    assert [error.place for error in found] == [f"attrib.yaml:{n}" for n, (_, bad) in enumerate(lines, 1) if bad]


def test_of_a_newer_file_only_that_is_said() -> None:
    message, hint = only("colour: red\nversion: 2\n")
    assert message == "attrib.yaml:2: version: the file has version 2, and this program reads 1"
    assert "newer" in hint


def test_repeated_keys_are_said_with_both_lines() -> None:
    message, _ = only("timezone: UTC\n\ncurrency: USD\ntimezone: Nowhere\n")
    assert message == "attrib.yaml:4: timezone: the key is there twice, on line 1 and on line 4"
    nested = errors("reports:\n  a: {by: x}\n  b: {by: x}\n  'a': {by: y}\n  b: {by: y}\n")
    assert [str(error).partition(": the")[0] for error in nested] == [
        "attrib.yaml:4: reports.a",
        "attrib.yaml:5: reports.b",
    ]


# Hostile

BOMB = "a: &a [x, x]\n" + "".join(
    f"{n}: &{n} [*{p}, *{p}]\n" for p, n in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)
HOSTILE = [
    ("- a\n- b", "attrib.yaml: expected a mapping, found a list", "version"),
    ("just text", "attrib.yaml: expected a mapping, found 'just text'", "version"),
    (
        "version: !!python/object/apply:os.system ['echo']",
        "attrib.yaml:1: version: tags such as `!!python/object",
        "quotes",
    ),
    ("currency: !important", "attrib.yaml:1: currency: tags such as `!important`", "quotes"),
    ("defaults:\n  campaign: [a, &more]", "attrib.yaml:2: defaults.campaign[1]: anchors such as `&more`", "quotes"),
    ("reports:\n  <<: *base", 'attrib.yaml:2: reports."<<": aliases', "quotes"),
    ("? [a, b]\n: c", "attrib.yaml:1: this key is not a text", "quotes"),
    ("version: 1\n---\nversion: 1", "attrib.yaml:2: a second document", "---"),
    ("sources:\n\tdeals: x", "attrib.yaml:2: this is not YAML", "tabs"),
    ("x:\n  date_format: %d/%m/%Y", "attrib.yaml:2: this is not YAML", "'%d/%m/%Y'"),
    ("x:\n  name: Spring: 2026", "attrib.yaml:2: this is not YAML", "quotes"),
    ("x:\n  name: 'Spring", "attrib.yaml:2: this is not YAML", "never closed"),
    ("x: [a, b\ny: c", "attrib.yaml:2: this is not YAML", ""),
    ("x:\n  a: 1\n b: 2", "attrib.yaml:3: this is not YAML", "indentation"),
    ("version: 1\ncurrency: U\x00D", "attrib.yaml:2: the character U+0000 is not allowed", "Delete"),
    ('sources: {deals: "a\\0b"}', "attrib.yaml:1: sources.deals: the character U+0000", "quotes"),
    ('sources:\n  deals: "\\ud800"', "attrib.yaml:2: sources.deals: the character U+D800", "quotes"),
    ('x: "\\UFFFFFFFF"', "attrib.yaml: there is no character", ""),
    (b"version: 1\ncurrency: \xe9\n", "attrib.yaml:2: the file is not UTF-8: byte 0xe9", "UTF-8"),
    ("version: 1\n".encode("utf-16"), "attrib.yaml:1: the file is not UTF-8", "UTF-8"),
    (b"#" * (LARGEST + 1), "attrib.yaml: the file is larger than 1024 KiB", "configuration"),
    ("x: " + "[" * 100_000, "attrib.yaml:1: the file has more than 32 levels", "flatter"),
    ("\n".join(" " * n + "a:" for n in range(DEEPEST + 2)), "attrib.yaml:34: the file has more", "flatter"),
    ("x: " + "{a: 1, a: " * 5_000, "attrib.yaml:1: the file has more than 32 levels", "flatter"),
]


@pytest.mark.parametrize(("text", "message", "hint"), HOSTILE)
def test_hostile_files_are_refused(text: str | bytes, message: str, hint: str) -> None:
    found = only(text)
    assert found[0].startswith(message)
    assert hint in found[1]


def test_a_bomb_of_aliases_is_refused_and_not_expanded() -> None:
    found = errors(f"reports:\n  {BOMB.replace(chr(10), chr(10) + '  ')}")
    assert any("aliases such as `*a`" in str(error) for error in found)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "is a directory"), (tmp_path / "gone.yaml", "no such file")):
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        assert reason in str(caught.value)
        assert caught.value.place


@ONE_FOLDER
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60), st.text("abc:-[]{}'\"&*!|>%@#,?~ \n\t\\", max_size=60)))
def test_any_file_is_a_configuration_or_a_clear_error(text: str | bytes) -> None:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        load(data)
    except AttribError as error:
        assert "attrib.yaml" in str(error)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abcdefgh =.:-1", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(sorted({key for part in reference.sections() for key, _ in part.keys})), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@ONE_FOLDER
@given(st.dictionaries(st.sampled_from([key for key, _ in reference.sections()[0].keys]), json_like, max_size=5))
def test_known_keys_with_any_values_never_end_in_a_traceback(tree: dict[str, object]) -> None:
    try:
        load(json.dumps(tree, indent=1))
    except (ConfigError, ErrorGroup) as error:
        for problem in error.errors if isinstance(error, ErrorGroup) else (error,):
            assert re.match(r"attrib\.yaml:\d+: ", str(problem))
            assert problem.hint


# Described


def test_the_documentation_has_the_reference_as_the_keys_describe_it() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert text.endswith(reference.markdown())
    for section in reference.sections():
        for key, about in section.keys:
            assert f"`{key}`" in text
            assert about.rstrip().endswith(".")


def test_every_key_is_in_the_json_schema_with_its_description() -> None:
    schema = json.loads(json.dumps(reference.json_schema()))
    parts = [schema, *schema["$defs"].values()]
    described = {key: about["description"] for part in parts for key, about in part["properties"].items()}
    assert set(described) == {key for section in reference.sections() for key, _ in section.keys}
    assert all(part["additionalProperties"] is False for part in parts)
    assert set(schema["$defs"]["Sources"]["properties"]) == {*TABLES, PATHS}
    assert {"type": "string", "pattern": "\\S"} in schema["$defs"]["Sources"]["properties"]["deals"]["anyOf"]


def test_key_paths_are_shown_as_people_write_them() -> None:
    assert dotted(("models", "our model", "weights", "first")) == 'models."our model".weights.first'
    assert dotted(("defaults", "where", 0)) == "defaults.where[0]"


def test_importing_the_configuration_loads_nothing_heavy() -> None:
    code = "import sys, attrib_cli.config.load; print({'yaml', 'duckdb', 'pyarrow'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "set()"
