"""Tiles in rows of equal units, in their order, whatever a unit is: cells of a terminal or a part of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrib_cli.engine.frozen import frozen


@frozen
class Block:
    """What a tile needs: how many units at least, and whether it takes more where they are left."""

    span: int
    grows: bool


def packed(blocks: Sequence[Block], units: int) -> Iterator[list[tuple[int, int]]]:
    """Yield rows of (number of a block, units that it takes).

    A row takes as many of the next blocks as it has units for; what is left goes to those that grow, in turn.
    """
    row: list[int] = []
    for i, block in enumerate(blocks):
        if row and sum(blocks[other].span for other in row) + block.span > units:
            yield _stretched(row, blocks, units)
            row = []
        row.append(i)
    if row:
        yield _stretched(row, blocks, units)


def _stretched(row: list[int], blocks: Sequence[Block], units: int) -> list[tuple[int, int]]:
    spans = {i: blocks[i].span for i in row}
    growing = [i for i in row if blocks[i].grows]
    for turn in range(units - sum(spans.values()) if growing else 0):
        spans[growing[turn % len(growing)]] += 1
    return list(spans.items())
