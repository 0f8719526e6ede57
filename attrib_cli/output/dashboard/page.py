"""A dashboard as a page for a browser: one file with its style and pictures inside, that loads nothing from anywhere.

Every text of the data is escaped, and the page forbids itself all scripts and connections, so that a name in a file can
do nothing there. The figures are in it once more as JSON, for whoever wants to work on with them.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import choose_type
from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.output import words
from attrib_cli.output.dashboard import machine, matrix_page, svg
from attrib_cli.output.dashboard.bars import STYLE, Bars
from attrib_cli.output.dashboard.single import singles
from attrib_cli.output.dashboard.timeline import timeline
from attrib_cli.output.figures import tone
from attrib_cli.output.layout import header_of
from attrib_cli.output.matrix import matrix
from attrib_cli.output.wide import is_interval, widen

if TYPE_CHECKING:
    from attrib_cli.engine.report import Column, Report
    from attrib_cli.output.dashboard.board import Board, Tile
    from attrib_cli.output.wide import Wide

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2530;--dim:#5d6b7a;--line:#dfe4ea;--card:#fff;--page:#f4f6f8;--bar:#bfe0dc;
--good:#137a3f;--bad:#b3261e;--s0:#0b7a75;--s1:#c2571a;--s2:#4b5bc4;--s3:#a3337a;--s4:#7a6a0b;--s5:#5d6b7a}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--dim:#9aa8b6;--line:#2f3a45;--card:#1b232b;--page:#12181e;
--bar:#1f4f4c;--good:#5fce8d;--bad:#ff8a80;--s0:#4fd1c5;--s1:#f4a261;--s2:#a3b1ff;--s3:#f28cc8;--s4:#e0cf5a}}
*{box-sizing:border-box}body{margin:0;padding:24px;background:var(--page);color:var(--ink);
font:15px/1.45 system-ui,sans-serif}h1{margin:0;font-size:24px}h2{margin:0;font-size:16px}
.about,.axis,.small{color:var(--dim);font-size:13px}
main{display:grid;gap:16px;margin-top:20px;grid-template-columns:repeat(auto-fit,minmax(min(100%,240px),1fr))}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;overflow-x:auto}
section.wide{grid-column:span 2}@media(max-width:560px){section.wide{grid-column:auto}}
.figure{font-size:32px;font-weight:600;margin:12px 0 0}.better{color:var(--good)}.worse{color:var(--bad)}
.warning::before{content:"⚠ "}
.error{border-color:var(--bad)}.error pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:8px 0 0;font:inherit}
table{border-collapse:collapse;width:100%;margin-top:12px;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;text-align:left;border-bottom:1px solid var(--line)}th{font-weight:600;vertical-align:bottom}
td.n,th.n{text-align:right;white-space:nowrap}tfoot td{font-weight:600;border-bottom:0}tr.rest{color:var(--dim)}
svg{width:100%;height:auto;margin-top:12px}.axis{display:flex;justify-content:space-between}
.zero{stroke:var(--line)}.line{fill:none;stroke-width:2}.key{display:inline-block;width:10px;height:10px;margin-right:6px;
border-radius:2px}"""
_SHADES = "".join(
    f".line.s{i}{{stroke:var(--s{i})}}circle.s{i}{{fill:var(--s{i})}}.key.s{i}{{background:var(--s{i})}}"
    for i in range(svg.SHADES)
)


def write(board: Board) -> Iterator[bytes]:
    """Yield the page."""
    for part in _parts(board):
        yield part.encode("utf-8", "backslashreplace")


def _parts(board: Board) -> Iterator[str]:
    name = html.escape(board.name)
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    style = f"{_STYLE}{STYLE}{matrix_page.STYLE}{_SHADES}"
    yield f"<title>{name}</title><style>{style}</style></head>\n<body><h1>{name}</h1>\n"
    if board.description:
        yield f"<p>{html.escape(board.description)}</p>\n"
    dates = board.common_dates()
    about = [*([words.named_range(dates)] if dates is not None else []), *board.said]
    about.append(f"computed for {board.today.isoformat()}")
    yield f'<div class="about">{html.escape(" · ".join(about))}</div>{_warnings(board.shared_warnings())}\n<main>\n'
    for tile in board.tiles:
        yield from _tile(tile, board, dates=dates is None)
    figures = b"".join(machine.write(board)).decode("utf-8").replace("<", "\\u003c")
    yield f'</main>\n<script type="application/json" id="figures">\n{figures}</script>\n</body></html>\n'


def _tile(tile: Tile, board: Board, *, dates: bool) -> Iterator[str]:
    failed = isinstance(tile.answer, AttribError)
    whole = not isinstance(tile.answer, AttribError) and tile.answer.spec.transitions
    span = "whole" if whole else "wide" if tile.display != "figure" else ""
    classes = " ".join(filter(None, (span, "error" if failed else "")))
    yield f'<section class="{classes}"><h2>{html.escape(tile.name)}</h2>'
    if tile.description:
        yield f"<div>{html.escape(tile.description)}</div>"
    if isinstance(tile.answer, AttribError):
        yield from _failure(tile.answer)
    else:
        report = tile.answer
        wide = widen(report)
        yield f'<div class="small">{html.escape(words.title(report, wide.models, dates=dates))}</div>'
        if tile.display == "figure":
            yield from _figures(report)
        elif not wide.keys:
            yield f"<p>{html.escape(words.nothing_line(report.summary))}</p>"
        elif (found := matrix(report)) is not None:
            yield from matrix_page.table(found)
        elif tile.display == "line":
            yield from _lines(report, board)
        else:
            yield from _table(wide, choose_type(report.summary.type).primary)
        yield _warnings(board.warnings_of(report))
    yield "</section>\n"


def _warnings(texts: Sequence[str]) -> str:
    return "".join(f'<div class="small warning">{html.escape(text)}</div>' for text in texts)


def _failure(error: AttribError) -> Iterator[str]:
    for one in error.errors if isinstance(error, ErrorGroup) else (error,):
        yield f'<pre class="worse">{html.escape(str(one))}</pre>'
        if one.hint:
            yield f'<div class="small">{html.escape(one.hint)}</div>'


def _figures(report: Report) -> Iterator[str]:
    found = singles(report)
    if not found:
        yield f'<div class="figure">–</div><p>{html.escape(words.nothing_line(report.summary))}</p>'
    for single in found:
        measure = words.label(single.measure) + (f", {single.model}" if len(found) > 1 else "")
        yield f'<div class="figure">{html.escape(single.text)}</div><div class="small">{html.escape(measure)}</div>'
        if single.interval:
            yield f'<div class="small">{html.escape(single.interval)}</div>'
        if single.before is not None:
            before = html.escape(f"from {single.before} in {single.period}")
            yield f'<div><span class="{single.tone or ""}">{html.escape(single.change)}</span> {before}</div>'
        others = " · ".join(f"{name} {text}" + (f" ({moved})" if moved else "") for name, text, moved in single.others)
        yield f'<div class="small">{html.escape(others)}</div>'


def _lines(report: Report, board: Board) -> Iterator[str]:
    found = timeline(report, today=board.today)
    if not found.lines:
        yield "<p>–</p>"
        return
    yield svg.picture(found)
    last = html.escape(found.labels[-1])
    heads = "".join(f"<th>{html.escape(words.label(header))}</th>" for header in found.headers)
    code = f" ({found.code})" if found.code and found.measure.unit == "currency" else ""
    measure = html.escape(words.label(found.measure.name) + code)
    yield f'<table><thead><tr><th></th>{heads}<th class="n">{measure}, {last}</th><th class="n">Total</th></tr></thead>'
    for i, line in enumerate(found.lines):
        key = f'<i class="key s{i}"></i>' if i < svg.SHADES else ""
        names = "".join(f"<td>{html.escape(name)}</td>" for name in line.name)
        figures = f'<td class="n">{html.escape(line.texts[-1])}</td><td class="n">{html.escape(line.total)}</td>'
        yield f"<tr><td>{key}</td>{names}{figures}</tr>"
    yield "</table>"


def _table(wide: Wide, shared: str) -> Iterator[str]:
    """Yield all measures of all models; the share, which is of the measure `shared`, with a bar."""
    several = len(wide.models) > 1
    columns = list(wide.columns())
    heads = "".join(f"<th>{html.escape(words.label(column.name))}</th>" for column in wide.dimensions)
    for measure, model in columns:
        name = header_of(wide, measure) + (f", {model}" if several and not is_interval(measure) else "")
        heads += f'<th class="n">{html.escape(name)}</th>' + ("<th></th>" if _is_share(measure) else "")
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    bars = Bars(wide, shared)
    special = wide.special()
    for i, key in enumerate(wide.keys):
        cells = "".join(f"<td>{html.escape(text)}</td>" for text in key)
        for measure, model in columns:
            series = wide.series[measure.name, model]
            text = series.texts[i]
            cells += f'<td class="n {tone(measure, text) or ""}">{html.escape(text)}</td>'
            if _is_share(measure):
                cells += bars.cell(model, i)
        yield f'<tr class="{"rest" if special[i] else ""}">{cells}</tr>'
    yield "</tbody>"
    if wide.has_totals():
        cells = "".join(f"<td>{'Total' if i == 0 else ''}</td>" for i in range(len(wide.dimensions)))
        for measure, model in columns:
            cells += f'<td class="n">{html.escape(wide.series[measure.name, model].total)}</td>'
            cells += "<td></td>" if _is_share(measure) else ""
        yield f"<tfoot><tr>{cells}</tr></tfoot>"
    yield "</table>"


def _is_share(measure: Column) -> bool:
    return measure.name == "share"
