"""Removal effects against an exact chain in fractions and another package; one way to solve against another."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from chains import Path, counted, draw_paths, exact_effects
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.fitted import markov
from attrib_cli.engine.fitted.markov import Effects, build_chain, removal_effects

SEEDS = st.integers(0, 10**6)


def effects_of(paths: list[Path], order: int, states: int) -> Effects:
    return removal_effects(build_chain(counted(paths, order)), states)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@examples(8)
@given(seed=SEEDS, states=st.integers(1, 4))
def test_effects_are_those_of_the_exact_chain(order: int, seed: int, states: int) -> None:
    paths = draw_paths(seed, states, 25, longest=5)
    found, exact = effects_of(paths, order, states), exact_effects(paths, order, states)
    converted = [path for path in paths if path.converted]
    assert found.conversion == pytest.approx(len(converted) / len(paths), abs=1e-12)
    assert found.value == pytest.approx(sum(path.worth for path in converted) / len(paths), rel=1e-12, abs=1e-12)
    assert found.conversion == pytest.approx(float(exact.conversion), abs=1e-12)
    np.testing.assert_allclose(found.of_conversions, [float(x) for x in exact.of_conversions], atol=1e-10)
    np.testing.assert_allclose(found.of_value, [float(x) for x in exact.of_value], atol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
@examples(6)
@given(seed=SEEDS)
def test_effects_are_those_of_do_attribution(order: int, seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from do_attribution.markov import MarkovAttribution

        paths = draw_paths(seed, 7, 300)
        theirs = MarkovAttribution(order=order, removal_strategy="redirect_to_null").fit(
            [" > ".join(f"c{state}" for state in path.states) for path in paths],
            [int(path.converted) for path in paths],
        )
    ours = effects_of(paths, order, 7)
    assert ours.conversion == pytest.approx(theirs["total_conversion_probability"], abs=1e-9)
    for channel, effect in theirs["removal_effects"].items():
        assert ours.of_conversions[int(channel[1:]) - 1] == pytest.approx(effect, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("rounds", [3_000, 2])
def test_every_way_to_solve_comes_to_the_same(order: int, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once; by iteration; and directly, where the iteration has not come to an end after so many rounds."""
    paths = draw_paths(order, 6, 2_000)
    at_once = effects_of(paths, order, 6)
    monkeypatch.setattr(markov, "DENSE", 0)
    monkeypatch.setattr(markov, "_ROUNDS", rounds)
    again = effects_of(paths, order, 6)
    np.testing.assert_allclose(again.of_conversions, at_once.of_conversions, atol=1e-10)
    np.testing.assert_allclose(again.of_value, at_once.of_value, atol=1e-10)


def test_a_journey_without_end_does_not_spoil_the_others() -> None:
    """50,000 interactions of one journey loop between two states: steps out of them are all but impossible."""
    loop = Path(states=(1, 2) * 25_000, converted=True, worth=10)
    paths = [loop, *draw_paths(5, 4, 50, longest=3)]
    found = effects_of(paths, 1, 4)
    converted = sum(path.converted for path in paths)
    assert found.conversion == pytest.approx(converted / len(paths), abs=1e-9)
    assert np.isfinite(found.of_conversions).all()
    assert (found.of_conversions > -1e-9).all()
    assert (found.of_conversions < 1 + 1e-9).all()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_what_there_is_little_of_has_a_defined_result(order: int) -> None:
    nothing = effects_of([Path(states=(1, 2), converted=False)], order, 2)
    assert (nothing.conversion, nothing.of_conversions.tolist(), nothing.of_value.tolist()) == (0, [0, 0], [0, 0])
    all_convert = effects_of([Path(states=(1,), converted=True), Path(states=(1, 1), converted=True)], order, 1)
    assert (all_convert.conversion, all_convert.of_conversions.tolist()) == (pytest.approx(1), [pytest.approx(1)])
    free = effects_of([Path(states=(1,), converted=True, worth=0), Path(states=(2,), converted=False)], order, 2)
    assert free.of_value.tolist() == [0, 0]
    assert free.of_conversions.tolist() == pytest.approx([1, 0])


def test_the_example_of_the_documentation() -> None:
    paths = [Path(states=(1, 2), converted=True)] * 10 + [Path(states=(1,), converted=False)] * 10
    found = effects_of([*paths, *[Path(states=(2,), converted=False)] * 5], 1, 2)
    assert found.conversion == pytest.approx(0.4)
    assert found.of_conversions.tolist() == pytest.approx([2 / 3, 1])
