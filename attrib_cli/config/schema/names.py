"""The names of saved reports and dashboards, and of those who may see them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from attrib_cli.config.schema.markers import WrongValue, kind
from attrib_cli.config.schema.parsers import name, texts, word
from attrib_cli.engine.errors import did_you_mean
from attrib_cli.terminal.console import printable

LONGEST_NAME = 200
"""Bytes that the name of a saved report may have, so that files can be called by it."""

MOST_REPORTS = 50
"""Reports that a dashboard may have."""

_NO_NAME = ("Cc", "Cs", "Zl", "Zp")
_LINES = "\n\r\t"
"""Control characters that a name may have within it all the same."""


def quoted(name: str) -> str:
    r"""Return a name as messages have it, on one line: ``'a\nb'``; a backslash that is in no name stands for itself."""
    return f"'{printable(name)}'"


def close_to(name: str, known: Iterable[str]) -> str | None:
    """Return ``Did you mean 'x'?`` for the names closest to one that there is not, None where none is close."""
    return did_you_mean(printable(name), map(printable, known))


def saved_name(value: object) -> str:
    """Read the name of a saved report or a dashboard: one that can be the name of a file and stand in a line."""
    found = name(value)
    bad = next((char for char in found if char in "/\\" or _is_control(char)), None)
    hint = "Choose another name; letters of all scripts, digits, blanks and most signs will do."
    if bad is not None:
        shown = f"'{bad}'" if bad.isprintable() else f"the character U+{ord(bad):04X}"
        raise WrongValue(f"a name cannot have {shown} in it", hint=hint)
    if found.startswith(".") or found != found.strip():
        first = "a dot" if found.startswith(".") else "a blank"
        raise WrongValue(f"a name cannot begin {'' if first == 'a dot' else 'or end '}with {first}", hint=hint)
    if len(found.encode()) > LONGEST_NAME:
        raise WrongValue(f"a name has at most {LONGEST_NAME} bytes", hint=hint)
    return found


def _is_control(char: str) -> bool:
    return char not in _LINES and unicodedata.category(char) in _NO_NAME


def saved_names(value: object) -> tuple[str, ...]:
    """Read a list of names of saved reports, each once."""
    found = texts(value)
    for i, one in enumerate(found):
        at = (i,) if isinstance(value, list) else ()
        try:
            saved_name(one)
        except WrongValue as error:
            raise WrongValue(error.message, hint=error.hint, at=at) from None
        if one in found[:i]:
            raise WrongValue(f"the report {quoted(one)} is there twice", hint="Delete one of the two.", at=at)
    if len(found) > MOST_REPORTS:
        raise WrongValue(
            f"a dashboard has at most {MOST_REPORTS} reports, found {len(found)}", hint="Make another dashboard."
        )
    return found


def visibility(value: object) -> str:
    """Read who may see something, as ``private``, ``everyone``, ``users:a,b`` or ``teams:x,y``."""
    found = word(value)
    if found.lower() in ("private", "everyone"):
        return found.lower()
    whom, colon, listed = found.partition(":")
    members = [part.strip() for part in listed.split(",") if part.strip()]
    if colon and whom.strip().lower() in ("users", "teams"):
        if members:
            return f"{whom.strip().lower()}:{','.join(members)}"
        raise WrongValue(f"{kind(value)} names nobody", hint=f"Write {whom.strip().lower()}:NAME, with commas between.")
    known = ("private", "everyone", "users:a,b", "teams:x")
    hint = did_you_mean(found, known[:2]) or f"Write {', '.join(known[:-1])} or {known[-1]}."
    raise WrongValue(f"{kind(value)} does not say who sees it", hint=hint)
