"""Time zones by name: those that both Python and DuckDB know."""

from __future__ import annotations

import datetime as dt

from attrib_cli.engine.errors import ConfigError

_FOREIGN = ("localtime", "posixrules", "posix/", "right/")
"""What a system has beside the zones of the IANA data base: its own zone, and all of them in other forms."""


def time_zone(name: str) -> dt.tzinfo:
    """Return the time zone of the IANA data base called `name`; raises ConfigError for one that is none."""
    if name == "UTC":  # without what a start with other zones takes
        return dt.UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        if not name.startswith(_FOREIGN):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ConfigError(f"there is no time zone '{name}'", hint="Use an IANA name such as Europe/Berlin.")
