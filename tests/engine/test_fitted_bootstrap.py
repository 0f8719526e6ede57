"""Intervals against what probability theory says of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import exp, factorial, sqrt
from statistics import NormalDist

import duckdb
import pytest
from chains import as_tables
from conftest import WriteData
from fitted_reference import Path
from strategies import fraction

from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.draws import REPLICATES, poisson
from attrib_cli.engine.sql.intervals import ranks

LIKELY = Decimal("0.9")


@pytest.mark.parametrize("lane", range(4))
def test_weights_are_poisson_of_mean_one(lane: int) -> None:
    """Over all values that the bits of a lane can have, whatever stands in the other bits."""
    rest = 2**64 - 1 - (65535 << 16 * lane)
    hashes = f"SELECT CAST(CAST(i AS UHUGEINT) * {1 << 16 * lane} + {rest} AS UBIGINT) AS h FROM range(65536) AS r(i)"
    counted = f"SELECT {poisson('h', lane)} AS weight, count(*) FROM ({hashes}) AS v GROUP BY weight"
    found = dict(duckdb.sql(counted).fetchall())
    assert sum(found.values()) == 65536
    for times in range(9):
        assert found.get(times, 0) / 65536 == pytest.approx(exp(-1) / factorial(times), abs=1 / 65536)
    assert sum(times * number for times, number in found.items()) / 65536 == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("confidence", "places"), [("0.9", (11, 190)), ("0.5", (51, 150)), ("0.95", (6, 195))])
def test_as_many_replicates_lie_between_the_ends_as_asked(confidence: str, places: tuple[int, int]) -> None:
    low, high = ranks(Decimal(confidence))
    assert (low, high) == places
    assert high - low + 1 == Decimal(confidence) * REPLICATES


def interval(paths: list[Path], write_data: WriteData, model: str, **more: object) -> dict[str, tuple[Fraction, ...]]:
    """Deals of every channel with the ends of their interval."""
    spec = ReportSpec(
        models=(model,), by=("channel",), measures=("deals",), estimation=EstimationSpec(confidence=LIKELY, **more)  # type: ignore[arg-type]
    )  # fmt: skip
    found = run(spec, discover(write_data(as_tables(paths))))
    return {str(row[0]): tuple(map(fraction, row[2:5])) for row in found.rows}


def single_touches(first: int, second: int) -> list[Path]:
    """Journeys of one interaction each, all of which convert."""
    return [Path(states=(state,), converted=True, times=times) for state, times in ((1, first), (2, second))]


@pytest.mark.parametrize(("model", "game"), [("shapley", "conversions"), ("markov", "conversions")])
def test_an_interval_is_as_wide_as_that_of_a_proportion(model: str, game: str, write_data: WriteData) -> None:
    """Of single touches a channel has as many deals as a binomial variable: ends at 1.645 standard deviations."""
    first, second = 300, 700
    wide = sqrt(first * second / (first + second))
    away = NormalDist().inv_cdf(0.95) * wide
    for seed in (0, 1, 2):
        figures = interval(single_touches(first, second), write_data, model, game=game, seed=seed)
        for channel, deals in (("c1", first), ("c2", second)):
            middle, low, high = figures[channel]
            assert middle == deals
            assert float(low) == pytest.approx(deals - away, abs=wide / 2)
            assert float(high) == pytest.approx(deals + away, abs=wide / 2)
        assert float(figures["c1"][1] + figures["c2"][2]) == pytest.approx(first + second)


def test_journeys_that_are_all_alike_leave_no_doubt_about_shares(write_data: WriteData) -> None:
    """Every replicate shares the conversions out alike, so that the ends are the figure."""
    for model in ("markov", "shapley"):
        for figure in interval([Path(states=(1, 2), converted=True, times=150)], write_data, model).values():
            assert figure[0] == figure[1] == figure[2] == 75
