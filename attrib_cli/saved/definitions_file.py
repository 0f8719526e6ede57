"""One file with saved definitions, the project's or the user's own: read, and changed without harm to its rest."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from attrib_cli.config.load import Config
from attrib_cli.config.migrations import upgraded
from attrib_cli.config.schema.parsers import VERSION
from attrib_cli.config.schema.sections import DashboardEntry, File, ReportEntry
from attrib_cli.config.schema.types import Keys
from attrib_cli.config.validate import Checked, check_text
from attrib_cli.config.yaml_edit.edit import drop, put, rename
from attrib_cli.config.yaml_edit.writing import Value, value_of, written
from attrib_cli.config.yaml_text import LARGEST, Document, read_document, read_text
from attrib_cli.engine.errors import AttribError, ConfigError
from attrib_cli.engine.frozen import frozen
from attrib_cli.saved.locking import locked_folders
from attrib_cli.saved.private import make_folder
from attrib_cli.saved.visibility import Shared
from attrib_cli.system.atomic_files import write_file
from attrib_cli.terminal.console import printable

Entry = TypeVar("Entry")

PRIVATE_MODE = 0o600
SCHEMA_FILE = "attrib.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
_BEGINNING = f"{MODELINE}\nversion: {VERSION}\n"
_BOM = "\ufeff".encode()


@frozen
class DefinitionsFile:
    """The definitions of one file as they were read; `private` for the user's own, `text` None where there is none.

    `left` are entries, by section and name, that stand in the text but do not count.
    """

    path: Path
    private: bool
    text: str | None
    document: Document
    checked: Checked
    left: frozenset[tuple[str, str]] = frozenset()

    @property
    def reports(self) -> Mapping[str, ReportEntry]:
        """The reports that are right in themselves, by name."""
        return self._counting("reports", self.checked.file.reports or {})

    @property
    def dashboards(self) -> Mapping[str, DashboardEntry]:
        """The dashboards that are right in themselves, by name."""
        return self._counting("dashboards", self.checked.file.dashboards or {})

    @property
    def teams(self) -> Mapping[str, Collection[str]]:
        """The members of each team."""
        return self.checked.file.teams or {}

    def _counting(self, section: str, entries: Mapping[str, Entry]) -> Mapping[str, Entry]:
        if not self.left:
            return entries
        return {name: entry for name, entry in entries.items() if (section, name) not in self.left}

    def has(self, section: str, name: str) -> bool:
        """Whether there is an entry of this name, right or wrong."""
        tree = self.document.tree
        entries = tree.get(section) if isinstance(tree, dict) else None
        return isinstance(entries, dict) and name in entries and (section, name) not in self.left

    def entry(self, section: str, name: str) -> Mapping[str, Value]:
        """Return an entry as it is written: its keys, and the texts and lists of texts that they have."""
        tree = self.document.tree
        entries = tree.get(section) if isinstance(tree, dict) else None
        entry = entries.get(name) if isinstance(entries, dict) else None
        return {key: value_of(value) for key, value in entry.items()} if isinstance(entry, dict) else {}

    def place(self, section: str, name: str) -> str:
        """Return ``attrib.yaml:12`` of an entry."""
        return self.document.place((section, name))

    def boards_with(self, report: str) -> tuple[str, ...]:
        """Return the dashboards of this file that a report is on."""
        return tuple(name for name, board in self.dashboards.items() if report in (board.reports or ()))


def definitions_of(config: Config) -> DefinitionsFile:
    """Return the definitions of a configuration that was read."""
    return _parsed(config.path, config.text, private=False)


def read_definitions(path: Path, *, private: bool = False) -> DefinitionsFile:
    """Read a file with definitions; one that does not exist is empty. Raises what `load_config` raises."""
    name = shown(path)
    try:
        text = None if not path.exists() and not path.is_symlink() else upgraded(read_text(path, name), name)
    except OSError as error:
        raise ConfigError(f"it cannot be read: {error.strerror or error}", place=name) from None
    return _parsed(path, text, private=private)


def _parsed(path: Path, text: str | None, *, private: bool) -> DefinitionsFile:
    name = shown(path)
    document = read_document(text or "", name)
    checked = (
        check_text(text, name, types_elsewhere=private)
        if text is not None
        else Checked(file=File(), wrong=MappingProxyType({}))
    )
    return DefinitionsFile(path=path, private=private, text=text, document=document, checked=checked)


def shown(path: Path) -> str:
    """Return a path as messages have it: relative to the working directory where it is inside, in full otherwise."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def shared_of(file: DefinitionsFile, entry: ReportEntry | DashboardEntry) -> Shared:
    """Return whose an entry is and who sees it; in the user's own file all is private."""
    found = Shared.of(entry.owner, entry.visibility, entry.access)
    return Shared(owner=found.owner, visibility="private", access=found.access) if file.private else found


class FileEdit:
    """Changes to one file that reach the disk together, or not at all."""

    def __init__(self, file: DefinitionsFile, *, project: Path) -> None:
        self.file = file
        self.name = shown(file.path)
        private = f"# Private definitions for {printable(str(project))}\nversion: {VERSION}\n"
        self._beginning = private if file.private else _BEGINNING
        self._text = file.text
        self._after = file

    def put(self, section: str, name: str, entry: ReportEntry | DashboardEntry) -> None:
        """Write an entry; of one that is there, the keys that mean something else than before."""
        keys = written(entry)
        old: Keys | None = (self.file.reports if section == "reports" else self.file.dashboards).get(name)
        if old is not None:
            as_it_was, before = self.file.entry(section, name), written(old)
            keys |= {key: as_it_was[key] for key, value in keys.items() if before.get(key) == value}
            keys |= {key: [one] for key, one in keys.items() if _was_list(as_it_was.get(key)) and not _was_list(one)}
        self._text = put(self._now(), (section, name), keys, self.name)

    def put_key(self, section: str, name: str, key: str, value: Value) -> None:
        """Write one key of an entry."""
        self._text = put(self._now(), (section, name, key), value, self.name)

    def drop(self, section: str, name: str) -> None:
        """Delete an entry."""
        self._text = drop(self._now(), (section, name), self.name)

    def rename(self, section: str, name: str, new: str) -> None:
        """Give an entry another name, in its place."""
        self._text = rename(self._now(), (section, name), new, self.name)

    def _now(self) -> str:
        return self._beginning if self._text is None else self._text

    def after(self) -> DefinitionsFile:
        """Return the file as it will be; raises what `read_definitions` raises for what could not be read again."""
        if self._text == self._after.text:
            return self._after
        text = self._now()
        if len(text.encode()) > LARGEST:
            hint = f"A configuration has at most {LARGEST >> 10} KiB. Nothing was changed."
            raise ConfigError("the file would become too large to be read", hint=hint, place=self.name)
        self._after = _parsed(self.file.path, text, private=self.file.private)
        return self._after

    def write(self) -> None:
        """Bring the changes to the disk in one step; none are none.

        What is written is checked as if it were read. An editor does not know our lock, so the file is compared with
        what was read right before; raises ConfigError where somebody changed it meanwhile.
        """
        text = self.after().text
        if text is None or text == self.file.text:
            return
        path = self.file.path
        old = path.read_bytes() if path.exists() else None
        was_there = self.file.text is not None
        if (old is not None) != was_there or (old is not None and _text(old, self.name) != self.file.text):
            hint = "Try again; nothing was changed."
            raise ConfigError("the file was changed by another program just now", hint=hint, place=self.name)
        data = (_BOM if old is not None and old.startswith(_BOM) else b"") + text.encode()
        try:
            write_file(str(path), [data], mode=PRIVATE_MODE if self.file.private else 0o666)
        except AttribError as error:
            hint = "Nothing was changed. Check the permissions of the folder and the space on the disk."
            raise type(error)(error.message, hint=hint, place=self.name) from error
        if old is None and not self.file.private:
            self._write_schema()

    def _write_schema(self) -> None:
        """Put what a new file's first line names beside it, for editors; saving does not depend on it."""
        from attrib_cli.config.schema.reference import schema_text

        with contextlib.suppress(AttribError):
            path = self.file.path.with_name(SCHEMA_FILE)
            if not path.exists():
                write_file(str(path), [schema_text().encode()])


def add_modeline(path: Path) -> None:
    """Write the line that editors find the keys by at the top of a file that has none.

    Raises what `FileEdit.write` raises.
    """
    with locked_folders([path.resolve().parent]):
        data = path.read_bytes()
        if b"yaml-language-server:" in data:
            return
        read_definitions(path)
        body = data.removeprefix(_BOM)
        newline = b"\r\n" if b"\r\n" in body else b"\n"
        write_file(str(path), [data[: len(data) - len(body)], MODELINE.encode(), newline, body])


def _text(data: bytes, name: str) -> str | None:
    with contextlib.suppress(UnicodeDecodeError, ConfigError):
        return upgraded(data.decode("utf-8-sig"), name)
    return None


def _was_list(value: Value | None) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def folders_of(*files: DefinitionsFile) -> Iterator[Path]:
    """Return the folders to lock for a change of some files, made where they are missing."""
    for file in files:
        real = file.path.resolve()
        if file.private:
            make_folder(real.parent)
        yield real.parent
