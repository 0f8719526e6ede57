"""Bytes of a file: compression, encoding and what cannot be read at all.

Rows are always read from plain UTF-8. What is compressed or otherwise encoded is unpacked once into a temporary
file: DuckDB reads those with all threads, and line numbers and checks then have one implementation.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.temporary import temporary_file
from attrib_cli.engine.text_encodings import codec_name

Compression = Literal["none", "gzip", "zstd"]
CHUNK = 1 << 22
PARQUET_MAGIC = b"PAR1"
ENCRYPTED_MAGIC = b"PARE"
_FOREIGN = (
    (b"%PDF-", "a PDF document", "No table can be read from a PDF: export the data as CSV, Excel or Parquet."),
    (b"<?xml", "XML", "Open it in a spreadsheet program, and save it as CSV (UTF-8) or .xlsx."),
    (b"SQLite format 3", "an SQLite database", "Export its tables as CSV or Parquet."),
    (b"Obj\x01", "an Avro file", "Export it as Parquet."),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file", "Export it as Parquet."),
    (b"\x89PNG", "a picture", None),
    (b"\xff\xd8\xff", "a picture", None),
    (b"GIF89a", "a picture", None),
    (b"BZh91AY", "a bzip2 archive", "Unpack it, or compress it with gzip or zstd."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it, or compress it with gzip or zstd."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it, or make a .zip of it."),
    (b"Rar!\x1a", "a RAR archive", "Unpack it, or make a .zip of it."),
)
"""How files begin that are no table, what they are, and what to do."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_unpacked: dict[tuple[str, str, int, int], Path] = {}


def refuse_pipe(path: Path, place: str) -> None:
    """Raise SourceError where `path` is a pipe or a device: those can be read once, or never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise SourceError(
            "a pipe or a device, where a file is needed",
            place=place,
            hint="`--data -` reads touchpoints from standard input; save other tables as files",
        )


AGAIN = "copy, download or export it again"
"""What to do about a file that is damaged."""


@contextlib.contextmanager
def reading(path: str, place: str) -> Iterator[None]:
    """Turn what goes wrong while `path` is read into a `SourceError` at `place`."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError("no such file", place=place, hint=f"looked for {path}") from None
    except IsADirectoryError:
        raise SourceError("a folder, where a file is needed", place=place) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"the gzip data is damaged or cut off: {error}"
        raise SourceError(message, place=place, hint=AGAIN) from None
    except OSError as error:
        message = error.strerror or str(error)
        raise SourceError(f"cannot be read: {message}", place=place, hint=None if error.errno else AGAIN) from None


def no_parquet(path: Path, place: str) -> SourceError:
    """Return the error about a file that is called like Parquet and is none, with what it begins with."""
    with reading(str(path), place), path.open("rb") as stream:
        start = stream.read(60)
    lines = start.decode("utf-8", "replace").splitlines()
    begins = f"it begins with '{lines[0]}'" if lines and lines[0].isprintable() else "it is no text either"
    return SourceError(
        f"not a Parquet file, whatever its name says: {begins if start else 'it is empty'}",
        place=place,
        hint="Give it a name that ends as its format does, such as .csv.",
    )


def compression(path: str, place: str) -> Compression:
    """Tell how a file is compressed from its first bytes, whatever its name says."""
    with reading(path, place), Path(path).open("rb") as file:
        head = file.read(16)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith((PARQUET_MAGIC, ENCRYPTED_MAGIC)):
        raise SourceError(
            "a Parquet file, where a CSV file was expected", place=place, hint="give it a name that ends in .parquet"
        )
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SourceError(
            "an Excel workbook or a zip archive, where a CSV file was expected",
            place=place,
            hint="give it a name that ends in .xlsx or .zip, or save it as CSV (UTF-8) or Parquet",
        )
    for start, what, hint in _FOREIGN:
        if head.startswith(start):
            raise SourceError(f"{what}, where a CSV file was expected", place=place, hint=hint)
    return "none"


@contextlib.contextmanager
def open_plain(path: str, packed: Compression) -> Iterator[BinaryIO]:
    """Open the decompressed bytes of a file for reading in order."""
    if packed == "gzip":
        with gzip.open(path, "rb") as stream:
            yield cast(BinaryIO, stream)
    elif packed == "zstd":
        import pyarrow as pa

        with pa.OSFile(path, "rb") as file, pa.CompressedInputStream(file, "zstd") as stream:
            yield cast(BinaryIO, stream)
    else:
        with Path(path).open("rb") as stream:
            yield stream


def head_bytes(path: str, packed: Compression, place: str, size: int) -> bytes:
    """Return up to `size` decompressed bytes from the start of a file."""
    with reading(path, place), open_plain(path, packed) as stream:
        pieces: list[bytes] = []
        left = size
        while left > 0 and (piece := stream.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


def detect_encoding(head: bytes, declared: str | None, place: str, configured: str | None) -> str:
    """Return the codec of a file: a byte order mark wins over the configuration, UTF-8 is the default.

    `configured` is the place of the source's configuration, for the message about an unknown encoding.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if declared is None:
        return "utf-8"
    try:
        name = codec_name(declared)
    except (LookupError, UnicodeError):
        raise SourceError(
            f"unknown encoding '{declared}'",
            place=configured or place,
            hint="use a name such as utf-8, latin-1, cp1252 or utf-16",
        ) from None
    return "utf-8" if name in ("utf-8", "utf-8-sig", "ascii") else name


def utf8_file(path: str, packed: Compression, encoding: str, place: str) -> Path:
    """Return a file with the same text as plain UTF-8: the file itself, or a temporary copy.

    Bytes that the declared encoding does not know are refused with their line. UTF-8 itself is not checked here.
    """
    if packed == "none" and encoding == "utf-8":
        return Path(path)
    with reading(path, place):
        status = Path(path).stat()
        key = (str(Path(path).resolve()), encoding, status.st_mtime_ns, status.st_size)
        if key not in _unpacked:
            target = temporary_file(".csv")
            with open_plain(path, packed) as stream, target.open("wb") as out:
                _copy(stream, out, encoding, place)
            _unpacked[key] = target
    return _unpacked[key]


def forget_copies() -> None:
    """Forget the temporary copies of `utf8_file`, whose folder is about to go."""
    _unpacked.clear()


def _copy(stream: BinaryIO, out: BinaryIO, encoding: str, place: str) -> None:
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        piece = stream.read(CHUNK)
        if decoder is None:
            out.write(piece)
        else:
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                before = piece[: error.start].decode(encoding, "replace").count("\n")
                bad = error.object[error.start : error.end].hex(" ")
                raise SourceError(
                    f"the bytes {bad} are not {encoding} text",
                    place=f"{place}:{lines + before}",
                    hint="the source's `encoding:` does not fit this file",
                ) from None
            lines += text.count("\n")
            out.write(text.encode("utf-8", "surrogatepass"))
        if not piece:
            return
