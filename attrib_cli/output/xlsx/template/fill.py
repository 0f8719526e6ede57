"""Reports in a company's own workbook: its tables and named ranges that are called like them are filled.

Formulas, styles, charts and other sheets stay. What refers to exactly the rows of a block by their cells, as charts do,
follows it where it grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.output.registry import listing
from attrib_cli.output.xlsx.template.blocks import Area, Block, names, range_block, tables
from attrib_cli.output.xlsx.template.cells import Cells
from attrib_cli.output.xlsx.template.matching import Matched, facts_of, folded, match
from attrib_cli.output.xlsx.template.package import MAIN, Package, too_little_room
from attrib_cli.output.xlsx.template.references import follow

if TYPE_CHECKING:
    from attrib_cli.engine.report import Cell
    from attrib_cli.output.named_report import NamedReport
    from attrib_cli.output.registry import WriteOptions

ANY = "attrib"
"""What names of a template begin with that mean the only report of a workbook."""

_LISTED = 10


def fill(reports: Sequence[NamedReport], options: WriteOptions) -> Iterator[bytes]:
    """Yield the template of `options`, filled; tell what in it matches nothing, and what of the reports has no place.

    Raises UsageError where nothing is filled or lxml is not installed, SourceError for a file that is no workbook, and
    AttribError for a block without room.
    """
    package = Package.read(options.template or "")
    about = None if options.about is None else options.about()
    called = _called(reports, options)
    sheets = {sheet: Cells(package=package, part=part) for sheet, part in package.sheets().items()}
    taken, matched_names, left = set[int](), set[str](), list[str]()
    blocks = list(tables(package))
    known = list(names(package))
    areas = [block.area for block in blocks]
    for block in blocks:
        wanted = called.get(folded(block.name))
        if wanted is None:
            left.append(f"the table {block.name}")
            continue
        _fill_block(package, sheets, block, match(block, reports[wanted]), areas, options)
        taken.add(wanted)
    of_reports = {at: facts_of(reports[at], about) for at in set(called.values())}
    facts = {f"{prefix}_{name}": value for prefix, at in called.items() for name, value in of_reports[at].items()}
    for name, area in known:
        wanted = called.get(folded(name))
        if area.single and folded(name) in facts:
            sheets[area.sheet].write(area.top, area.left, facts[folded(name)])
            taken |= {at for prefix, at in called.items() if folded(name).startswith(f"{prefix}_")}
            matched_names.add(folded(name))
        elif wanted is not None and not area.single:
            block = range_block(name, area, sheets[area.sheet])
            _fill_block(package, sheets, block, match(block, reports[wanted]), areas, options)
            taken.add(wanted)
        else:
            left.append(_unknown(name, facts))
    if not taken:
        expected = listing(sorted(called))
        raise UsageError(
            "nothing in the template is called like the report",
            hint=f"Call a table, or a range with a row of headers, {expected}, or a cell {sorted(called)[0]}_title.",
            place=options.template,
        )
    _tell(reports, options, taken, matched_names, left)
    for cells in sheets.values():
        cells.forget_results()
    package.as_workbook()
    for name in package.named(r"xl/pivotCache/pivotCacheDefinition\d+\.xml"):
        package.tree(name).set("refreshOnLoad", "1")
    yield package.bytes()


def _called(reports: Sequence[NamedReport], options: WriteOptions) -> Mapping[str, int]:
    """Return the names that mean a report: its own, and for the only one of a workbook also ``attrib``."""
    found: dict[str, int] = {}
    for at, one in enumerate(reports):
        name = folded(one.name)
        if name in found:
            raise UsageError(f"two reports are called {name} in a template", place="--template")
        if name:
            found[name] = at
    if len(reports) == 1:
        found.setdefault(ANY, 0)
    return found


def _unknown(name: str, facts: Mapping[str, Cell]) -> str:
    close = did_you_mean(folded(name), facts) if folded(name).partition("_")[0] == ANY else ""
    return f"the name {name}" + (f" ({close})" if close else "")


def _tell(
    reports: Sequence[NamedReport], options: WriteOptions, taken: set[int], names: set[str], left: Sequence[str]
) -> None:
    tell: Callable[[str], None] = options.tell or (lambda text: None)
    if left:
        more = f" and {len(left) - _LISTED} more" if len(left) > _LISTED else ""
        tell(f"note: in the template {', '.join(left[:_LISTED])}{more} matched nothing and stayed as they were")
    for at, one in enumerate(reports):
        if at not in taken:
            tell(f"warning: {one.name} has no place in the template and is not in the file")
            continue
        prefixes = (folded(one.name), ANY) if len(reports) == 1 else (folded(one.name),)
        told = {name.removeprefix(f"{prefix}_") for prefix in prefixes for name in names}
        said = [*one.report.summary.omissions(), *(str(note) for note in one.report.notes)]
        if said and not {"notes", "counted"} <= told:
            hint = f"cells called {prefixes[0] or ANY}_counted and {prefixes[0] or ANY}_notes have it"
            tell(f"note: the template does not say what was left out and noted ({hint}): {'; '.join(said)}")


def _fill_block(
    package: Package,
    sheets: Mapping[str, Cells],
    block: Block,
    matched: Matched,
    areas: list[Area],
    options: WriteOptions,
) -> None:
    """Write rows below the headers of a block, with its formulas; it ends where they do."""
    cells, area = sheets[block.area.sheet], block.area
    columns = range(area.left, area.right + 1)
    count = max(len(matched.rows), 1)
    bottom = area.top + count + block.totals
    grown = replace(area, bottom=bottom)
    _make_room(cells, block, grown, areas, options)
    styles = [cells.style(block.first, column) for column in columns]
    formulas = [_formula(cells, block, place, column) for place, column in enumerate(columns)]
    totals = [cells.take(area.bottom, column) for column in columns] if block.totals else []
    for place, column in enumerate(columns):
        spot, formula = matched.spots[place], formulas[place]
        for row in range(block.first, max(block.last, area.top + count) + 1):
            at = row - block.first
            if row > area.top + count or (formula is None and at >= len(matched.rows)):
                if not cells.is_empty(row, column):
                    cells.write(row, column, None)
            elif formula is not None:
                cells.write_formula(row, column, _moved(formula, block.first, row, column), styles[place])
            else:
                cells.write(row, column, None if spot is None else matched.rows[at][spot], styles[place])
    for place, column in enumerate(columns):
        if block.totals:
            cells.put(bottom, column, totals[place])
    unfilled = [
        header
        for header, spot, formula in zip(block.headers, matched.spots, formulas, strict=True)
        if spot is None and formula is None
    ]
    if unfilled and options.tell is not None:
        options.tell(f"note: in {block.told} nothing is called {', '.join(unfilled)}: left empty")
    if block.tree is not None:
        block.tree.set("ref", grown.reference)
        for one in block.tree.iter(f"{MAIN}autoFilter"):
            one.set("ref", replace(grown, bottom=bottom - block.totals).reference)
    follow(package, block, area.top + count, bottom)


def _make_room(cells: Cells, block: Block, grown: Area, areas: list[Area], options: WriteOptions) -> None:
    """Raise AttribError where a block would grow over a cell that is not empty, or into another table."""
    place = f"{options.template}, {block.area.sheet}"
    if grown.bottom > 1_048_576:
        raise too_little_room(block.told, "the last row of the sheet", place)
    for row in range(block.area.bottom + 1, min(grown.bottom, cells.last_row()) + 1):
        for column in range(grown.left, grown.right + 1):
            if not cells.is_empty(row, column):
                from attrib_cli.output.xlsx.template.cells import address

                raise too_little_room(block.told, address(row, column), place)
    for other in areas:
        if other != block.area and grown.meets(other) and not block.area.meets(other):
            raise too_little_room(block.told, other.reference, place)
    areas[:] = [grown if other == block.area else other for other in areas]


def _formula(cells: Cells, block: Block, place: int, column: int) -> str | None:
    """Return the formula of a column, as it stands in the first row."""
    found = cells.formula(block.first, column)
    if found is not None or block.tree is None:
        return found
    one = list(block.tree.iter(f"{MAIN}tableColumn"))[place].find(f"{MAIN}calculatedColumnFormula")
    return None if one is None or not one.text else "=" + str(one.text)


def _moved(formula: str, origin: int, row: int, column: int) -> str:
    """Return a formula as it is some rows below, where the cells that it names move along."""
    from openpyxl.formula.translate import Translator

    from attrib_cli.output.xlsx.template.cells import address

    moved: str = Translator(formula, origin=address(origin, column)).translate_formula(address(row, column))
    return moved
