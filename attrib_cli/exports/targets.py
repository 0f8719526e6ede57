"""The services that messages go to: their names in the configuration, their addresses in the environment or keyring.

An address is a secret: it is held here alone, shown by nothing, and no error is passed on that might quote it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import ConfigError, UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from attrib_cli.config.load import Config
    from attrib_cli.config.schema import sections

PLACE = "--notify"
_PLAIN = re.compile(r"[\w .-]{1,60}")


@frozen
class Target:
    """A service: its name, where the configuration has it, and its address as Apprise writes it, which is a secret."""

    name: str
    place: str
    address: str = field(repr=False)


def typed_targets(typed: Sequence[str]) -> tuple[str, ...]:
    """Return the names of ``a,b``, each once; raises UsageError for none, and for an address in place of a name."""
    if any("://" in text for text in typed):
        hint = "Put it into an environment variable or the keyring, and name that in notifications: targets:."
        problem = "an address was typed, which others on this machine can see; it is not shown again"
        raise UsageError(problem, hint=hint, place=PLACE)
    names = [part.strip() for text in typed for part in text.split(",") if part.strip()]
    if not names:
        raise UsageError("no target was given", hint="Give --notify NAME.", place=PLACE)
    return tuple(dict.fromkeys(names))


def find_targets(names: Sequence[str], config: Config | None, environ: Mapping[str, str]) -> tuple[Target, ...]:
    """Return the targets of these names with their addresses.

    Raises UsageError for a name that the configuration does not have, ConfigError where the address of a target is not
    where it should be.
    """
    known = dict(config.notifications.targets or {}) if config is not None else {}
    found = []
    for name in names:
        entry = known.get(name)
        if entry is None or config is None:
            raise unknown(name, known)
        place = config.place(f"notifications.targets.{name}" if name.isidentifier() else "notifications.targets")
        found.append(Target(name=name, place=place, address=_address(name, entry, environ, place)))
    return tuple(found)


def unknown(name: str, known: Collection[str]) -> UsageError:
    """Return the error of a name that no target has; one that might be an address is not shown."""
    shown = f"'{name}'" if _PLAIN.fullmatch(name) else "of this name"
    there = f"There is {', '.join(map(printable, known))}." if known else None
    hint = did_you_mean(name, known) or there or "Write it into attrib.yaml: notifications: targets: NAME: …"
    return UsageError(f"there is no target {shown}", hint=hint, place=PLACE)


def _address(name: str, entry: sections.Target, environ: Mapping[str, str], place: str) -> str:
    """Return the address of a target; raises ConfigError where there is none, without a word of what was found."""
    if entry.env is not None:
        found = environ.get(entry.env, "").strip()
        hint = "Set it to the address; cron and systemd have an environment of their own."
        problem = f"the environment variable {entry.env} is not set"
    else:
        return from_keyring(entry.keyring or "", entry.entry or name, place).strip()
    if not found:
        raise ConfigError(problem, hint=hint, place=place)
    return found


def from_keyring(service: str, user: str, place: str) -> str:
    """Return a secret of the system's keyring.

    Raises UsageError without the package that reads it, and ConfigError where it cannot be read or has nothing.
    """
    try:
        import keyring
    except ImportError:
        raise missing("keyring", of="secrets in the keyring", place=place) from None
    try:
        found: str | None = keyring.get_password(service, user)
    except Exception as error:  # a backend may raise anything, and quote anything
        hint = "Is there a keyring in this session, and is it unlocked? `keyring diagnose` says which one is used."
        raise ConfigError(f"the keyring cannot be read ({type(error).__name__})", hint=hint, place=place) from None
    if not found or not found.strip():
        hint = f"`keyring set {service!r} {user!r}` puts it in."
        raise ConfigError(f"the keyring has nothing for {service!r}, {user!r}", hint=hint, place=place)
    return found


def missing(package: str, *, of: str = "messages", place: str = PLACE) -> UsageError:
    """Return the error of an optional dependency that is not installed."""
    return UsageError(
        f"{of} need the package {package}, which is not installed",
        hint="Install it with: pip install 'attrib-cli[notify]'",
        place=place,
    )
