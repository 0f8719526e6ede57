"""The journeys of all conversions that could be in a report, measured before it is known which of them are."""

from __future__ import annotations

from dataclasses import replace

from attrib_cli.engine.sql import conversions, journey_values, journeys
from attrib_cli.engine.sql.campaigns import campaign_parts
from attrib_cli.engine.sql.cte import Cte
from attrib_cli.engine.sql.resolved import Request

PREFIX = "candidate_"


def journey_parts(request: Request, *, narrow: bool = False) -> tuple[Cte, ...]:
    """The parts up to ``journey_values``, which conversions are cut by and filtered on; none where nothing asks.

    They are the conversions, members and interactions of the request without its filters on journeys.
    """
    if not request.journey_fields:
        return ()
    channels = journey_values.of_channels(request)
    bare = replace(
        request,
        models=(),
        dimensions=(journey_values.channel(request),) if channels else (),
        measures=(),
        credit_filters=(),
        conversion_filters=request.plain_conversion_filters,
        data_driven=None,
        order_key="full",
        ordered=channels,
    )
    found = [*conversions.histories(bare), conversions.conversions(bare, PREFIX)]
    if request.report_type.pooled:
        found += conversions.cycles(bare)
        found.append(conversions.members(bare, PREFIX, narrow=narrow))
    found += campaign_parts(bare) if request.eligible_by_campaign else ()
    found.append(journeys.interactions(bare, PREFIX))
    source = f"{PREFIX}interactions"
    if request.excludes:
        source = f"(SELECT * FROM {source} WHERE NOT excluded)"
    order = ["i.age DESC", *journeys.tie_terms(bare, "i.touchpoint_id", "i.source_row")] if channels else []
    values = Cte(
        name="journey_values",
        grain="one row for each conversion with interactions: what its journey says of it",
        sql=journey_values.measured(request, source, "conversion", order),
    )
    return (*found, values)
