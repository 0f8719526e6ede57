"""What can be asked of paths: which ways journeys take, how long they are, who opens, assists and closes them.

They are the journeys of a report of the same request, those without conversion beside them, so that their conversions
and values add up to those of the report. `path_answers` counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.engine.checks import left_out
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.data_driven.estimate import state_labels
from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.finishing import with_states
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import Gatherer
from attrib_cli.engine.models import chain_model
from attrib_cli.engine.path_answers import ADDITIVE, QUESTIONS, Cell, FoundPaths, Transform, texts
from attrib_cli.engine.sql import whole_paths as sql
from attrib_cli.engine.walked_journeys import stage_paths

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec


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
        found = FoundPaths(
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
        counted = question == "top" and through is None and transform.share is None
        left = 0
        if most is not None and counted and not stream:
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
        texts=texts(found) if stream and counted else None,
        left=left,
        totals=totals if question in ADDITIVE else {},
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


def _leave_out(found: FoundPaths) -> None:
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


def _state_called(found: FoundPaths, text: str) -> int:
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
