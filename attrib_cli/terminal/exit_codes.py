"""What the program's exit code says to a shell."""

from __future__ import annotations

from enum import IntEnum

from attrib_cli.engine.errors import (
    AttribError,
    CheckError,
    ConfigError,
    DeliveryError,
    ErrorGroup,
    SourceError,
    UsageError,
)


class ExitCode(IntEnum):
    """One code for each kind of ending."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOURCE = 3
    CHECK = 4
    DELIVERY = 5
    BUG = 70
    INTERRUPTED = 130


def code_of(error: AttribError) -> ExitCode:
    """Return the code of an error; a group has that of its first error."""
    if isinstance(error, ErrorGroup):
        return code_of(error.errors[0]) if error.errors else ExitCode.FAILED
    if isinstance(error, UsageError | ConfigError):
        return ExitCode.USAGE
    if isinstance(error, SourceError):
        return ExitCode.SOURCE
    if isinstance(error, DeliveryError):
        return ExitCode.DELIVERY
    return ExitCode.CHECK if isinstance(error, CheckError) else ExitCode.FAILED
