"""Several report types in one report: each computed for itself, and put side by side by dimensions and model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import calendar_of, find_bucket
from attrib_cli.engine.conversions import ReportType, types_of
from attrib_cli.engine.dimensions import Field, resolve_dimensions
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measure import Measure
from attrib_cli.engine.measures import BY_NAME, choose_measures, fits
from attrib_cli.engine.models import choose_for_types, models_of, without_misfits
from attrib_cli.engine.notes import Note, hints_once
from attrib_cli.engine.report import Cell, Column, Report, Row, Summary
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED, reserved
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql.report_rows import resolve_sort

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session

Combination = tuple[Cell, ...]


@frozen
class _Part:
    """The report of one type, its columns under the names that they have beside those of the others."""

    report: Report
    models: tuple[str, ...]
    columns: tuple[Column, ...]
    nothing: Row
    cells: Mapping[tuple[Combination, str], Row]

    def row(self, combination: Combination, model: str) -> Row:
        """Return the figures of a row; what may be summed is 0 where the type has none, and nothing else is known."""
        found = self.cells.get((combination, model))
        if found is not None:
            return found
        if model not in self.models:
            return (None,) * len(self.columns)
        return self.nothing

    def total(self, model: str) -> Row:
        """Return the figures of all rows shown under a model."""
        if model not in self.models:
            return (None,) * len(self.columns)
        found = self.report.totals_by_model().get(model)
        if found is None:
            return self.nothing
        return found[-len(self.columns) :]


def run_several(session: Session, spec: ReportSpec) -> Report:
    """Return the reports of all types of `spec` as one: a row for each dimensions and model, columns for each type.

    A column is called by its measure where one type alone has it, else ``deal_create_deals``, ``revenue_deals``; those
    of the configuration's own conversions always say of which. A type without a model that others have has nothing in
    its rows. Raises UsageError for what has no meaning for several types, and what the report of each type raises.
    """
    types = types_of(spec, session.settings)
    specs = specs_of_types(session, spec)
    with at("--by"):
        fields = resolve_dimensions(spec.by, types[0], session.kinds())
    reports = [_of_one_type(session, one) for one in specs]
    parts = _parts(session, types, reports, width=len(fields))
    models = tuple(dict.fromkeys(model for part in parts for model in part.models))
    columns = (
        *reports[0].columns[: len(fields) + 1],
        *(column for part in parts for column in part.columns),
    )
    combinations = list(dict.fromkeys(combination for part in parts for combination, _ in part.cells))
    with at("--sort"):
        keys = _sort(spec, fields, columns[len(fields) + 1 :])
    lines = [(one, _figures(parts, one, models[0])) for one in combinations]
    ordered = [one for one, _ in _sorted(lines, keys, fields, columns[len(fields) + 1 :], session)]
    rows = [(*one, model, *_figures(parts, one, model)) for one in ordered for model in models]
    if spec.limit is not None:
        rows = _limited(rows, fields, columns, spec.limit, len(models))
    return Report(
        spec=spec,
        settings=session.settings,
        columns=columns,
        rows=tuple(rows),
        totals=tuple((*(None for _ in fields), model, *(c for p in parts for c in p.total(model))) for model in models),
        summary=_summary([report.summary for report in reports]),
        notes=_notes(types, reports, parts, models),
        timings=tuple(timing for report in reports for timing in report.timings),
        counts=tuple(dict(count for report in reports for count in report.counts).items()),
    )


def _of_one_type(session: Session, spec: ReportSpec) -> Report:
    """Run the report of one of several types; raises as `Session.run`, with what helps where there are several."""
    try:
        return session.run(spec)
    except UsageError as error:
        if error.place != "--confidence" or "--limit" not in (error.hint or ""):
            raise
        hint = "Cut the report by less, or ask for one type with --limit: of several, each has all its rows drawn."
        raise UsageError(error.message, hint=hint, place=error.place) from None


def specs_of_types(session: Session, spec: ReportSpec) -> list[ReportSpec]:
    """Return what is asked of each type of `spec`, which may be one; raises as `run_several`."""
    if not spec.more_types:
        return [spec]
    if spec.transitions:
        raise UsageError("a transition matrix is of one report type", hint="Name one.", place="--type")
    types = types_of(spec, session.settings)
    measures = _measures(spec, types)
    return [
        replace(
            spec,
            type=kind.name,
            more_types=(),
            models=_models(session, spec, types, kind),
            measures=tuple(measure.name for measure in measures[kind.name]),
            sort=(),
            limit=None,
        )
        for kind in types
    ]


def _models(session: Session, spec: ReportSpec, types: Sequence[ReportType], kind: ReportType) -> tuple[str, ...]:
    """Return the models of one of the types: those asked for that it offers; raises as `choose_for_types`."""
    own = (*session.settings.models, *spec.own_models)
    with at("--model"):
        choose_for_types(spec.models, types, own)
        return without_misfits(spec.models, kind, own)[0]


def _measures(spec: ReportSpec, types: Sequence[ReportType]) -> dict[str, tuple[Measure, ...]]:
    """Return the measures of each type: its own of those asked for; what is no matter of types comes once."""
    found: dict[str, tuple[Measure, ...]] = {}
    with at("--measure"):
        for name in spec.measures:
            if not any(fits(name, kind) for kind in types):
                choose_measures((name,), types[0])
        for number, kind in enumerate(types):
            names = [name for name in spec.measures if fits(name, kind)] or [kind.primary]
            if spec.measures and names == [kind.primary] and kind.primary not in spec.measures:
                raise UsageError(
                    f"none of the measures asked for is one of {kind.name} reports",
                    hint=f"Add one of its own, such as {kind.primary}.",
                )
            chosen = choose_measures(names, kind)
            credit = ("credit", "touched")
            found[kind.name] = tuple(m for m in chosen if number == 0 or m.source in credit or m.of)
            if not found[kind.name]:
                raise UsageError(f"no measure asked for is of {kind.name} reports alone", hint=f"Add {kind.primary}.")
    return found


def _parts(
    session: Session, types: Sequence[ReportType], reports: Sequence[Report], *, width: int
) -> tuple[_Part, ...]:
    """Return the reports with the columns that they have beside each other."""
    names = Counter(column.name for report in reports for column in report.columns[width + 1 :])
    parts = []
    for kind, report in zip(types, reports, strict=True):
        prefix = f"{kind.name.replace('-', '_')}_"
        of = {column.name for column in report.columns[width + 1 :] if kind.configured or names[column.name] > 1}
        shared = {column.name: f"{prefix}{column.name}" for column in report.columns if column.name in of}
        columns = tuple(
            replace(
                column,
                name=shared.get(column.name, column.name),
                of=None if column.of is None else shared.get(column.of, column.of),
            )
            for column in report.columns[width + 1 :]
        )
        models = models_of(report.spec, kind, session.settings)
        parts.append(
            _Part(
                report=report,
                models=tuple(model.name for model in models),
                columns=columns,
                nothing=tuple(_nothing(column) for column in report.columns[width + 1 :]),
                cells={(row[:width], str(row[width])): row[width + 1 :] for row in report.rows},
            )
        )
    return tuple(parts)


def _figures(parts: Sequence[_Part], combination: Combination, model: str) -> Row:
    return tuple(cell for part in parts for cell in part.row(combination, model))


def _nothing(column: Column) -> Cell:
    """What a row shows in a column of a type that has no such row: 0 of what is counted or credited, else nothing."""
    measure = BY_NAME.get(column.of or column.name)
    credited = measure is not None and measure.additive and measure.source == "credit" and measure.unit == column.unit
    if not (column.additive or (credited and column.unit != "count")):
        return None
    return 0 if column.unit == "count" else Decimal(0)


def _sort(spec: ReportSpec, fields: Sequence[Field], columns: Sequence[Column]) -> tuple[tuple[str, bool], ...]:
    figures = [column.name for column in columns]
    default: tuple[tuple[str, bool], ...] = ((figures[0], True),)
    if fields and (fields[0].of_time or fields[0].counts):
        default = (*((field.name, False) for field in fields if field.of_time or field.counts), *default)
    return resolve_sort(tuple(field.name for field in fields), figures, spec.sort, default)


def _sorted(
    lines: list[tuple[Combination, Row]],
    keys: Sequence[tuple[str, bool]],
    fields: Sequence[Field],
    columns: Sequence[Column],
    session: Session,
) -> list[tuple[Combination, Row]]:
    """Return rows by the sort keys, then by their names; the row of all unattributed conversions is the last."""
    names = [field.name for field in fields]
    figures = [column.name for column in columns]
    found = sorted(lines, key=lambda line: tuple(map(str, line[0])))
    for key, falling in reversed(keys):
        if key in names:
            field, number = fields[names.index(key)], names.index(key)
            found.sort(key=lambda line, f=field, n=number: _rank(f, str(line[0][n]), session), reverse=falling)  # type: ignore[misc]
            found.sort(key=lambda line, f=field, n=number: str(line[0][n]) in reserved(f.name))  # type: ignore[misc]
        else:
            place = figures.index(key)
            found.sort(key=lambda line, n=place: _number(line[1][n]), reverse=falling)  # type: ignore[misc]
            found.sort(key=lambda line, n=place: line[1][n] is None)  # type: ignore[misc]
    if fields and all(field.says_unattributed for field in fields):
        found.sort(key=lambda line: line[0][0] == UNATTRIBUTED)
    return found


def _rank(field: Field, text: str, session: Session) -> tuple[int, str]:
    bucket = find_bucket(field.column) if field.level == "bucket" else None
    if bucket is not None and bucket.values is not None:
        values = bucket.values(calendar_of(session.settings))
        return (values.index(text) if text in values else len(values)), text
    return (int(text), "") if field.counts and text.isdecimal() else (0, text)


def _number(cell: Cell) -> Decimal:
    return Decimal(cell) if isinstance(cell, (int, Decimal)) else Decimal(0)


def _limited(
    rows: Sequence[Row], fields: Sequence[Field], columns: Sequence[Column], limit: int, models: int
) -> list[Row]:
    """Return the first `limit` combinations, one of all others, and that of unattributed conversions."""
    width = len(fields)
    groups = [rows[i : i + models] for i in range(0, len(rows), models)]
    last = bool(groups and fields and all(f.says_unattributed for f in fields) and groups[-1][0][0] == UNATTRIBUTED)
    end = len(groups) - 1 if last else len(groups)
    kept, cut, rest = groups[:limit], groups[limit:end], groups[max(end, limit) :] if last else []
    if not cut:
        return list(rows)
    others = []
    for number in range(models):
        summed: list[Cell] = [*(OTHER for _ in fields), cut[0][number][width]]
        for place, column in enumerate(columns[width + 1 :], width + 1):
            cells = [group[number][place] for group in cut]
            known = [cell for cell in cells if isinstance(cell, (int, Decimal))]
            summed.append(sum(known[1:], known[0]) if column.additive and known else None)
        others.append(tuple(summed))
    return [row for group in (*kept, others, *rest) for row in group]


def _summary(parts: Sequence[Summary]) -> Summary:
    """Return what was counted in all types together, with that of each."""
    currencies = {part.currency for part in parts if part.currency is not None}
    if len(currencies) > 1:
        raise UsageError(
            f"the types are in different currencies: {' and '.join(sorted(currencies))}",
            hint="Set currency: and exchange_rates: in attrib.yaml.",
            place="--type",
        )
    firsts = [part.first_conversion for part in parts if part.first_conversion is not None]
    lasts = [part.last_conversion for part in parts if part.last_conversion is not None]
    return replace(
        parts[0],
        type=",".join(part.type for part in parts),
        conversions=sum(part.conversions for part in parts),
        with_interactions=sum(part.with_interactions for part in parts),
        without_interactions=sum(part.without_interactions for part in parts),
        excluded_interactions=sum(part.excluded_interactions for part in parts),
        left_out=tuple(one for part in parts for one in part.left_out),
        currency=next(iter(currencies), None),
        first_conversion=min(firsts, default=None),
        last_conversion=max(lasts, default=None),
        parts=tuple(parts),
    )


def _notes(
    types: Sequence[ReportType], reports: Sequence[Report], parts: Sequence[_Part], models: Sequence[str]
) -> tuple[Note, ...]:
    """Return the notes of all reports, each once, and which type does not have which model."""
    notes = list(dict.fromkeys(note for report in reports for note in report.notes))
    for kind, part in zip(types, parts, strict=True):
        absent = [model for model in models if model not in part.models]
        if absent:
            text = f"{kind.name} conversions have no {', '.join(absent)}: its columns are empty there"
            notes.append(Note(code="types-without-models", level="note", text=text))
    return hints_once(tuple(notes))
