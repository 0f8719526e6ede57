"""Several report types in one report: the figures of each are those of the report of that type alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here
from report_checks import check_totals

from attrib_cli.engine import Report, ReportSpec, Settings, UsageError, discover, open_session
from attrib_cli.engine.session import Session
from attrib_cli.engine.settings import ConversionTable
from attrib_cli.output.described import described

DEMO = Path(__file__).parents[2] / "examples" / "data"
TYPES = ("contact-create", "deal-create", "revenue")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with open_session(discover(DEMO), Settings(), threads=1) as opened:
        yield opened


def cells(report: Report) -> dict[tuple[object, ...], dict[str, object]]:
    """The figures of a report by dimensions and model."""
    width = len(report.dimensions()) + 1
    names = [column.name for column in report.columns[width:]]
    return {row[:width]: dict(zip(names, row[width:], strict=True)) for row in report.rows}


@pytest.mark.parametrize(
    ("by", "models", "measures", "named"),
    [
        (("channel",), ("first", "linear"), (), {"contacts": "contacts", "deals": "deals", "revenue": "revenue"}),
        (("campaign", "year"), ("all",), (), {"contacts": "contacts", "deals": "deals", "revenue": "revenue"}),
        (("weekday",), ("w-shaped", "last"), (), {"contacts": "contacts", "deals": "deals", "revenue": "revenue"}),
        ((), ("u-shaped",), ("contacts", "amount", "revenue", "interactions"), {"amount": "amount"}),
    ],
    ids=["channel", "campaign and year", "weekday", "total"],
)
def test_each_type_has_its_own_figures(
    session: Session, by: tuple[str, ...], models: tuple[str, ...], measures: tuple[str, ...], named: dict[str, str]
) -> None:
    spec = ReportSpec(type=TYPES[0], more_types=TYPES[1:], by=by, models=models, measures=measures)
    report = session.run(spec)
    check_totals(report)
    found = cells(report)
    offered = {}
    for kind, measure in zip(TYPES, ("contacts", "deals" if "deals" in named else "amount", "revenue"), strict=True):
        own = models if kind != "contact-create" else tuple(name for name in models if name != "w-shaped")
        single = session.run(dataclasses.replace(spec, type=kind, more_types=(), models=own, measures=(measure,)))
        offered[kind] = {str(row[len(by)]) for row in single.totals}
        for key, figures in cells(single).items():
            assert found[key][measure] == figures[measure], (kind, key)
        for key, together in found.items():
            if key not in cells(single):
                assert together[measure] == (0 if key[-1] in offered[kind] else None), (kind, key)
    assert list(offered["revenue"]) and {key[-1] for key in found} == set().union(*offered.values())


@pytest.mark.parametrize("by", [("path_length",), ("lag_days",), ("month",), ("channel",)])
def test_rows_stand_in_the_order_of_one_type(session: Session, by: tuple[str, ...]) -> None:
    of_two = session.run(ReportSpec(type="revenue", more_types=("deal-create",), by=by))
    alone = [row[0] for row in session.run(ReportSpec(type="revenue", by=by)).rows]
    assert [row[0] for row in of_two.rows if row[0] in alone] == alone


def test_the_limit_keeps_totals_and_the_unattributed(session: Session) -> None:
    spec = ReportSpec(
        type="contact-create", more_types=("revenue",), by=("channel",), models=("first", "last"), limit=2
    )
    report = session.run(spec)
    check_totals(report)
    assert [row[0] for row in report.rows][::2][-2:] == ["(other)", "(unattributed)"]
    whole = session.run(dataclasses.replace(spec, limit=None))
    assert report.totals == whole.totals
    figures = [(row[2], row[3]) for row in whole.rows if row[1] == "first" and row[0] != "(unattributed)"]
    assert figures == sorted(figures, key=lambda one: -Decimal(str(one[0])))


def test_what_was_counted_is_said_of_each_type(session: Session) -> None:
    told = described(session.run(ReportSpec(type="contact-create", more_types=("revenue",), by=("channel",))))
    assert told["type"] == "contact-create,revenue"
    parts = told["types"]
    assert isinstance(parts, list)
    assert [(one["type"], one["conversions"]) for one in parts] == [("contact-create", 412), ("revenue", 41)]


def test_what_several_types_share_is_called_by_its_type(session: Session) -> None:
    spec = ReportSpec(type="deal-create", more_types=("revenue",), measures=("deals", "amount", "spend"))
    names = [column.name for column in session.run(spec).measures()]
    assert names == ["deal_create_deals", "amount", "spend", "revenue_deals"]
    compared = dataclasses.replace(spec, measures=("deals", "revenue"))
    columns = {column.name: column.of for column in session.run(compared).measures()}
    assert set(columns.values()) == {None}


def test_conversions_of_ones_own_say_which_and_one_without_rows_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel\na,2026-01-01,Email\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\na,2026-01-02\n")
    for name, rows in (("demo", "1,2026-01-03,a\n"), ("trial", "")):
        (tmp_path / f"{name}_conversions.csv").write_text(f"conversion_id,converted_at,contact_id\n{rows}")
    own = tuple(ConversionTable(name=name, of="contact") for name in ("demo", "trial"))
    sources = discover(tmp_path, conversions=[one.table for one in own])
    spec = ReportSpec(type="contact-create", more_types=("demo", "trial"), by=("channel",))
    with open_session(sources, Settings(conversions=own), threads=1) as opened:
        report = opened.run(spec)
    assert [column.name for column in report.columns[2:]] == ["contacts", "demo_conversions", "trial_conversions"]
    assert report.rows == (("Email", "linear", 1, 1, 0),) and report.totals == ((None, "linear", 1, 1, 0),)


def test_what_is_of_one_type_refuses_several(session: Session) -> None:
    spec = ReportSpec(type="contact-create", more_types=("revenue",))
    with pytest.raises(UsageError, match="are several report types, and this is of one"):
        session.prepare(spec)
    with pytest.raises(UsageError, match="transition matrix is of one"):
        session.run(dataclasses.replace(spec, transitions=True))
    with pytest.raises(UsageError, match="none of the measures asked for is one of revenue"):
        session.run(dataclasses.replace(spec, measures=("contacts",)))


@pytest.mark.parametrize("typed", [["contacts,revenue"], ["contact-create", "revenue"]])
def test_the_command_line_takes_several(typed: list[str], tmp_path: Path) -> None:
    types = [part for one in typed for part in ("--type", one)]
    asked = ("report", "--data", DEMO, *types, "--by", "channel")
    done = attrib_here(*asked, "-f", "json")
    assert done.returncode == 0 and set(json.loads(done.stdout)[0]) == {"channel", "model", "contacts", "revenue"}
    shown = attrib_here(*asked, "-f", "table").stdout
    assert "contact-create: 412 conversions" in shown and "revenue: 41 conversions" in shown
    out = tmp_path / "both.csv"
    assert attrib_here(*asked, "-o", out).returncode == 0
    assert out.read_text().splitlines()[0] == "channel,model,contacts,revenue"
    assert attrib_here(*asked, "--show-sql").returncode == 2
    assert "this is of one" in attrib_here("paths", "top", "--data", DEMO, *types).stderr
    assert "this is of one" in attrib_here("explain", "report", "--data", DEMO, *types, "--by", "channel").stderr


def test_more_rows_than_can_be_drawn_say_what_helps_with_several_types(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attrib_cli.engine.finishing.MOST_ROWS", 3)
    sure = dataclasses.replace(ReportSpec().estimation, confidence=Decimal("0.9"))
    spec = ReportSpec(type="deal-create", more_types=("revenue",), by=("channel",), estimation=sure, limit=2)
    with pytest.raises(UsageError, match="more than can be drawn") as refused:
        session.run(spec)
    assert "ask for one type with --limit" in str(refused.value.hint)
