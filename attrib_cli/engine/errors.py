"""What can go wrong, as one small tree.

Every error carries what was found (`message`), where (`place`, such as ``touchpoints.csv:2031``) and what to do
(`hint`). The command line turns the class into an exit code; the engine knows no exit codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager


class AttribError(Exception):
    """An error of the user's world, never a bug of ours: it is shown as one message, without a traceback."""

    def __init__(self, message: str, *, hint: str | None = None, place: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class UsageError(AttribError):
    """The request cannot be understood or does not make sense: an unknown model, a period that is none."""


class ConfigError(AttribError):
    """The configuration is wrong; `place` is ``file:line``."""


class SourceError(AttribError):
    """A table is missing or unreadable, or holds what cannot be read right."""


class CheckError(AttribError):
    """A check of the user's data found errors."""


class DeliveryError(AttribError):
    """What was made is there, but it could not be sent to where it was to go."""


class ErrorGroup(AttribError):
    """Several problems of one file or request, all shown at once; the class of the first decides the exit code."""

    def __init__(self, errors: Iterable[AttribError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def together(errors: Sequence[AttribError]) -> AttribError:
    """Return errors, of which there is at least one, as what is raised: one as it is, several as a group."""
    return errors[0] if len(errors) == 1 else ErrorGroup(errors)


def hints_once(group: ErrorGroup) -> tuple[tuple[str, str | None], ...]:
    """Return the errors of a group, and of groups in it, as text and hint; a hint of several is with the last only."""
    flat: list[tuple[str, str | None]] = []
    for one in group.errors:
        flat += hints_once(one) if isinstance(one, ErrorGroup) else [(str(one), one.hint)]
    last = {hint: place for place, (_, hint) in enumerate(flat)}
    return tuple((text, hint if last[hint] == place else None) for place, (text, hint) in enumerate(flat))


@contextmanager
def at(place: str) -> Iterator[None]:
    """Give errors of the request that leave this block without a place the place where it was asked for."""
    try:
        yield
    except UsageError as error:
        error.place = error.place or place
        raise
    except ErrorGroup as group:
        for one in group.errors:
            one.place = one.place or place
        raise


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 3) -> str | None:
    """Return ``Did you mean 'x' or 'y'?`` for the names of `known` closest to `name`, compared without case."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), by_folded, n=limit, cutoff=0.6)
    if not close:
        close = [folded for folded in by_folded if name and name.casefold() in folded][:limit]
    if not close:
        return None
    return "Did you mean " + " or ".join(f"'{by_folded[folded]}'" for folded in close) + "?"
