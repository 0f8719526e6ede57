"""Where exported files go: the name of each file, from a folder, a pattern or a plain path.

A name of a report becomes part of a path here, so a name that would lead out of the folder is refused and never bent
into another one. Line breaks and tabs, which names may have and files had better not, become the pictures that Unicode
has of them: two names stay two files.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}|[{}]")
_LONGEST = 200
_PICTURES = {char: 0x2400 + char for char in map(ord, "\t\n\r")}
FIELDS = ("name", "ext", "format", "type", "model", "from", "to", "today", "period")


@frozen
class Target:
    """What the name of a file is made of: one report (or several in one workbook) in one format."""

    name: str
    format: str
    ext: str
    type: str
    models: tuple[str, ...]
    start: dt.date | None
    end: dt.date | None
    period: str
    today: dt.date


def check_name(name: str, *, place: str | None = None) -> str:
    """Return `name` as the name of a file in any folder; raises UsageError where it would lead elsewhere."""
    name = name.translate(_PICTURES)
    problem = None
    if not name.strip():
        problem = "is empty"
    elif "/" in name or "\\" in name or (os.altsep and os.altsep in name):
        problem = "holds a / or \\, which would lead into another folder"
    elif name.strip() in (".", ".."):
        problem = "means a folder"
    elif name.startswith("."):
        problem = "begins with a point, which would hide the file"
    elif not all(char.isprintable() or char in "\u200c\u200d" for char in name):
        problem = "holds a character that cannot be printed"
    elif len(name.encode("utf-8", "surrogatepass")) > _LONGEST:
        problem = f"is longer than {_LONGEST} bytes"
    if problem is not None:
        shown = name if len(name) <= 60 else name[:57] + "..."
        hint = "Choose another with --name."
        raise UsageError(f"the name {shown!r} cannot be that of a file: it {problem}", hint=hint, place=place)
    return name


def file_name(output: str | None, target: Target, *, several: bool) -> str:
    """Return the path of the file of `target`.

    Without `output` it is ``NAME.EXT`` in the working directory; for a folder, in that; a pattern has its fields
    filled in, each ``{{`` and ``}}`` being a brace; and any other text is the path itself, unless there are `several`
    files. Raises UsageError.
    """
    plain = f"{check_name(target.name)}.{target.ext}"
    if output is None:
        return plain
    if "{" in output or "}" in output:
        return _filled(output, target)
    if output.endswith(("/", os.sep)) or Path(output).is_dir():
        return str(Path(output) / plain)
    if several:
        hint = f"Give a folder, or a pattern such as {Path(output).parent / '{name}.{ext}'}."
        raise UsageError("several files cannot have one name", hint=hint, place=output)
    if "\0" in output:
        raise UsageError("a path cannot hold a NUL character", hint="Choose another --output.", place="--output")
    return output


def _filled(pattern: str, target: Target) -> str:
    texts: Mapping[str, Callable[[], str]] = {
        "name": lambda: check_name(target.name),
        "ext": lambda: target.ext,
        "format": lambda: target.format,
        "type": lambda: target.type,
        "model": lambda: check_name("+".join(target.models)),
        "period": lambda: check_name(target.period),
    }
    days = {"from": target.start, "to": target.end or target.today, "today": target.today}

    def fill(match: re.Match[str]) -> str:
        field, form = match.group(1), match.group(2)
        if field is None:
            if match.group() in ("{", "}"):
                raise _wrong(pattern, f"a lone {match.group()}", "Write {{ and }} for braces.")
            return match.group()[0]
        if field in days:
            return _day(pattern, field, days[field], form)
        if field not in texts:
            hint = did_you_mean(field, FIELDS) or f"Fields: {', '.join(FIELDS)}."
            raise _wrong(pattern, f"no field '{field}'", hint, there_is=True)
        if form:
            raise _wrong(pattern, f"a form '{form}' for {field}", "Only from, to and today take one, such as {to:%Y}.")
        return texts[field]()

    return _FIELD.sub(fill, pattern)


def _day(pattern: str, field: str, day: dt.date | None, form: str | None) -> str:
    if day is None:
        raise _wrong(pattern, f"the field {{{field}}}, but the report has no first day", "Give --period or --from.")
    try:
        text = day.strftime(form) if form else day.isoformat()
    except ValueError:
        raise _wrong(pattern, f"a form '{form}' that dates do not have", "Use a form such as %Y-%m-%d.") from None
    return check_name(text, place=pattern)


def _wrong(pattern: str, what: str, hint: str, *, there_is: bool = False) -> UsageError:
    return UsageError(f"the pattern has {what}" if not there_is else f"patterns have {what}", hint=hint, place=pattern)
