"""The ledger of a report: a row for each interaction and conversion with what it earns, as a stream of Arrow batches.

A report says what a campaign is credited with; the ledger says why, interaction by interaction. It is as long as the
journeys are, so it is never held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.checks import left_out
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.data_driven.estimate import StateEffect, state_effects
from attrib_cli.engine.dimensions import prefix_of
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.filter_checks import filter_notes
from attrib_cli.engine.finishing import summary, unusable
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.join_checks import ledger_join_notes
from attrib_cli.engine.ledger.columns import OCCURRED_AT, ROW, TOUCHPOINT_ID, LedgerColumn, model_columns
from attrib_cli.engine.ledger.reader import LedgerReader
from attrib_cli.engine.ledger.rows import compile_ledger
from attrib_cli.engine.models import models_of, refuse_credits_of_rows
from attrib_cli.engine.notes import Note
from attrib_cli.engine.quoting import path_literal
from attrib_cli.engine.report import Column, Summary, Unit
from attrib_cli.engine.resolve import states
from attrib_cli.engine.session import Session
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql.printing import by_name, printed
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.temporary import temporary_folder

if TYPE_CHECKING:
    import pyarrow as pa

_CONTACT = "touchpoint.contact_id"
_KNOWN = ("channel", "interaction_type", "interaction_source", "asset_type", "asset_title", "content_type", "cost")


@frozen
class Ledger:
    """The ledger of `spec`, to be read once.

    Grain: one row for each conversion and eligible interaction of its journey, in order of conversion and time; and
    one without interaction for each conversion that nothing is credited with. Columns: ``conversion_id``,
    ``converted_at``, ``value``, the interaction's own, ``position``, further dimensions asked for, then for each model
    ``<model>_share`` and ``<model>_credit``, which over a conversion sum to 1 and to its value to the sixth digit.
    Moments are local time of the configured zone. A null is what the data do not have. `summary` says what was counted
    on the way, once the batches have been read. `states` are the columns whose values data-driven models weigh, and
    `effects` what they weigh.
    """

    spec: ReportSpec
    settings: Settings
    columns: tuple[Column, ...]
    currency: str | None
    notes: tuple[Note, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    summary: Callable[[], Summary]
    states: tuple[str, ...] = ()
    effects: tuple[StateEffect, ...] = ()


@contextmanager
def open_ledger(session: Session, spec: ReportSpec, *, with_rows: bool = False) -> Iterator[Ledger]:
    """Put the conversions of `spec` in order and yield their ledger, whose rows are computed while they are read.

    Journeys are gathered and walked a few at a time, so that a ledger needs no more memory the longer it is. Measures,
    sort and limit of `spec` do not apply; a comparison raises UsageError, and so does what a report raises, here or
    where the batches come to it. The session serves nothing else meanwhile. `with_rows` adds ``source_row``, the place
    of the interaction in its source.
    """
    clock = Clock(session.progress)
    with temporary_folder() as folder:
        with session.translated():
            request, columns = prepare(session, spec, clock)
            if with_rows:
                columns = (*columns, LedgerColumn(header=ROW.name, number=len(request.dimensions) - 1))
            reader = LedgerReader(
                session=session, request=request, columns=columns, file=folder / "conversions.parquet"
            )
            with clock.step("finding the conversions"):
                reader.begin()
            found = filter_notes(session.con, request)
            joins = ledger_join_notes(session.con, request, f"read_parquet({path_literal(str(reader.file))})")
            effects: tuple[StateEffect, ...] = ()
            if request.data_driven is not None:
                reader.estimate(clock)
                effects = state_effects(session.con, reader.request) if reader.request.estimates else ()
        shown = shown_columns(request, columns)
        schema = ledger_schema(shown, columns, request)
        batches = reader.batches(schema)
        try:
            yield Ledger(
                spec=spec,
                settings=session.settings,
                columns=shown,
                currency=request.currency,
                notes=(
                    *request.notes,
                    *split_notes(request),
                    *unusable(reader.unusable),
                    *reader.request.estimation_notes,
                    *joins,
                    *found,
                ),
                schema=schema,
                batches=batches,
                states=() if request.data_driven is None else tuple(field.name for field in request.data_driven.states),
                effects=effects,
                summary=lambda: summary(request, reader.counted(), dict(left_out(session.con, request))),
            )
        finally:
            batches.close()
            reader.end()


def split_notes(request: Request) -> tuple[Note, ...]:
    """Return what there is to say of rows that share one interaction; nothing where none do."""
    if not request.splits:
        return ()
    text = "an interaction of several campaigns has a row for each, and its credit is split equally between them"
    return (Note(code="several-campaigns", text=text, level="note"),)


def explain_ledger(session: Session, spec: ReportSpec) -> str:
    """Return the whole query of a ledger as one statement; `session` must not stage, so that it reads the files."""
    request, columns = prepare(session, spec, Clock(None))
    if request.estimated_kernels:
        raise UsageError(
            "the ledger of estimated models is no single query: what states earn is added up on the way",
            hint="Print that of rules, or the report's own query without --ledger.",
            place="--show-sql",
        )
    plain = replace(request, tables=by_name(request.tables), readable=True).in_full()
    return printed(compile_ledger(plain, columns), plain)


def prepare(session: Session, spec: ReportSpec, clock: Clock) -> tuple[Request, tuple[LedgerColumn, ...]]:
    """Return the request of a ledger and its columns; raises what `open_ledger` does before it reads journeys."""
    if session.of_paths:
        raise UsageError(
            "paths with counts have no single interactions to account for",
            hint="Ask for a report, or for `attrib paths`.",
        )
    if spec.compare is not None:
        raise UsageError("a ledger compares no periods", hint="Leave out --compare, or export one ledger for each.")
    if spec.transitions or spec.estimation.confidence is not None:
        raise UsageError(
            "a ledger has neither a transition matrix nor intervals",
            hint="Leave out --ledger, or --transitions and --confidence.",
        )
    refuse_credits_of_rows(models_of(spec, type_of(spec, session.settings), session.settings))
    at_hand = session.kinds().get("touchpoints", {})
    known = [TOUCHPOINT_ID] if "touchpoint_id" in at_hand else []
    known += [_CONTACT, OCCURRED_AT]
    known += ["campaign"] if "campaign_id" in at_hand else []
    known += [f"touchpoint.{name}" for name in _KNOWN if name in at_hand]
    more = [name for name in spec.by if name != "campaign"]
    kind = type_of(spec, session.settings)
    estimation = spec.estimation
    if any(model.estimated for model in models_of(spec, kind, session.settings)):
        estimation = replace(estimation, states=tuple(field.name for field in states(spec, kind, session.kinds())))
    plain = replace(spec, by=(*known, "position", *more), measures=(), sort=(), limit=None, estimation=estimation)
    request = session.prepare(plain, clock, of=spec)
    columns = _headers(request, len(known) + 1)
    return replace(request, dimensions=(*request.dimensions, ROW)), columns


def _headers(request: Request, own: int) -> tuple[LedgerColumn, ...]:
    """Return the columns in order: who and when, the interaction's own, then what else was asked for."""
    taken = {"conversion_id", "converted_at", "value", *(name for m in request.models for name in model_columns(m))}
    columns: list[LedgerColumn] = []
    seen: set[object] = set()
    for number, field in enumerate(request.dimensions):
        if (field.place, field.groups) in seen:
            continue
        seen.add((field.place, field.groups))
        header = field.column if number < own and field.level == "interaction" else field.name
        if header in taken:
            header = f"{prefix_of(field.table)}.{field.column}"
        taken.add(header)
        columns.append(LedgerColumn(header=header, number=number))
    first = {"contact_id": 0, "touchpoint_id": 1, "occurred_at": 2}
    return tuple(sorted(columns, key=lambda column: first.get(column.header, 3) if column.number < own else 4))


def shown_columns(request: Request, columns: tuple[LedgerColumn, ...]) -> tuple[Column, ...]:
    """Return the columns of a ledger as people see them."""
    kind = request.report_type
    value: Unit = "currency" if kind.valued else "conversions" if kind.configured else "contacts"
    found = [Column(name="conversion_id", role="dimension"), Column(name="converted_at", role="dimension")]
    found.append(Column(name="value", role="measure", unit=value))
    for column in columns:
        money = request.dimensions[column.number].kind == "decimal"
        found.append(
            Column(name=column.header, role="measure" if money else "dimension", unit="currency" if money else "text")
        )
    for model in request.models:
        share, credit = model_columns(model)
        found.append(Column(name=share, role="measure", unit="share", additive=True))
        found.append(Column(name=credit, role="measure", unit=value, additive=True))
    return tuple(found)


def ledger_schema(shown: tuple[Column, ...], columns: tuple[LedgerColumn, ...], request: Request) -> pa.Schema:
    """Return the types of a ledger's columns."""
    import pyarrow as pa

    moments = {"converted_at", *(c.header for c in columns if request.dimensions[c.number].kind == "timestamp")}

    def type_of(column: Column) -> pa.DataType:
        if column.name in moments:
            return pa.timestamp("us")
        return pa.string() if column.unit == "text" else pa.decimal128(38, 6)

    return pa.schema([pa.field(column.name, type_of(column)) for column in shown])
