"""``attrib cache``: the tables that are kept so that files need not be read again."""

from __future__ import annotations

import datetime as dt

import typer

from attrib_cli.cli import options as o
from attrib_cli.terminal.console import Console

app = typer.Typer(
    help="The tables that are kept so that files are read once: show and clear them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def show(context: typer.Context, format: o.ListFormat = None) -> None:
    """Show where tables are kept, and which: their files, rows, bytes and when they were last used."""
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import Record, render_records
    from attrib_cli.output.words import counted
    from attrib_cli.system.table_cache import usual_cache

    console: Console = context.obj
    cache = usual_cache(console.environ)
    entries = cache.entries()
    records: list[Record] = [
        {
            "table": one.table,
            "rows": one.rows,
            "bytes": one.size,
            "used": f"{dt.datetime.fromtimestamp(one.used, dt.UTC):%Y-%m-%d %H:%M} UTC",
            "files": one.files,
        }
        for one in entries
    ]
    console.note(f"{cache.folder}: {counted(len(entries), 'table')}, {sum(one.size for one in entries):,} bytes")
    chosen = o.list_format(console, format)
    options = write_options(path=None, console=console)
    deliver_bytes([render_records(records, chosen, options)], path=None, console=console)


@app.command()
def clear(context: typer.Context, quiet: o.Quiet = False) -> None:
    """Remove all tables that are kept; they are made again as they are needed."""
    from attrib_cli.output.words import counted
    from attrib_cli.system.table_cache import usual_cache

    console: Console = context.obj.adjusted(quiet=quiet)
    tables, size = usual_cache(console.environ).clear()
    console.note(f"removed {counted(tables, 'table')}, {size:,} bytes" if tables else "nothing is kept")
