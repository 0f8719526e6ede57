"""An account of a figure: lines with what it is made of, and their sum, for every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.output import scope
from attrib_cli.output.dashboard.markup import escaped, prose, table
from attrib_cli.output.dashboard.style import STYLE
from attrib_cli.output.text import grid
from attrib_cli.output.text.delimited import csv_field
from attrib_cli.output.text.glyphs import glyphs_for, shown
from attrib_cli.output.text.jsontext import ExactJson, json_chunks
from attrib_cli.output.values import CHUNK

if TYPE_CHECKING:
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.registry import WriteOptions

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SHORTEST = 6


@frozen
class AccountColumn:
    """A column for reading: its header, its cells, whether they are figures, and how soon it goes on a narrow screen.

    Columns of a higher `rank` go first; those of rank 0 stay.
    """

    header: str
    cells: tuple[str, ...]
    total: str = ""
    figures: bool = False
    rank: int = 0


@frozen
class Records:
    """The exact rows of an answer: the names of its columns, and its cells as they are written, read once."""

    columns: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> Records:
        """Return rows that name their cells, all alike; without any there are no columns."""
        return cls(columns=tuple(rows[0]) if rows else (), rows=(tuple(row.values()) for row in rows))


@frozen
class Account:
    """What is behind a figure.

    `lines` say what it is about, `columns` show it for reading (rounded, and still summing to the totals), `dim` marks
    rows that earn nothing, `notes` stand below, and `warnings` are what the data leave in doubt. `said` has the days
    and conditions for formats that have no place for them. `records` are the rows for CSV, `document` makes the JSON
    object where it is written.
    """

    title: str
    lines: tuple[str, ...]
    columns: tuple[AccountColumn, ...]
    dim: tuple[bool, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    said: str = ""
    records: Records
    document: Callable[[], ExactJson]


def with_scope(account: Account, spec: ReportSpec, settings: Settings, more: Sequence[scope.Condition] = ()) -> Account:
    """Return an account that says the days and the conditions that it stands under, and its notes, in every form.

    `more` are conditions that the account has beside those of its request.
    """
    said = " · ".join(filter(None, (scope.line(spec, settings), *scope.words(more))))
    found = (*scope.of_request(spec, settings), *more)
    conditions: ExactJson = [{"key": one.key, "name": one.name, "value": one.value} for one in found]
    dates: ExactJson = {
        "name": spec.dates.label,
        "from": spec.dates.start.isoformat() if spec.dates.start else None,
        "to": spec.dates.end.isoformat() if spec.dates.end else None,
    }
    notes: ExactJson = [
        *({"level": "warning", "text": text} for text in account.warnings),
        *({"level": "note", "text": text} for text in account.notes),
    ]

    def document() -> ExactJson:
        found = account.document()
        if not isinstance(found, Mapping):
            return found
        return {**found, "dates": dates, "conditions": conditions, "notes": notes}

    return replace(account, lines=(*account.lines, *([said] if said else [])), said=said, document=document)


def write_table(account: Account, options: WriteOptions) -> Iterator[bytes]:
    """Yield an account for reading, as wide as the terminal."""
    return (text.encode(options.encoding, "replace") for text in _table(account, options))


def write_csv(account: Account, options: WriteOptions) -> Iterator[bytes]:
    """Yield the exact rows of an account as CSV."""
    del options
    return (text.encode("utf-8", "replace") for text in _csv(account))


def write_json(account: Account, options: WriteOptions) -> Iterator[bytes]:
    """Yield an account as one JSON object."""
    del options
    for text in json_chunks(account.document()):
        yield text.encode("utf-8", "replace")
    yield b"\n"


def write_html(account: Account, options: WriteOptions) -> Iterator[bytes]:
    """Yield an account as a page of its own."""
    del options
    return (text.encode("utf-8", "replace") for text in _html(account))


def _table(account: Account, options: WriteOptions) -> Iterator[str]:
    glyphs = glyphs_for(options.encoding)

    def say(text: str, style: str = "") -> Iterator[str]:
        for line in grid.wrap(shown(text, options.encoding), options.width):
            yield grid.paint(line, style, options.color) + "\n"

    yield from say(account.title, grid.BOLD)
    for text in account.lines:
        yield from say(text)
    yield "\n"
    has_totals = any(column.total for column in account.columns)
    columns, hidden = _fitting(account.columns, options, has_totals)
    height = len(account.dim)
    styles = {i: grid.DIM for i, dim in enumerate(account.dim) if dim} | ({height: grid.BOLD} if has_totals else {})
    rules = (height,) if has_totals else ()
    for line in grid.render(columns, glyphs=glyphs, color=options.color, rules=rules, row_styles=styles):
        yield line + "\n"
    if account.notes or hidden or (account.warnings and options.width is None):
        yield "\n"
    if hidden:
        yield from say(f"not shown at this width: {', '.join(hidden)}", grid.DIM)
    for note in account.notes:
        yield from say(note, grid.DIM)
    if options.width is None:  # nobody reads standard error beside a file
        for warning in account.warnings:
            yield from say(f"warning: {warning}")


def _fitting(
    columns: Sequence[AccountColumn], options: WriteOptions, has_totals: bool
) -> tuple[list[grid.GridColumn], list[str]]:
    """Return the columns that fit the width, texts cut where they must be, and the headers of those that do not."""
    made = [(column, _grid_column(column, options.encoding, has_totals)) for column in columns]
    hidden: list[str] = []
    while options.width is not None and grid.total_width([one for _, one in made]) > options.width:
        texts = [i for i, (column, one) in enumerate(made) if not column.figures and one.width > _SHORTEST * 2]
        over = grid.total_width([one for _, one in made]) - options.width
        room = sum(made[i][1].width - _SHORTEST * 2 for i in texts)
        if room >= over:
            widest = max(texts, key=lambda i: made[i][1].width)
            made[widest] = (made[widest][0], replace(made[widest][1], width=made[widest][1].width - 1))
            continue
        gone = max(
            (i for i, (column, _) in enumerate(made) if column.rank), key=lambda i: made[i][0].rank, default=None
        )
        if gone is None:
            break
        hidden.append(made.pop(gone)[0].header.lower())
    return [one for _, one in made], hidden


def _grid_column(column: AccountColumn, encoding: str, has_totals: bool) -> grid.GridColumn:
    cells = [shown(cell, encoding) for cell in (*column.cells, *([column.total] if has_totals else []))]
    return grid.GridColumn(
        header=(shown(column.header, encoding),),
        cells=cells,
        width=max(map(grid.cells_of, (column.header, *cells)), default=0),
        right=column.figures,
    )


def _csv(account: Account) -> Iterator[str]:
    columns = account.records.columns
    if columns:
        yield ",".join(map(csv_field, columns)) + "\n"
    rows = iter(account.records.rows)
    while some := tuple(islice(rows, CHUNK)):
        text = "\n".join(map(",".join, some)) + "\n"
        marks = text.count(","), text.count("\n")
        if marks != (len(some) * (len(columns) - 1), len(some)) or '"' in text or "\r" in text:
            text = "".join(",".join(map(csv_field, row)) + "\n" for row in some)  # some cells must be quoted
        yield text


def _html(account: Account) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escaped(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escaped(account.title)}</title><style>{STYLE}</style></head>\n<body><header>"
    yield f"<h1>{escaped(account.title)}</h1>\n"
    yield "".join(f'<p class="about">{prose(line)}</p>\n' for line in account.lines)
    yield '</header>\n<main><section class="of4 half2">\n'
    kinds = ["n" if column.figures else "name" for column in account.columns]
    heads = "".join(
        f'<th scope="col" class="{kind}">{escaped(column.header)}</th>'
        for column, kind in zip(account.columns, kinds, strict=True)
    )
    body = []
    for i, dim in enumerate(account.dim):
        cells = "".join(
            f'<td class="{kind}">{escaped(column.cells[i])}</td>'
            for column, kind in zip(account.columns, kinds, strict=True)
        )
        kind_of_row = ' class="rest"' if dim else ""
        body.append(f"<tr{kind_of_row}>{cells}</tr>\n")
    totals = "".join(
        f'<td class="{kind}">{escaped(column.total)}</td>' for column, kind in zip(account.columns, kinds, strict=True)
    )
    foot = f"<tfoot><tr>{totals}</tr></tfoot>" if any(column.total for column in account.columns) else ""
    yield table(account.title, f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody>{foot}")
    yield "".join(f'<p class="small">{prose(note)}</p>\n' for note in account.notes)
    yield "".join(f'<p class="small warning">{prose(text)}</p>\n' for text in account.warnings)
    yield "</section></main></body></html>\n"
