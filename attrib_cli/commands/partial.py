"""``attrib partial``: one part of a report's journeys, computed here and put together elsewhere."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from attrib_cli.cli import completion
from attrib_cli.cli import options as o
from attrib_cli.cli.report_options import DataOptions, RequestOptions, RunOptions, flattened

HELP = """Compute one part of a report's journeys; `attrib report --partials` puts the parts together.

[bold]Examples[/bold]

\b
attrib partial --by channel --model all --shard 3/64 --output parts/part-3.parquet
attrib report --by channel --model all --partials 'parts/*.parquet'
attrib partial "Channels this quarter" --shard 3/64 --output parts/part-3.parquet
attrib partial --from 2026-03-05 --to 2026-03-05 --output days/2026-03-05.parquet
attrib partial --type deal-create,revenue --shard 3/64 --output parts/
attrib partial --dashboard Marketing --shard 3/64 --output parts/
"""

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", help="A saved report.", autocompletion=completion.saved_reports, show_default=False
    ),
]
ShardOption = Annotated[
    str,
    typer.Option("--shard", metavar="K/N", help="Which part of the journeys: the third of 64 is 3/64; all by default."),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="The Parquet file to write, or -; of a dashboard, or of several types, their folder.",
    ),
]
Dashboard = Annotated[
    str | None,
    typer.Option(
        "--dashboard",
        metavar="NAME",
        help="A part of each report of a dashboard, as `attrib dashboard show --partials` needs them.",
        autocompletion=completion.dashboards,
    ),
]


@flattened
def partial(
    context: typer.Context,
    where: DataOptions,
    what: RequestOptions,
    how: RunOptions,
    output: Output,
    name: Name = None,
    shard: ShardOption = "1/1",
    partials: o.Partials = None,
    dashboard: Dashboard = None,
) -> None:
    """Compute one part of a report's journeys; `attrib report --partials` puts the parts together."""
    from attrib_cli.engine.errors import UsageError
    from attrib_cli.output.chosen_format import may_hold
    from attrib_cli.output.deliver import deliver_bytes
    from attrib_cli.output.registry import FORMATS
    from attrib_cli.reporting.partials import (
        computed_board_parts,
        computed_part,
        computed_parts_of_types,
        has_several_types,
    )
    from attrib_cli.system.atomic_files import write_files

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.request()
    known = partials or ()
    if dashboard is not None and name is not None:
        raise UsageError("a report and --dashboard were both given", hint="Give one or the other.")
    with ExitStack() as held, console.progress("starting") as doing:
        workspace = replace(where.workspace(console, how), held=held, progress=doing)
        if dashboard is not None:
            board = workspace.library.dashboard(dashboard)
            _check_folder(output, "the reports of a dashboard")
            several, of = computed_board_parts(workspace, board, typed, shard, known, progress=doing), board.name
        else:
            saved = workspace.saved_report(name, typed)
            if not has_several_types(workspace, saved, typed):
                if not may_hold(output, FORMATS["parquet"]):
                    hint = f"Call it {Path(output).with_suffix('.parquet')}."
                    raise UsageError(
                        f"a part is a Parquet file, and '{output}' says another", hint=hint, place="--output"
                    )
                with computed_part(workspace, saved, typed, shard, known, progress=doing) as made:
                    deliver_bytes(made.chunks, path=output, console=console)
                console.note(f"note: shard {shard} of the round '{made.round}' is written")
                return
            _check_folder(output, "several report types")
            several, of = computed_parts_of_types(workspace, saved, typed, shard, known, progress=doing), "each type"
        with several as parts:
            write_files([(str(Path(output) / part.name), part.chunks) for part in parts])
    console.note(f"note: shard {shard} of {of} is written")


def _check_folder(output: str, of: str) -> None:
    """Raise UsageError where `output` is no folder for the parts of several reports."""
    from attrib_cli.engine.errors import UsageError

    if not Path(output).is_dir():
        hint = f"The parts of {of} are a file each: make a folder for them."
        raise UsageError(f"there is no folder '{output}'", hint=hint, place="--output")
