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
        "--output", "-o", metavar="PATH", help="The Parquet file to write, or -; the folder of those of a dashboard."
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
    from attrib_cli.output.deliver import deliver_bytes
    from attrib_cli.reporting.partials import computed_board_parts, computed_part

    console = o.run_console(context.obj, quiet=how.quiet, verbose=how.verbose)
    typed = what.request()
    known = partials or ()
    if dashboard is None:
        workspace = where.workspace(console, how)
        saved = workspace.saved_report(name, typed)
        with (
            console.progress("starting") as doing,
            computed_part(workspace, saved, typed, shard, known, progress=doing) as made,
        ):
            deliver_bytes(made.chunks, path=output, console=console)
        console.note(f"note: shard {shard} of the round '{made.round}' is written")
        return
    if name is not None:
        raise UsageError("a report and --dashboard were both given", hint="Give one or the other.")
    if not Path(output).is_dir():
        hint = "Make a folder for the parts of its reports."
        raise UsageError(f"there is no folder '{output}'", hint=hint, place="--output")
    with ExitStack() as held, console.progress("starting") as doing:
        workspace = replace(where.workspace(console, how), held=held, progress=doing)
        board = workspace.library.dashboard(dashboard)
        for file, made in computed_board_parts(workspace, board, typed, shard, known, progress=doing):
            deliver_bytes(made.chunks, path=str(Path(output) / file), console=console)
    console.note(f"note: shard {shard} of {board.name} is written")
