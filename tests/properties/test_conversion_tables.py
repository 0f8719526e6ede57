"""Conversions of the configuration against the brute force: they are deals by another name, with other columns."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from conftest import Style, WriteData, examples, write_csv
from hypothesis import given
from hypothesis import strategies as st
from reference import Figures, Row
from reference import report as brute_force
from report_checks import EXACT, check_totals, table
from strategies import Case, build, fraction

from attrib_cli.engine import Settings, SourceMap, discover, open_session
from attrib_cli.engine.backends.shards import ShardedBackend
from attrib_cli.engine.report import Report
from attrib_cli.engine.sources import expand
from attrib_cli.engine.spec import ConversionTable, ReportSpec

COLUMNS = {"conversion_id": "Order", "converted_at": "Ordered at", "conversion_value": "Total"}
NAMES = {"amount": "conversion_value", "deal.segment": "conversion.segment"}


def of_deals(seed: int) -> Case:
    """A case of deals created, under the models whose positions conversions of the configuration have."""
    case = build(seed)
    while case.ask.type != "deal-create":
        seed += 1
        case = build(seed)
    models = {name: model for name, model in case.ask.models.items() if not model.positions.get("deal")}
    position = "position" in case.ask.by  # deal-create journeys show the position deal too
    by = tuple(name for name in case.ask.by if name != "position") or ("channel",) if position else case.ask.by
    return dataclasses.replace(case, ask=dataclasses.replace(case.ask, models=models, by=by))


def as_conversions(case: Case, folder: Path, *, of: str) -> tuple[SourceMap, Settings, ReportSpec]:
    """The deals of a case as conversions: of their own contact, or of a deal with contacts of which they have none."""
    own = ConversionTable(name="order", of="deal" if of == "deal" else "contact", valued=True)
    rows: list[Row] = []
    for deal in case.data.deals or ():
        row: dict[str, object] = {
            "Order": f"o{deal['deal_id']}",
            "Ordered at": deal["created_at"],
            "Total": deal.get("amount"),
            "pipeline": deal.get("pipeline"),
            "segment": deal.get("segment"),
            "Whose": deal["deal_id"] if of == "deal" else deal.get("contact_id"),
        }
        rows.append(row)  # type: ignore[arg-type]
    columns = [*COLUMNS.values(), "pipeline", "segment", "Whose"]
    path = folder / "orders.csv"
    write_csv(path, columns, tuple(rows), Style(times=case.style.times, zone=case.style.zone))
    found = discover(folder)
    source = expand(own.table, str(path), base=folder, columns={**COLUMNS, f"{own.of}_id": "Whose"}, place="test")
    settings = dataclasses.replace(case.settings(), conversions=(own,))
    spec = case.spec()
    where = tuple(dataclasses.replace(one, column=NAMES.get(one.column, one.column)) for one in spec.where)
    spec = dataclasses.replace(
        spec,
        type="order",
        by=tuple(NAMES.get(name, name) for name in spec.by),
        where=where,
        measures=("conversions", "value", "interactions"),
    )
    return SourceMap(tables={**found.tables, own.table: source}), settings, spec


def held_against(case: Case, report: Report) -> None:
    """Compare a report of conversions with the brute force of the deals that they are."""
    expected = brute_force(case.data, case.ask)
    found = table(report)
    assert report.summary.conversions == expected.conversions
    for model, rows in expected.rows.items():
        shown = {key for key, figures in rows.items() if figures.count or figures.amount or figures.interactions}
        assert shown <= set(found[model]), model
        for key, cells in found[model].items():
            figures = rows.get(key, Figures())
            assert key in expected.possible
            assert abs(fraction(cells["conversions"]) - figures.count) <= EXACT, (model, key)
            assert abs(fraction(cells["value"]) - figures.amount) <= EXACT, (model, key)
            assert cells["interactions"] == figures.interactions, (model, key)
    check_totals(report)


@examples(8)
@given(seed=st.integers(0, 2**64), of=st.sampled_from(["deal", "contact"]), shards=st.sampled_from([None, None, 3]))
def test_deals_by_another_name(seed: int, of: str, shards: int | None, write_data: WriteData) -> None:
    case = of_deals(seed)
    if of == "contact":
        case = dataclasses.replace(case, data=dataclasses.replace(case.data, deal_contacts=None))
    folder = write_data(case.data, case.style)
    sources, settings, spec = as_conversions(case, folder, of=of)
    backend = None if shards is None else ShardedBackend(shards=shards)
    with open_session(sources, settings, threads=1, backend=backend) as session:
        held_against(case, session.run(spec))
