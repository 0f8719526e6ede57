"""The texts that rows show for the values of their dimensions, and which rows filters on credits let be shown."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.quoting import literal
from attrib_cli.engine.row_names import NO_INTERACTION, UNATTRIBUTED, reserved
from attrib_cli.engine.sql import key_positions
from attrib_cli.engine.sql.campaigns import campaign_condition, campaign_value, with_campaigns
from attrib_cli.engine.sql.cte import conjunction
from attrib_cli.engine.sql.resolved import Request


def dimension_names(request: Request) -> list[str]:
    """The names of the label columns, such as ``channel_label``, one for each dimension."""
    return [request.label_column(i) for i, _ in enumerate(request.dimensions)]


def labels_of(request: Request, source: str) -> tuple[list[str], str]:
    """The label columns of the cells c of `source`, and the source with the campaigns beside it."""
    labels = [f"{_label(request, i, field)} AS {request.label_column(i)}" for i, field in enumerate(request.dimensions)]
    return labels, with_campaigns(request, source, request.needs_campaign)


def shown_of(request: Request) -> str:
    """The SQL of whether the filters on credits let a cell c of `labels_of` be shown."""
    shown = ["c.shown"]
    for bound in request.credit_filters:
        field = bound[1]
        if field.level == "campaign":
            shown.append(campaign_condition(request, bound))
        elif field.level == "position":
            shown.append(request.condition(bound, key_positions.label(request, "c")))
    return f"({conjunction(shown)})"


def raw_of(request: Request, number: int, field: Field) -> str:
    """The SQL of the value of dimension `number` of a cell c, beside its campaign n; null where it has none."""
    if field.level == "position":
        return key_positions.label(request, "c")
    return campaign_value(request, field) if field.level == "campaign" else f"c.{request.value_column(number)}"


def label_of(request: Request, field: Field, raw: str) -> str:
    """The SQL of the text that a row shows for the value `raw` of a field, or for its campaign's column."""
    text = request.label(field, campaign_value(request, field) if field.level == "campaign" else raw)
    if field.kind in ("id", "text") and field.quoted:
        taken = f"lower(trim({text}, '\"')) IN ({reserved_names(field)})"
        text = f"CASE WHEN {taken} THEN '\"' || {text} || '\"' ELSE {text} END"
    return f"coalesce({text}, {request.binder.bind(field.missing_label)})"


def reserved_names(field: Field) -> str:
    """The names of rows that stand for no value of `field`, as SQL texts with commas."""
    return ", ".join(literal(name) for name in reserved(field.name))


def _label(request: Request, number: int, field: Field) -> str:
    raw = raw_of(request, number, field)
    value = raw if field.named_by_query and field.groups is None else label_of(request, field, raw)
    if request.estimated_kernels and request.data_driven is not None and not request.data_driven.knows(field):
        value = f"CASE WHEN c.cell = 'modelled' THEN '{NO_INTERACTION}' ELSE {value} END"
    return value if field.of_conversion else f"CASE WHEN c.cell = 'unattributed' THEN '{UNATTRIBUTED}' ELSE {value} END"
