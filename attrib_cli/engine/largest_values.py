"""A credit cube with fewer values in each column: the largest ones, and all others together as ``(other)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.row_names import OTHER, reserved

if TYPE_CHECKING:
    from attrib_cli.engine.day_cube import CubeDimension, DayCube


@frozen
class Fewer:
    """A cube whose columns have few values; `cut` names the dimensions that lost some."""

    cube: DayCube
    cut: tuple[str, ...]


def with_largest_values(cube: DayCube, most: int) -> Fewer:
    """Return a cube with at most `most` values in each column of keys, the greatest by linear credit of all time.

    All other values of a column are one, ``(other)``; those that stand for no value stay. What can be summed sums to
    what it summed to. The last digit of a row may move, since what is left over after rounding goes to other rows.
    """
    shown = {one.column: one for one in (*cube.filters, *cube.dimensions) if one.kind == "column"}
    codes, sizes, labels, cut = list(cube.cells.keys), list(cube.sizes), dict[int, tuple[str, ...]](), set[int]()
    for column, one in shown.items():
        named = sorted(set(one.labels) - set(reserved(one.name)) - {""})
        if len(named) <= most:
            continue
        worth = _worth(cube, one)
        kept = set(sorted(named, key=lambda text: (-worth.get(text, Fraction(0)), text))[:most])
        places: dict[str, int] = {}
        moved = []
        for label in one.labels:
            name = OTHER if label in named and label not in kept else label
            moved.append(places.setdefault(name, len(places)))
        codes[column] = [moved[code] for code in codes[column]]
        sizes[column], labels[column] = len(places), tuple(places)
        cut.add(column)
    if not cut:
        return Fewer(cube=cube, cut=())

    def renamed(one: CubeDimension) -> CubeDimension:
        return replace(one, labels=labels[one.column]) if one.column in labels else one

    smaller = replace(
        cube,
        dimensions=tuple(map(renamed, cube.dimensions)),
        filters=tuple(map(renamed, cube.filters)),
        sizes=tuple(sizes),
        cells=replace(cube.cells, keys=codes),
    )
    return Fewer(cube=_summed(smaller), cut=tuple(sorted(shown[column].name for column in cut)))


def _worth(cube: DayCube, one: CubeDimension) -> dict[str, Fraction]:
    """Return what each value is credited with under the linear model: value where the type has one, else how many."""
    cells, found = cube.cells, dict[str, Fraction]()
    figures = cells.amount if cube.type.valued else cells.interactions
    for code, figure, length, attributed in zip(
        cells.keys[one.column], figures, cells.length, cells.attributed, strict=True
    ):
        if attributed or one.of_conversion:
            label = one.labels[code]
            found[label] = found.get(label, Fraction(0)) + Fraction(figure, max(length, 1))
    return found


def _summed(cube: DayCube) -> DayCube:
    """Return a cube with cells that are alike in all but their sums as one."""
    cells = cube.cells
    grain = list(
        zip(
            cells.moment, cells.attributed, zip(*cells.keys, strict=True), cells.shown, cells.allowed, cells.held,
            cells.pattern, cells.length,
            strict=True,
        )
    )  # fmt: skip
    places: dict[tuple[object, ...], int] = {}
    at = [places.setdefault(key, len(places)) for key in grain]
    first = [0] * len(places)
    for cell in range(len(at) - 1, -1, -1):
        first[at[cell]] = cell

    def chosen(values: Sequence[int]) -> list[int]:
        return [values[cell] for cell in first]

    def summed(values: Sequence[int]) -> list[int]:
        sums = [0] * len(places)
        for place, value in zip(at, values, strict=True):
            sums[place] += value
        return sums

    return replace(
        cube,
        cells=replace(
            cells,
            moment=chosen(cells.moment),
            attributed=chosen(cells.attributed),
            keys=[chosen(codes) for codes in cells.keys],
            shown=chosen(cells.shown),
            allowed=chosen(cells.allowed),
            held=chosen(cells.held),
            pattern=chosen(cells.pattern),
            length=chosen(cells.length),
            interactions=summed(cells.interactions),
            amount=summed(cells.amount),
            earned=[summed(values) for values in cells.earned],
        ),
    )
