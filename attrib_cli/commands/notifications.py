"""``attrib notifications``: what exports have ended, where their files are, and what went wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from attrib_cli.cli import options as o

app = typer.Typer(
    help="List or clear the messages about exports that have ended.", invoke_without_command=True, add_completion=False
)

Number = Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="Show only the newest N.")]


@app.callback()
def show(context: typer.Context, format: o.ListFormat = None, limit: Number = None) -> None:
    """List the messages about exports that have ended, the newest first."""
    if context.invoked_subcommand is None:
        show_list(context, format, limit)


@app.command("list")
def show_list(context: typer.Context, format: o.ListFormat = None, limit: Number = None) -> None:
    """List the messages, the newest first: what, where, size, rows, when, and what went wrong."""
    from attrib_cli.exports.messages import MessageCentre
    from attrib_cli.output.deliver import deliver_bytes, write_options
    from attrib_cli.output.text.records import Record, render_records

    console = context.obj
    messages = MessageCentre(console.environ).messages()[::-1][:limit]
    records: list[Record] = [
        {
            "when": message.when,
            "what": message.what,
            "where": message.where,
            "format": message.format,
            "size": message.size,
            "rows": message.rows,
            "sent_to": message.sent_to,
            "error": message.error,
        }
        for message in messages
    ]
    chosen = o.list_format(console, format)
    if not records and chosen.on_screen:
        console.note("no messages")
        return
    deliver_bytes(
        [render_records(records, chosen, write_options(path=None, console=console))], path=None, console=console
    )


@app.command("clear")
def clear(context: typer.Context, quiet: o.Quiet = False) -> None:
    """Forget all messages; the files stay."""
    from attrib_cli.exports.messages import MessageCentre

    console = o.run_console(context.obj, quiet=quiet, verbose=False)
    count = MessageCentre(console.environ).clear()
    console.note(f"cleared {count} message{'' if count == 1 else 's'}")
