"""The list of a report's fields: each is typed, kept, merged, left out and used, without a second list of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.app import run
from attrib_cli.cli.report_options import read_options
from attrib_cli.commands.export import export
from attrib_cli.commands.report import report
from attrib_cli.commands.save import save
from attrib_cli.config.schema.report_fields import Defaults, ReportFields
from attrib_cli.config.schema.report_options import Typed, left_out_options, report_options
from attrib_cli.config.schema.report_sections import ReportEntry
from attrib_cli.config.validate import check_report
from attrib_cli.config.yaml_edit.writing import plain, written
from attrib_cli.config.yaml_text import Document, Tree
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.filters import parse_filter
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.reporting.request import ReportRequest
from attrib_cli.terminal.console import Console

DAY = dt.date(2026, 7, 1)
TYPED: dict[str, Typed] = {
    **{"type": "deal_create", "model": ["first,last", "u-shaped"], "by": ["channel", "month"], "campaign": ["A, B"]},
    **{"period": "last quarter", "first": "2026-01-31", "to": "yesterday", "lookback": "9d", "half_life": "36 hours"},
    **{
        "where": [" region = EMEA|a\\|b ", "amount>=10"],
        "eligible": ["channel!=Email"],
        "prefer": ["channel!=Direct"],
        "collapse": "day",
        "cycles": "separate",
        "measure": ["share"],
    },
    **{"sort": ["campaign"], "limit": "7", "compare": "year", "states": ["channel"], "order": "2", "game": "rate"},
    **{
        "non_converting": "off",
        "confidence": "90",
        "seed": "3",
        "transitions": True,
        "format": "jsonl",
        "allow_empty": True,
    },
    **{"without": ["limit", "--half-life"], "today": "2026-02-01", "data": ".", "demo": True, "output": "x.csv"},
    **{
        "weights": ["first=30,rest=20", "LAST = 7.50"],
        "excel_safe": True,
        "chart": "line",
        "layout": "Wide",
        "template": "book.xlsx",
        "description": "",
        "display": "Line",
        "visibility": "users: a, b",
        "access": "VIEW",
    },
}
"""Something to type for every option there is."""

NOT_FIGURES = {"format", "without", "chart", "layout"}
FIELDS = [field.name for field in dataclasses.fields(ReportFields)]


def requested(**typed: Typed) -> ReportRequest:
    return ReportRequest.of_values({name: report_options()[name].read(value) for name, value in typed.items()})


def spec(request: ReportRequest) -> ReportSpec:
    return request.spec(Settings(), DAY)


def test_every_option_has_something_to_type_here() -> None:
    assert TYPED.keys() == report_options().keys()


@pytest.mark.parametrize("name", TYPED)
def test_what_is_typed_is_what_reads_back_from_the_file_that_keeps_it(name: str) -> None:
    value = report_options()[name].read(TYPED[name])
    assert value is not None
    companions = {"period": "2026"} if name == "compare" else {}
    entry = ReportEntry(**{name: value, **companions})  # type: ignore[arg-type]
    tree: Tree = {key: plain(one) for key, one in written(entry).items()}
    assert check_report(Document(name="", tree=tree, lines={}, problems=(), unreadable=frozenset())) == entry


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_changes_what_the_engine_is_asked(name: str) -> None:
    if name in NOT_FIGURES:
        return
    bounded = {"period": "2026"} if name == "compare" else {}
    assert spec(requested(**{name: TYPED[name], **bounded})) != spec(requested(**bounded))


@pytest.mark.parametrize("command", [report, save, export])
def test_every_field_is_an_option_of_every_command_that_computes_reports(command: object) -> None:
    assert callable(command)
    assert set(FIELDS) <= inspect.signature(command).parameters.keys()


def test_what_is_unknown_is_never_dropped() -> None:
    with pytest.raises(TypeError):
        ReportRequest.of_values({"limt": 3})
    assert {field.name for field in dataclasses.fields(ReportRequest)} == set(FIELDS)
    assert issubclass(ReportEntry, ReportFields)
    assert issubclass(ReportFields, Defaults)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("report", "save"):
        console = Console.in_memory()
        typed = [name, *(["x"] if name == "save" else []), "--demo"]
        typed += ["--limit", "0", "--where", "nothing", "--game", "rat"]
        assert run(typed, console) == 2
        for option in ("--limit: ", "--where: ", "--game: "):
            assert option in console.messages()


# --- what goes over what --------------------------------------------------------------------------------------------

SAID = sorted({*FIELDS} - {"without"})
layers = st.lists(
    st.tuples(st.sets(st.sampled_from(SAID)), st.sets(st.sampled_from(left_out_options()), max_size=3)),
    min_size=3,
    max_size=3,
)


@examples(200)
@given(layers)
def test_a_field_is_taken_from_the_first_layer_that_says_it_and_is_allowed_to(
    given_layers: list[tuple[set[str], set[str]]],
) -> None:
    """Layer by layer, against a merge that looks at one field and the layers above it."""
    values = {name: report_options()[name].read(TYPED[name]) for name in SAID}
    requests = []
    for number, (said, without) in enumerate(given_layers):
        own = {name: (number, values[name]) for name in said}
        own |= {"without": tuple(without) or None, **({"model": ("markov",)} if "model" in said else {})}
        requests.append(ReportRequest.of_values(own))
    merged = requests[0].over(requests[1]).over(requests[2])
    dates, models = {"period", "first", "to"}, {"model", "weights"}
    data_driven = {"states", "order", "game", "non_converting", "transitions"}
    for name in SAID:
        expected: object = None
        for number, (said, without) in enumerate(given_layers):
            if name in said:
                expected = ("markov",) if name == "model" else (number, values[name])
                break
            together = dates if name in dates else models if name in models else {name}
            above = set().union(*(layer for layer, _ in given_layers[: number + 1]))
            rules = (models & above or "model" in without) and "model" not in above
            if together & (without | said) or (rules and name in data_driven):
                break
        assert getattr(merged, name) == expected, name


@pytest.mark.parametrize("text", ["a=b", " a b = c | d ", "a!=x\\|y|z", "amount>=1|2", "a~=", "a=\\", "a<=", "ä!~é"])
def test_a_filter_written_out_is_the_filter(text: str) -> None:
    assert parse_filter(str(parse_filter(text))) == parse_filter(text)


@given(st.text(alphabet="ab=!<>~|\\ ", max_size=12))
def test_any_filter_written_out_is_the_filter(text: str) -> None:
    try:
        found = parse_filter(text)
    except UsageError:
        return
    assert parse_filter(str(found)) == found


# --- rules over data-driven models -----------------------------------------------------------------------------------


def answered(*typed: str, code: int = 0) -> str:
    console = Console.in_memory(environ={"ATTRIB_TODAY": "2026-07-01"})
    assert run(list(typed), console) == code, console.messages()
    return console.output().decode() if code == 0 else console.messages()


FEW = ("--data", "few")


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    rows: dict[str, list[str]] = {
        "touchpoints": ["touchpoint_id,contact_id,occurred_at,channel,campaign_id"],
        "deals": ["deal_id,created_at,closed_at,amount,is_won"],
        "deal_contacts": ["deal_id,contact_id"],
    }
    for i in range(12):
        for step in range(1 + i % 4):
            rows["touchpoints"].append(
                f"{4 * i + step},{i},2026-01-{1 + step:02},{'ABCA'[(i // 2 + step) % 4]},{i % 3}"
            )
        rows["deals"].append(f"{i},2026-02-01,2026-03-{1 + i:02},{100 + 37 * i},{'true' if i % 3 else 'false'}")
        rows["deal_contacts"].append(f"{i},{i}")
    (tmp_path / "few").mkdir()
    for name, lines in rows.items():
        (tmp_path / "few" / f"{name}.csv").write_text("\n".join(lines) + "\n")
    answered("save", "m", *FEW, "--by", "channel", "-m", "markov", "--confidence", "90%", "--order", "2")
    answered("save", "t", *FEW, "-m", "markov", "--states", "channel", "--transitions")
    return tmp_path


@pytest.mark.parametrize("over", [["-m", "linear"], ["--without", "model"], ["-m", "first,last"]])
def test_rules_typed_over_a_data_driven_report_leave_its_estimation_behind(over: list[str], saved: Path) -> None:
    models = [] if "--without" in over else over
    kept = ("--by", "channel", "--confidence", "90%")
    assert answered("report", "m", *over) == answered("report", *FEW, *kept, *models)
    if "--without" not in over:
        assert answered("report", "t", *over) == answered("report", *FEW, *over)


def test_data_driven_models_typed_over_one_keep_it(saved: Path) -> None:
    both = answered("report", "m", "-m", "linear,markov", "-f", "csv")
    asked = ("--confidence", "90%", "--order", "2")
    assert both == answered("report", *FEW, "--by", "channel", "-m", "linear,markov", *asked, "-f", "csv")


def test_intervals_typed_beside_rules_are_those_of_rules(saved: Path) -> None:
    asked = ("-m", "linear", "--confidence", "80%")
    assert answered("report", "m", *asked) == answered("report", *FEW, "--by", "channel", *asked)


def test_readers_raise_nothing_but_errors_of_use() -> None:
    for name, one in report_options().items():
        for odd in ("", "?", "\x00", "=" * 99, "1e999", "٣"):
            try:
                one.read([odd] if one.option.several else odd)
            except AttribError as error:
                assert error.place == one.option.flag, name


# --- weights that are typed for one report ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "typed", "weights"),
    [
        ("revenue", "first=30,deal=10.5,last=70", "weights: {first: 30, deal: 10.5, last: 70}"),
        ("deal-create", "lead=1,rest=2", "weights: {lead: 1}, rest: 2"),
        ("contact-create", "rest=5", "rest: 5"),
    ],
)
def test_typed_weights_are_the_model_of_the_configuration_with_these_weights(
    kind: str, typed: str, weights: str, tmp_path: Path
) -> None:
    data = Path(__file__).parents[2] / "examples" / "data"
    config = tmp_path / "attrib.yaml"
    config.write_text(f"models: {{own: {{{weights}}}}}\n")
    asked = ("report", "--config", str(config), "--data", str(data), "--by", "channel,month", "-t", kind, "-f", "csv")
    called = typed.replace(",", " ")
    assert answered(*asked, "--weights", typed) == answered(*asked, "-m", "own").replace(",own,", f",{called},")
    both = answered(*asked, "--weights", typed, "-m", "own,linear")
    assert both == answered(*asked, "-m", "own,linear", *(f"--weights={one}" for one in typed.split(",")))
    assert {line.split(",")[2] for line in both.splitlines()[1:]} == {"own", "linear", called}


def test_weights_are_saved_and_go_with_the_models(saved: Path) -> None:
    answered("save", "w", *FEW, "--weights", "last=70, first=30")
    assert (saved / "attrib.yaml").read_text().count("weights: [last=70, first=30]") == 1
    assert answered("report", "w") == answered("report", *FEW, "--weights", "first=30,last=70")
    assert (
        answered("report", "w", "-m", "linear")
        == answered("report", *FEW)
        == answered("report", "w", "--without", "model")
    )
    assert answered("report", "m", "--weights", "first=1") == answered(
        "report", *FEW, "--by", "channel", "--weights", "first=1", "--confidence", "90%"
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["--weights", "frist=1"], ("no position 'frist'", "'first'")),
        (["--weights", "first"], ("not the weight of a position",)),
        (["--weights", "first=x"], ("first: expected a number",)),
        (["--weights", "first=-1"], ("not a weight",)),
        (["--weights", "first=0"], ("no credit to anything",)),
        (["--weights", "first=1,first=2"], ("twice",)),
        (["--weights", "deal=1", "-t", "contact-create"], ("does not fit a contact-create report",)),
    ],
)
def test_wrong_weights_are_said(typed: list[str], words: tuple[str, ...]) -> None:
    said = answered("report", "--demo", *typed, code=2)
    assert all(word in said for word in words), said


def test_a_half_life_may_be_a_part_of_the_look_back_window() -> None:
    request = ReportRequest.of_values(read_options({"lookback": "90d", "half_life": "50%"}))
    assert request.spec(Settings(), dt.date(2026, 1, 1)).half_life == dt.timedelta(days=45)
    shorter = ReportRequest.of_values(read_options({"lookback": "10d"})).over(request)
    assert shorter.spec(Settings(), dt.date(2026, 1, 1)).half_life == dt.timedelta(days=5)
    with pytest.raises(UsageError, match="of the look-back window"):
        ReportRequest.of_values(read_options({"half_life": "50%"})).spec(Settings(), dt.date(2026, 1, 1))
    for wrong in ("0%", "x%", "nan%", "-5%"):
        with pytest.raises(UsageError, match="is no part"):
            read_options({"half_life": wrong})
