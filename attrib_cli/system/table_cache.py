"""Tables as they were read, kept in the user's cache folder as Parquet, so that the next report need not read again.

An entry is one Parquet file with final types and a text beside it that says what it is of. It is used only while the
files are what they were (see `source_files`). The rows that are kept have a checksum, which every use compares. Nothing
here is needed: whatever goes wrong with it, the files are read.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import itertools
import os
import shutil
import sys
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli import __version__
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.stored import Reader, store_rows, stored_table
from attrib_cli.engine.sources.table import STDIN, Table, TableHead
from attrib_cli.system.entry_text import FORM, EntryText, read_text
from attrib_cli.system.folders import cache_folder, make_private
from attrib_cli.system.locks import locked
from attrib_cli.system.source_files import UnreadFiles, before_reading, files_of, unchanged

if TYPE_CHECKING:
    import duckdb

WORTH = 4 << 20
"""Bytes of files from which it is worth keeping a table."""

MOST = 10 << 30
"""Bytes that all entries together may have; those that were not used for longest go first."""

ABANDONED = 24 * 3600.0
"""Seconds after which the link of a process that is no more is removed."""

_CHUNK = 1 << 22

_HELD: dict[tuple[str, int], Path] = {}
"""The links that this process has made, by the path and the inode of the entry."""

_NUMBERS = itertools.count()


@frozen
class Entry:
    """A table that is kept: of which files, its rows, its bytes on disk, and when it was last used."""

    name: str
    table: str
    files: tuple[str, ...]
    rows: int
    size: int
    used: float


@frozen
class TableCache:
    """The entries in `folder`; see `TableStore`. `worth` are the bytes of files from which a table is kept."""

    folder: Path
    worth: int = WORTH
    most: int = MOST

    def table(
        self,
        connection: duckdb.DuckDBPyConnection,
        head: TableHead,
        source: TableSource,
        names: Collection[str],
        zone: str,
        read: Reader,
    ) -> Table:
        """Return a table as it is kept, else as it is read, and keep it then; raises what reading raises."""
        if not self._worth(source):
            return read(names)
        key = _key(head, source, zone)
        known = self._known(key)
        if known is not None and set(names) <= set(known.names):
            held = self._hold(key, known)
            if held is not None and self._current(key, known, source) and _sound(held, known):
                return self._kept(held, known, head, names, read)
        wanted = sorted({*names, *(known.names if known is not None else ())} & {*head.columns})
        with contextlib.ExitStack() as stack:
            if not self._ours(stack, key):
                table = read(wanted)
            else:
                before = before_reading(source)
                into = self._link_of(key)
                table = _read_into(into, read, wanted)
                with contextlib.suppress(OSError, AttribError):
                    self._keep(connection, key, table, before, into)
        columns = {name: column for name, column in table.columns.items() if name in names}
        return replace(table, columns=columns)

    def entries(self) -> list[Entry]:
        """Return what is kept, the most recently used first."""
        found = []
        for path in self.folder.glob("*.json") if self.folder.is_dir() else ():
            known, stored = self._known(path.stem), path.with_suffix(".parquet")
            with contextlib.suppress(OSError):
                if known is not None:
                    found.append(
                        Entry(
                            name=path.stem,
                            table=known.table,
                            files=tuple(one.path for one in known.files),
                            rows=known.rows,
                            size=stored.stat().st_size,
                            used=stored.stat().st_mtime,
                        )
                    )
        return sorted(found, key=lambda one: -one.used)

    def clear(self) -> tuple[int, int]:
        """Remove everything that is kept; return how many tables and bytes that were. Raises AttribError."""
        entries = self.entries()
        try:
            for path in self.folder.glob("*") if self.folder.is_dir() else ():
                if path.suffix in (".json", ".parquet", ".part", ".lock"):
                    path.unlink(missing_ok=True)
            self._sweep()
        except OSError as error:
            raise AttribError(f"cannot be cleared: {error.strerror or error}", place=str(self.folder)) from error
        return len(entries), sum(one.size for one in entries)

    def _worth(self, source: TableSource) -> bool:
        if source.place == STDIN:
            return False
        try:
            return sum(Path(path).stat().st_size for path in files_of(source)) >= self.worth
        except OSError:
            return False

    def _known(self, key: str) -> EntryText | None:
        return read_text(self.folder / f"{key}.json")

    def _current(self, key: str, known: EntryText, source: TableSource) -> bool:
        """Whether the files are still those that the entry was made of; what tells that quicker next time is kept."""
        found = unchanged(known.files, source)
        if found is None:
            return False
        if found != known.files:
            with contextlib.suppress(OSError):
                self._write(key, replace(known, files=found))
        return True

    def _hold(self, key: str, known: EntryText) -> Path | None:
        """Return a name of an entry's rows that stays until this process ends, None where the entry is gone by now.

        It is a link beside the entry, so that others can clear or replace the entry while queries read its rows. Where
        there are no links (some network file systems), it is the entry itself.
        """
        path = self.folder / f"{key}.parquet"
        try:
            inode = path.stat().st_ino
            held = _HELD.get((str(path), inode))
            if held is None or not held.is_file():
                held = self._link_of(key)
                try:
                    os.link(path, held)
                except FileNotFoundError:
                    return None
                except OSError:
                    return path
                atexit.register(_let_go, held)
                _HELD[str(path), held.stat().st_ino] = held
        except OSError:
            return None
        # Whoever replaces rows removes their text first: if it is still there, the link is to the rows it is about.
        again = self._known(key)
        return held if again is not None and again.of_same_rows(known) else None

    def _link_of(self, key: str) -> Path:
        """Return a name that no other rows have, for rows of an entry that this process holds."""
        return self.folder / f"{key}.{os.getpid()}.{next(_NUMBERS)}.held"

    def _sweep(self) -> None:
        """Remove links that processes left when they were killed."""
        for held in self.folder.glob("*.held"):
            with contextlib.suppress(OSError, ValueError):
                if held.stat().st_ctime < time.time() - ABANDONED and not _runs(int(held.name.split(".")[1])):
                    held.unlink()

    def _kept(self, path: Path, known: EntryText, head: TableHead, names: Collection[str], read: Reader) -> Table:
        with contextlib.suppress(OSError):
            os.utime(path)
        return stored_table(
            head, names, str(path), rows=known.rows, definition=known.definition, notes=known.notes, read=read
        )

    def _ours(self, stack: contextlib.ExitStack, key: str) -> bool:
        """Whether an entry can be made, and no other process is at it; `stack` keeps it so."""
        with contextlib.suppress(OSError, AttribError):
            make_private(self.folder, variable="XDG_CACHE_HOME")
            return stack.enter_context(locked(self.folder / f"{key}.lock", patience=0))
        return False

    def _keep(
        self,
        connection: duckdb.DuckDBPyConnection,
        key: str,
        table: Table,
        before: UnreadFiles,
        into: Path,
    ) -> None:
        """Write an entry, unless the files changed while they were read; its rows may be in `into` already."""
        files = before.read()
        if files is None or table.rows is None:
            return
        part, rows = self.folder / f"{key}.{os.getpid()}.part", self.folder / f"{key}.parquet"
        try:
            with _private():
                if not into.is_file():
                    store_rows(connection, table, str(part))
                elif not _linked(into, part):
                    shutil.copyfile(into, part)
            part.chmod(0o600)
            checksum = _checksum(part)
            (self.folder / f"{key}.json").unlink(missing_ok=True)
            part.replace(rows)
            if into.is_file() and into.stat().st_ino == rows.stat().st_ino:
                _HELD[str(rows), rows.stat().st_ino] = into
        finally:
            part.unlink(missing_ok=True)
        self._write(
            key,
            EntryText(
                table=table.name,
                names=tuple(sorted(table.columns)),
                rows=table.rows,
                checksum=checksum,
                definition=table.definition,
                notes=table.notes,
                files=files,
            ),
        )
        self._bound(key)

    def _write(self, key: str, known: EntryText) -> None:
        part = self.folder / f"{key}.json.{os.getpid()}.part"
        with _private():
            part.write_text(known.as_json(), encoding="utf-8")
        part.replace(self.folder / f"{key}.json")

    def _bound(self, newest: str) -> None:
        """Remove what was not used for longest where all is too much; never the entry that was just made."""
        self._sweep()
        total = 0
        for one in self.entries():
            total += one.size
            if total > self.most and one.name != newest:
                for suffix in (".json", ".parquet"):
                    (self.folder / f"{one.name}{suffix}").unlink(missing_ok=True)


def usual_cache(environ: Mapping[str, str]) -> TableCache:
    """Return the cache of the user; raises AttribError where the user has no home folder."""
    try:
        return TableCache(folder=cache_folder(environ) / "tables")
    except RuntimeError as error:
        raise AttribError(str(error), hint="Set HOME or XDG_CACHE_HOME.") from None


def _read_into(into: Path, read: Reader, names: Collection[str]) -> Table:
    """Return a table as it is read; its rows are in the file `into` till this process ends, where that can be."""
    import duckdb

    try:
        with _private():
            table = read(names, into=str(into))
    except duckdb.IOException:  # such as a full disk; what is wrong with the table's own files shows again
        _let_go(into)
        return read(names)
    except BaseException:
        _let_go(into)
        raise
    if into.is_file():
        atexit.register(_let_go, into)
    return table


def _linked(one: Path, other: Path) -> bool:
    """Whether a file has another name now; some network file systems have no links."""
    try:
        os.link(one, other)
    except OSError:
        return False
    return True


def _let_go(held: Path) -> None:
    with contextlib.suppress(OSError):
        held.unlink()


def _runs(process: int) -> bool:
    """Whether there is a process of this number; Windows, which cannot be asked, keeps its open files by itself."""
    if sys.platform == "win32":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _key(head: TableHead, source: TableSource, zone: str) -> str:
    """Return what an entry is called: the files, all that is said of how they are read, and who reads them."""
    import duckdb

    asked = replace(source, place=None, paths=tuple(map(os.path.realpath, files_of(source))))
    kinds = sorted((name, column.header, column.kind, column.type) for name, column in head.columns.items())
    said = repr((FORM, __version__, duckdb.__version__, asked, kinds, zone))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def _sound(path: Path, known: EntryText) -> bool:
    """Whether the rows of an entry are the bytes that were written; a reader of Parquet need not notice damage."""
    try:
        return _checksum(path) == known.checksum
    except OSError:
        return False


def _checksum(path: Path) -> int:
    """Return the CRC-32 of a file, which costs a few hundredths of what reading the rows does."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            found = zlib.crc32(block, found)
    return found


@contextlib.contextmanager
def _private() -> Iterator[None]:
    """Let new files be the user's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
