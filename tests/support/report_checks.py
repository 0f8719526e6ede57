"""What holds of every report, and its rows by model and key: shared by the tests against references."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from reference import Key, is_of_conversion
from strategies import Case, Cell, fraction

from attrib_cli.engine import Report

EXACT = Fraction(2, 1_000_000)
"""Credits have six decimals and are apportioned, so a figure may be off by up to two millionths."""

NAMES = {"contact-create": ("contacts", None), "deal-create": ("deals", "amount"), "revenue": ("deals", "revenue")}
"""Report type -> the measures of one conversion each and of its amount."""


def table(found: Report) -> dict[str, dict[Key, dict[str, Cell]]]:
    """The report's rows by model and key; no row may come twice."""
    width = len(found.dimensions())
    names = [column.name for column in found.columns]
    rows: dict[str, dict[Key, dict[str, Cell]]] = defaultdict(dict)
    for row in found.rows:
        key, model = tuple(str(cell) for cell in row[:width]), str(row[width])
        assert key not in rows[model], f"{key} of {model} comes twice"
        rows[model][key] = dict(zip(names[width + 1 :], row[width + 1 :], strict=True))
    return rows


def cuts_credits(case: Case) -> bool:
    """Whether the request hides credits, so that rows need not sum to the value of the conversions."""
    ask = case.ask
    hides = [test for test in ask.where if not is_of_conversion(case.data, ask, test.column)]
    return bool(ask.campaigns or hides)


def check_totals(found: Report) -> None:
    """What may be summed sums to the total of its model, to the last digit."""
    width = len(found.dimensions())
    for total in found.totals:
        shown = [row for row in found.rows if row[width] == total[width]]
        for i, column in enumerate(found.columns):
            if column.role == "measure" and column.additive:
                assert fraction(total[i]) == sum((fraction(row[i]) for row in shown), Fraction(0)), column.name
