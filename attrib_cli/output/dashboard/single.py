"""Single figures: the leading measure of a report without dimensions, and its change since the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.figures import is_change, is_known, is_share, tone
from attrib_cli.output.intervals import interval_name
from attrib_cli.output.text.layout import by_importance, header_of
from attrib_cli.output.wide import widen
from attrib_cli.output.words import range_words

if TYPE_CHECKING:
    from attrib_cli.engine.report import Column, Report
    from attrib_cli.output.wide import Wide


@frozen
class Single:
    """One model's figure: `text` now, `before` and `change` against `period`, and the `others` by name.

    `interval` says how far it might be off, empty where nobody asked. `before` is None where nothing was compared. The
    `others` are name, figure and change, the last empty if unknown.
    """

    model: str
    measure: str
    text: str
    before: str | None
    change: str
    tone: Literal["better", "worse"] | None
    period: str
    others: tuple[tuple[str, str, str], ...]
    interval: str = ""


def singles(report: Report, *, encoding: str = "utf-8") -> tuple[Single, ...]:
    """Return a figure for each model of a report without dimensions; none where nothing converted in either period.

    The share is left out of the others unless it was asked for: without dimensions or filters it is all there is.
    """
    wide = widen(report, encoding=encoding)
    if not wide.keys:
        return ()
    by_name = {column.name: column for column in wide.measures}
    leading = by_importance(wide.measures)[0]
    compared = report.summary.compared_with
    period = "" if compared is None else range_words(compared)
    asked = {name.strip().casefold().replace("-", "_") for name in report.spec.measures}

    def text(name: str, model: str) -> str | None:
        series = wide.series.get((name, model))
        return series.texts[0] if series is not None and series.texts else None

    found = []
    for model in wide.models:
        change = text(f"{leading.name}_change", model) or ""
        changed = by_name.get(f"{leading.name}_change")
        others = tuple(
            (header_of(wide, column), text(column.name, model) or "", _moved(text(f"{column.name}_change", model)))
            for column in wide.measures
            if column is not leading and column.of is None and (not is_share(column) or asked)
        )
        found.append(
            Single(
                model=model,
                measure=leading.name,
                text=" ".join(filter(None, (text(leading.name, model) or "", _code(leading.unit, wide.code)))),
                before=text(f"{leading.name}_previous", model),
                change=change if changed is not None and is_change(changed) else "",
                tone=tone(changed, change) if changed is not None else None,
                period=period,
                others=others,
                interval=_interval(wide, leading, model),
            )
        )
    return tuple(found)


def _interval(wide: Wide, measure: Column, model: str) -> str:
    """Return the intervals of a figure and of its change; the one of a figure that nothing splits is no news."""
    found = []
    for name, what in ((measure.name, ""), (f"{measure.name}_change", "of the change ")):
        series = wide.series.get((interval_name(name), model))
        if series is not None and series.texts[0] and (what or len(set(series.ends[0] or ())) > 1):
            found.append(f"{what}{' '.join(series.texts[0].split())}")
    return f"{wide.confidence} interval {', '.join(found)}" if found else ""


def _code(unit: str, code: str | None) -> str:
    return code or "" if unit == "currency" else ""


def _moved(change: str | None) -> str:
    return change if change and is_known(change) else ""
