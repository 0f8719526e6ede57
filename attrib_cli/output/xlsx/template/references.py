"""What refers to the rows of a block by their cells: charts, names, rules of colours and of what may be typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.output.xlsx.template.blocks import Area, Block, area_of
from attrib_cli.output.xlsx.template.cells import address
from attrib_cli.output.xlsx.template.package import MAIN, Package

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CACHES = (f"{_CHART}numCache", f"{_CHART}strCache", f"{_CHART}multiLvlStrCache")


def follow(package: Package, block: Block, last: int, bottom: int) -> None:
    """Let what refers to all rows of a block refer to those until `last`, or with headers and totals until `bottom`."""
    sheets = package.sheets()
    for part in package.named(r"xl/charts/chart\d+\.xml"):
        for reference in package.tree(part).iter(f"{_CHART}f"):
            _follow(reference, sheets, block, last, bottom)
            area = area_of(reference.text or "", sheets)
            if area is not None and area.meets(replace(block.area, bottom=max(bottom, block.area.bottom))):
                _forget(reference.getparent())
    for name in package.tree("xl/workbook.xml").iter(f"{MAIN}definedName"):
        _follow(name, sheets, block, last, bottom)
    rules = ("conditionalFormatting", "dataValidation")
    for kind in rules:
        for one in package.tree(sheets[block.area.sheet]).iter(MAIN + kind):
            ranges = str(one.get("sqref") or "").split()
            moved = [_within(text, block, last) for text in ranges]
            if moved != ranges:
                one.set("sqref", " ".join(moved))


def _follow(reference: _Element, sheets: dict[str, str], block: Block, last: int, bottom: int) -> None:
    area = area_of(reference.text or "", sheets)
    if area is None or area.sheet != block.area.sheet or not area.meets(block.area):
        return
    grown = _grown(area, block, last, bottom)
    if grown is not None:
        sheet = (reference.text or "").rpartition("!")[0]
        ends = [(grown.top, grown.left), (grown.bottom, grown.right)]
        cells = ":".join(f"${address(1, column)[:-1]}${row}" for row, column in ends)
        reference.text = f"{sheet}!{cells}"


def _grown(area: Area, block: Block, last: int, bottom: int) -> Area | None:
    """Return an area that spans all rows of a block as it is to be; None where it spans others."""
    if area.left < block.area.left or area.right > block.area.right:
        return None
    if area.bottom == block.last and area.top in (block.area.top, block.first):
        return replace(area, bottom=last)
    if area.bottom == block.area.bottom and area.top == block.area.top:
        return replace(area, bottom=bottom)
    return None


def _within(text: str, block: Block, last: int) -> str:
    area = area_of(f"X!{text}", {"X": ""})
    if area is None:
        return text
    grown = _grown(replace(area, sheet=block.area.sheet), block, last, last)
    return text if grown is None else grown.reference


def _forget(parent: _Element | None) -> None:
    """Take the figures out that a chart remembers from when it was saved."""
    for cache in list(parent) if parent is not None else ():
        if cache.tag in _CACHES and parent is not None:
            parent.remove(cache)
