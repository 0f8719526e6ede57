"""The places of a template that have a name: tables and ranges with a row of headers, and single cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output.xlsx.template.cells import Cells, address, column_of
from attrib_cli.output.xlsx.template.package import MAIN, Package, unescaped

if TYPE_CHECKING:
    from lxml.etree import _Element

_RANGE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!,()\[\]]+))!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")


@frozen
class Area:
    """A rectangle of a sheet, its edges included; rows and columns count from 1."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def single(self) -> bool:
        """Whether it is one cell."""
        return (self.top, self.left) == (self.bottom, self.right)

    @property
    def reference(self) -> str:
        """What Excel calls it within its sheet."""
        return f"{address(self.top, self.left)}:{address(self.bottom, self.right)}"

    def meets(self, other: Area) -> bool:
        """Say whether both have a cell in common."""
        beside = other.left > self.right or other.right < self.left
        return self.sheet == other.sheet and not beside and other.top <= self.bottom and other.bottom >= self.top


@frozen
class Block:
    """A table or a named range: a row of `headers`, rows below it, and the totals of a table where `totals` is true.

    `tree` is the definition of a table, None for a range.
    """

    name: str
    area: Area
    headers: tuple[str, ...]
    totals: bool = False
    tree: _Element | None = None

    @property
    def first(self) -> int:
        """The first row below the headers."""
        return self.area.top + 1

    @property
    def last(self) -> int:
        """The last row before the totals."""
        return self.area.bottom - self.totals

    @property
    def told(self) -> str:
        """What messages call it."""
        return f"the {'range' if self.tree is None else 'table'} {self.name}"


def area_of(reference: str, sheets: dict[str, str]) -> Area | None:
    """Return the area that a reference such as ``'My sheet'!$A$1:$C$9`` means; None for any other formula."""
    found = _RANGE.fullmatch(reference.strip())
    if found is None:
        return None
    sheet = (found[1] or found[2]).replace("''", "'")
    if sheet not in sheets:
        return None
    top, left = int(found[4]), column_of(found[3])
    return Area(
        sheet=sheet,
        top=top,
        left=left,
        bottom=int(found[6]) if found[6] else top,
        right=column_of(found[5]) if found[5] else left,
    )


def tables(package: Package) -> Iterator[Block]:
    """Yield the tables of a workbook that have a row of headers."""
    for sheet, part in package.sheets().items():
        for related in package.related(part).values():
            if not related.startswith("xl/tables/"):
                continue
            tree = package.tree(related)
            area = area_of(f"X!{tree.get('ref')}", {"X": ""})
            if area is None or tree.get("headerRowCount") == "0":
                continue
            yield Block(
                name=str(tree.get("displayName") or tree.get("name")),
                area=Area(sheet=sheet, top=area.top, left=area.left, bottom=area.bottom, right=area.right),
                headers=tuple(unescaped(str(one.get("name"))) for one in tree.iter(f"{MAIN}tableColumn")),
                totals=int(tree.get("totalsRowCount") or 0) > 0,
                tree=tree,
            )


def names(package: Package) -> Iterator[tuple[str, Area]]:
    """Yield the names that a workbook gives to an area, without those that Excel has for itself."""
    sheets = package.sheets()
    for one in package.tree("xl/workbook.xml").iter(f"{MAIN}definedName"):
        name, area = str(one.get("name")), area_of(one.text or "", sheets)
        if area is not None and not name.startswith("_xlnm.") and one.get("hidden") not in ("1", "true"):
            yield name, area


def range_block(name: str, area: Area, cells: Cells) -> Block:
    """Return a named range as a block: its first row has the headers."""
    headers = tuple(cells.text(area.top, column) for column in range(area.left, area.right + 1))
    return Block(name=name, area=area, headers=headers)
