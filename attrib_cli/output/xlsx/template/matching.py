"""Which column of a report a header of a template means, and what a name of a template says of a report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.output import words
from attrib_cli.output.scope import models_of, scope
from attrib_cli.output.scope import words as condition_words
from attrib_cli.output.side_by_side import headers_of, side_by_side

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell, Report, Row
    from attrib_cli.output.about import About
    from attrib_cli.output.named_report import NamedReport
    from attrib_cli.output.xlsx.template.blocks import Block


def folded(name: str) -> str:
    """Return a name as it is compared: small letters and figures, all else as one ``_``."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


@frozen
class Matched:
    """What fills a block: `spots` has for each of its columns the place in `rows`, None where no column is meant."""

    spots: tuple[int | None, ...]
    rows: Sequence[Row]


def match(block: Block, one: NamedReport) -> Matched:
    """Return the rows of a report for a block whose headers are names of its columns, or these in words.

    Where a header means the model, each model has rows of its own, else they stand side by side. Raises UsageError
    where a dimension, or a model of several, has no column, since rows could not be told apart.
    """
    headers = [folded(header) for header in block.headers]
    long = _columns(one.report, headers_of(one.report))
    if "model" in headers and "model" in long:
        shown, known = one.report, long
    else:
        turned = side_by_side(one.report)
        shown, known = turned.report, _columns(turned.report, turned.headers)
    spots = tuple(known.get(header) for header in headers)
    for place, column in enumerate(shown.columns):
        if column.role == "dimension" and place not in spots and len(shown.rows) > 1:
            raise UsageError(
                f"{block.told} has no column {words.label(column.name)}, which the rows of the report differ in",
                hint=f"Add it, or cut the report by {_dimensions(shown, spots) or 'nothing'}.",
                place="--template",
            )
    if all(spot is None or shown.columns[spot].role == "dimension" for spot in spots):
        listed = ", ".join(dict.fromkeys((*headers_of(one.report), *side_by_side(one.report).headers)))
        raise UsageError(
            f"{block.told} has no column of the report's figures",
            hint=f"Columns may be called: {listed}.",
            place="--template",
        )
    return Matched(spots=spots, rows=shown.rows)


def _dimensions(report: Report, spots: Sequence[int | None]) -> str:
    return ",".join(c.name for i, c in enumerate(report.columns) if c.role == "dimension" and i in spots)


def _columns(report: Report, headers: Sequence[str]) -> dict[str, int]:
    """Return the places of columns by their names, and by these in words, folded; the first one of two alike."""
    found: dict[str, int] = {}
    for names in ((column.name for column in report.columns), headers):
        for place, name in enumerate(names):
            found.setdefault(folded(name), place)
    return found


def facts_of(one: NamedReport, about: About | None) -> Mapping[str, Cell]:
    """Return what single cells may hold, by the names that mean it: what was asked and counted, and the totals."""
    report, summary = one.report, one.report.summary
    dates = summary.dates
    models = [model.name for model in models_of(report.spec, report.settings)]
    title = words.title(report, models)
    found: dict[str, Cell] = {
        "name": one.name or title,
        "title": title,
        "type": summary.type,
        "models": ", ".join(models),
        "period": words.named_range(dates),
        "from": None if dates.start is None else dates.start.isoformat(),
        "to": None if dates.end is None else dates.end.isoformat(),
        "compared_with": None if summary.compared_with is None else words.range_words(summary.compared_with),
        "conditions": " · ".join(condition_words(scope(report))),
        "currency": summary.currency,
        "conversions": summary.conversions,
        "with_interactions": summary.with_interactions,
        "without_interactions": summary.without_interactions,
        "excluded_interactions": summary.excluded_interactions,
        "left_out": sum(count for _, count in summary.left_out),
        "counted": words.summary_line(summary),
        "notes": "\n".join(words.note_line(note) for note in report.notes),
        "as_of": None if about is None else about.day.isoformat(),
        "version": None if about is None else about.version,
    }
    turned = side_by_side(report)
    rows = turned.report.totals if report.dimensions() else turned.report.rows
    total: Row = rows[0] if rows else (None,) * len(turned.report.columns)
    alone = len(models) == 1
    for column, header, value in zip(turned.report.columns, turned.headers, total, strict=True):
        if column.role == "measure":
            found.setdefault(folded(f"total_{column.name}"), value)
            if alone:
                found.setdefault(folded(f"total_{header}"), value)
    return found
