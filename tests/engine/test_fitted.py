"""Reports by data-driven models against journeys built one by one in Python and an exact chain over them."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path as File

import pytest
from conftest import examples
from exact_chain import Path, exact_effects
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine import DateRange, ReportSpec, discover, open_session, run
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.filters import parse_filter
from attrib_cli.engine.ledger import open_ledger, reader
from attrib_cli.engine.report import Report
from attrib_cli.engine.session import Session
from attrib_cli.engine.spec import EstimationSpec

START = dt.datetime(2026, 1, 1)
CHANNELS = ("Email", "Search", "Social", "")
UNITS = {"contact-create": ("contacts", None), "deal-create": ("deals", "amount"), "revenue": ("deals", "revenue")}
Rows = list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class World:
    """The tables of a small company."""

    touchpoints: Rows
    contacts: Rows
    deals: Rows
    deal_contacts: Rows

    def write(self, folder: File) -> File:
        folder.mkdir(exist_ok=True)
        for name, rows in vars(self).items():
            with (folder / f"{name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        return folder


def moment(dice: random.Random, days: int) -> str:
    """A moment of few, so that many fall together."""
    return (START + dt.timedelta(days=dice.randrange(days), hours=dice.choice([0, 0, 12]))).isoformat()


def draw_world(seed: int) -> World:
    dice = random.Random(seed)
    people = [f"c{n}" for n in range(dice.randint(4, 14))]
    touchpoints = [
        {
            "touchpoint_id": str(n),
            "contact_id": dice.choice(people),
            "occurred_at": moment(dice, 60),
            "channel": dice.choice(CHANNELS),
            "asset_type": dice.choice(["form", "form", "form", "static_list"]),
        }
        for n in range(dice.randint(10, 60))
    ]
    dice.shuffle(touchpoints)
    contacts = [{"contact_id": p, "created_at": moment(dice, 60) if dice.random() < 0.7 else ""} for p in people]
    deals = [
        {
            "deal_id": f"d{n}",
            "created_at": moment(dice, 60) if dice.random() < 0.9 else "",
            "closed_at": moment(dice, 80) if dice.random() < 0.7 else "",
            "amount": str(dice.randint(1, 900)) if dice.random() < 0.9 else "",
            "is_won": dice.choice(["true", "true", "false"]),
            "pipeline": dice.choice(["North", "South"]),
        }
        for n in range(dice.randint(2, 9))
    ]
    pairs = {(deal["deal_id"], dice.choice(people[: len(people) // 2 + 1])) for deal in deals for _ in range(2)}
    members = [{"deal_id": deal, "contact_id": person} for deal, person in sorted(pairs)]
    return World(touchpoints=touchpoints, contacts=contacts, deals=deals, deal_contacts=members)


def journeys_of(world: World, kind: str, days: tuple[dt.date, dt.date] | None, lookback: int | None) -> list[Path]:
    """All journeys, converting and not, as the documentation says; states are numbers of `CHANNELS` from 1."""

    def walked(people: set[str], until: str, anchor: str) -> list[dict[str, str]]:
        found = [
            t
            for t in world.touchpoints
            if t["contact_id"] in people
            and t["asset_type"] != "static_list"
            and (not until or dt.datetime.fromisoformat(t["occurred_at"]) <= dt.datetime.fromisoformat(until))
        ]
        found.sort(key=lambda t: (t["occurred_at"], int(t["touchpoint_id"])))
        end = anchor or (found[-1]["occurred_at"] if found else "")
        if lookback is not None and end:
            start = dt.datetime.fromisoformat(end) - dt.timedelta(days=lookback)
            found = [t for t in found if dt.datetime.fromisoformat(t["occurred_at"]) >= start]
        return found

    def inside(at: str) -> bool:
        return days is None or days[0] <= dt.datetime.fromisoformat(at).date() <= days[1]

    found: list[Path] = []

    def add(interactions: list[dict[str, str]], at: str, worth: str | None) -> None:
        """A journey that converted `at` with a `worth`, or ended with its last interaction without one."""
        if interactions and inside(at or interactions[-1]["occurred_at"]):
            states = tuple(CHANNELS.index(t["channel"]) + 1 for t in interactions)
            found.append(Path(states=states, converted=worth is not None, worth=int(worth or 0)))

    touched = {t["contact_id"] for t in world.touchpoints}
    if kind == "contact-create":
        created = {c["contact_id"]: c["created_at"] for c in world.contacts if c["created_at"]}
        for person, at in created.items():
            add(walked({person}, at, at), at, "1")
        for person in touched - set(created):
            add(walked({person}, "", ""), "", None)
        return found
    people: defaultdict[str, set[str]] = defaultdict(set)
    for pair in world.deal_contacts:
        people[pair["deal_id"]].add(pair["contact_id"])
    for deal in world.deals:
        who = people[deal["deal_id"]]
        if kind == "deal-create":
            if deal["created_at"]:
                add(walked(who, deal["created_at"], deal["created_at"]), deal["created_at"], deal["amount"] or "0")
        elif deal["is_won"] != "true":
            add(walked(who, deal["closed_at"], ""), "", None)
        elif deal["created_at"] and deal["closed_at"] and deal["amount"]:
            add(walked(who, deal["closed_at"], deal["closed_at"]), deal["closed_at"], deal["amount"])
    for person in touched - {pair["contact_id"] for pair in world.deal_contacts}:
        add(walked({person}, "", ""), "", None)
    return found


def expected(paths: list[Path], model: str, order: int, game: str) -> tuple[list[Fraction], list[Fraction]]:
    """What each state is credited with: conversions and value."""
    size = len(CHANNELS)
    converting = [path for path in paths if path.converted]
    totals = Fraction(len(converting)), Fraction(sum(path.worth for path in converting))
    if model == "shapley" and game == "conversions":
        split = [[Fraction(0)] * size, [Fraction(0)] * size]
        for path in converting:
            for state in set(path.states):
                split[0][state - 1] += Fraction(1, len(set(path.states)))
                split[1][state - 1] += Fraction(path.worth, len(set(path.states)))
        return split[0], split[1]
    if model == "markov":
        effects = exact_effects(paths, order, size)
        weights = [effects.of_conversions, effects.of_value]
    else:
        players = sorted({state for path in paths for state in path.states})
        weights = [_shapley_of_rates(paths, players, place) for place in (0, 1)]
    if not any(weights[1]):
        weights[1] = weights[0]
    every = [sum(w) for w in weights]
    there = {state for path in paths for state in path.states}
    alike = [Fraction(state in there, len(there)) for state in range(1, size + 1)]
    shares = [[x / e for x in w] if e else alike for w, e in zip(weights, every, strict=True)]
    return [x * totals[0] for x in shares[0]], [x * totals[1] for x in shares[1]]


def _shapley_of_rates(paths: list[Path], players: list[int], place: int) -> list[Fraction]:
    groups: defaultdict[frozenset[int], list[Path]] = defaultdict(list)
    for path in paths:
        groups[frozenset(path.states)].append(path)
    worth = {
        states: Fraction(sum((path.worth if place else 1) for path in group if path.converted), len(group))
        for states, group in groups.items()
    }
    values = dict.fromkeys(range(1, len(CHANNELS) + 1), Fraction(0))
    orders = list(itertools.permutations(players))
    for order in orders:
        there: frozenset[int] = frozenset()
        for player in order:
            values[player] += worth.get(there | {player}, Fraction(0)) - worth.get(there, Fraction(0))
            there |= {player}
    return [max(value / len(orders), Fraction(0)) for value in values.values()]


def figures(report: Report, measure: str) -> dict[tuple[object, ...], Decimal]:
    at = [column.name for column in report.columns].index(measure)
    keys = report.columns.index(report.measures()[0])
    return {row[:keys]: Decimal(row[at]) for row in report.rows}  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", UNITS)
@examples(3)
@given(seed=st.integers(0, 10**6))
def test_reports_are_those_of_journeys_built_by_hand(kind: str, seed: int, tmp_path: File) -> None:
    dice, world = random.Random(seed), draw_world(seed)
    folder = world.write(tmp_path / str(seed))
    days = None if dice.random() < 0.5 else (START.date() + dt.timedelta(days=10), START.date() + dt.timedelta(days=55))
    lookback = dice.choice([None, None, 20])
    order, game = dice.choice([1, 1, 2, 3]), dice.choice(["conversions", "rate"])
    spec = ReportSpec(
        type=kind,
        models=("markov", "shapley"),
        by=("channel",),
        dates=DateRange(start=days[0], end=days[1]) if days else DateRange(),
        lookback=None if lookback is None else dt.timedelta(days=lookback),
        estimation=EstimationSpec(order=order, game=game),  # type: ignore[arg-type]
    )
    found = run(spec, discover(folder))
    paths = journeys_of(world, kind, days, lookback)
    for measure, place in zip(UNITS[kind], (0, 1), strict=True):
        if measure is None:
            continue
        rows = figures(found, measure)
        for model in spec.models:
            credit = (
                expected(paths, model, order, game)[place] if any(p.converted for p in paths) else [Fraction(0)] * 4
            )
            for state, channel in enumerate(CHANNELS):
                got = rows.get((channel or "(no channel)", model), Decimal(0))
                assert float(got) == pytest.approx(float(credit[state]), abs=3e-6, rel=1e-8), (model, channel, measure)


@examples(2)
@given(seed=st.integers(0, 10**6))
def test_every_cut_sums_to_the_same_and_threads_do_not_count(seed: int, tmp_path: File) -> None:
    world = draw_world(seed)
    folder = discover(world.write(tmp_path / str(seed)))
    spec = ReportSpec(
        models=("markov", "shapley", "linear"), by=("channel",), estimation=EstimationSpec(states=("channel",))
    )
    with open_session(folder, threads=1) as one:
        _check_cuts(one, spec)
    assert run(spec, folder, threads=2).rows == run(spec, folder, threads=1).rows


def _check_cuts(session: Session, spec: ReportSpec) -> None:
    whole = session.run(spec)
    if not whole.summary.conversions:
        assert not whole.rows
        return
    for by in (("channel", "position"), ("month",), ("pipeline", "channel"), ("deal_id",)):
        cut = session.run(replace(spec, by=by))
        assert cut.totals[0][len(by) :] == whole.totals[0][1:]
        for measure in ("revenue", "deals"):
            mine, theirs = figures(cut, measure), figures(whole, measure)
            for model in spec.models:
                sums = [sum(v for k, v in f.items() if k[-1] == model) for f in (mine, theirs)]
                assert sums[0] == sums[1]
                if "channel" in by:
                    spot = by.index("channel")
                    for channel in {k[0] for k in theirs}:
                        parts = [v for k, v in mine.items() if k[-1] == model and k[spot] == channel]
                        if channel != "(unattributed)":
                            total = theirs.get((channel, model), Decimal(0))
                            assert abs(sum(parts) - total) <= Decimal("0.000001") * (len(parts) + 1)
    alone = session.run(replace(spec, models=("linear",)))
    linear = sorted(row for row in whole.rows if row[1] == "linear" and any(row[2:5]))
    assert linear == sorted(row for row in alone.rows if any(row[2:5]))


@pytest.mark.parametrize("at_once", [None, 3])
@examples(2)
@given(seed=st.integers(0, 10**6))
def test_the_ledger_sums_to_the_report(
    seed: int, at_once: int | None, tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Walked at once, and a few conversions and interactions at a time."""
    for name in ("FIRST", "RANGE", "CHUNK") if at_once else ():
        monkeypatch.setattr(reader, name, at_once)
    folder = discover(draw_world(seed).write(tmp_path / str(seed)))
    spec = ReportSpec(models=("markov", "shapley"), by=("channel",), estimation=EstimationSpec(order=2, game="rate"))
    report = run(spec, folder)
    with open_session(folder) as session, open_ledger(session, spec) as ledger:
        rows = [row for batch in ledger.batches for row in batch.to_pylist()]
    for model in spec.models:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            nobody = row["contact_id"] is None and row["conversion_id"] is not None
            sums["(unattributed)" if nobody else row["channel"] or "(no channel)"] += row[f"{model}_credit"]
        for (channel, name), value in figures(report, "revenue").items():
            if name == model:
                assert abs(sums[str(channel)] - value) <= Decimal("0.000002"), channel
        assert sum(sums.values()) == sum(v for k, v in figures(report, "revenue").items() if k[1] == model)


def test_order_of_rows_and_ids_given_twice_do_not_count(tmp_path: File) -> None:
    world = draw_world(7)
    twice = [*world.touchpoints, {**world.touchpoints[0], "channel": "Social"}]
    spec = ReportSpec(models=("markov",), by=("channel",), estimation=EstimationSpec(order=2), type="contact-create")
    plain = run(spec, discover(world.write(tmp_path / "a")))
    mixed = run(spec, discover(replace(world, touchpoints=world.touchpoints[::-1]).write(tmp_path / "b")))
    assert plain.rows == mixed.rows
    doubled = discover(replace(world, touchpoints=twice).write(tmp_path / "c"))
    assert run(spec, doubled).rows == run(spec, doubled, threads=1).rows


def test_more_states_than_a_chain_is_solved_for_are_pooled(tmp_path: File) -> None:
    world = draw_world(3)
    many = [{**t, "channel": f"channel {n}"} for n, t in enumerate(world.touchpoints * 8)]
    unique = [{**t, "touchpoint_id": str(n)} for n, t in enumerate(many)]
    folder = discover(replace(world, touchpoints=unique).write(tmp_path))
    spec = ReportSpec(models=("markov", "linear"), by=("channel",), type="deal-create")
    report = run(spec, folder)
    assert any("are estimated together, as one" in warning.text for warning in report.warnings)
    assert report.totals[0][2] == report.totals[1][2]
    assert sum(v for k, v in figures(report, "deals").items() if k[1] == "markov") == report.totals[0][2]


def test_intervals_hold_the_figure_and_follow_the_seed(tmp_path: File) -> None:
    worlds = [draw_world(seed) for seed in range(15)]
    joined = World(
        touchpoints=[{**t, "touchpoint_id": f"{i}{t['touchpoint_id']}", "contact_id": f"{i}-{t['contact_id']}"}
                     for i, w in enumerate(worlds, 1) for t in w.touchpoints],
        contacts=[{**c, "contact_id": f"{i}-{c['contact_id']}"} for i, w in enumerate(worlds, 1) for c in w.contacts],
        deals=[{**d, "deal_id": f"{i}-{d['deal_id']}"} for i, w in enumerate(worlds, 1) for d in w.deals],
        deal_contacts=[{key: f"{i}-{value}" for key, value in m.items()}
                       for i, w in enumerate(worlds, 1) for m in w.deal_contacts],
    )  # fmt: skip
    folder = discover(joined.write(tmp_path))
    sure = EstimationSpec(confidence=Decimal("0.9"))
    spec = ReportSpec(
        models=("markov", "shapley", "linear"), by=("channel",), measures=("revenue", "deals"), estimation=sure
    )
    report = run(spec, folder)
    names = [column.name for column in report.columns]
    assert names[2:] == ["revenue", "revenue_low", "revenue_high", "deals", "deals_low", "deals_high"]
    for row in report.rows:
        if row[1] != "linear" and row[0] == "(unattributed)":
            assert (row[3], row[4]) == (None, None)
            continue
        assert row[3] < row[2] < row[4]
        assert row[6] < row[5] < row[7]
    assert run(spec, folder, threads=1).rows == report.rows
    assert run(replace(spec, estimation=replace(sure, seed=2)), folder).rows != report.rows
    wider = run(replace(spec, estimation=EstimationSpec(confidence=Decimal("0.5"))), folder)
    assert all(b[3] >= a[3] and b[4] <= a[4] for a, b in zip(report.rows, wider.rows, strict=True) if a[3] is not None)


def test_what_makes_no_sense_is_refused(tmp_path: File) -> None:
    folder = discover(draw_world(1).write(tmp_path))
    spec = ReportSpec(models=("markov",), by=("channel",))
    sure = EstimationSpec(confidence=Decimal("0.9"))
    for wrong, word in (
        (replace(spec, estimation=EstimationSpec(order=5)), "no order"),
        (replace(spec, estimation=EstimationSpec(states=("pipeline",))), "no state of a journey"),
        (replace(spec, by=("month",), estimation=sure), "no intervals by month"),
        (replace(spec, transitions=True, limit=3), "cannot be cut"),
        (replace(spec, estimation=sure, where=(parse_filter("position=first"),)), "no intervals by position"),
    ):
        with pytest.raises(UsageError, match=word):
            run(wrong, folder)
