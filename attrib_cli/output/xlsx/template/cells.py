"""The cells of a worksheet as its file has them: read, written, emptied and moved, with their styles."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from attrib_cli.output.values import plain, plain_number
from attrib_cli.output.xlsx.cells import safe_text
from attrib_cli.output.xlsx.template.package import MAIN, Package, escaped, unescaped

if TYPE_CHECKING:
    from lxml.etree import _Element

    from attrib_cli.engine.report import Cell

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def address(row: int, column: int) -> str:
    """Return what Excel calls a cell; rows and columns count from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def column_of(reference: str) -> int:
    """Return the column of a cell such as ``AB12``."""
    number = 0
    for letter in reference.replace("$", "").rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(kw_only=True)
class Cells:
    """The cells of one worksheet, by row and column, both from 1."""

    package: Package
    part: str
    _rows: dict[int, _Element] = field(default_factory=dict)
    _cells: dict[int, dict[int, _Element]] = field(default_factory=dict)
    _shared: tuple[str, ...] | None = None
    _last: int = 0

    def __post_init__(self) -> None:
        tree = self.package.tree(self.part)
        for row in tree.iter(f"{MAIN}row"):
            number = int(row.get("r") or self._last + 1)
            self._rows[number], self._last = row, max(self._last, number)
            mine, last = self._cells.setdefault(number, {}), 0
            for cell in row.iter(f"{MAIN}c"):
                last = column_of(cell.get("r")) if cell.get("r") else last + 1
                mine[last] = cell

    def style(self, row: int, column: int) -> str | None:
        """Return the number of a cell's style."""
        cell = self._at(row, column)
        return None if cell is None else cell.get("s")

    def formula(self, row: int, column: int) -> str | None:
        """Return the formula of a cell, None where it has none of its own."""
        cell = self._at(row, column)
        found = None if cell is None else cell.find(f"{MAIN}f")
        return None if found is None or not found.text else "=" + found.text

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell, empty where it has none."""
        cell = self._at(row, column)
        if cell is None:
            return ""
        inline = cell.find(f"{MAIN}is")
        if inline is not None:
            return unescaped("".join(inline.itertext(f"{MAIN}t")))
        value = cell.findtext(f"{MAIN}v") or ""
        if cell.get("t") != "s":
            return value
        if self._shared is None:
            items = self.package.tree("xl/sharedStrings.xml").iter(f"{MAIN}si")
            self._shared = tuple(unescaped("".join(item.itertext(f"{MAIN}t"))) for item in items)
        return self._shared[int(value)]

    def is_empty(self, row: int, column: int) -> bool:
        """Say whether a cell has neither a value nor a formula."""
        cell = self._at(row, column)
        return cell is None or len(cell) == 0

    def last_row(self) -> int:
        """Return the last row that there is."""
        return self._last

    def write(self, row: int, column: int, value: Cell, style: str | None = None) -> None:
        """Write a value: numbers as numbers, all else as text; nothing empties the cell. `style` is for a new one."""
        cell = self._cell(row, column, style)
        _empty(cell)
        if isinstance(value, Decimal | int):
            _child(cell, "v").text = plain_number(value)
        elif value is not None:
            cell.set("t", "inlineStr")
            text = _child(_child(cell, "is"), "t")
            text.text = escaped(safe_text(plain(value)))
            text.set(_SPACE, "preserve")

    def write_formula(self, row: int, column: int, formula: str, style: str | None = None) -> None:
        """Write a formula, which begins with ``=``."""
        cell = self._cell(row, column, style)
        _empty(cell)
        _child(cell, "f").text = formula.removeprefix("=")

    def take(self, row: int, column: int) -> _Element | None:
        """Take what is in a cell out of it, to be put elsewhere; its style stays there too."""
        cell = self._at(row, column)
        if cell is None:
            return None
        taken = copy.deepcopy(cell)
        _empty(cell)
        return taken

    def put(self, row: int, column: int, taken: _Element | None) -> None:
        """Put what was taken elsewhere into a cell, with its style."""
        if taken is None:
            self.write(row, column, None)
            return
        cell = self._cell(row, column, taken.get("s"))
        _empty(cell)
        for name, value in taken.attrib.items():
            if name != "r":
                cell.set(name, value)
        cell.extend(copy.deepcopy(child) for child in taken)

    def forget_results(self) -> None:
        """Take what formulas came to before out of their cells, so that nobody reads it as what they come to now."""
        for cell in (cell for row in self._cells.values() for cell in row.values()):
            if cell.find(f"{MAIN}f") is not None:
                value = cell.find(f"{MAIN}v")
                if value is not None:
                    cell.remove(value)
                cell.attrib.pop("t", None)

    def _at(self, row: int, column: int) -> _Element | None:
        return self._cells.get(row, {}).get(column)

    def _cell(self, row: int, column: int, style: str | None) -> _Element:
        cell = self._at(row, column)
        if cell is not None:
            return cell
        from lxml import etree

        tree = self.package.tree(self.part)
        dimension = tree.find(f"{MAIN}dimension")
        if dimension is not None:  # it would not hold any more, and need not be there
            tree.remove(dimension)
        parent = self._row(row)
        cell = etree.SubElement(parent, f"{MAIN}c", r=address(row, column))
        if style is not None:
            cell.set("s", style)
        mine = self._cells.setdefault(row, {})
        later = [other for other in mine if other > column]
        if later:
            mine[min(later)].addprevious(cell)
        mine[column] = cell
        return cell

    def _row(self, number: int) -> _Element:
        if number in self._rows:
            self._rows[number].attrib.pop("spans", None)
            return self._rows[number]
        from lxml import etree

        data = self.package.tree(self.part).find(f"{MAIN}sheetData")
        row = etree.SubElement(data, f"{MAIN}row", r=str(number))
        if number < self.last_row():
            later = [other for other in self._rows if other > number]
            self._rows[min(later)].addprevious(row)
        self._rows[number], self._last = row, max(self._last, number)
        return row


def _empty(cell: _Element) -> None:
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    cell.attrib.pop("cm", None)
    cell.attrib.pop("vm", None)


def _child(parent: _Element, name: str) -> _Element:
    from lxml import etree

    return etree.SubElement(parent, MAIN + name)
