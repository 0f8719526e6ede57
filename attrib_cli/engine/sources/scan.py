"""An independent look at a CSV file before DuckDB reads it: is it regular, and how many records does it hold?

The figures are the yardstick that DuckDB's result is held against, so that no row is dropped and no column shifted in
silence. Only whole-buffer operations of bytes are used: about the speed of reading the file. Whatever is not plainly
regular is reported as odd, and is then read record by record (`normalise`).
"""

from __future__ import annotations

import re
from pathlib import Path

from attrib_cli.engine.frozen import frozen

CHUNK = 1 << 21


@frozen
class Scan:
    """What a file looks like: records with the header (blank lines are none), or `odd` with records unknown."""

    records: int
    odd: bool


ODD = Scan(records=-1, odd=True)
_QUOTED = re.compile(rb"O[^OC]*C")


def scan(path: Path, delimiter: str, width: int) -> Scan:
    r"""Count the records of a plain UTF-8 file whose header has `width` columns.

    Odd are: bytes that are no UTF-8, NUL, line ends that are mixed or a lone ``\r``, quotes elsewhere than around a
    whole field, rows of another width, a quote that is never closed, lines longer than two megabytes.
    """
    separator = delimiter.encode()
    if len(separator) != 1:
        return ODD
    # Blank lines are looked for only where they show: they have no separators, so that the counts do not agree.
    found = _scan(path, separator, width, blanks=False) if width > 1 else None
    return found or _scan(path, separator, width, blanks=True) or ODD


def _scan(path: Path, separator: bytes, width: int, *, blanks: bool) -> Scan | None:
    """Return what a file looks like, None where the counts do not agree; blank lines are records without `blanks`."""
    counter = _Counter(separator, blanks=blanks)
    with path.open("rb") as file:
        rest = b""
        while piece := file.read(CHUNK):
            block = rest + piece
            cut = block.rfind(b"\n") + 1
            if cut == 0:
                if len(piece) == CHUNK:
                    return ODD
                rest = block
                continue
            rest = block[cut:]
            if not counter.add(block[:cut]):
                return ODD
    if rest and not counter.add(rest + (b"\r\n" if counter.ends == "crlf" else b"\n")):
        return ODD
    if counter.inside:
        return ODD
    if counter.separators != counter.records * (width - 1):
        return None
    return Scan(records=counter.records, odd=False)


class _Counter:
    """Running counts over blocks that end at a line end; `inside` says that a quoted field is open there."""

    def __init__(self, separator: bytes, *, blanks: bool) -> None:
        self.separator = separator
        self.blanks = blanks
        self.records = 0
        self.separators = 0
        self.inside = False
        self.ends: str | None = None
        structure = bytearray(b"x" * 256)
        for code in (*separator, 10, 13):
            structure[code] = 10
        structure[34] = 34
        self.structure = bytes(structure)
        structure[separator[0]] = 44
        structure[13] = ord("x")
        self.classes = bytes(structure)

    def add(self, block: bytes) -> bool:
        """Count a block; False where it is odd."""
        if not _is_text(block):
            return False
        if not self.inside and b'"' not in block:
            return self._take(block)
        if self._take_alike(block):
            return True
        outside = self._outside(block)
        return outside is not None and self._take(outside)

    def _take(self, outside: bytes) -> bool:
        """Count text without any quoted content: every line end closes a record or is a blank line."""
        returns = outside.count(b"\r") if b"\r" in outside else 0
        lines = outside.count(b"\n")
        if lines:
            ends = "crlf" if returns else "lf"
            regular = returns in (0, lines) and (not returns or outside.count(b"\r\n") == lines)
            if not regular or (self.ends or ends) != ends:
                return False
            self.ends = ends
        elif returns:
            return False
        blank = b"\r\n" if returns else b"\n"
        if self.blanks and lines and (outside.startswith(blank) or b"\n" + blank in outside):
            lines -= sum(1 for line in outside.split(b"\n")[:-1] if line in (b"", b"\r"))
        self.records += lines
        self.separators += outside.count(self.separator)
        return True

    def _take_alike(self, block: bytes) -> bool:
        """Count a block with quotes the short way; False where it does not allow that.

        It does where no quote touches a blank, all lines end in a bare line feed and hold something, and every quote
        can be told to open (O) or to close (C) a field by what stands beside it, in turn. Doubled quotes go first:
        they change neither.
        """
        if self.inside or self.ends == "crlf" or block.startswith(b"\n"):
            return False
        if b' "' in block or b'" ' in block or b"\r" in block or b"\n\n" in block:
            return False
        shape = b"\n" + block.replace(b'""', b"").translate(self.classes)
        for quote, told in ((b',"', b",O"), (b'\n"', b"\nO"), (b'",', b"C,"), (b'"\n', b"C\n")):
            shape = shape.replace(quote, told)
        if b'"' in shape:
            return False
        bare = _QUOTED.sub(b"", shape.translate(None, b"x").replace(b"OC", b""))
        if b"O" in bare or b"C" in bare:
            return False
        self.ends = "lf"
        self.records += bare.count(b"\n") - 1
        self.separators += bare.count(b",")
        return True

    def _outside(self, block: bytes) -> bytes | None:
        """Return a block without what stands in quotes, a quote sign in its place; None where quotes are odd."""
        pieces = block.split(b'"')
        outside = b'"'.join(pieces[self.inside :: 2])
        if self.inside:
            outside = b'"' + outside
        if len(pieces) % 2 == 0:
            self.inside = not self.inside
        if self.inside:
            outside += b'"'
        shape = outside.translate(self.structure)
        return None if b'x"' in shape or b'"x' in shape else outside


def _is_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return True
