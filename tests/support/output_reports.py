"""Small reports with figures that can be checked by hand, for the tests of the formats."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from attrib_cli.engine.notes import Note
from attrib_cli.engine.report import Column, Report, Row, Summary
from attrib_cli.engine.spec import DateRange, EstimationSpec, ReportSpec

QUARTER = DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 3, 31), label="2026-Q1")
NASTY = (
    'Spring "Big", Launch',
    "line\nbreak | pipe\tand tab",
    "=1+1",
    "🎉 日本",
    "\x1b[31mred\x1b[0m [red]_x_[/red]\\n",
    "(no campaign)",
    "(unattributed)",
)
# model, then revenue, deals, interactions and share of each of the names above; 10,000 and 4 deals in all.
# "(no campaign)" earned nothing under "first" and has no row there.
LINEAR = (
    ("333.333334", "0.133334", 1, "0.033334"),
    ("333.333333", "0.133333", 2, "0.033333"),
    ("333.333333", "0.133333", 3, "0.033333"),
    ("4E+3", "1.6", 4, "0.400000"),
    ("2500.00", "1.000000", 5, "0.25"),
    ("500", "0.2", 6, "0.05"),
    ("2000", "0.8", 0, "0.2"),
)
FIRST = (
    ("-0.000000", "0", 0, "0"),
    ("1000", "0.4", 2, "0.1"),
    ("2000", "0.8", 3, "0.2"),
    ("1000", "0.4", 1, "0.1"),
    ("4000", "1.6", 1, "0.4"),
    None,
    ("2000", "0.8", 0, "0.2"),
)
MEASURES = (
    Column(name="revenue", role="measure", unit="currency", additive=True),
    Column(name="deals", role="measure", unit="deals", additive=True),
    Column(name="interactions", role="measure", unit="count", additive=True),
    Column(name="share", role="measure", unit="share", additive=True),
)


def summary(**changes: object) -> Summary:
    settings: dict = {
        "type": "revenue",
        "conversions": 4,
        "with_interactions": 3,
        "without_interactions": 1,
        "excluded_interactions": 2,
        "left_out": (("deals without an amount", 1),),
        "dates": QUARTER,
        "currency": "EUR",
    }
    return Summary(**{**settings, **changes})


def nasty(models: Sequence[str] = ("first", "linear"), currency: str | None = "EUR") -> Report:
    """A revenue report with names that break quoting, tables, terminals and spreadsheets."""
    figures = {"first": FIRST, "linear": LINEAR}
    rows: list[Row] = []
    for i, name in enumerate(NASTY):
        for model in models:
            found = figures[model][i]
            if found is not None:
                revenue, deals, interactions, share = found
                rows.append((name, model, Decimal(revenue), Decimal(deals), interactions, Decimal(share)))
    counted = {"first": 7, "linear": 21}
    return Report(
        spec=ReportSpec(models=tuple(models), dates=QUARTER),
        columns=(Column(name="campaign", role="dimension"), Column(name="model", role="model"), *MEASURES),
        rows=rows,
        totals=[(None, m, Decimal(10000), Decimal(4), counted[m], Decimal(1)) for m in models],
        summary=summary(currency=currency),
    )


def compared() -> Report:
    """Cost per deal and revenue against the quarter before; the currency has no sign of its own."""
    columns = (
        Column(name="channel", role="dimension"),
        Column(name="model", role="model"),
        Column(name="revenue", role="measure", unit="currency", additive=True),
        Column(name="revenue_previous", role="measure", unit="currency", additive=True, of="revenue"),
        Column(name="revenue_change", role="measure", unit="ratio", of="revenue", better="up"),
        Column(name="cost_per_deal", role="measure", unit="currency"),
        Column(name="cost_per_deal_change", role="measure", unit="ratio", of="cost_per_deal", better="down"),
        Column(name="roi", role="measure", unit="ratio"),
    )
    d = Decimal
    rows: list[Row] = [
        ("email", "linear", d("1123"), d("1000"), d("0.123"), d("12.345"), d("-0.25"), d("1.005")),
        ("search", "linear", d("800"), d("1000"), d("-0.2"), None, d("0.5"), None),
        ("(other)", "linear", d("77"), d("0"), None, d("1"), d("0"), d("-0.004")),
    ]
    return Report(
        spec=ReportSpec(by=("channel",), dates=QUARTER),
        columns=columns,
        rows=rows,
        totals=[(None, "linear", d("2000"), d("2000"), d("0"), None, None, None)],
        summary=summary(
            currency="CHF",
            compared_with=DateRange(start=dt.date(2025, 10, 1), end=dt.date(2025, 12, 31), label="previous-period"),
        ),
    )


def empty() -> Report:
    """A report of days on which nothing converted."""
    return Report(
        spec=ReportSpec(dates=QUARTER),
        columns=(Column(name="campaign", role="dimension"), Column(name="model", role="model"), *MEASURES),
        rows=(),
        totals=(),
        summary=summary(conversions=0, with_interactions=0, without_interactions=0, left_out=()),
    )


def uniform(models: Sequence[str], names: Sequence[str], revenue: str = "123456.78") -> Report:
    """A report in which every campaign has the same figures under every model."""
    share = (Decimal(1) / len(names)).quantize(Decimal("0.000001"))
    row = (Decimal(revenue), Decimal("1.5"), 12, share)
    return Report(
        spec=ReportSpec(models=tuple(models), dates=QUARTER),
        columns=(Column(name="campaign", role="dimension"), Column(name="model", role="model"), *MEASURES),
        rows=[(name, model, *row) for name in names for model in models],
        totals=[
            (None, m, row[0] * len(names), row[1] * len(names), 12 * len(names), share * len(names)) for m in models
        ],
        summary=summary(),
    )


def doubtful(models: Sequence[str] = ("markov", "linear")) -> Report:
    """A report with intervals of confidence: none for a rule, none for what is unattributed."""
    d = Decimal
    whole = Column(name="revenue", role="measure", unit="currency", additive=True)
    deals = Column(name="deals", role="measure", unit="deals", additive=True)
    ends = tuple(
        (c, *(Column(name=f"{c.name}_{end}", role="measure", unit=c.unit, of=c.name) for end in ("low", "high")))
        for c in (whole, deals)
    )
    figures = {
        "email": ("6000.5", "4999.01", "7000.99", "2.4", "2.004", "2.806"),
        "=search": ("2499.5", "900.5", "3000", "1", "0.9", "1.1"),
        "(unattributed)": ("1500", None, None, "0.6", None, None),
    }
    rows: list[Row] = []
    for name, texts in figures.items():
        for model in models:
            cells = [None if text is None else d(text) for text in texts]
            if model == "linear":
                cells = [cells[0], None, None, cells[3], None, None]
            rows.append((name, model, *cells, d("0.5")))
    share = Column(name="share", role="measure", unit="share", additive=True)
    return Report(
        spec=ReportSpec(
            models=tuple(models), by=("channel",), dates=QUARTER, estimation=EstimationSpec(confidence=d("0.9"))
        ),
        columns=(
            Column(name="channel", role="dimension"),
            Column(name="model", role="model"),
            *ends[0],
            *ends[1],
            share,
        ),
        rows=rows,
        totals=[(None, m, d(10000), None, None, d(4), None, None, d("1.5")) for m in models],
        summary=summary(),
        notes=(
            Note(code="few-conversions", text="data-driven models are estimated from 36 conversions only"),
            Note(code="few-journeys", text="fewer than 10 journeys hold =search (5)", counts=(("states", 1),)),
        ),
    )


def documented() -> Report:
    """The report that docs/output.md shows."""
    d = Decimal
    rows: list[Row] = [
        ("Spring Launch", "linear", d("6333.335"), d("2.54"), 14, d("0.633333")),
        ("(no campaign)", "linear", d("1666.665"), d("0.66"), 6, d("0.166667")),
        ("(unattributed)", "linear", d("2000"), d("0.8"), 0, d("0.2")),
    ]
    totals = [(None, "linear", d("10000"), d("4"), 20, d("1"))]
    counted = summary(left_out=())
    return dataclasses.replace(nasty(["linear"]), rows=rows, totals=totals, summary=counted)
