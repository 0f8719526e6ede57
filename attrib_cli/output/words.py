"""The words around a table: names of measures, the title, and the line that says what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import types_of

if TYPE_CHECKING:
    from attrib_cli.engine.notes import Note
    from attrib_cli.engine.report import Report, Summary
    from attrib_cli.engine.spec import DateRange

_ACRONYMS = {"roi": "ROI", "roas": "ROAS", "id": "ID", "utm": "UTM"}


def label(name: str) -> str:
    """Return a column's name in words: ``cost_per_deal`` is ``Cost per deal``, ``roi_previous`` ``Previous ROI``."""
    if name.endswith("_previous"):
        of = label(name.removesuffix("_previous"))
        return "Previous " + (of if of.isupper() else of[:1].lower() + of[1:])
    words = [_ACRONYMS.get(word, word) for word in name.split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def in_sentence(name: str) -> str:
    """Return a column's name as it stands within a sentence: ``cost per deal``, ``previous ROI``."""
    return " ".join(word if word.isupper() else word.lower() for word in label(name).split(" "))


def range_words(dates: DateRange) -> str:
    """Return the days of a range: ``2026-01-01 to 2026-03-31``, ``from ...``, ``until ...`` or ``all time``."""
    if dates.start and dates.end:
        if dates.start == dates.end:
            return dates.start.isoformat()
        return f"{dates.start.isoformat()} to {dates.end.isoformat()}"
    if dates.start:
        return f"from {dates.start.isoformat()}"
    return f"until {dates.end.isoformat()}" if dates.end else "all time"


def named_range(dates: DateRange) -> str:
    """Return the days of a range after the name it was asked by, such as ``last-quarter, 2026-01-01 to 2026-03-31``."""
    words = range_words(dates)
    is_name = dates.label and dates.label[0].isalpha() and dates.label != "all-time" and (dates.start or dates.end)
    return f"{dates.label}, {words}" if is_name else words


def title(report: Report, models: Sequence[str], *, dates: bool = True, compared: bool = True) -> str:
    """Return what the report is: its type, what it is cut by, the model or how many, and the days unless left out.

    Where something was `compared`, also the days it was compared with.
    """
    *titles, what = (kind.title for kind in types_of(report.spec, report.settings))
    what = f"{', '.join(titles)} and {what}" if titles else what
    by = " and ".join(label(column.name).lower() for column in report.dimensions())
    models = [model for model in models if model]
    shown = f"{models[0]} model" if len(models) == 1 else f"{len(models)} models" if models else ""
    if report.spec.transitions:
        what, by, shown = f"{what}: transitions", "", f"Markov chain of order {report.spec.estimation.order}"
    days = named_range(report.summary.dates) if dates else ""
    if compared and report.summary.compared_with is not None:
        days = f"{days} against {range_words(report.summary.compared_with)}".lstrip()
    return ", ".join(part for part in (f"{what} by {by}" if by else what, shown, days) if part)


def summary_line(summary: Summary, *, dot: str = " · ") -> str:
    """Return what was counted: conversions, with and without interactions, what was excluded, days and currency."""
    if summary.parts:
        return "; ".join(f"{part.type}: {summary_line(part, dot=dot)}" for part in summary.parts)
    parts = [counted(summary.conversions, "conversion")]
    if summary.conversions:
        parts.append(f"{summary.with_interactions:,} with interactions, {summary.without_interactions:,} without")
    parts.append(f"{counted(summary.excluded_interactions, 'interaction')} excluded")
    parts.extend(summary.omissions())
    days = range_words(summary.dates)
    if not (summary.dates.start and summary.dates.end) and summary.first_conversion and summary.last_conversion:
        found = f"{summary.first_conversion.isoformat()} to {summary.last_conversion.isoformat()}"
        days = f"{days} (conversions {found})"
    parts.append(days)
    if summary.currency:
        parts.append(summary.currency)
    return dot.join(parts)


def since(change: str, before: str) -> str:
    """Return what changed and since what, ``+12.0% from 100.00``; without either as much of it as is known."""
    return " ".join(filter(None, (change, f"from {before}" if before else "")))


def note_line(note: Note) -> str:
    """Return a note as people read it: ``warning: ...`` or ``note: ...``, with what to do about it."""
    return f"{note.level}: {note}"


def nothing_line(summary: Summary) -> str:
    """Return why there are no rows."""
    words = range_words(summary.dates)
    days = words if words.startswith(("from", "until")) else f"in {words}"
    if summary.conversions == 0:
        return f"no conversions {days}"
    return f"no credit matches, of {counted(summary.conversions, 'conversion')} {days}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
