"""``attrib dashboard``: several saved reports in one view."""

from __future__ import annotations

import typer

from attrib_cli.commands.dashboard import export, manage, open, show

HELP = """Gather saved reports on dashboards and see them in one view.

[bold]Examples[/bold]

\b
attrib dashboard create "Monday review" revenue-by-campaign contacts-by-month
attrib dashboard show "Monday review" --period last-quarter --where region=EMEA
attrib dashboard show "Monday review" --format json
attrib dashboard open "Monday review"
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(manage.list_)
app.command("create")(manage.create)
app.command("show")(show.show)
app.command("add")(manage.add)
app.command("remove")(manage.remove)
app.command("reorder")(manage.reorder)
app.command("clone")(manage.clone)
app.command("rename")(manage.rename)
app.command("delete")(manage.delete)
app.command("export")(export.export)
app.command("open")(open.open_)
