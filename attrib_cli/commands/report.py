"""``attrib report``: compute a report and write it."""

from __future__ import annotations

import typer

from attrib_cli import options as o
from attrib_cli.console import Console
from attrib_cli.engine.report import Report

HELP = """Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by.

[bold]Examples[/bold]

\b
attrib report --demo
attrib report --data DIR --campaign "Spring Launch" --type revenue --model linear
attrib report --by channel --model first,last,linear --period last-quarter
attrib report --type contact-create --by month --output contacts.csv
attrib report --where pipeline=Enterprise --compare previous-year
"""


def report(
    context: typer.Context,
    data: o.Data = None,
    config: o.ConfigPath = None,
    demo: o.Demo = False,
    type: o.Type = None,
    model: o.Model = None,
    period: o.Period = None,
    from_: o.From = None,
    to: o.To = None,
    lookback: o.Lookback = None,
    half_life: o.HalfLife = None,
    eligible: o.Eligible = None,
    campaign: o.Campaign = None,
    by: o.By = None,
    where: o.Where = None,
    measure: o.Measures = None,
    sort: o.Sort = None,
    limit: o.Limit = None,
    compare: o.Compare = None,
    format: o.OutputFormat = None,
    output: o.Output = None,
    excel_safe: o.ExcelSafe = False,
    show_sql: o.ShowSql = False,
    today: o.Today = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Attribute contacts, deals or revenue to campaigns, channels or whatever you cut by."""
    from attrib_cli.engine.runner import explain, run
    from attrib_cli.output.deliver import deliver
    from attrib_cli.output.registry import resolve_format

    console = o.run_console(context.obj, quiet=quiet, verbose=verbose)
    typed = o.Asked(
        type=type,
        model=o.listed(model),
        by=o.listed(by),
        campaign=o.repeated(campaign),
        period=period,
        first=from_,
        to=to,
        lookback=lookback,
        half_life=half_life,
        where=o.repeated(where),
        eligible=o.repeated(eligible),
        measure=o.listed(measure),
        sort=o.listed(sort),
        limit=limit,
        compare=compare,
        format=format,
    )
    world = o.find_world(console, data=data, config=config, demo=demo)
    asked = typed.over(world.preferred)
    chosen = resolve_format(typed.format or (None if output else asked.format), output, console.stdout_is_tty)
    spec = asked.spec(world.settings, o.the_day(console, today, world.settings))
    if show_sql:
        console.write_text(explain(spec, world.sources, world.settings))
        return
    with console.progress("starting") as doing:
        memory = console.environ.get("ATTRIB_MEMORY_LIMIT") or None
        answer = run(spec, world.sources, world.settings, memory_limit=memory, progress=doing)
    _tell(console, answer)
    deliver(chosen, answer, path=output, console=console, excel_safe=excel_safe)


def _tell(console: Console, answer: Report) -> None:
    for warning in answer.warnings:
        console.warn(warning)
    dates = answer.summary.dates
    console.detail(f"dates: {dates.label} ({dates.start or 'open'} to {dates.end or 'open'})")
    if answer.summary.compared_with is not None:
        before = answer.summary.compared_with
        console.detail(f"compared with: {before.label} ({before.start} to {before.end})")
    for what, count in answer.counts:
        console.detail(f"{what}: {count:,}")
    for what, seconds in answer.timings:
        console.detail(f"{what}: {seconds * 1000:,.0f} ms")
