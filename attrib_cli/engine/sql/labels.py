"""The texts that rows show for the values of their dimensions, and which rows filters on credits let be shown."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.journeys import same_campaign
from attrib_cli.engine.sql.request import Request
from attrib_cli.engine.sql.text import conjunction

UNATTRIBUTED = "(unattributed)"


def dimension_names(request: Request) -> list[str]:
    """The names of the label columns, x0, x1, ..., one for each dimension."""
    return [f"x{i}" for i, _ in enumerate(request.dimensions)]


def labels_of(request: Request, source: str) -> tuple[list[str], str]:
    """The label columns of the cells c of `source`, and the source with the campaigns beside it."""
    labels = [f"{_label(request, i, field)} AS x{i}" for i, field in enumerate(request.dimensions)]
    if request.needs_campaign and "campaigns" in request.tables:
        on = same_campaign(request, "n", "c").replace("c.campaign_id", "c.campaign_key")
        source += f"\n  LEFT JOIN campaign_names AS n ON {on}"
    return labels, source


def shown_of(request: Request) -> str:
    """The SQL of whether the filters on credits let a cell c of `labels_of` be shown."""
    shown = ["c.shown"]
    if request.campaign_ids is not None:
        ids = ", ".join(request.binder.bind(id_) for id_ in request.campaign_ids)
        shown.append(f"coalesce(c.campaign_key IN ({ids}), false)" if ids else "false")
    for bound in request.credit_filters:
        field = bound[1]
        if field.level == "campaign":
            shown.append(request.condition(bound, _campaign(request, field)))
        elif field.level == "position":
            shown.append(request.condition(bound, _position("c.held")))
    return f"({conjunction(shown)})"


def _position(held: str) -> str:
    cases = " || ".join(
        f"CASE WHEN {held} & {1 << i} <> 0 THEN '+{name}' ELSE '' END" for i, name in enumerate(POSITIONS)
    )
    return f"coalesce(nullif(substr({cases}, 2), ''), 'middle')"


def _campaign(request: Request, field: Field) -> str:
    if field.name != "campaign":
        return f"n.{identifier(field.column)}"
    own = "CAST(c.campaign_key AS VARCHAR)"
    return f"coalesce(n.name, {own})" if "campaigns" in request.tables else own


def raw_of(request: Request, number: int, field: Field) -> str:
    """The SQL of the value of dimension `number` of a cell c, beside its campaign n; null where it has none."""
    if field.level == "position":
        return _position("c.held")
    return _campaign(request, field) if field.level == "campaign" else f"c.d{number}"


def _label(request: Request, number: int, field: Field) -> str:
    if field.level == "bucket":
        return f"c.d{number}"
    missing = request.binder.bind(field.missing_label)
    raw = raw_of(request, number, field)
    value = raw if field.level == "position" else f"coalesce({request.label(field, raw)}, {missing})"
    return value if field.of_conversion else f"CASE WHEN c.cell = 'unattributed' THEN '{UNATTRIBUTED}' ELSE {value} END"
