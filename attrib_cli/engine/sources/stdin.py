"""Touchpoints from a pipe: kept in a temporary file, because reading them takes more than one look."""

from __future__ import annotations

import shutil
from typing import BinaryIO

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.bytestream import CHUNK, PARQUET_MAGIC
from attrib_cli.engine.sources.table import STDIN
from attrib_cli.engine.temporary import temporary_file


def spool_stdin(stream: BinaryIO) -> TableSource:
    """Copy touchpoints from a binary stream to a temporary file that is removed when the process ends.

    Parquet, gzip and zstd are recognised by their first bytes. Raises SourceError where nothing arrives.
    """
    target = temporary_file(".input")
    try:
        with target.open("wb") as out:
            shutil.copyfileobj(stream, out, CHUNK)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", place=STDIN) from None
    with target.open("rb") as file:
        head = file.read(len(PARQUET_MAGIC))
    if not head:
        raise SourceError("nothing arrived", place=STDIN, hint="pipe touchpoints as CSV or Parquet into the command")
    return TableSource(
        table="touchpoints",
        paths=(str(target),),
        format="parquet" if head == PARQUET_MAGIC else "csv",
        place=STDIN,
    )
