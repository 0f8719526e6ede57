"""Parts of a report: one computed here, or those that were computed elsewhere put together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli import __version__
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.temporary import temporary_folder
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.report_sections import ReportEntry
    from attrib_cli.engine.backends.stored import StoredBackend
    from attrib_cli.engine.clock import Progress
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.engine.sql.plan import Round
    from attrib_cli.reporting.data_context import DataContext
    from attrib_cli.reporting.workspace import Workspace
    from attrib_cli.saved.library import SavedDashboard

_PIECE = 1 << 20
_SHARD = re.compile(r"(\d+)\s*/\s*(\d+)")


@frozen
class MadePart:
    """A part that was computed: its round, the bytes of its file, and its name where it is one of several."""

    round: Round
    name: str = ""
    chunks: Iterator[bytes]


def parse_shard(text: str) -> tuple[int, int]:
    """Return which of how many shards is meant, from 1, as in ``3/64``; raises UsageError."""
    match = _SHARD.fullmatch(text.strip())
    number, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= count:
        raise UsageError(f"'{text}' is no shard", hint="The third of 64 is 3/64; the first is 1/64.", place="--shard")
    return number, count


def partial_files(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the files that patterns such as ``parts/*.parquet`` stand for, sorted; raises UsageError for none."""
    import glob

    found: list[str] = []
    for pattern in patterns:
        files = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
        if not files:
            raise UsageError(
                f"no file matches '{pattern}'",
                hint="Quote the pattern, and see where the parts are.",
                place="--partials",
            )
        found += files
    return tuple(dict.fromkeys(found))


def stored_backend(patterns: Sequence[str]) -> StoredBackend:
    """Return what gathers from files of partials; raises UsageError where a pattern matches none."""
    from attrib_cli.engine.backends.stored import StoredBackend

    return StoredBackend(paths=partial_files(patterns), version=__version__)


@contextmanager
def computed_part(
    workspace: Workspace,
    saved: ReportEntry | None,
    typed: ReportRequest,
    shard: str,
    known: Sequence[str],
    *,
    progress: Progress | None = None,
) -> Iterator[MadePart]:
    """Yield one part of a report; raises UsageError for a shard that is none, and what `compute_part` raises."""
    from attrib_cli.engine.parts import compute_part

    number, count = parse_shard(shard)
    data = workspace.data_of(saved)
    request = workspace.merged(typed, saved)
    spec = request.spec(data.settings, workspace.day(saved))
    files = partial_files(known)
    with temporary_folder() as folder:
        path = folder / "part.parquet"
        with workspace.open(data, shared=False, progress=progress) as session:
            made = compute_part(session, spec, str(path), number=number, count=count, known=files, version=__version__)
        if made is not None:
            yield MadePart(round=made.round, chunks=_chunks(path))


def has_several_types(workspace: Workspace, saved: ReportEntry | None, typed: ReportRequest) -> bool:
    """Return whether a report is of several types, whose parts are files of their own."""
    return "," in (workspace.merged(typed, saved).type or "")


@contextmanager
def computed_parts_of_types(
    workspace: Workspace,
    saved: ReportEntry | None,
    typed: ReportRequest,
    shard: str,
    known: Sequence[str],
    *,
    progress: Progress | None = None,
) -> Iterator[tuple[MadePart, ...]]:
    """Yield one part of each type of a report of several, which name each other; raises as `computed_part`."""
    data = workspace.data_of(saved)
    spec = workspace.merged(typed, saved).spec(data.settings, workspace.day(saved))
    finish = "attrib report … --partials"
    with _computed_parts(workspace, [("", data, spec)], shard, known, finish=finish, progress=progress) as parts:
        yield parts


@contextmanager
def computed_board_parts(
    workspace: Workspace,
    board: SavedDashboard,
    typed: ReportRequest,
    shard: str,
    known: Sequence[str],
    *,
    progress: Progress | None = None,
) -> Iterator[tuple[MadePart, ...]]:
    """Yield one part of each report of a dashboard as it is shown there, which name each other.

    Raises what `computed_part` raises, and UsageError where there is nothing left to compute.
    """
    from attrib_cli.reporting.dashboards import drawn_spec

    reports = []
    for place, name in enumerate(board.reports, 1):
        entry = workspace.library.report(name).definition
        reports.append((f"{place}-", workspace.data_of(entry), drawn_spec(entry, workspace, typed)))
    finish = "attrib dashboard show … --partials"
    with _computed_parts(workspace, reports, shard, known, finish=finish, progress=progress) as parts:
        yield parts


@contextmanager
def _computed_parts(
    workspace: Workspace,
    reports: Sequence[tuple[str, DataContext, ReportSpec]],
    shard: str,
    known: Sequence[str],
    *,
    finish: str,
    progress: Progress | None,
) -> Iterator[tuple[MadePart, ...]]:
    """Yield one part of each report and type, whose files have names that begin as is said, once all are computed.

    What needs the same part has one, and those whose rounds are all known have none.
    """
    from attrib_cli.engine.partial_sets import WrittenPart, tie_together
    from attrib_cli.engine.parts import compute_part
    from attrib_cli.engine.several_types import specs_of_types

    number, count = parse_shard(shard)
    files = partial_files(known)
    written: list[WrittenPart] = []
    with temporary_folder() as folder:
        for start, data, asked in reports:
            with workspace.open(data, shared=False, progress=progress) as session:
                for spec in specs_of_types(session, asked):
                    path = str(folder / f"part-{len(written)}.parquet")
                    made = compute_part(
                        session,
                        spec,
                        path,
                        number=number,
                        count=count,
                        known=files,
                        version=__version__,
                        alone=False,
                        but={part.digest for part in written},
                    )
                    if made is not None:
                        of_type = f"{spec.type}-" if asked.more_types else ""
                        name = f"{start}{of_type}{made.round}-{number}-of-{count}.parquet"
                        written.append(WrittenPart(name=name, digest=made.digest, round=made.round, path=path))
        if not written:
            hint = f"Finish it: {finish}."
            raise UsageError("the partials given are all that is needed", hint=hint, place="--partials")
        tie_together(written)
        yield tuple(MadePart(name=part.name, round=part.round, chunks=_chunks(Path(part.path))) for part in written)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
