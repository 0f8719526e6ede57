"""The paths themselves: which ways journeys take, how long they are, who opens, assists and closes them.

They are the journeys of a report of the same request, those without conversion beside them, so that their conversions
and values add up to those of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from attrib_cli.engine.checks import left_out
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.data_driven.estimate import state_labels
from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.finishing import with_states
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import Gatherer
from attrib_cli.engine.journey_values import DAY
from attrib_cli.engine.models import chain_model
from attrib_cli.engine.row_names import OTHER, UNATTRIBUTED
from attrib_cli.engine.source_spec import SEPARATOR
from attrib_cli.engine.sql import whole_paths as sql
from attrib_cli.engine.sql.cte import used_values
from attrib_cli.engine.walked_journeys import stage_paths

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.engine.sql.resolved import Request

Cell = str | int | Decimal | None
_BATCH = 20_000
"""Rows that are fetched at once."""


@frozen
class Transform:
    """What is done to paths before they are counted, in this order: what is left out, repeats, the steps that are kept.

    `without` names states that are left out of paths that have others, by the texts of their rows, and `without_last`
    those that are left out where they end a path. `collapse` makes one of neighbours that are alike, `distinct` keeps
    each state where it stands first. Paths below `share` of all conversions become one, ``(other)``.
    """

    without: tuple[str, ...] = ()
    without_last: tuple[str, ...] = ()
    collapse: bool = False
    distinct: bool = False
    first: int | None = None
    last: int | None = None
    share: Decimal | None = None

    def of(self, path: str) -> str:
        """The SQL of a path after what is done to it."""
        return sql.shortened(path, collapse=self.collapse, distinct=self.distinct, first=self.first, last=self.last)

    def needs_steps(self, question: str) -> bool:
        """Whether an answer looks at the steps of journeys: days do not, nor does their number as they are."""
        if self.without or self.without_last:
            return True  # whose names are looked up among the steps
        return question not in ("length", "lag") or (question == "length" and self.of("path") != "path")


@frozen
class PathTable:
    """An answer about paths.

    Grain: see `QUESTIONS`; `columns` name the cells of `rows`, which are read once and while the session is open where
    they are streamed; where there may be many paths there are `texts` instead, cells with all their digits, which are
    quicker to write. `left` counts the rows that were not asked for. `totals` has the sums of those columns that add
    up over all rows. `conversions` and `amount` are those of all journeys, and of the report. `facts` are lines, of
    deciles say, and `notes` what was left out.
    """

    question: str
    type: str
    states: tuple[str, ...]
    currency: str | None
    columns: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]
    texts: Iterable[tuple[str, ...]] | None = None
    left: int = 0
    totals: Mapping[str, Cell]
    conversions: int
    journeys: int
    amount: Decimal
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@frozen
class _Found:
    con: duckdb.DuckDBPyConnection
    request: Request
    labels: tuple[str, ...]
    transform: Transform
    valued: str | None
    through: int | None = None
    most: int | None = None
    listed: bool = True

    @property
    def steps(self) -> str:
        """The SQL of how many interactions a journey has."""
        return "len(path)" if self.listed else "steps"

    def each(self, query: str) -> Iterator[tuple[object, ...]]:
        """Yield the rows of a query, some at a time; no other query may run before the last one."""
        result = self.con.execute(query, used_values(query, self.request.binder.values))
        while batch := result.fetchmany(_BATCH):
            yield from batch

    def all(self, query: str) -> list[tuple[object, ...]]:
        return self.con.execute(query, used_values(query, self.request.binder.values)).fetchall()

    def figures(self, conversions: object, amount: object, journeys: object) -> tuple[Cell, ...]:
        """Conversions, value where the report has one, journeys, and the part of them that converted."""
        known = _whole(conversions), _whole(journeys)
        if not self.valued:
            return (*known, _rate(*known))
        return (known[0], amount if isinstance(amount, Decimal) else Decimal(str(amount)), known[1], _rate(*known))

    @property
    def names(self) -> tuple[str, ...]:
        return ("conversions", *((self.valued,) if self.valued else ()), "journeys", "rate")


def _whole(number: object) -> int:
    return number if isinstance(number, int) else int(str(number))


@lru_cache(maxsize=4096)
def _rate(conversions: int, journeys: int) -> Decimal | None:
    if not journeys:
        return None
    if conversions in (0, journeys):
        return Decimal(conversions // journeys)
    return (Decimal(conversions) / Decimal(journeys)).quantize(Decimal("0.000001"))


def find_paths(
    session: Session,
    spec: ReportSpec,
    question: str,
    transform: Transform,
    *,
    through: str | None = None,
    most: int | None = None,
    stream: bool = False,
) -> PathTable:
    """Return the answer to one of `QUESTIONS` about the journeys of `spec`, whose `by` says what a step shows.

    Of the ``top`` paths `through` leaves those that have this state, by the text of its row, among their steps, and
    `most` the first so many, unless there is a `share` that others are below. With `stream` rows are not held,
    and those of many paths are `texts`.
    Filters on conversions, eligible interactions, look-back and dates apply as in a report; measures, models, sort and
    comparison do not. Raises UsageError for a question that there is none of, for filters on credits, which paths have
    none of, and what a report raises.
    """
    if question not in QUESTIONS:
        hint = did_you_mean(question, QUESTIONS) or f"Ask for {', '.join(QUESTIONS)}."
        raise UsageError(f"paths do not answer '{question}'", hint=hint, place="WHAT")
    for option, given in (("--prefer", bool(spec.prefer)), ("--collapse", spec.collapse is not None)):
        if given:
            hint = f"Leave it out: --without {option.removeprefix('--')}."
            raise UsageError("paths are of whole journeys: nothing in them gives way", hint=hint, place=option)
    _check_transform(question, transform)
    if question == "lag" and session.of_paths:
        raise UsageError("paths say nothing of when", hint="Ask for another question, such as top.", place="WHAT")
    clock = Clock(session.progress)
    states = spec.estimation.states or spec.by
    asked = replace(
        spec,
        models=(chain_model().name,),
        by=states,
        measures=(),
        sort=(),
        limit=None,
        compare=None,
        compare_dates=None,
        transitions=False,
        estimation=replace(spec.estimation, states=states, order=1, confidence=None),
    )
    with session.translated():
        listed = transform.needs_steps(question)
        request = replace(session.prepare(asked, clock).in_full(), unordered=not listed)
        if request.credit_filters:
            names = ", ".join(field.name for _, field in request.credit_filters)
            raise UsageError(
                f"a path is no credit: it cannot be filtered on {names}",
                hint="Filters on columns of contacts and deals pick journeys; --eligible says what takes part in them.",
                place="--campaign" if spec.campaigns else "--where",
            )
        gatherer = Gatherer(con=session.con, request=request, clock=clock)
        request = with_states(session.con, request, [gatherer.gather("values")], clock)
        gatherer.request = request
        gatherer.stage_round("paths")
        with clock.step("walking the journeys"):
            stage_paths(session.con, request, listed=listed)
        valued = request.report_type.valued if request.valued else None
        found = _Found(
            con=session.con,
            request=request,
            labels=state_labels(session.con, request),
            transform=transform,
            valued=valued,
            most=most,
            listed=listed,
        )
        if through is not None:
            found = replace(found, through=_state_called(found, through))
        if transform.without or transform.without_last:
            _leave_out(found)
        ((conversions, journeys, amount),) = found.all(
            "SELECT coalesce(sum(times) FILTER (converted), 0), coalesce(sum(times), 0), coalesce(sum(amount), 0)"
            " FROM whole_paths"
        )
        omitted = [f"{n:,} left out: {reason}" for reason, n in left_out(session.con, request) if n]
        columns, lines, facts = QUESTIONS[question](found)
        rows = lines if stream else list(lines)
        written = stream and question == "top" and through is None and transform.share is None
        left = 0
        if most is not None and question == "top" and not stream and through is None and transform.share is None:
            left = int(str(found.all("SELECT count(*) FROM counted_paths")[0][0])) - len(list(rows))
    whole = Decimal(str(amount))
    totals: dict[str, Cell] = {"conversions": int(str(conversions)), "journeys": int(str(journeys))}
    totals |= {valued: whole} if valued else {}
    if through is not None:
        totals = {name: _sum(list(rows), columns.index(name)) for name in totals}
    return PathTable(
        question=question,
        type=request.report_type.name,
        states=tuple(field.name for field in request.estimation.states),
        currency=request.currency if valued else None,
        columns=columns,
        rows=rows if stream else tuple(rows),
        texts=_texts(found) if written else None,
        left=left,
        totals=totals if question in _ADDITIVE else {},
        conversions=int(str(conversions)),
        journeys=int(str(journeys)),
        amount=whole,
        facts=tuple(facts),
        notes=(*omitted, *(note.text for note in request.notes if note.level == "note")),
        warnings=tuple(note.text for note in request.notes if note.level == "warning"),
    )


def _check_transform(question: str, transform: Transform) -> None:
    """Raise UsageError for what cannot be done to paths before this question is answered."""
    if transform.share is not None and question != "top":
        hint = "Leave it out, or ask for the paths themselves: top."
        raise UsageError(
            f"rare paths are made one, and the rows of '{question}' are no paths", hint=hint, place="--min-share"
        )
    if question == "lag" and replace(transform, share=None) != Transform():
        raise UsageError(
            "days are those of whole journeys, whatever becomes of their steps",
            hint="Leave out what changes paths, or ask for their steps: length.",
            place="WHAT",
        )


def _leave_out(found: _Found) -> None:
    """Stage ``whole_paths`` without the states that are left out; raises UsageError for one that no journey holds."""
    asked = (("--leave-out", found.transform.without), ("--leave-out-last", found.transform.without_last))
    states: list[list[int]] = []
    for option, names in asked:
        with at(option):
            states.append([_state_called(found, name) for name in names])
            for name, state in zip(names, states[-1], strict=True):
                if not state:
                    some = f"Steps are, say, {', '.join(found.labels[:5])}."
                    others = some if found.labels else "No journey here has an interaction: leave it out."
                    hint = did_you_mean(name, found.labels) or others
                    raise UsageError(f"no path has a step '{name}'", hint=hint)
    found.con.execute(sql.left_out(*states))


def _state_called(found: _Found, text: str) -> int:
    """Return the state that rows show as `text`, in any case; 0, which no path has, where no journey holds it.

    Raises UsageError where it is one of those that are too many, and are taken for one.
    """
    states = [number for number, label in enumerate(found.labels, start=1) if label.casefold() == text.casefold()]
    if states:
        return states[0]
    shown = found.request.estimation.state_label
    named = found.con.execute(f"SELECT 1 FROM known_states WHERE lower({shown}) = lower(?)", [text]).fetchall()
    if named:
        raise UsageError(
            f"'{text}' is one of those with the fewest interactions, which paths take for one",
            hint="--where and --eligible leave fewer of them.",
        )
    return 0


def _sum(rows: Sequence[tuple[Cell, ...]], at: int) -> Cell:
    values = [row[at] for row in rows]
    return sum((value for value in values if isinstance(value, int | Decimal)), 0)


_Answer = tuple[tuple[str, ...], Iterable[tuple[Cell, ...]], list[str]]


def _states(value: object) -> list[int]:
    return [_whole(state) for state in value] if isinstance(value, list) else []


def _top(found: _Found) -> _Answer:
    found.con.execute(sql.counted_paths(found.transform.of("path")))
    whole = found.through is not None or found.transform.share is not None
    query = sql.top_paths(found.labels, None if whole else found.most, states=found.through is not None)
    rows: Iterable[tuple[Cell, ...]] = (
        (str(text), *found.figures(*figures))
        for text, *figures in found.each(query)
        if found.through is None or found.through in _states(figures.pop())
    )
    if found.transform.share is not None:
        rows = _merged(found, list(rows), found.transform.share)
    return ("path", *found.names), rows, []


def _texts(found: _Found) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the counted paths as texts, which Arrow makes several times as quickly as rows of values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    named = pa.array(["", *found.labels], pa.string())  # states are numbered from 1
    query = sql.ordered_paths("path, conversions, CAST(amount AS VARCHAR) AS value, journeys", found.most)
    for batch in found.con.sql(query).to_arrow_reader(_BATCH):
        states = batch["path"]
        steps = pa.ListArray.from_arrays(states.offsets, named.take(states.values))
        paths = pc.binary_join(steps, SEPARATOR).to_pylist()
        conversions, values, journeys = (batch[name].to_pylist() for name in ("conversions", "value", "journeys"))
        for path, converted, value, all_ in zip(paths, conversions, values, journeys, strict=True):
            known = (_plain(value),) if found.valued else ()
            yield path or UNATTRIBUTED, str(converted), *known, str(all_), _rate_text(converted, all_)


@lru_cache(maxsize=4096)
def _rate_text(conversions: int, journeys: int) -> str:
    rate = _rate(conversions, journeys)
    return "" if rate is None else _plain(format(rate, "f"))


def _plain(digits: str) -> str:
    """Return the text of a decimal without zeros at its end."""
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _merged(found: _Found, rows: list[tuple[Cell, ...]], share: Decimal) -> list[tuple[Cell, ...]]:
    """Return the rows with those of less than a share of all conversions as one."""
    whole = sum(int(str(row[1])) for row in rows)
    kept = [row for row in rows if Decimal(str(row[1])) >= share * whole]
    small = [row for row in rows if Decimal(str(row[1])) < share * whole]
    if not small:
        return kept
    journeys = len(found.names) - 1
    sums = [sum((Decimal(str(row[at])) for row in small), Decimal(0)) for at in (1, 2, journeys)]
    return [*kept, (OTHER, *found.figures(int(sums[0]), sums[1], int(sums[2])))]


def _length(found: _Found) -> _Answer:
    steps_of = f"len({found.transform.of('path')})" if found.listed else "steps"
    rows: list[tuple[Cell, ...]] = [
        (int(str(steps)), *found.figures(conversions, amount, journeys))
        for steps, conversions, amount, journeys in found.all(sql.lengths(steps_of))
    ]
    return ("path_length", *found.names), rows, _deciles(found, steps_of, "steps")


def _lag(found: _Found) -> _Answer:
    rows: list[tuple[Cell, ...]] = [
        (None if days is None else int(str(days)), *found.figures(conversions, amount, journeys))
        for days, conversions, amount, journeys in found.all(sql.lags())
    ]
    return ("lag_days", *found.names), rows, _deciles(found, f"lag // {DAY}", "days from the first interaction")


def _deciles(found: _Found, value: str, unit: str) -> list[str]:
    if found.request.of_paths:  # each of which stands for many
        return []
    (row,) = found.all(sql.deciles(value, found.steps))
    if row[0] is None:
        return []
    others = ", ".join(f"{10 * i} % {row[i - 1]}" for i in range(1, 10) if i != 5)
    return [f"median {row[4]} {unit}, of conversions with interactions; {others}"]


def _assists(found: _Found) -> _Answer:
    rows: list[tuple[Cell, ...]] = []
    for state, *counts, amount in found.all(sql.roles(found.transform.of("path"))):
        opened, assisted, closed, alone, conversions = (int(str(count)) for count in counts)
        ratio = None if not closed else (Decimal(assisted) / Decimal(closed)).quantize(Decimal("0.01"))
        value: tuple[Cell, ...] = (Decimal(str(amount)),) if found.valued else ()
        rows.append((found.labels[int(str(state)) - 1], opened, assisted, closed, alone, conversions, *value, ratio))
    names = ("state", "opened", "assisted", "closed", "alone", "conversions")
    return (*names, *((found.valued,) if found.valued else ()), "assisted_per_closed"), rows, []


def _overlaps(found: _Found) -> _Answer:
    rows = []
    for states, conversions, amount, journeys in found.all(sql.overlaps(found.transform.of("path"))):
        named = sorted(found.labels[state - 1] for state in _states(states))
        text = " + ".join(named) if named else UNATTRIBUTED
        rows.append((text, len(named), *found.figures(conversions, amount, journeys)))
    return ("together", "states", *found.names), rows, []


def _flow(found: _Found) -> _Answer:
    rows: list[tuple[Cell, ...]] = []
    for step, state, following, conversions, amount, journeys in found.all(sql.flows(found.transform.of("path"))):
        after = found.labels[int(str(following)) - 1] if following else "(end)"
        rows.append(
            (
                int(str(step)),
                found.labels[int(str(state)) - 1],
                after,
                *found.figures(conversions, amount, journeys),
            )
        )
    return ("step", "from", "to", *found.names), rows, []


QUESTIONS: Mapping[str, Callable[[_Found], _Answer]] = {
    "top": _top,
    "length": _length,
    "lag": _lag,
    "assists": _assists,
    "overlaps": _overlaps,
    "flow": _flow,
}
"""What can be asked of paths, each with a row for: a path; a number of steps; a number of days; a state; a set of
states that stand together; a step, what stands there and what follows."""

_ADDITIVE = ("top", "length", "lag", "overlaps")
"""Questions whose rows add up to all journeys."""
