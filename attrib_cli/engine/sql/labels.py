"""The texts that rows show for the values of their dimensions, and which rows filters on credits let be shown."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.models import POSITIONS
from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sql.cte import conjunction
from attrib_cli.engine.sql.id_joins import same_campaign
from attrib_cli.engine.sql.resolved import Request

UNATTRIBUTED = "(unattributed)"
NO_INTERACTION = "(no interaction)"


def dimension_names(request: Request) -> list[str]:
    """The names of the label columns, x0, x1, ..., one for each dimension."""
    return [f"x{i}" for i, _ in enumerate(request.dimensions)]


def labels_of(request: Request, source: str) -> tuple[list[str], str]:
    """The label columns of the cells c of `source`, and the source with the campaigns beside it."""
    labels = [f"{_label(request, i, field)} AS x{i}" for i, field in enumerate(request.dimensions)]
    return labels, with_campaigns(request, source, request.needs_campaign)


def with_campaigns(request: Request, source: str, needed: bool) -> str:
    """The `source` of rows c with the campaigns n of their campaign_key beside it, where they are needed."""
    if not needed or "campaigns" not in request.tables:
        return source
    on = same_campaign(request, "n", "c").replace("c.campaign_id", "c.campaign_key")
    return f"{source}\n  LEFT JOIN campaign_names AS n ON {on}"


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


def label_of(request: Request, field: Field, raw: str) -> str:
    """The SQL of the text that a row shows for the value `raw` of a field, or for its campaign's column."""
    value = _campaign(request, field) if field.level == "campaign" else raw
    return f"coalesce({request.label(field, value)}, {request.binder.bind(field.missing_label)})"


def _label(request: Request, number: int, field: Field) -> str:
    raw = raw_of(request, number, field)
    value = raw if field.level in ("bucket", "position") else label_of(request, field, raw)
    if request.estimated_kernels and request.fit is not None and not request.fit.knows(field):
        value = f"CASE WHEN c.cell = 'modelled' THEN '{NO_INTERACTION}' ELSE {value} END"
    return value if field.of_conversion else f"CASE WHEN c.cell = 'unattributed' THEN '{UNATTRIBUTED}' ELSE {value} END"
