"""Removal effects against an exact solver in fractions and against another implementation."""

from __future__ import annotations

import itertools
import json
import pathlib
import random
import warnings
from fractions import Fraction

import numpy as np
import pytest
from chains import count, credited, journeys, solved
from conftest import WriteData, examples
from fitted_reference import Path, effects
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.data_driven import markov
from attrib_cli.engine.data_driven.markov import Effects
from attrib_cli.engine.data_driven.markov_model import markov_weights
from attrib_cli.engine.data_driven.weights import ONE
from attrib_cli.engine.spec import EstimationSpec

SEEDS = st.integers(0, 2**64)
RECORDED = pathlib.Path(__file__).parents[1] / "recorded" / "channelattribution.json"
WAYS = ("dense", "iteration", "one by one", "directly")


def by(way: str, patch: pytest.MonkeyPatch) -> None:
    """Have chains solved in one of the ways there are, whatever their size."""
    from scipy.sparse import linalg

    if way != "dense":
        patch.setattr(markov, "DENSE", 0)
    if way in ("one by one", "directly"):
        patch.setattr(markov, "_ROUNDS", 1)
    if way == "directly":
        patch.setattr(linalg, "gmres", lambda matrix, wanted, **_: (np.zeros_like(wanted), 1))


def agree(found: Effects, paths: list[Path], order: int, states: int, within: float = 1e-10) -> None:
    """Compare with the exact solver, state by state."""
    exact = effects(paths, order)
    assert found.conversion == pytest.approx(float(exact.whole[0]), rel=within, abs=1e-15)
    assert found.value == pytest.approx(float(exact.whole[1]), rel=within, abs=1e-12)
    for ours, theirs in ((found.of_conversions, exact.of_conversions), (found.of_value, exact.of_value)):
        assert len(ours) == states
        assert np.isfinite(ours).all()
        wanted = [float(theirs.get(state, 0)) for state in range(1, states + 1)]
        assert ours == pytest.approx(wanted, rel=within, abs=within)


@pytest.mark.parametrize("way", WAYS)
@examples(6)
@given(seed=SEEDS)
def test_every_way_of_solving_gives_the_exact_effects(way: str, seed: int) -> None:
    dice = random.Random(seed)
    order, states = dice.randint(1, 4), dice.randint(1, 4)
    paths = journeys(dice, states=states, number=dice.randint(1, 12), longest=7)
    with pytest.MonkeyPatch.context() as patch:
        by(way, patch)
        agree(solved(paths, order, states), paths, order, states)


@examples(4)
@given(seed=SEEDS)
def test_the_chain_converts_as_often_and_earns_as_much_as_the_journeys_did(seed: int) -> None:
    dice = random.Random(seed)
    paths = journeys(dice, states=dice.randint(1, 9), number=100, longest=12)
    journeys_ = sum(path.times for path in paths)
    rate = Fraction(sum(path.times for path in paths if path.converted), journeys_)
    mean = sum((path.worth * path.times for path in paths), Fraction(0)) / journeys_
    for order in (1, 2, 3, 4):
        found = solved(paths, order, 9)
        assert found.conversion == pytest.approx(float(rate), rel=1e-11)
        assert found.value == pytest.approx(float(mean), rel=1e-11)


@examples(3)
@given(seed=SEEDS)
def test_effects_are_those_of_another_implementation(seed: int) -> None:
    """do-attribution: effects on conversions, orders 1 to 3, channels taken out by sending what enters them to null."""
    from do_attribution import MarkovAttribution

    dice = random.Random(seed)
    states = dice.randint(2, 9)
    paths = journeys(dice, states=states, number=dice.randint(20, 150), longest=12)
    if not any(path.converted for path in paths):
        paths.append(Path(states=(1, 1), converted=True))
    for order in (1, 2, 3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = MarkovAttribution(order=order, removal_strategy="redirect_to_null").fit(
                [" > ".join(f"c{state}" for state in path.states) for path in paths],
                [int(path.converted) for path in paths],
                weights=[path.times for path in paths],
            )
        ours = solved(paths, order, states)
        assert ours.conversion == pytest.approx(theirs["total_conversion_probability"], abs=1e-9)
        for channel, effect in theirs["removal_effects"].items():
            assert ours.of_conversions[int(channel[1:]) - 1] == pytest.approx(effect, abs=1e-9), (order, channel)


@pytest.mark.parametrize("case", [0, 1])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_credits_are_those_that_a_simulation_comes_near(case: int, order: int, write_data: WriteData) -> None:
    """ChannelAttribution's walks, as recorded by `recorded/channelattribution.py`: at most 0.1 % of the total apart."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["cases"][case]
    channels = sorted(recorded["credited"]["1"])
    paths = []
    for row in recorded["journeys"]:
        states = tuple(channels.index(name) + 1 for name in row["path"])
        paths.append(Path(states=states, converted=False, times=row["non_converting"]))
        for number in range(row["converting"]):
            worth = Fraction(0 if number else row["value"])
            paths.append(Path(states=states, converted=True, worth=worth))
    found = credited(paths, write_data, "markov", EstimationSpec(order=order))
    for measure in (0, 1):
        total = sum(row[measure] for row in found.values())
        theirs = {f"c{n}": recorded["credited"][str(order)][name][measure] for n, name in enumerate(channels, 1)}
        assert float(total) == pytest.approx(sum(theirs.values()))
        for channel, credit in theirs.items():
            assert float(found[channel][measure]) == pytest.approx(credit, abs=float(total) / 1000), channel


@examples(6)
@given(seed=SEEDS, factor=st.sampled_from([3, 1000]))
def test_laws_of_removal(seed: int, factor: int) -> None:
    """Effects lie between 0 and 1, do not change with the number of equal journeys, and follow the states' names."""
    dice = random.Random(seed)
    order = dice.randint(1, 3)
    paths = journeys(dice, states=5, number=40)
    found = solved(paths, order, 5)
    assert ((found.of_conversions > -1e-12) & (found.of_conversions < 1 + 1e-12)).all()
    more = [Path(**{**vars(path), "times": path.times * factor, "worth": path.worth * factor}) for path in paths]
    again = solved(more, order, 5)
    assert again.of_conversions == pytest.approx(found.of_conversions, abs=1e-12)
    assert again.of_value == pytest.approx(found.of_value, abs=1e-12)
    names = dice.sample(range(1, 6), 5)
    renamed = [Path(**{**vars(path), "states": tuple(names[s - 1] for s in path.states)}) for path in paths]
    moved = solved(renamed, order, 5)
    assert [moved.of_conversions[name - 1] for name in names] == pytest.approx(found.of_conversions, abs=1e-12)


def test_a_state_that_every_conversion_passes_loses_all_of_them() -> None:
    paths = [Path(states=(1, 2), converted=True, worth=Fraction(5)), Path(states=(1, 3), converted=False)]
    found = solved(paths, 1, 3)
    assert list(found.of_conversions) == [1, 1, 0]
    assert list(found.of_value) == [1, 1, 0]


def test_the_example_of_the_documentation() -> None:
    paths = [
        Path(states=(1, 2), converted=True, times=10),
        Path(states=(1,), converted=False, times=10),
        Path(states=(2,), converted=False, times=5),
    ]
    found = solved(paths, 1, 2)
    assert found.conversion == pytest.approx(0.4, abs=1e-15)
    assert list(found.of_conversions) == pytest.approx([2 / 3, 1], abs=1e-15)


# --- what goes wrong in real data -----------------------------------------------------------------------------------


def long_loop(dice: random.Random) -> list[Path]:
    """Fifty short journeys, and one of forty thousand interactions in two states; state 3 converts nobody."""
    short = [
        Path(states=(dice.randint(1, 2),) * dice.randint(1, 3), converted=i % 3 == 0, worth=Fraction(i))
        for i in range(48)
    ]
    lost = [Path(states=(3, 3), converted=False), Path(states=(1, 3), converted=False)]
    bot = tuple(1 + (i % 7 > 2) for i in range(40_000))
    return [*short, *lost, Path(states=bot, converted=True, worth=Fraction(70))]


@pytest.mark.parametrize("way", WAYS)
def test_one_endless_journey_beside_short_ones(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probabilities of staying in the loop leave no more than 12 digits of those of leaving it."""
    paths = long_loop(random.Random(5))
    by(way, monkeypatch)
    for order in (1, 2):
        agree(solved(paths, order, 3), paths, order, 3, within=1e-9)
        counts, amounts = markov_weights(count(paths, order), 3)
        assert max(counts[2], amounts[2]) <= ONE // 10**10
        assert amounts != counts, "rounding was taken for a refund"


@pytest.mark.parametrize("loop", [(1,), (1, 2), (1, 2, 3, 4, 5)], ids=len)
def test_thousands_of_grams_and_one_long_loop_are_solved_by_iteration(
    loop: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Solving directly would take minutes where there are thousands of k-grams."""
    from scipy.sparse import linalg

    dice = random.Random(11)
    paths = [
        Path(
            states=tuple(dice.randint(1, 9) for _ in range(dice.randint(1, 9))),
            converted=dice.random() < 0.1,
            worth=Fraction(dice.randint(1, 99)),
        )
        for _ in range(1_200)
    ]
    paths.append(Path(states=loop * (20_000 // len(loop)), converted=True, worth=Fraction(3)))
    chain = markov.build_chain(count(paths, 3))
    assert len(chain.grams) > 700
    exact = markov.removal_effects(chain, 9)
    monkeypatch.setattr(markov, "DENSE", 0)
    monkeypatch.setattr(markov, "_AT_ONCE", 5 * len(chain.grams))
    monkeypatch.setattr(linalg, "spsolve", None)
    found = markov.removal_effects(chain, 9)
    assert found.conversion == pytest.approx(exact.conversion, rel=1e-10)
    assert found.value == pytest.approx(exact.value, rel=1e-10)
    assert found.of_conversions == pytest.approx(exact.of_conversions, abs=1e-9)
    assert found.of_value == pytest.approx(exact.of_value, abs=1e-9)


def test_small_values_in_a_slow_loop_count_beside_one_that_is_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """An iteration that stops when x hardly moves, compared with the greatest value, would miss most of the loop's."""
    loops = [Path(states=(1,) * 60, converted=i % 50 == 0, worth=Fraction(i % 50 == 0, 100)) for i in range(2_000)]
    paths = [
        *loops,
        Path(states=(2,), converted=True, worth=Fraction(10**9)),
        Path(states=(2,), converted=False, times=10**6),
    ]
    monkeypatch.setattr(markov, "DENSE", 0)
    agree(solved(paths, 1, 2), paths, 1, 2)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "paths",
    [
        pytest.param([Path(states=(1, 2), converted=False), Path(states=(2,), converted=False)], id="no conversions"),
        pytest.param([Path(states=(1, 2), converted=True, worth=Fraction(2))] * 2, id="all convert"),
        pytest.param([Path(states=(1,), converted=True), Path(states=(1, 1), converted=False)], id="one state"),
        pytest.param([Path(states=(1, 2), converted=True), Path(states=(2, 1), converted=True)], id="no value"),
        pytest.param([], id="no journeys"),
    ],
)
def test_nothing_to_tell_apart_is_no_reason_to_fail(paths: list[Path], order: int) -> None:
    found = solved(paths, order, 2)
    if paths:
        agree(found, paths, order, 2)
    for number in itertools.chain((found.conversion, found.value), found.of_conversions, found.of_value):
        assert np.isfinite(number)
    counts, amounts = markov_weights(count(paths, order), 2)
    assert min(counts) >= 0
    assert min(amounts) >= 0
    if not found.value:
        assert amounts == counts, "effects on conversions stand for those on a value of nothing"


def test_refunds_that_make_an_effect_negative_leave_the_split_to_conversions() -> None:
    paths = [
        Path(states=(1,), converted=True, worth=Fraction(100), times=3),
        Path(states=(2,), converted=True, worth=Fraction(-50)),
        Path(states=(1, 2), converted=False),
    ]
    exact = effects(paths, 1)
    assert exact.of_value[2] < 0
    agree(solved(paths, 1, 2), paths, 1, 2)
    counts, amounts = markov_weights(count(paths, 1), 2)
    assert amounts == counts


def test_refunds_that_leave_hardly_anything_to_share_still_share_it() -> None:
    """Effects of ten thousand million times the total do not fit the whole numbers of SQL, their proportions do."""
    paths = [
        Path(states=(1,), converted=True, worth=Fraction(1, 100) - 10**8),
        Path(states=(1, 2), converted=True, worth=Fraction(10**8)),
    ]
    counts, amounts = markov_weights(count(paths, 1), 2)
    assert counts == [ONE, ONE // 2]
    assert max(amounts) == ONE
    assert min(amounts) >= 0
