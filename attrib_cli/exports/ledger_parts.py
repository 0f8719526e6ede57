"""The ledger of a cluster as a folder of parts, each written where its journeys are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.output.chosen_format import is_stdout
from attrib_cli.output.registry import PART_FORMATS, Format, WriteOptions, listing
from attrib_cli.system.part_folders import check_part_folder

if TYPE_CHECKING:
    from attrib_cli.engine.ledger import Ledger, LedgerParts
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.exports.job import ExportJob


def in_parts(export: ExportJob) -> bool:
    """Whether an export is of ledgers that a cluster writes; raises UsageError where it cannot."""
    workspace = export.workspace
    if not export.ledger or workspace.backend is None:
        return False
    if workspace.partials is not None:
        hint = "Write it from the data, with --engine duckdb or spark."
        raise UsageError("a ledger is not put together from partials", hint=hint, place="--partials")
    if export.email or export.notify:
        option = "--email" if export.email else "--notify"
        hint = f"Leave out {option}, or write it with --engine duckdb."
        raise UsageError("a ledger of a cluster is a folder, which no mail or message takes", hint=hint, place=option)
    return True


def check_parts(path: str | None, format: Format) -> None:
    """Raise UsageError, or AttribError, where a ledger in parts cannot be written so."""
    if not format.ledger_parts:
        hint = f"Add --format {listing(PART_FORMATS)}, or write one file with --engine duckdb."
        said = f"a cluster writes a ledger as a folder of {listing(PART_FORMATS)} parts"
        raise UsageError(said, hint=hint, place="--format")
    if path is None or is_stdout(path):
        raise UsageError("a ledger of a cluster is a folder", hint="Give its name with --output.", place="--output")
    check_part_folder(path)


def usual_part_format() -> Format:
    """Return the format of the parts if nobody says one."""
    return next(iter(PART_FORMATS.values()))


def open_in_parts(session: Session, spec: ReportSpec, format: Format) -> AbstractContextManager[LedgerParts]:
    """Return the ledger of `spec` in parts of a format; see `open_ledger_parts`."""
    from attrib_cli.engine.ledger import open_ledger_parts

    return open_ledger_parts(session, spec, partial(_written, format))


def _written(format: Format, ledger: Ledger) -> Iterator[bytes]:
    """Write one part; a worker knows this function by its name."""
    return format.load_ledger()(ledger, WriteOptions())
