"""What cannot be asked of paths with counts: they say what followed what and how often, and nothing of when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError, together
from attrib_cli.engine.models import Model
from attrib_cli.engine.spec import ReportSpec

_TIMED = {"lead", "deal", "same"}
"""Positions that are found by the times of interactions and of what they lead to."""


def check_steps(spec: ReportSpec) -> None:
    """Raise UsageError where the steps of paths are taken for campaigns."""
    if "campaign" in spec.by or spec.campaigns:
        raise UsageError(
            "paths have steps, which are called channel, and no campaigns",
            hint="Say --by channel, and --where channel=... for one of them.",
            place="--campaign" if spec.campaigns else "--by",
        )


def check_paths(
    spec: ReportSpec,
    models: Sequence[Model],
    report_type: ReportType,
    fields: Sequence[Field],
    deals: Mapping[str, object],
) -> None:
    """Raise UsageError, or an ErrorGroup, for what needs times, single journeys, or a value that paths do not have."""
    errors = list(_errors(spec, models, report_type, fields, deals))
    if errors:
        raise together(errors)


def _errors(
    spec: ReportSpec,
    models: Sequence[Model],
    report_type: ReportType,
    fields: Sequence[Field],
    deals: Mapping[str, object],
) -> Iterator[UsageError]:
    timed = [m.name for m in models if not m.estimated and ((m.kernel == "decay" and m.rest) or _TIMED & _of(m))]
    if timed:
        yield UsageError(
            f"{' and '.join(timed)} {'needs' if len(timed) == 1 else 'need'} times, which paths do not have",
            hint="These need none: first, last, linear, j-shaped, inverse-j-shaped, markov, shapley, and your own, such"
            " as --weights first=40,last=40,rest=20.",
            place="--model",
        )
    if report_type.table != "deals":
        yield UsageError("paths have no contacts", hint="Ask for --type deal-create or revenue.", place="--type")
    elif report_type.won_only and "amount" not in deals:
        yield UsageError(
            "these paths have no value to attribute",
            hint="--type deal-create attributes their conversions; or map value under sources: paths: columns:.",
            place="--type",
        )
    asked = (
        ("--lookback", spec.lookback is not None),
        ("--period", spec.dates.start is not None or spec.dates.end is not None),
        ("--compare", spec.compare is not None),
        ("--collapse", spec.collapse in ("session", "day")),
    )
    for option, given in asked:
        if given:
            yield UsageError("paths say nothing of when", hint="Leave it out.", place=option)
    for field in fields:
        said = field.journey_value
        of_when = field.level == "bucket" if said is None else said.needs_times
        if of_when or field.column in ("occurred_at", "created_at", "closed_at"):
            yield UsageError(
                f"paths say nothing of when: there is no {field.name}", hint="Cut by channel, position or path."
            )
    if spec.estimation.confidence is not None:
        yield UsageError(
            "intervals of confidence are drawn from single journeys, and a path stands for many",
            hint="Leave it out.",
            place="--confidence",
        )


def _of(model: Model) -> set[str]:
    return set(model.positions)
