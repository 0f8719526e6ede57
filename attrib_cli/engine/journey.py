"""One conversion, interaction by interaction: what each did, what it earns, and why the others earn nothing.

The credit is that of the ledger, to the sixth digit. Beside what takes part stands what does not: interactions of an
excluded type, after the conversion, before the look-back window, or not eligible.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.backends.duckdb import translated
from attrib_cli.engine.conversions import ReportType, type_of
from attrib_cli.engine.data_driven.estimate import StateEffect
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.ledger import open_ledger
from attrib_cli.engine.ledger.columns import credit_column
from attrib_cli.engine.models import credits_rows, models_of, of_interactions
from attrib_cli.engine.notes import warnings_of
from attrib_cli.engine.resolve import filters
from attrib_cli.engine.row_names import missing
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.engine.sql import memberships
from attrib_cli.engine.sql.campaigns import campaign_parts, campaigns_text, interaction_condition, with_own_campaigns
from attrib_cli.engine.sql.cte import conjunction, used_values, with_clause
from attrib_cli.engine.sql.id_joins import contact_pairs, equal_ids, same_contact
from attrib_cli.engine.sql.journeys import excluded, tie_terms
from attrib_cli.engine.sql.predicates import local_time
from attrib_cli.engine.sql.resolved import Request
from attrib_cli.engine.sql.won_deals import won

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.session import Session

Status = Literal["credited", "excluded", "late", "outside-lookback", "ineligible"]
_OWN = ("channel", "interaction_type", "asset_type", "asset_title")
_BATCH = 10_000
"""Interactions that are read at once."""


class NotConverted(UsageError):
    """A deal or contact that is there but is no conversion of the report type; `reason` says what it lacks."""

    reason: str = ""


@frozen
class Interaction:
    """One interaction of a contact of the conversion.

    `occurred_at` is local time of the configured zone, `age` how long before the conversion it was (negative after it).
    `position` is empty unless it takes part. `reason` says in words why it does not. `credit` is in the unit of the
    journey's value, by model.
    """

    occurred_at: dt.datetime
    age: dt.timedelta
    contact_id: str
    touchpoint_id: str | None
    campaign: str | None
    channel: str | None
    interaction_type: str | None
    asset_type: str | None
    asset_title: str | None
    position: str
    status: Status
    reason: str
    credit: Mapping[str, Decimal]


@frozen
class Journey:
    """A conversion and all interactions of all its contacts, in order of time.

    `value` is one for a contact and a deal that counts, else the amount in `currency`. The credit of the interactions
    and `unattributed` sum to it under each model that shares out the value of each conversion; data-driven ones share
    out that of all conversions, and one that credits rows gives all of it to each interaction. `states` are the columns
    whose values data-driven ones weigh, and `effects` what the states of the journey weigh, or all where the
    interactions do not tell theirs.
    """

    type: str
    kind: ReportType
    id: str
    value: Decimal
    converted_at: dt.datetime
    currency: str | None
    models: tuple[str, ...]
    contacts: tuple[str, ...]
    interactions: tuple[Interaction, ...]
    unattributed: Mapping[str, Decimal]
    warnings: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    effects: tuple[StateEffect, ...] = ()

    def credited(self, model: str) -> Decimal:
        """Return what all interactions earn together under a model; one that credits rows gives each the whole."""
        if credits_rows(model):
            return max((one.credit.get(model, Decimal(0)) for one in self.interactions), default=Decimal(0))
        return sum((one.credit.get(model, Decimal(0)) for one in self.interactions), Decimal(0))


def explain_journey(session: Session, spec: ReportSpec, id_: str) -> Journey:
    """Return the journey of the conversion of `spec` whose deal or contact is called `id_`.

    Filters on credits, measures, sort, limit and comparison of `spec` do not apply; those on conversions say from which
    data-driven models are estimated. Raises UsageError where there is no such conversion, with the reason where the
    deal or contact is there but does not convert.
    """
    kind = type_of(spec, session.settings)
    whole = any(model.estimated for model in models_of(spec, kind, session.settings))
    _, picking, _ = filters(spec, kind, session.kinds())
    where = tuple(one for one, _ in picking) if whole else ()
    plain = replace(spec, by=("campaign",) if _has_campaigns(session) else (), where=where, campaigns=(), measures=())
    plain = replace(plain, sort=(), limit=None, compare=None, compare_dates=None, transitions=False)
    plain = replace(plain, estimation=replace(plain.estimation, confidence=None))
    with translated():
        request = session.prepare(plain)
        found = _moment(session.con, request, id_)
    plain = replace(plain, models=of_interactions(plain.models))
    one = plain if whole else replace(plain, where=(Filter(column=kind.key, op="=", values=(id_,)),))
    models = tuple(model.name for model in models_of(spec, kind, session.settings))
    earned = _earned(session, one, id_, models)
    if earned.converted_at is None:
        raise UsageError(
            f"the {kind.thing} {id_} is not among the conversions of this period",
            hint="It converted on another day, or a filter leaves it out: ask without --period and --where.",
        )
    with translated():
        rows = tuple(_interactions(session.con, request, id_, found, earned.of_rows))
    return Journey(
        type=kind.name,
        kind=kind,
        id=id_,
        value=earned.value,
        converted_at=earned.converted_at,
        currency=request.currency if kind.valued else None,
        models=models,
        contacts=tuple(dict.fromkeys(row.contact_id for row in rows)),
        interactions=rows,
        unattributed=earned.unattributed,
        warnings=earned.warnings,
        states=earned.states,
        effects=_effects_of(earned, rows),
    )


def _effects_of(earned: _Earned, rows: Sequence[Interaction]) -> tuple[StateEffect, ...]:
    """Return what the states of a journey weigh; that of all where interactions do not tell theirs."""
    known = {"campaign", *_OWN}
    if not set(earned.states) <= known:
        return earned.effects
    told = {tuple(getattr(row, name) for name in earned.states) for row in rows if row.status == "credited"}
    held = {
        " / ".join(value or missing(name) for name, value in zip(earned.states, values, strict=True)).casefold()
        for values in told
    }
    return tuple(one for one in earned.effects if one.state.casefold() in held)


def _has_campaigns(session: Session) -> bool:
    return "campaign_id" in session.kinds().get("touchpoints", {})


_Row = tuple[str, Mapping[str, Decimal]]
"""What the ledger has of an interaction: its position, and its credit by model."""


@frozen
class _Earned:
    """What the ledger has of one conversion, by the row of the interaction, and what it says beside it.

    `converted_at` is None where it has nothing of the conversion.
    """

    value: Decimal
    converted_at: dt.datetime | None
    of_rows: Mapping[str, _Row]
    unattributed: Mapping[str, Decimal]
    warnings: tuple[str, ...]
    states: tuple[str, ...]
    effects: tuple[StateEffect, ...]


def _earned(session: Session, spec: ReportSpec, id_: str, models: Sequence[str]) -> _Earned:
    """Return what the ledger has of one conversion; what many interactions earn alike is held once."""
    import pyarrow.compute as pc

    of_whole = {model for model in models if credits_rows(model)}  # every row of an interaction has all of the value
    columns = {model: credit_column(model) for model in models if model not in of_whole}
    value, converted_at = Decimal(0), None
    of_rows: dict[str, _Row] = {}
    nobodys = dict.fromkeys(columns, Decimal(0))
    known: dict[tuple[Decimal, ...], Mapping[str, Decimal]] = {}
    with open_ledger(session, spec, with_rows=True) as ledger:
        for batch in ledger.batches:
            mine = batch.filter(pc.equal(batch["conversion_id"], id_))
            if not mine.num_rows:
                continue
            value, converted_at = Decimal(str(mine["value"][0])), _datetime(mine["converted_at"][0].as_py())
            credits = zip(*(mine[name].to_pylist() for name in columns.values()), strict=True)
            for row, position, earned in zip(
                mine["source_row"].to_pylist(),
                mine["position"].to_pylist(),
                credits if columns else [()] * mine.num_rows,
                strict=True,
            ):
                if row is None:
                    nobodys = {model: nobodys[model] + own for model, own in zip(columns, earned, strict=True)}
                    continue
                before = of_rows.get(row)  # it is of several campaigns
                whole = earned
                if before is not None:
                    whole = tuple(before[1][model] + own for model, own in zip(columns, earned, strict=True))
                shared = known.get(whole)
                if shared is None:
                    by_column = dict(zip(columns, whole, strict=True))
                    shared = known[whole] = {model: by_column.get(model, value) for model in models}
                of_rows[row] = (position if before is None else before[0], shared)
        warnings = tuple(note.text for note in warnings_of(ledger.notes))
        return _Earned(
            value=value,
            converted_at=converted_at,
            of_rows=of_rows,
            unattributed={model: nobodys.get(model, Decimal(0) if of_rows else value) for model in models},
            warnings=warnings,
            states=ledger.states,
            effects=ledger.effects,
        )


def _datetime(value: object) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        raise TypeError("a moment of the ledger is a datetime")
    return value


def _moment(con: duckdb.DuckDBPyConnection, request: Request, id_: str) -> dt.datetime:
    """Return when a deal or contact converts; raises UsageError where there is none, or it does not convert."""
    kind = request.report_type
    relation = request.tables[kind.table].relation
    thing = kind.thing
    rows = con.execute(
        f"SELECT {kind.moment} FROM {relation} AS s WHERE CAST({kind.key} AS VARCHAR) = $id", {"id": id_}
    ).fetchall()
    if not rows:
        near = con.execute(
            f"SELECT CAST({kind.key} AS VARCHAR) FROM {relation} AS s WHERE {kind.key} IS NOT NULL"
            f" ORDER BY jaro_winkler_similarity(lower(CAST({kind.key} AS VARCHAR)), lower($id)) DESC LIMIT 3",
            {"id": id_},
        ).fetchall()
        hint = did_you_mean(id_, [name for (name,) in near]) or f"Some there are: {', '.join(n for (n,) in near)}."
        raise UsageError(f"there is no {thing} '{id_}'", hint=hint)
    reasons = list(_reasons(con, request, kind, id_))
    if reasons:
        error = NotConverted(
            f"the {thing} {id_} is no conversion of a {kind.name} report: {', '.join(reasons)}",
            hint="--type deal-create explains how a deal came about, whatever became of it."
            if kind.won_only
            else "Only what has a date converts.",
        )
        error.reason = ", ".join(reasons)
        raise error
    moment: dt.datetime = rows[0][0]
    return moment


def _reasons(con: duckdb.DuckDBPyConnection, request: Request, kind: ReportType, id_: str) -> Iterator[str]:
    """Yield what keeps a deal or contact from converting."""
    needed = dict.fromkeys((kind.moment, "created_at") if kind.won_only else (kind.moment,))
    wanted = {f"it has no {column}": f"s.{column} IS NULL" for column in needed}
    if kind.won_only:
        wanted = {"it is not won": f"NOT {won(request, 's')}", "it has no amount": "s.amount IS NULL", **wanted}
    relation = request.tables[kind.table].relation
    query = (
        f"SELECT {', '.join(wanted.values())} FROM {relation} AS s"
        f" WHERE CAST(s.{kind.key} AS VARCHAR) = {request.binder.bind(id_)}"
    )
    row = con.execute(query, used_values(query, request.binder.values)).fetchall()[0]
    yield from (reason for reason, holds in zip(wanted, row, strict=True) if holds)


def _interactions(
    con: duckdb.DuckDBPyConnection, request: Request, id_: str, moment: dt.datetime, earned: Mapping[str, _Row]
) -> Iterator[Interaction]:
    """Yield every interaction of every contact of a conversion, in order of time."""
    query = _query(request, id_, moment)
    found = con.execute(query, used_values(query, request.binder.values))
    texts: dict[str | None, str | None] = {}
    gives_way = request.preferred or request.spec.collapse is not None or request.separate_cycles
    nothing: _Row = ("", {})
    while rows := found.fetchmany(_BATCH):
        for source_row, occurred, local, contact, touchpoint, *own, is_excluded, eligible in rows:
            age = moment - occurred
            position, credit = earned.get(str(source_row), nothing)
            status, reason = _status(request, age, excluded=is_excluded, eligible=eligible)
            if status == "credited" and not credit and gives_way:
                status, reason = "ineligible", _giving_way(request)
            campaign, *others = (texts.setdefault(text, text) for text in own)  # which many have in common
            yield Interaction(
                occurred_at=local,
                age=age,
                contact_id=str(texts.setdefault(contact, contact)),
                touchpoint_id=touchpoint,
                campaign=campaign,
                **dict(zip(_OWN, others, strict=True)),
                position=position,
                status=status,
                reason=reason,
                credit=credit,
            )


def _giving_way(request: Request) -> str:
    """Say what an interaction without credit gives way to: the journey has what is preferred, or one it repeats."""
    reasons = []
    if request.preferred:
        reasons.append("others of the journey are preferred: " + " and ".join(str(one) for one, _ in request.preferred))
    if request.spec.collapse is not None:
        reasons.append(f"it repeats another ({request.spec.collapse})")
    if request.separate_cycles:
        reasons.append("it comes before an earlier conversion of its contact")
    return ", or ".join(reasons)


def _status(request: Request, age: dt.timedelta, *, excluded: bool, eligible: bool) -> tuple[Status, str]:
    if age < dt.timedelta(0):
        return "late", "after the conversion"
    if request.lookback is not None and age > request.lookback:
        return "outside-lookback", f"more than {request.lookback / dt.timedelta(days=1):g} days before the conversion"
    if excluded:
        return "excluded", "an asset or interaction type that never earns credit"
    if not eligible:
        return "ineligible", "not " + " and ".join(str(filter_) for filter_, _ in request.eligible)
    return "credited", ""


def _query(request: Request, id_: str, moment: dt.datetime) -> str:
    """The SELECT of all interactions of a conversion's contacts."""
    kind = request.report_type
    touchpoints = request.tables["touchpoints"]
    conversion = request.binder.bind(id_)
    if kind.pooled:
        among = (
            f"SELECT {kind.key} FROM {request.tables[kind.table].relation} AS s"
            f" WHERE CAST({kind.key} AS VARCHAR) = {conversion}"
        )
        source = f"({contact_pairs(request, among=among)}) AS m"
        join = same_contact(request, "m", None, "t", "touchpoints")
    else:
        source = f"(SELECT {conversion} AS contact_id) AS m"
        join = equal_ids("m.contact_id", "VARCHAR", "t.contact_id", touchpoints.columns["contact_id"].type)
    source = f"{memberships.touchpoints(request)} AS t JOIN {source} ON {join}"
    if request.eligible_by_contact:
        source += (
            f" LEFT JOIN {request.tables['contacts'].relation} AS k"
            f" ON {same_contact(request, 'k', 'contacts', 't', 'touchpoints')}"
        )
    named = next((field for field in request.dimensions if field.level == "campaign"), None)
    source = with_own_campaigns(request, source, named is not None)
    campaign = "NULL" if named is None else campaigns_text(request, named)
    own = [f"CAST(t.{name} AS VARCHAR)" if name in touchpoints.columns else "NULL" for name in _OWN]
    touchpoint = "CAST(t.touchpoint_id AS VARCHAR)" if "touchpoint_id" in touchpoints.columns else "NULL"
    columns = [
        "t.source_row",
        "t.occurred_at",
        local_time("t.occurred_at", request.settings.timezone, request.binder),
        "CAST(t.contact_id AS VARCHAR)",
        touchpoint,
        campaign,
        *own,
        excluded(request) if request.excludes else "false",
        f"coalesce({conjunction(interaction_condition(request, bound) for bound in request.eligible)}, false)",
    ]
    order = ", ".join(["t.occurred_at", *tie_terms(request, "t.touchpoint_id", "t.source_row")])
    return (
        f"{with_clause(campaign_parts(request))}SELECT {', '.join(columns)}\nFROM {source}\n"
        f"WHERE t.occurred_at IS NOT NULL\nORDER BY {order}"
    )
