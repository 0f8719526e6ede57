"""The second, independent way to every figure of data-driven models: exact fractions over plain lists of journeys.

It builds on `reference` and imports nothing of the program. Chains are solved anew for every state taken out, games
by going through coalitions, and every journey, converting or not, is a list.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from math import factorial
from zoneinfo import ZoneInfo

from reference import (
    BUCKETS,
    OF_JOURNEY,
    Ask,
    Conversion,
    Data,
    Figures,
    Interaction,
    Key,
    Row,
    Test,
    bucket,
    conversions,
    deal_contacts,
    eligible,
    held,
    id_order,
    ident,
    is_of_interaction,
    is_won,
    journey,
    label,
    locate,
    missing,
    of_interaction,
    of_steps,
    says,
    shown,
    versions,
)

NO_INTERACTION = "(no interaction)"
State = Hashable
Gram = tuple[State, ...]
Pair = tuple[Fraction, Fraction]
"""A figure for conversions and one for their amount."""

NOTHING = Fraction(0)


# --- chains and games -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Path:
    """A journey: its states in order, what it ended in, and how often it was taken."""

    states: tuple[State, ...]
    converted: bool
    worth: Fraction = NOTHING
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Effects:
    """The probability of conversion and the expected value, and the part of both that is lost without each state."""

    whole: Pair
    of_conversions: dict[State, Fraction]
    of_value: dict[State, Fraction]


def grams(path: Path, order: int) -> list[Gram]:
    """The states of the chain that a journey visits: its runs of `order` states, or all of it, filled up in front."""
    if len(path.states) < order:
        return [(None,) * (order - len(path.states)) + path.states]
    return [path.states[i : i + order] for i in range(len(path.states) - order + 1)]


def effects(paths: Iterable[Path], order: int = 1) -> Effects:
    """Removal effects, every probability a fraction."""
    starts: Counter[Gram] = Counter()
    visits: Counter[Gram] = Counter()
    moves: dict[Gram, Counter[Gram]] = defaultdict(Counter)
    ends: dict[Gram, Pair] = defaultdict(lambda: (NOTHING, NOTHING))
    for path in paths:
        seen = grams(path, order)
        starts[seen[0]] += path.times
        visits.update({gram: n * path.times for gram, n in Counter(seen).items()})
        for (gram, following), n in Counter(pairwise(seen)).items():
            moves[gram][following] += n * path.times
        if path.converted:
            count, worth = ends[seen[-1]]
            ends[seen[-1]] = (count + path.times, worth + path.worth * path.times)
    total = starts.total()

    def gained(without: State) -> Pair:
        alive = [gram for gram in visits if without not in gram]
        steps = {
            gram: {to: Fraction(n, visits[gram]) for to, n in moves[gram].items() if without not in to}
            for gram in alive
        }
        ahead = solve(steps, {gram: (ends[gram][0] / visits[gram], ends[gram][1] / visits[gram]) for gram in alive})
        count, worth = (
            sum((Fraction(starts[gram], total) * ahead[gram][i] for gram in alive), NOTHING) for i in (0, 1)
        )
        return count, worth

    whole = gained(object())
    left = {state: gained(state) for state in dict.fromkeys(s for gram in visits for s in gram if s is not None)}
    of_conversions, of_value = (
        {state: 1 - parts[i] / whole[i] if whole[i] else NOTHING for state, parts in left.items()} for i in (0, 1)
    )
    return Effects(whole=whole, of_conversions=of_conversions, of_value=of_value)


def solve(steps: Mapping[Gram, Mapping[Gram, Fraction]], gains: Mapping[Gram, Pair]) -> dict[Gram, Pair]:
    """What follows from each state, x = gain + sum of step * x, by putting one state after the other into the rest."""
    rows = {gram: dict(row) for gram, row in steps.items()}
    known = dict(gains)

    def plus(one: Pair, factor: Fraction, other: Pair) -> Pair:
        return one[0] + factor * other[0], one[1] + factor * other[1]

    gone: list[tuple[Gram, dict[Gram, Fraction]]] = []
    for gram in list(rows):
        row = rows.pop(gram)
        stay = 1 - row.pop(gram, NOTHING)
        row = {to: part / stay for to, part in row.items()}
        known[gram] = (known[gram][0] / stay, known[gram][1] / stay)
        for other, onward in rows.items():
            into = onward.pop(gram, NOTHING)
            if into:
                known[other] = plus(known[other], into, known[gram])
                for to, part in row.items():
                    onward[to] = onward.get(to, NOTHING) + into * part
        gone.append((gram, row))
    for gram, row in reversed(gone):
        for to, part in row.items():
            known[gram] = plus(known[gram], part, known[to])
    return known


def by_rate(coalitions: Mapping[frozenset[State], Fraction]) -> Callable[[frozenset[State]], Fraction]:
    """The game in which a coalition is worth what journeys of exactly its states are worth."""
    return lambda coalition: coalitions.get(coalition, NOTHING)


def by_conversions(journeys: Sequence[tuple[frozenset[State], Fraction]]) -> Callable[[frozenset[State]], Fraction]:
    """The game in which a coalition is worth all journeys that lie within it."""
    return lambda coalition: sum((worth for states, worth in journeys if states <= coalition), NOTHING)


def shapley(players: Sequence[State], worth: Callable[[frozenset[State]], Fraction]) -> dict[State, Fraction]:
    """Shapley's formula as it stands, over all coalitions."""
    n = len(players)
    values = dict.fromkeys(players, NOTHING)
    for player in players:
        others = [other for other in players if other != player]
        for size in range(n):
            weight = Fraction(factorial(size) * factorial(n - size - 1), factorial(n))
            for coalition in map(frozenset, combinations(others, size)):
                values[player] += weight * (worth(coalition | {player}) - worth(coalition))
    return values


def sparse_shapley(players: Sequence[State], coalitions: Mapping[frozenset[State], Fraction]) -> dict[State, Fraction]:
    """The same, looking only at coalitions that are worth something, for games of many players."""
    n = len(players)
    values = dict.fromkeys(players, NOTHING)
    for coalition, worth in coalitions.items():
        size = len(coalition)
        for player in players:
            if player in coalition:
                values[player] += worth * Fraction(factorial(size - 1) * factorial(n - size), factorial(n))
            else:
                values[player] -= worth * Fraction(factorial(size) * factorial(n - size - 1), factorial(n))
    return values


# --- journeys -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """How data-driven models are estimated, and which."""

    models: tuple[str, ...]
    states: tuple[str, ...]
    order: int = 1
    game: str = "conversions"
    non_converting: bool = True


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A journey with interactions, and the conversion that it ended in, if any."""

    steps: tuple[Interaction, ...]
    conversion: Conversion | None

    @property
    def worth(self) -> Fraction:
        return Fraction(self.conversion.amount or 0) if self.conversion else NOTHING


def converting(data: Data, ask: Ask) -> list[Walk]:
    """The journeys of the conversions that have interactions."""
    days = [test for test in ask.where if test.column in BUCKETS]
    rest = undated(ask)
    found = [each for each in conversions(data, rest) if on_days(each.moment, days, ask)]
    walks = [Walk(steps=tuple(journey(each, data, rest)), conversion=each) for each in found]
    return [walk for walk in walks if walk.steps]


def others(data: Data, ask: Ask) -> list[Walk]:
    """The journeys that did not convert, of the range in which their last interaction lies."""
    known = {str(ident(row["contact_id"])): row for row in data.contacts or ()}
    touched = {str(ident(row["contact_id"])) for row in data.touchpoints if row["contact_id"] is not None}
    days = [test for test in ask.where if test.column in BUCKETS]
    tests = {"contacts": [], "deals": [], "touchpoints": [], "campaigns": []}
    for test in ask.where:
        if test not in days and test.column not in (*OF_JOURNEY, "position"):
            tests[locate(data, ask.type, test.column)[0]].append(test)

    def fits(row: Row, table: str) -> bool:
        return all(test.holds(row.get(locate(data, ask.type, test.column)[1])) for test in tests[table])

    if ask.type == "contact-create":
        taken = {contact for contact, row in known.items() if isinstance(row["created_at"], dt.datetime)}
    else:
        taken = {contact for deal in data.deals or () for contact in deal_contacts(data, deal)}
        taken |= {str(ident(link["contact_id"])) for link in data.deal_contacts or ()}
    candidates: list[tuple[tuple[str, ...], dt.datetime | None]] = []
    for contact in touched - taken:
        if fits(known.get(contact, {}), "contacts") and (ask.type == "contact-create" or fits({}, "deals")):
            candidates.append(((contact,), None))
    for deal in (data.deals or ()) if ask.type == "revenue" else ():
        people = deal_contacts(data, deal)
        picks = [test for test in tests["contacts"] if not any(
            test.holds(known[contact].get(locate(data, ask.type, test.column)[1])) for contact in people
            if contact in known)]  # fmt: skip
        if not is_won(deal) and fits(deal, "deals") and not picks:
            closed = deal.get("closed_at")
            candidates.append((people, closed if isinstance(closed, dt.datetime) else None))
    walks = []
    for people, closed in candidates:
        steps = [
            Interaction(row=row, moment=moment, contact=str(contact), source_row=number)
            for number, row in enumerate(data.touchpoints)
            if (contact := ident(row["contact_id"])) in people
            and isinstance(moment := row["occurred_at"], dt.datetime)
            and (closed is None or moment <= closed)
            and eligible(row, data, ask)
        ]
        steps.sort(key=lambda step: (step.moment, id_order(step.row.get("touchpoint_id", 0)), step.source_row))
        if not steps or not on_days(steps[-1].moment, days, ask):
            continue
        day = steps[-1].moment.astimezone(ZoneInfo(ask.zone)).date()
        if (ask.start is None or day >= ask.start) and (ask.end is None or day <= ask.end):
            oldest = steps[0].moment if ask.lookback is None else steps[-1].moment - ask.lookback
            left = tuple(step for step in steps if step.moment >= oldest)
            if says(of_steps(left, left[-1].moment), ask):
                walks.append(Walk(steps=left, conversion=None))
    return walks


def undated(ask: Ask) -> Ask:
    """The request without its conditions on the day, week, month, ... of the conversion."""
    return dataclasses.replace(ask, where=tuple(test for test in ask.where if test.column not in BUCKETS))


def on_days(moment: dt.datetime, tests: Iterable[Test], ask: Ask) -> bool:
    """Whether conditions on the day, week, month, ... of the conversion hold."""
    day = moment.astimezone(ZoneInfo(ask.zone)).date()
    return all(test.holds(bucket(test.column, day)) for test in tests)


# --- reports --------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Estimated:
    """What one model makes of a report: rows, and what each state is credited with."""

    rows: dict[Key, Figures]
    credits: dict[State, Pair]


def state_of(step: Interaction, data: Data, ask: Ask, fit: Fitted) -> Key:
    """The texts of an interaction's state."""
    each = versions(step.row, data, ask)
    values = [{of_interaction(row, data, ask, name) for row in each} for name in fit.states]
    return tuple(
        " + ".join(sorted(missing(name) if value is None else str(value) for value in found))
        for name, found in zip(fit.states, values, strict=True)
    )


def weights(model: str, walks: Sequence[Walk], states: Mapping[int, tuple[Key, ...]], fit: Fitted) -> list[dict]:
    """What every state weighs, for conversions and for their amount."""
    paths = [
        Path(states=states[n], converted=walk.conversion is not None, worth=walk.worth) for n, walk in enumerate(walks)
    ]
    if model == "markov":
        found = effects(paths, fit.order)
        of_value = found.of_value
        if not any(of_value.values()) or min(of_value.values()) < 0:
            of_value = found.of_conversions
        return [found.of_conversions, of_value]
    players = sorted({state for path in paths for state in path.states})
    sets: dict[frozenset[State], list[Path]] = defaultdict(list)
    for path in paths:
        sets[frozenset(path.states)].append(path)
    both = []
    for gain in (lambda path: Fraction(int(path.converted)), lambda path: path.worth):
        means = {key: sum(map(gain, group), NOTHING) / len(group) for key, group in sets.items()}
        values = {player: max(value, NOTHING) for player, value in sparse_shapley(players, means).items()}
        both.append(values)
    if not any(both[0].values()):
        both[0] = dict.fromkeys(players, Fraction(1))
    return [both[0], both[1] if any(both[1].values()) else both[0]]


def estimated(data: Data, ask: Ask, fit: Fitted, model: str) -> Estimated:
    """Every row of one data-driven model, the conversions without interactions left out."""
    walks = converting(data, ask)
    idle = others(data, ask) if fit.non_converting else []
    states = {n: tuple(state_of(step, data, ask, fit) for step in walk.steps) for n, walk in enumerate([*walks, *idle])}
    answer = Estimated(rows=defaultdict(Figures), credits={})
    credits: list[tuple[int, int, list[Fraction]]] = []
    bare: list[tuple[State, list[Fraction]]] = []
    if not walks:
        return answer
    if model == "shapley" and fit.game == "conversions":
        for n, walk in enumerate(walks):
            for i, state in enumerate(states[n]):
                part = Fraction(1, len(set(states[n])) * states[n].count(state))
                credits.append((n, i, [part, part * walk.worth]))
    else:
        credits, bare = scaled(weights(model, [*walks, *idle], states, fit), walks, states)
    for n, i, parts in credits:
        step, conversion = walks[n].steps[i], walks[n].conversion
        assert conversion is not None
        names = held(conversion, walks[n].steps, data, ask)[i] if "position" in ask.by else ()
        each = [dataclasses.replace(step, row=row) for row in versions(step.row, data, ask)]
        keys = [
            tuple(label(data, ask, name, conversion, version, names) for name in ask.by)
            for version in each
            if shown(version.row, data, undated(ask))
        ]
        for key in keys:
            answer.rows[key].count += parts[0] / len(each)
            answer.rows[key].amount += parts[1] / len(each)
        for key in {*keys}:
            figures = answer.rows[key]
            figures.interactions += 1
            if conversion.key not in figures.touched:
                figures.touched.add(conversion.key)
                figures.amount_touched += walks[n].worth
    for state, parts in bare:
        add_bare(answer, state, parts, [*walks, *idle], states, data, ask, fit)
    return answer


def scaled(
    weighed: list[dict], walks: Sequence[Walk], states: Mapping[int, tuple[Key, ...]]
) -> tuple[list[tuple[int, int, list[Fraction]]], list[tuple[State, list[Fraction]]]]:
    """Credits of every interaction (walk, place, figures), and those of states without a credited one."""
    credits = [(n, i, [NOTHING, NOTHING]) for n, _ in enumerate(walks) for i, _ in enumerate(states[n])]
    bare: dict[State, list[Fraction]] = defaultdict(lambda: [NOTHING, NOTHING])
    whole = [Fraction(len(walks)), sum((walk.worth for walk in walks), NOTHING)]
    for k in (0, 1):
        every = sum(weighed[k].values(), NOTHING)
        totals = {state: whole[k] * weight / every for state, weight in weighed[k].items()}
        sums: dict[State, Fraction] = defaultdict(Fraction)
        for n, i, parts in credits:
            along = sum((weighed[k][state] for state in states[n]), NOTHING)
            share = weighed[k][states[n][i]] / along if along else Fraction(1, len(states[n]))
            parts[k] = share * (walks[n].worth if k else 1)
            sums[states[n][i]] += parts[k]
        for n, i, parts in credits:
            state = states[n][i]
            parts[k] = parts[k] * totals[state] / sums[state] if sums[state] else parts[k]
        for state, total in totals.items():
            if not sums[state]:
                bare[state][k] = total
    return credits, list(bare.items())


def add_bare(
    answer: Estimated,
    state: State,
    parts: list[Fraction],
    walks: Sequence[Walk],
    states: Mapping[int, tuple[Key, ...]],
    data: Data,
    ask: Ask,
    fit: Fitted,
) -> None:
    """Credit of a state that has no interaction to show it: spread over all of the state's, under what is known."""
    steps = [step for n, walk in enumerate(walks) for i, step in enumerate(walk.steps) if states[n][i] == state]
    rows = [
        (dataclasses.replace(step, row=row), Fraction(1, len(each) * len(steps)))
        for step in steps
        for each in [versions(step.row, data, ask)]
        for row in each
    ]
    for step, part in rows:
        key = tuple(
            label(data, ask, name, None, step, ()) if knows(fit, data, ask, name) else NO_INTERACTION  # type: ignore[arg-type]
            for name in ask.by
        )
        tests = [test for test in undated(ask).where if is_of_interaction(data, ask, test.column)]
        known = all(knows(fit, data, ask, test.column) for test in tests)
        if known and (not ask.campaigns or by_campaign(fit, data, ask)) and shown(step.row, data, undated(ask)):
            answer.rows[key].count += parts[0] * part
            answer.rows[key].amount += parts[1] * part


def by_campaign(fit: Fitted, data: Data, ask: Ask) -> bool:
    return any(locate(data, ask.type, name)[0] == "campaigns" for name in fit.states)


def knows(fit: Fitted, data: Data, ask: Ask, name: str) -> bool:
    """Whether a state's interactions all say the same of a dimension, or name a campaign that does."""
    if name in fit.states:
        return True
    return (
        name not in (*BUCKETS, *OF_JOURNEY, "position")
        and locate(data, ask.type, name)[0] == "campaigns"
        and by_campaign(fit, data, ask)
    )


def without_interactions(data: Data, ask: Ask) -> dict[Key, Figures]:
    """The rows of conversions that nothing leads to; none where credits are filtered."""
    found: dict[Key, Figures] = defaultdict(Figures)
    if ask.campaigns or any(is_of_interaction(data, ask, test.column) for test in undated(ask).where):
        return found
    days = [test for test in ask.where if test.column in BUCKETS]
    rest = undated(ask)
    for conversion in conversions(data, rest):
        if on_days(conversion.moment, days, ask) and not journey(conversion, data, rest):
            figures = found[tuple(label(data, ask, name, conversion, None, ()) for name in ask.by)]
            figures.count += 1
            figures.amount += Fraction(conversion.amount or 0)
    return found
