"""From what an earlier ledger credits to what a report credits now: which conversions came, went or changed since."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.engine.ledger.columns import credit_column
from attrib_cli.engine.models import models_of
from attrib_cli.engine.notes import warnings_of
from attrib_cli.engine.reconciliation import (
    ZERO,
    NamedFigure,
    Reason,
    Reconciliation,
    ReconcilingStep,
    completed,
    measure_of,
    only_model,
    plain,
    step,
)

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec

CHANGED: Reason = "changed-interactions"
"""Conversions of the same value that are credited otherwise."""

ENDINGS = (".csv", ".parquet")
"""What a ledger is read from."""

_Row = Mapping[str, object]


@frozen
class Credited:
    """A conversion: its whole value, and what its interactions are credited with."""

    value: Decimal
    credit: Decimal


def reconcile_ledger(session: Session, spec: ReportSpec, path: str) -> Reconciliation:
    """Return the way from what the ledger in the file `path` credits to interactions to what `spec` credits now.

    Each conversion stands in one step: it is new or gone, has another value, or the same value and other credit. Raises
    UsageError for a ledger without the model of `spec`, SourceError for a file that cannot be read, and what a report
    raises.
    """
    model = only_model(session, spec)
    kind = type_of(spec, session.settings)
    then = _summed(_read(path), credit_column(model), path)
    with open_ledger(session, plain(session, spec)) as ledger:
        rows = (row for batch in ledger.batches for row in batch.to_pylist())
        now = _summed(rows, credit_column(model), path)
        warnings = tuple(note.text for note in warnings_of(ledger.notes))
        currency = ledger.currency if kind.valued else None
    amounts: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for id_ in sorted(then.keys() | now.keys()):
        before, after = then.get(id_), now.get(id_)
        if before is None:
            reason = "new-conversions"
        elif after is None:
            reason = "gone-conversions"
        else:
            reason = "changed-values" if before.value != after.value else "changed-interactions"
        moved = (after.credit if after else ZERO) - (before.credit if before else ZERO)
        if moved:
            amounts[reason].append((id_, moved))
    steps = [step(reason, amounts[reason]) for reason in get_args(Reason) if amounts[reason]]
    steps = [_with_touchpoints(session, spec, path, one) if one.reason == CHANGED else one for one in steps]
    start, end = (sum((one.credit for one in found.values()), ZERO) for found in (then, now))
    estimated = any(one.estimated for one in models_of(spec, kind, session.settings))
    return Reconciliation(
        start=NamedFigure(name=f"attributed {measure_of(session, spec)} ({model}) in {Path(path).name}", amount=start),
        end=NamedFigure(name=f"attributed {measure_of(session, spec)} ({model}) now", amount=end),
        steps=completed(steps, start, end, estimated=estimated),
        measure=measure_of(session, spec),
        currency=currency,
        spec=spec,
        warnings=warnings,
    )


def _with_touchpoints(session: Session, spec: ReportSpec, path: str, of: ReconcilingStep) -> ReconcilingStep:
    """Return the step of conversions credited otherwise with the touchpoints that came to their journeys or went."""
    ids = frozenset(row.id for row in of.rows)
    then = _touched(_read(path), ids)
    with open_ledger(session, plain(session, spec)) as ledger:
        now = _touched((row for batch in ledger.batches for row in batch.to_pylist()), ids)
    rows = tuple(
        replace(
            row,
            new_touchpoints=tuple(sorted(now[row.id] - then[row.id])),
            gone_touchpoints=tuple(sorted(then[row.id] - now[row.id])),
        )
        for row in of.rows
    )
    return replace(of, rows=rows)


def _touched(rows: Iterator[_Row], ids: frozenset[str]) -> dict[str, set[str]]:
    """Return the touchpoints in the journeys of some conversions."""
    found: dict[str, set[str]] = {id_: set() for id_ in ids}
    for row in rows:
        id_ = str(row["conversion_id"])
        if id_ in found and row["position"] not in (None, ""):
            moment = str(row.get("occurred_at") or "").replace(" ", "T")
            found[id_].add(str(row.get("touchpoint_id") or f"{row.get('contact_id') or ''} {moment}".strip()))
    return found


def _summed(rows: Iterator[_Row], column: str, path: str) -> dict[str, Credited]:
    """Return each conversion; raises UsageError for rows without the columns that this takes."""
    found: dict[str, Credited] = {}
    for row in rows:
        missing = [name for name in ("conversion_id", "value", "position", column) if name not in row]
        if missing:
            hint = "Give a ledger (`attrib export --ledger`) of the same type and model."
            raise UsageError(f"the ledger has no column '{missing[0]}'", hint=hint, place=path)
        id_ = row["conversion_id"]
        if id_ in (None, ""):  # what states are credited with that no journey holds
            continue
        known = found.get(str(id_))
        credit = _number(row[column], path) if row["position"] not in (None, "") else ZERO
        found[str(id_)] = Credited(
            value=_number(row["value"], path), credit=credit + (known.credit if known is not None else ZERO)
        )
    return found


def _number(value: object, path: str) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        raise UsageError(f"'{value}' in the ledger is no number", place=path) from None


def _read(path: str) -> Iterator[_Row]:
    try:
        if path.casefold().endswith(".csv"):
            with Path(path).open(encoding="utf-8", newline="") as stream:
                yield from csv.DictReader(stream)
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    yield from batch.to_pylist()
        except pa.ArrowInvalid as error:
            raise SourceError("this Parquet file is damaged, or none", place=path) from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=path) from error
