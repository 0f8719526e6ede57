"""Tiles on the board of a campaign that are no report of their own: what it was to reach, and its paths."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from attrib_cli.engine.campaign_row import CampaignRow
from attrib_cli.engine.journey_paths import PathTable
from attrib_cli.engine.report import Cell, Column, Report, Row, Summary, Unit
from attrib_cli.engine.row_names import OTHER
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.output.dashboard.board import Tile


def targets_tile(campaign: CampaignRow, tiles: Collection[Tile]) -> Iterator[Tile]:
    """Yield what the campaign was to reach and has reached, under each model; nothing where that was not computed."""
    reports = [tile.answer for tile in tiles if isinstance(tile.answer, Report)]
    columns = [Column(name="campaign", role="dimension"), Column(name="model", role="model")]
    rows: dict[str, list[Cell]] = {}
    found: list[tuple[str, Decimal, Report]] = []
    for measure, target in campaign.targets:
        of = next((one for one in reversed(reports) if measure in {c.name for c in one.columns}), None)
        if of is not None:
            found.append((measure, target, of))
    models = list(dict.fromkeys(str(row[_at(of, "model")]) for _, _, of in found for row in of.rows))
    for measure, target, of in found:
        column = of.columns[_at(of, measure)]
        columns += [
            Column(name=measure, role="measure", unit=column.unit),
            Column(name=f"{measure}_target", role="measure", unit=column.unit),
            Column(name=f"{measure}_reached", role="measure", unit="percent"),
        ]
        reached = {str(row[_at(of, "model")]): row[_at(of, measure)] for row in of.rows}
        for model in models:
            value = reached.get(model)
            cells = rows.setdefault(model, [campaign.name, model])
            part = Decimal(value) / target if isinstance(value, int | Decimal) and target else None
            whole = int(target) if column.unit == "count" else target
            cells += [value, whole, None if part is None else part.quantize(Decimal("0.000001"))]
    if rows:
        report = replace(
            found[0][2],
            spec=replace(found[0][2].spec, by=("campaign",), compare=None, compare_dates=None),
            summary=replace(found[0][2].summary, compared_with=None, currency=_currency_of(reports)),
            columns=tuple(columns),
            rows=tuple(tuple(row) for row in rows.values()),
            totals=(),
            notes=(),
        )
        about = "of the whole campaign, whatever the period"
        yield Tile(name="Targets", description=about, display="table", answer=report)


def _currency_of(reports: Collection[Report]) -> str | None:
    """Return the currency of reports that are of the same data."""
    return next((one.summary.currency for one in reports if one.summary.currency), None)


def _at(report: Report, name: str) -> int:
    return next(i for i, column in enumerate(report.columns) if column.name == name)


def paths_report(found: PathTable, spec: ReportSpec, settings: Settings, rows: int | None) -> Report:
    """Return a table of paths as a report, those after the first `rows` as one row ``(other)``."""
    units: dict[str, Unit] = {"path": "text", "rate": "percent", "conversions": "count", "journeys": "count"}
    columns = tuple(
        Column(
            name=name,
            role="dimension" if name == "path" else "measure",
            unit=units.get(name, "currency"),
            additive=name not in ("path", "rate"),
        )
        for name in found.columns
    )
    every: list[Row] = list(found.rows)
    kept = every if rows is None else every[:rows]
    if len(every) > len(kept):
        kept.append(_summed(columns, every[len(kept) :], OTHER))
    whole = _summed(columns, every, None)
    conversions = int(str(whole[found.columns.index("conversions")]))
    return Report(
        spec=spec,
        settings=settings,
        columns=columns,
        rows=tuple(kept),
        totals=(whole,) if every else (),
        summary=Summary(
            type=found.type,
            conversions=conversions,
            with_interactions=conversions,
            without_interactions=0,
            excluded_interactions=0,
            dates=spec.dates,
            currency=found.currency,
        ),
    )


def _summed(columns: Sequence[Column], rows: Sequence[Row], name: str | None) -> Row:
    """Return rows as one; its rate is that of all of them together."""
    sums = {
        column.name: sum((Decimal(str(row[i])) for row in rows if row[i] is not None), Decimal(0))
        for i, column in enumerate(columns)
        if column.additive
    }
    cells: list[Cell] = []
    for column in columns:
        if column.name == "path":
            cells.append(name)
        elif column.name == "rate":
            rate = sums["conversions"] / sums["journeys"] if sums["journeys"] else None
            cells.append(None if rate is None else rate.quantize(Decimal("0.000001")))
        else:
            cells.append(int(sums[column.name]) if column.unit == "count" else sums[column.name])
    return tuple(cells)
