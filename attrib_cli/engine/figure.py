"""One figure of a report, conversion by conversion: which deals or contacts it is made of, the largest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.dimensions import Field, resolve_dimensions
from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.engine.ledger.columns import credit_column
from attrib_cli.engine.models import credits_rows, of_interactions
from attrib_cli.engine.notes import warnings_of
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED, missing, unquoted
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import ReportSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.session import Session

_ROUNDED = Decimal("0.000002")
"""What a credit in a ledger may be rounded by, beside the figure that it is a part of."""


@frozen
class Contribution:
    """What one conversion brings to a figure: its whole value, the interactions that earn in the row, the credit."""

    id: str
    converted_at: dt.datetime
    value: Decimal
    interactions: int
    credit: Mapping[str, Decimal]


@frozen
class ExplainedFigure:
    """A figure of a report and what it is made of.

    `figure` is what the report shows in the row, by model; `contributions` are the conversions behind it, the largest
    credit of the first model first. Both are exact to the sixth digit, where they may differ by what each credit is
    rounded by: `rounding`.
    """

    type: str
    dimensions: tuple[str, ...]
    row: tuple[str, ...]
    currency: str | None
    models: tuple[str, ...]
    measure: str
    figure: Mapping[str, Decimal]
    contributions: tuple[Contribution, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def rounding(self, model: str) -> Decimal:
        """Return the figure less the sum of the contributions, which is less than a millionth for each of them."""
        return self.figure[model] - sum((c.credit[model] for c in self.contributions), Decimal(0))


def explain_campaign(session: Session, spec: ReportSpec, name: str) -> ExplainedFigure:
    """Return the conversions behind what a campaign is credited with, by its name or id as `--campaign` takes it.

    Raises UsageError for one that the data do not have, that is credited with nothing, or whose name several have.
    """
    spec = replace(spec, by=("campaign",), measures=())
    if name.casefold() in (missing("campaign"), UNATTRIBUTED):
        return explain_figure(session, spec, (name,))
    report = session.run(replace(spec, campaigns=(name,), limit=None, sort=(), compare=None, compare_dates=None))
    shown = tuple(dict.fromkeys(str(line[0]) for line in report.rows))
    if not shown:
        why = next((note.text for note in report.notes if note.code == "empty"), None)
        raise UsageError(f"the campaign '{name}' is credited with nothing", hint=why, place="NAME")
    if len(shown) > 1:
        raise UsageError(f"several campaigns are called '{name}'", hint=f"Take one: {', '.join(shown)}.", place="NAME")
    return explain_figure(session, spec, shown)


def explain_figure(session: Session, spec: ReportSpec, row: Sequence[str]) -> ExplainedFigure:
    """Return the conversions behind the row of a report that shows `row`, a text for each dimension.

    Limit, sort and comparison of `spec` do not apply. Raises UsageError for a row that the report does not have, and
    for the rest of a limited report.
    """
    kind = type_of(spec, session.settings)
    plain = replace(spec, limit=None, sort=(), measures=(kind.credited,), compare=None, compare_dates=None)
    plain = replace(plain, transitions=False, estimation=replace(plain.estimation, confidence=None))
    with at("--row"):
        if len(row) != len(spec.by):
            raise UsageError(
                f"the report is cut by {', '.join(spec.by) or 'nothing'}, and a row of it has {len(spec.by)} texts,"
                f" not {len(row)}",
                hint="Give --row once for each column, in their order.",
            )
        if OTHER in row:
            raise UsageError(f"{OTHER} is the rest of a limited report", hint="Explain one of the rows in it.")
    report = session.run(plain)
    names = tuple(column.name for column in report.dimensions())
    found = _find(report.rows, tuple(row), len(names))
    measure = [column.name for column in report.columns].index(kind.credited)
    figure = {str(line[len(names)]): _decimal(line[measure]) for line in found}
    by = resolve_dimensions(spec.by, kind, session.kinds())
    shown = tuple(str(text) for text in found[0][: len(names)])
    contributions, warnings = _contributions(session, plain, by, shown, tuple(figure))
    first = next(iter(figure))
    return ExplainedFigure(
        type=kind.name,
        dimensions=names,
        row=shown,
        currency=report.summary.currency if kind.valued else None,
        models=tuple(figure),
        measure=kind.credited,
        figure=figure,
        contributions=tuple(sorted(contributions, key=lambda c: (-abs(c.credit[first]), c.converted_at, c.id))),
        notes=(
            *report.summary.omissions(),
            *(note.text for note in report.notes if note.level == "note"),
            *_nobodys(figure, contributions),
        ),
        warnings=tuple(dict.fromkeys((*(note.text for note in report.warnings), *warnings))),
    )


def _nobodys(figure: Mapping[str, Decimal], contributions: Sequence[Contribution]) -> list[str]:
    """Return what there is to say of credit that no conversion is behind, which states have that only led on."""
    found = []
    for model, whole in figure.items():
        rest = whole - sum((one.credit[model] for one in contributions), Decimal(0))
        if abs(rest) > (len(contributions) + 1) * _ROUNDED:
            text = f"{rest:f}".rstrip("0").rstrip(".")
            found.append(f"{model}: behind {text} of it is no conversion; states earn it that only led on to others")
    return found


def _decimal(value: object) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def _find(rows: Sequence[tuple[object, ...]], wanted: tuple[str, ...], width: int) -> list[tuple[object, ...]]:
    """Return the rows, one for each model, that show these texts; case counts only where it must."""
    keys = dict.fromkeys(tuple(str(cell) for cell in line[:width]) for line in rows)
    exact = [key for key in keys if key == wanted]
    folded = exact or [key for key in keys if tuple(map(str.casefold, key)) == tuple(map(str.casefold, wanted))]
    if len(folded) != 1:
        text = " / ".join(wanted)
        names = [" / ".join(key) for key in keys]
        some = f"Rows: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else "It has no rows at all."
        raise UsageError(
            f"the report has {'several rows' if folded else 'no row'} '{text}'",
            hint=did_you_mean(text, names) or some,
            place="--row",
        )
    return [line for line in rows if tuple(str(cell) for cell in line[:width]) == folded[0]]


def _contributions(
    session: Session, spec: ReportSpec, by: Sequence[Field], row: tuple[str, ...], models: tuple[str, ...]
) -> tuple[list[Contribution], tuple[str, ...]]:
    """Return what each conversion brings to the row, from the ledger of the report."""
    where = list(spec.where)
    nothing = any(text == UNATTRIBUTED and not field.of_conversion for field, text in zip(by, row, strict=True))
    for field, text in zip(by, row, strict=True):
        if field.of_credit and not nothing:
            value = "" if text == missing(field.name) else text
            where.append(Filter(column=field.name, op="=", values=(value,)))
    sums: dict[str, Contribution] = {}
    counted: set[tuple[object, object]] = set()  # an interaction of several campaigns has a line for each
    ledger_spec = replace(spec, where=tuple(where), models=of_interactions(spec.models))
    read = ["conversion_id", "converted_at", "source_row", "value"]
    read += [credit_column(model) for model in models if not credits_rows(model)]
    read += ["linear_share"] if any(map(credits_rows, models)) else []
    with open_ledger(session, ledger_spec, with_rows=True) as ledger:
        for batch in ledger.batches:
            for line in _of_row(batch, by, row, nothing).select(read).to_pylist():
                of = line["conversion_id"], line["source_row"]
                _add(sums, line, models, again=of in counted)
                counted.add(of)
        warnings = tuple(note.text for note in warnings_of(ledger.notes))
    return list(sums.values()), warnings


def _of_row(batch: pa.RecordBatch, by: Sequence[Field], row: tuple[str, ...], nothing: bool) -> pa.RecordBatch:
    """Return the lines of a batch that stand in the row: of interactions, or of conversions that have none."""
    import pyarrow.compute as pc

    without = pc.is_null(batch["source_row"])
    if all(field.of_conversion for field in by):
        mask = pc.or_(without, pc.invert(without))
    else:
        mask = without if nothing else pc.invert(without)
    for field, text in zip(by, row, strict=True):
        if field.of_credit or (nothing and not field.of_conversion):
            continue
        column = batch[field.name]
        value = unquoted(text, field.name) if field.quoted else text
        none = text == field.missing_label
        same = pc.is_null(column) if none else pc.equal(column.cast("string"), value)
        mask = pc.and_(mask, pc.fill_null(same, False))
    return batch.filter(mask)


def _add(sums: dict[str, Contribution], line: Mapping[str, object], models: Sequence[str], *, again: bool) -> None:
    id_, moment = str(line["conversion_id"]), line["converted_at"]
    if not isinstance(moment, dt.datetime):  # what states are credited with that no conversion holds
        return
    known = sums.get(id_)
    value = _decimal(line["value"])
    credit = {model: _decimal(line[credit_column(model)]) for model in models if not credits_rows(model)}
    if known is not None:
        credit = {model: known.credit[model] + part for model, part in credit.items()}
    of_rows = [model for model in models if model not in credit]
    if of_rows and line["source_row"] is None and not line["linear_share"]:
        value_of_row = Decimal(0) if known is None else known.credit[of_rows[0]]  # nobody's under another model alone
    else:
        value_of_row = value
    credit = {model: credit.get(model, value_of_row) for model in models}
    more = 0 if line["source_row"] is None or again else 1
    sums[id_] = Contribution(
        id=id_,
        converted_at=moment,
        value=value,
        interactions=more + (known.interactions if known else 0),
        credit=credit,
    )
