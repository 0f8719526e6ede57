"""Exports by systemd: a service and a timer of the user for each, and those that are there.

Only files that begin with our mark are ever touched. Values are written as systemd reads them: in quotes, with ``%``,
which begins what it fills in, and ``$``, which begins a variable, doubled.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.exports.calendar import timer_lines
from attrib_cli.exports.schedules import MARK, Command, Scheduled
from attrib_cli.system.atomic_files import write_file

_FIRST = f"# {MARK} "
_WHEN, _RUNS = "# when: ", "# runs: "
_LONGEST = 60


@frozen
class Units:
    """The two files of a schedule: `stem` is their name without ``.service`` and ``.timer``."""

    stem: str
    service: str
    timer: str

    def shown(self, folder: Path) -> str:
        """Return both as one text, each below the path that it belongs to."""
        service, timer = (folder / f"{self.stem}{ending}" for ending in (".service", ".timer"))
        return f"# {service}\n{self.service}\n# {timer}\n{self.timer}"


def units(name: str, cron: str, command: Command) -> Units:
    """Return the service and the timer that run `command`; raises UsageError for a path that they cannot have."""
    for path in (command.folder, command.log):
        if str(path).endswith("\\"):
            hint = "Choose another folder, or schedule by cron."
            raise UsageError("a path of systemd's cannot end with a backslash", hint=hint, place=str(path))
    head = f"{_FIRST}{name}\n{_WHEN}{cron}\n{_RUNS}{command.shown()}\n"
    about = f"[Unit]\nDescription=attrib: {_plain(name)}\n"
    environment = " ".join(_quoted(f"{key}={value}") for key, value in command.environment.items())
    words = [_quoted(command.words[0]), *(_quoted(word, variables=True) for word in command.words[1:])]
    service = [
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_plain(str(command.folder))}",
        f"Environment={environment}",
        f"ExecStart={' '.join(words)}",
        f"StandardOutput=append:{_plain(str(command.log))}",
        f"StandardError=append:{_plain(str(command.log))}",
        "",
    ]
    timer = ["", "[Timer]", *timer_lines(cron), "Persistent=true", "", "[Install]", "WantedBy=timers.target", ""]
    return Units(stem=stem_of(name), service=head + about + "\n".join(service), timer=head + about + "\n".join(timer))


def stem_of(name: str) -> str:
    """Return what the files of a schedule are called: its name where that can be, else with a mark of its own."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[:_LONGEST]
    own = "" if plain == name else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, ("attrib", plain, own)))


class Timers:
    """The timers of the user who runs this, through the system's own command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.folder = unit_folder(environ)

    def list(self) -> tuple[Scheduled, ...]:
        """Return our timers, in the order of the names of their files."""
        found = []
        for path in sorted(self.folder.glob("attrib-*.timer")):
            lines = self._read(path).splitlines()
            if len(lines) > 2 and lines[0].startswith(_FIRST):
                name, when, runs = (
                    line.removeprefix(mark) for line, mark in zip(lines, (_FIRST, _WHEN, _RUNS), strict=False)
                )
                found.append(Scheduled(name=name, how="systemd", cron=when, command=runs))
        return tuple(found)

    def install(self, made: Units) -> bool:
        """Write the files, and start the timer; say whether there was one.

        Raises AttribError where they cannot be written, where files that are not ours have their names, and where
        systemd refuses, in which case they are gone or as they were.
        """
        paths = {
            self.folder / f"{made.stem}.service": made.service,
            self.folder / f"{made.stem}.timer": made.timer,
        }
        before = self._ours(paths, hint="Give another name with --as.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AttribError(f"cannot be made: {error.strerror}", place=str(self.folder)) from error
        try:
            for path, text in paths.items():
                write_file(str(path), [os.fsencode(text)])
            _systemctl("daemon-reload")
            _systemctl("enable", "--now", f"{made.stem}.timer")
        except AttribError:
            for path in paths:
                if path in before:
                    write_file(str(path), [os.fsencode(before[path])])
                else:
                    path.unlink(missing_ok=True)
            raise
        return bool(before)

    def remove(self, name: str) -> str:
        """Stop a timer and remove its files; return what systemd says where it cannot be told.

        Raises AttribError, with all as it was, where a file of its name is not ours.
        """
        stem, said = stem_of(name), ""
        units = (self.folder / f"{stem}.timer", self.folder / f"{stem}.service")
        self._ours(units, hint="Remove it yourself.")
        try:
            _systemctl("disable", "--now", f"{stem}.timer")
        except AttribError as error:
            said = str(error)
        link = self.folder / "timers.target.wants" / f"{stem}.timer"
        for path in (link, *units):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise AttribError(f"cannot be removed: {error.strerror}", place=str(path)) from error
        if not said:
            _systemctl("daemon-reload")
        return said

    def _ours(self, paths: Iterable[Path], *, hint: str) -> dict[Path, str]:
        """Return the texts of those of the files that are there; raises AttribError where one is not ours."""
        found = {path: self._read(path) for path in paths if path.exists()}
        for path, text in found.items():
            if not text.startswith(_FIRST):
                raise AttribError("this file is not ours", hint=hint, place=str(path))
        return found

    def _read(self, path: Path) -> str:
        try:
            return path.read_text("utf-8", "surrogateescape")
        except OSError as error:
            raise AttribError(f"cannot be read: {error.strerror}", place=str(path)) from error


def unit_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of a user's own units; it need not exist."""
    named = environ.get("XDG_CONFIG_HOME", "")
    base = Path(named) if named and Path(named).is_absolute() else Path(environ.get("HOME") or Path.home()) / ".config"
    return base / "systemd" / "user"


def _systemctl(*arguments: str) -> None:
    tool = shutil.which("systemctl")
    if tool is None:
        hint = "Leave out --install, and put what is printed where your system wants it; or leave out --systemd."
        raise AttribError("there is no systemctl command here", hint=hint)
    done = subprocess.run([tool, "--user", *arguments], capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        hint = "Is there a systemd of your own in this session? `systemctl --user status` says so."
        raise AttribError(f"systemd refused: {said}", hint=hint)


def _quoted(text: str, *, variables: bool = False) -> str:
    """Return a word of a unit; where systemd fills in `variables`, a ``$`` is doubled."""
    found = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    found = found.replace("$", "$$") if variables else found
    return '"' + "".join(f"\\x{ord(char):02x}" if ord(char) < 32 or ord(char) == 127 else char for char in found) + '"'


def _plain(text: str) -> str:
    """Return a value that reaches to the end of its line, such as a path, in which nothing is filled in."""
    return text.replace("%", "%%")
