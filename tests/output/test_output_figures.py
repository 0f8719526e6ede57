"""Rounded figures sum to the rounded total, whatever they are; and each kind of figure looks as it should."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.report import Column
from attrib_cli.output.figures import apportion, currency_symbol, figures, tone
from attrib_cli.output.text.glyphs import ASCII, UNICODE, bar

VALUES = st.lists(st.decimals(min_value=-(10**20), max_value=10**20, places=6), min_size=1, max_size=40)


def exact_sum(values: list[Decimal]) -> Decimal:
    return Decimal(int(sum(map(Fraction, values)) * 10**6)).scaleb(-6)


@given(VALUES, st.integers(0, 4))
def test_apportioned_values_sum_to_the_rounded_total(values: list[Decimal], digits: int) -> None:
    total = exact_sum(values)
    found = apportion(values, total, digits)
    unit = Fraction(1, 10**digits)
    rounded = Fraction(math.floor(abs(Fraction(total)) / unit + Fraction(1, 2))) * unit * (1 if total >= 0 else -1)
    assert sum(map(Fraction, found)) == rounded
    for value, shown in zip(values, found, strict=True):
        assert abs(Fraction(shown) - Fraction(value)) < unit
        assert Fraction(shown) / unit == int(Fraction(shown) / unit)


@given(VALUES)
def test_larger_remainders_are_raised_first_and_ties_go_to_the_earlier_row(values: list[Decimal]) -> None:
    found = apportion(values, exact_sum(values), 2)
    floors = [Fraction(math.floor(Fraction(v) * 100), 100) for v in values]
    raised = [(Fraction(v) - f, -i) for i, (v, f) in enumerate(zip(values, floors, strict=True)) if found[i] != f]
    kept = [(Fraction(v) - f, -i) for i, (v, f) in enumerate(zip(values, floors, strict=True)) if found[i] == f]
    assert not raised or not kept or min(raised) > max(kept)


def test_ties_and_unknown_figures() -> None:
    d = Decimal
    assert apportion([d("0.005"), None, d("0.005")], d("0.01"), 2) == [d("0.01"), None, d("0.00")]
    thirds = [d("33.333333"), d("33.333333"), d("33.333334")]
    assert apportion(thirds, d(100), 2) == [d("33.33"), d("33.33"), d("33.34")]


def test_values_that_cannot_sum_to_the_total_are_rounded_each() -> None:
    assert apportion([Decimal("1.006"), Decimal("2")], Decimal(900), 2) == [Decimal("1.01"), Decimal("2.00")]


@given(VALUES)
def test_what_is_shown_sums_to_what_is_shown(values: list[Decimal]) -> None:
    column = Column(name="revenue", role="measure", unit="currency", additive=True)
    made = figures(column, values, exact_sum(values), symbol="€")
    read = [Decimal(text.replace("€", "").replace(",", "")) for text in (*made.texts, made.total)]
    assert sum(map(Fraction, read[:-1])) == Fraction(read[-1])
    assert read[-1] == exact_sum(values).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("unit", "of", "cells", "texts"),
    [
        ("currency", None, ["1234567.891", "-0.5", "-0.001", None], ["€1,234,567.89", "-€0.50", "€0.00", "–"]),
        ("deals", None, ["1", "1234"], ["1", "1,234"]),
        ("contacts", None, ["1", "0.125"], ["1.00", "0.13"]),
        ("count", None, ["12000", "0"], ["12,000", "0"]),
        ("share", None, ["0.12345", "1"], ["12.3%", "100.0%"]),
        ("ratio", None, ["1.005", "-0.004"], ["1.01", "0.00"]),
        ("ratio", "x", ["0.1234", "-0.2", "0", "12.5"], ["+12.3%", "-20.0%", "0.0%", "+1,250.0%"]),
    ],
)
def test_each_unit_has_its_look(unit: str, of: str | None, cells: list[str | None], texts: list[str]) -> None:
    column = Column(name="x_change" if of else "x", role="measure", unit=unit, of=of)
    found = figures(column, [None if cell is None else Decimal(cell) for cell in cells], None, symbol="€")
    assert [*found.texts] == texts
    assert found.total == ""


def test_good_and_bad_news() -> None:
    revenue = Column(name="revenue_change", role="measure", unit="ratio", of="revenue", better="up")
    cost = Column(name="cost_per_deal_change", role="measure", unit="ratio", of="cost_per_deal", better="down")
    spend = Column(name="spend_change", role="measure", unit="ratio", of="spend")
    assert [tone(revenue, text) for text in ("+1.0%", "-1.0%", "0.0%", "–", "-")] == ["better", "worse", *[None] * 3]
    assert [tone(cost, text) for text in ("+1.0%", "-1.0%")] == ["worse", "better"]
    assert tone(spend, "+1.0%") is None


def test_currency_signs() -> None:
    assert [currency_symbol(c) for c in ("EUR", "usd", "CHF", None)] == ["€", "$", "", ""]
    assert currency_symbol("EUR", "ascii") == ""
    assert currency_symbol("USD", "ascii") == "$"


def test_bars() -> None:
    assert [bar(part, 4, UNICODE) for part in (0, 0.0001, 0.5, 0.53125, 1, 2, -1)] == [
        "", "▏", "██", "██▏", "████", "████", "",
    ]  # fmt: skip
    assert [bar(part, 4, ASCII) for part in (0, 0.5, 1)] == ["", "##", "####"]
