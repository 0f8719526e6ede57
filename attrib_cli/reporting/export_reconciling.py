"""From the figure of an earlier export, which has rows and no single conversions, to that of the same request now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import SourceError, UsageError, at
from attrib_cli.engine.reconciliation import (
    ZERO,
    NamedFigure,
    Reconciliation,
    completed,
    credits_of,
    measure_of,
    step,
)
from attrib_cli.engine.row_names import UNATTRIBUTED
from attrib_cli.output.about import about
from attrib_cli.output.chosen_format import format_of_file
from attrib_cli.output.origin import Origin, read_origin
from attrib_cli.output.registry import CATALOGUE
from attrib_cli.reporting.rerunning import changes_since

if TYPE_CHECKING:
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.report import Report
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.reporting.workspace import Workspace

_Row = Mapping[str, object]


def is_export(path: str) -> bool:
    """Say whether a file holds a report: its format is one of reports, and its columns are not those of a ledger."""
    format = format_of_file(path)
    if format is None or not Path(path).is_file():
        return False
    try:
        return not any(name.endswith("_credit") for name in format.columns_of(path))
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error


def reconcile_export(
    workspace: Workspace, path: str, models: Sequence[str] | None, *, progress: Progress | None = None
) -> Reconciliation:
    """Return the way from what the export in the file `path` shows to what its own request shows now.

    Its rows are what stands behind the steps: those that are new, gone, or have another figure. Raises UsageError for a
    file that does not say what it was made of, has no exact figures, or several models, SourceError, and what a report
    raises.
    """
    from attrib_cli.engine.conversions import type_of
    from attrib_cli.engine.models import models_of, refuse_credits_of_rows

    origin = read_origin(path)
    if origin.board is not None or origin.ledger or len(origin.reports) != 1:
        raise UsageError("the file is not one report", hint="Export the report alone, as parquet.", place=path)
    (of,) = origin.reports
    data = workspace.data_of(None)
    with workspace.open(replace(data, settings=of.settings), shared=False, progress=progress) as session:
        measure = measure_of(session, of.spec)
        model = _model(of.spec, models)
        asked = replace(of.spec, models=(model,))
        refuse_credits_of_rows(models_of(asked, type_of(asked, session.settings), session.settings))
        report = session.run(of.spec)
        names = [column.name for column in report.dimensions()]
        telling = _telling(session, of.spec, names)
        then = _figures(_rows(path, origin), names, model, measure, telling, path)
        now = _figures(_dicts(report), names, model, measure, telling, path)
        steps = [
            step("changed-rows", [(i, now[i] - then[i]) for i in then if i in now and now[i] != then[i]]),
            step("new-rows", [(i, amount) for i, amount in now.items() if i not in then]),
            step("gone-rows", [(i, -amount) for i, amount in then.items() if i not in now]),
        ]
        start, end = sum(then.values(), ZERO), sum(now.values(), ZERO)
        if not telling:  # rows by month, say, have what nothing is credited with among all else
            found = credits_of(session, replace(of.spec, models=(model,)))
            steps.append(step("unattributed", [(id_, -one[0]) for id_, one in found.nothing.items() if one[0]]))
            end = found.figures[0]
    changed = changes_since(origin.about, about(data.sources, day=origin.about.day, data=origin.about.data))
    return Reconciliation(
        start=NamedFigure(name=f"{measure} in {Path(path).name} ({model})", amount=start),
        end=NamedFigure(name=f"attributed {measure} now ({model})", amount=end),
        steps=completed([one for one in steps if one.rows], start, end, estimated=False),
        measure=measure,
        currency=report.summary.currency,
        spec=of.spec,
        warnings=tuple(dict.fromkeys((*changed, *(note.text for note in report.warnings)))),
    )


def _model(spec: ReportSpec, asked: Sequence[str] | None) -> str:
    chosen = tuple(asked or spec.models)
    if len(chosen) == 1 and chosen[0] in spec.models:
        return chosen[0]
    raise UsageError(
        f"the export has the models {', '.join(spec.models)}, and a figure is of one",
        hint=f"Choose one, such as --model {spec.models[0]}.",
        place="--model",
    )


def _telling(session: Session, spec: ReportSpec, names: Sequence[str]) -> frozenset[str]:
    """Return the columns in which a row says that nothing is credited with it."""
    from attrib_cli.engine.conversions import type_of
    from attrib_cli.engine.dimensions import resolve_dimensions

    fields = resolve_dimensions(names, type_of(spec, session.settings), session.kinds())
    return frozenset(field.name for field in fields if field.says_unattributed)


def _figures(
    rows: Iterator[_Row], names: Sequence[str], model: str, measure: str, telling: frozenset[str], path: str
) -> dict[str, Decimal]:
    """Return the figure of each row under a model, by its texts; those of no interaction are left out."""
    found: dict[str, Decimal] = {}
    for row in rows:
        missing = next((name for name in (*names, "model", measure) if name not in row), None)
        if missing is not None:
            hint = "Export it with --measure and --layout as usual."
            raise UsageError(f"the export has no column {missing}", hint=hint, place=path)
        if row["model"] != model or any(row[name] == UNATTRIBUTED for name in telling):
            continue
        key = " / ".join(str(row[name]) for name in names) or "all rows"
        found[key] = found.get(key, ZERO) + _number(row[measure], path)
    return found


def _dicts(report: Report) -> Iterator[_Row]:
    names = [column.name for column in report.columns]
    return (dict(zip(names, row, strict=True)) for row in report.rows)


def _number(value: object, path: str) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        raise UsageError(f"'{value}' in the export is no number", place=path) from None


def _rows(path: str, origin: Origin) -> Iterator[_Row]:
    """Yield the rows of an export with their exact figures; raises UsageError for a format that has none."""
    format = next((entry for entry in CATALOGUE if entry.name == origin.format), None)
    if format is None:
        raise UsageError(f"the export says that it is {origin.format}, which is no format", place=path)
    with at(path):
        read = format.load_report_rows()
    yield from read(path)
