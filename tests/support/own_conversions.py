"""Random deals as conversions of a configuration: a table of their own, with other names of columns."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from conftest import Style, write_csv
from reference import Row
from strategies import Case, build

from attrib_cli.engine import Settings, SourceMap, discover
from attrib_cli.engine.settings import ConversionTable
from attrib_cli.engine.sources import expand
from attrib_cli.engine.spec import ReportSpec

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
