"""The keys of saved reports and dashboards: what they ask for, and what else is kept of them."""

from typing import Annotated

from attrib_cli.config.schema.markers import Option, WrongValue
from attrib_cli.config.schema.report_fields import DATA, OUTPUT, RUN, SAVED, ReportFields
from attrib_cli.config.schema.types import Access, Day, Display, Keys, Name, SavedNames, Text, Visibility, YesNo
from attrib_cli.engine.frozen import frozen


@frozen
class ReportEntry(ReportFields, heading="reports.NAME", written={"first": "from"}):
    """A saved report: what `attrib report NAME` computes. Every key of `defaults`, and those that only it has."""

    today: Annotated[
        Day | None,
        Option("--today", metavar="DAY", panel=RUN, help="The day that periods count from; else $ATTRIB_TODAY."),
    ] = None
    """The day that periods count from; the day of the run if not written."""

    data: Annotated[
        Name | None,
        Option(
            "--data",
            "-d",
            metavar="DIR",
            panel=DATA,
            help="Folder with touchpoints, contacts, deals, … as CSV or Parquet. - reads touchpoints from standard "
            "input; give it beside a folder for the other tables.",
        ),
    ] = None
    """A folder with the tables, relative to the folder of attrib.yaml, in place of `sources`."""

    demo: Annotated[
        YesNo | None,
        Option("--demo", panel=DATA, help="Use the example data that come with attrib.", goes_with="data"),
    ] = None
    """`true` for the example data that come with attrib, in place of `sources`."""

    output: Annotated[
        Name | None,
        Option("--output", "-o", metavar="PATH", panel=OUTPUT, help="File to write, or - for standard output."),
    ] = None
    """The file that is written, relative to where the program is run; standard output if not written."""

    excel_safe: Annotated[
        YesNo | None,
        Option("--excel-safe", panel=OUTPUT, help="Neutralise text that a spreadsheet would run as a formula."),
    ] = None
    """`true` to neutralise text that a spreadsheet would run as a formula."""

    template: Annotated[
        Name | None,
        Option(
            "--template",
            metavar="FILE",
            panel=OUTPUT,
            help="A workbook of your own (.xlsx) whose tables and named ranges are filled.",
        ),
    ] = None
    """A workbook of your own that xlsx fills, relative to where the program is run."""

    description: Annotated[
        Text | None, Option("--description", metavar="TEXT", panel=SAVED, help="What it is for, in a line.")
    ] = None
    """What the report is for, in a line."""

    display: Annotated[
        Display | None,
        Option("--display", metavar="HOW", panel=SAVED, help="How dashboards draw it: table, line or figure."),
    ] = None
    """How a dashboard draws it: `table`, `line` or `figure`; found from its columns if not written."""

    owner: Name | None = None
    """Whose it is: the name of a user, who can always see and change it."""

    visibility: Annotated[
        Visibility | None,
        Option(
            "--visibility",
            metavar="WHO",
            panel=SAVED,
            help="Who sees it: private, everyone (the default), users:a,b or teams:x.",
        ),
    ] = None
    """Who sees it: `everyone` (if not written), `private`, `users:ann,bo` or `teams:sales`."""

    access: Annotated[
        Access | None,
        Option("--access", metavar="ACCESS", panel=SAVED, help="What others may do: edit (the default) or view."),
    ] = None
    """What those who see it may do: `edit` (if not written) or `view`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.period is not None and (self.first is not None or self.to is not None):
            raise WrongValue("a period stands beside from or to", hint="Write one or the other.", at=("period",))
        if self.data is not None and self.demo:
            raise WrongValue("the example data stand beside a folder", hint="Write one or the other.", at=("demo",))
        _check_owner(self.visibility, self.owner)


@frozen
class DashboardEntry(Keys, heading="dashboards.NAME"):
    """A dashboard: saved reports that are shown together."""

    reports: SavedNames | None = None
    """The names of its reports, in order; at most 50."""

    description: Text | None = None
    """What the dashboard is for, in a line."""

    owner: Name | None = None
    """Whose it is: the name of a user, who can always see and change it."""

    visibility: Visibility | None = None
    """Who sees it and its reports: `everyone` (if not written), `private`, `users:ann,bo` or `teams:sales`."""

    access: Access | None = None
    """What those who see it may do: `edit` (if not written) or `view`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        _check_owner(self.visibility, self.owner)


def _check_owner(visibility: str | None, owner: str | None) -> None:
    if visibility == "private" and owner is None:
        raise WrongValue("private to nobody", hint="Write `owner:` with a user's name beside it.", at=("visibility",))
