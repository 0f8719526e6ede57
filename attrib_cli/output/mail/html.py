"""A mail as HTML that mail clients read: tables, inline styles, pictures that come along; nothing runs or is loaded."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.output.dashboard.single import Single
from attrib_cli.output.figures import arrow, is_known
from attrib_cli.output.mail.letter import shortened
from attrib_cli.output.text.glyphs import shown
from attrib_cli.output.words import counted, in_sentence

if TYPE_CHECKING:
    from attrib_cli.output.mail.letter import Letter, Said, Section

LONGEST = 100_000
"""Bytes of HTML from which on some clients cut a mail off."""

_WIDTH = 640
_INSIDE = _WIDTH - 48
_FONT = "font-family:Helvetica,Arial,sans-serif"
_DARK, _SOFT, _RULE = "#1d232b", "#556270", "#d5d9df"
_TONES = {"better": "#1a7f37", "worse": "#b42318"}


def html_of(letter: Letter, *, pictures: Mapping[int, str], files: Sequence[str]) -> str:
    """Return a mail as HTML; `pictures` has the content ids by the number of the section, `files` the lines on files.

    One that is longer than clients show has shorter tables, and says so.
    """
    for rows in (None, 10, 5, 1):
        found = "".join(_parts(letter if rows is None else shortened(letter, rows), pictures, files))
        if len(found.encode("utf-8", "backslashreplace")) <= LONGEST:
            break
    return found


def _parts(letter: Letter, pictures: Mapping[int, str], files: Sequence[str]) -> Iterator[str]:
    name = _escaped(letter.name)
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta name="viewport" content="width=device-width"><title>{name}</title></head>\n'
    yield '<body style="margin:0;padding:0;background:#f1f3f5">\n'
    yield '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f1f3f5">'
    yield '<tr><td align="center" style="padding:16px 8px">\n'
    yield f'<table role="presentation" width="{_WIDTH}" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff"'
    yield f' style="width:100%;max-width:{_WIDTH}px;{_FONT};color:{_DARK}">\n'
    yield f'<tr><td style="padding:24px 24px 8px"><h1 style="margin:0;font-size:22px;line-height:28px">{name}</h1>'
    if letter.description:
        yield _line(letter.description, size=14, shade=_DARK)
    yield _line(" · ".join(filter(None, (letter.period, *letter.about))))
    yield from map(_said, letter.said)
    yield "</td></tr>\n"
    for i, section in enumerate(letter.sections):
        yield f'<tr><td style="padding:16px 24px 8px;border-top:1px solid {_RULE}">'
        yield from _section(section, pictures.get(i))
        yield "</td></tr>\n"
    if files:
        yield f'<tr><td style="padding:16px 24px;border-top:1px solid {_RULE}">'
        yield from (_line(text) for text in files)
        yield "</td></tr>\n"
    yield "</table></td></tr></table></body></html>\n"


def _section(section: Section, picture: str | None) -> Iterator[str]:
    yield f'<h2 style="margin:0;font-size:17px;line-height:23px">{_escaped(section.name)}</h2>'
    if section.description:
        yield _line(section.description, size=14, shade=_DARK)
    yield _line(section.asked)
    yield _line(" · ".join(section.conditions))
    for single in section.singles:
        yield from _figure(single, several=len(section.singles) > 1)
    if picture is not None and section.picture is not None:
        width = min(section.picture.width, _INSIDE)
        yield f'<div style="padding:12px 0"><img src="cid:{picture}" width="{width}"'
        yield f' alt="{_escaped(section.picture.words)}" style="display:block;width:100%;max-width:{width}px;'
        yield 'height:auto;border:0"></div>'
    if section.headers and section.rows:
        yield "\n" + "".join(_table(section))
    if section.more:
        yield _line(f"and {counted(section.more, 'more row')}")
    yield from map(_said, section.said)


def _figure(single: Single, *, several: bool) -> Iterator[str]:
    name = in_sentence(single.measure) + (f", {single.model}" if several else "")
    yield f'<p style="margin:12px 0 0;font-size:30px;line-height:36px;font-weight:bold">{_escaped(single.text)}'
    yield f' <span style="font-size:14px;font-weight:normal;color:{_SOFT}">{_escaped(name)}</span></p>'
    if single.interval:
        yield _line(single.interval)
    if single.before is not None:
        shade = _TONES.get(single.tone or "", _DARK)
        moved = f'<b style="color:{shade}">{arrow(single.change)}{_escaped(single.change)}</b> '
        moved = moved if is_known(single.change) else ""
        yield f'<p style="margin:2px 0 0;font-size:14px;line-height:20px">{moved}from {_escaped(single.before)}'
        yield f" in {_escaped(single.period)}</p>"
    others = [f"{name} {text}" + (f" ({moved})" if moved else "") for name, text, moved in single.others]
    yield _line(" · ".join(others))


def _table(section: Section) -> Iterator[str]:
    yield '<table width="100%" cellpadding="0" cellspacing="0" border="0"'
    yield f' style="width:100%;border-collapse:collapse;margin:8px 0;{_FONT};font-size:13px;line-height:18px;'
    yield f'color:{_DARK}"><tr>'
    for j, text in enumerate(section.headers):
        yield _cell("th", text, j >= section.names, f"border-bottom:2px solid {_SOFT};vertical-align:bottom")
    yield "</tr>\n"
    for row in section.rows:
        cells = (
            _cell("td", text, j >= section.names, f"border-bottom:1px solid {_RULE}") for j, text in enumerate(row)
        )
        yield f"<tr>{''.join(cells)}</tr>\n"
    if section.total:
        style = f"border-top:1px solid {_SOFT};font-weight:bold"
        cells = (_cell("td", text, j >= section.names, style) for j, text in enumerate(section.total))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</table>"


def _cell(tag: str, text: str, figure: bool, style: str) -> str:
    side = "right" if figure else "left"
    keep = ";white-space:nowrap" if figure and tag == "td" else ""
    role = ' scope="col"' if tag == "th" else ""
    inside = _escaped(text) if figure else f"<bdi>{_escaped(text)}</bdi>"
    return f'<{tag}{role} align="{side}" style="text-align:{side};padding:4px 6px;{style}{keep}">{inside}</{tag}>'


def _said(said: Said) -> str:
    """Return what readers must know, warnings and errors in a colour of their own."""
    return _line(said.text, shade="#8a4b00" if said.level in ("warning", "error") else _SOFT)


def _line(text: str, *, size: int = 12, shade: str = _SOFT) -> str:
    style = f"margin:4px 0 0;font-size:{size}px;line-height:{round(size * 1.45)}px;color:{shade}"
    return f'<p style="{style}">{_escaped(text)}</p>' if text else ""


def _escaped(text: str) -> str:
    return html.escape(shown(text, "utf-8"))
