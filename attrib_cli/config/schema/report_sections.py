"""The keys of saved reports and dashboards, and of what reports do unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.types import (
    Access,
    Compare,
    Confidence,
    Day,
    Display,
    Duration,
    Filters,
    Game,
    Keys,
    LeftOut,
    Limit,
    Measures,
    Name,
    Names,
    Order,
    Period,
    ReportType,
    SavedNames,
    Seed,
    Text,
    Texts,
    Visibility,
    YesNo,
)


@dataclass(frozen=True, kw_only=True)
class Defaults(Keys, heading="defaults"):
    """What `attrib report` does where the command line does not say otherwise; each key is an option of it."""

    type: ReportType | None = None
    """The report type: `contact-create`, `deal-create` or `revenue`."""

    model: Names | None = None
    """The models, built-in or of `models`: `linear`, `[first, last]`, `all`."""

    by: Names | None = None
    """The dimensions: `campaign`, `[channel, month]`."""

    campaign: Texts | None = None
    """The campaigns whose credit is shown, by name or id."""

    period: Period | None = None
    """The period of the conversions: `last-quarter`, `2026-03`; see periods.md."""

    lookback: Duration | None = None
    """How long before the conversion interactions count: `90d`; without limit if not written."""

    half_life: Duration | None = None
    """The half-life of decay: `14d`; 7 days if not written."""

    where: Filters | None = None
    """Filters, all of which must hold: `region=EMEA`, `channel=email|paid`."""

    eligible: Filters | None = None
    """Filters of the interactions that take part in journeys at all."""

    measure: Measures | None = None
    """The measures: `[revenue, deals, share]`."""

    sort: Names | None = None
    """What rows are sorted by."""

    limit: Limit | None = None
    """How many rows are shown; the rest becomes one row `(other)`."""

    compare: Compare | None = None
    """What figures are compared with: `previous-period` or `previous-year`."""

    states: Names | None = None
    """What data-driven models weigh: `channel`; the columns of interactions in `by` if not written."""

    order: Order | None = None
    """How many interactions the Markov chain remembers, 1 to 4; 1 if not written."""

    game: Game | None = None
    """What a coalition is worth to Shapley: `conversions` (if not written) or `rate`."""

    non_converting: YesNo | None = None
    """`false` to leave journeys without conversion out of data-driven models."""

    confidence: Confidence | None = None
    """Intervals for data-driven models: `90%`; none if not written."""

    seed: Seed | None = None
    """What the intervals are drawn from; 1 if not written."""

    transitions: YesNo | None = None
    """`true` for the transition matrix of the Markov chain in place of its credits."""

    format: Name | None = None
    """The output format: `table`, `csv`, `json` and so on."""


@dataclass(frozen=True, kw_only=True)
class ReportEntry(Defaults, heading="reports.NAME", written={"first": "from"}):
    """A saved report: what `attrib report NAME` computes. Every key of `defaults`, and those that only it has."""

    first: Day | None = None
    """The first day of the conversions, `2026-01-31`, `today` or `yesterday`; with `to` in place of a period."""

    to: Day | None = None
    """The last day of the conversions, inclusive."""

    today: Day | None = None
    """The day that periods count from; the day of the run if not written."""

    data: Name | None = None
    """A folder with the tables, relative to the folder of attrib.yaml, in place of `sources`."""

    demo: YesNo | None = None
    """`true` for the example data that come with attrib, in place of `sources`."""

    output: Name | None = None
    """The file that is written, relative to where the program is run; standard output if not written."""

    excel_safe: YesNo | None = None
    """`true` to neutralise text that a spreadsheet would run as a formula."""

    without: LeftOut | None = None
    """Keys of `defaults` that do not hold for it: `[limit, compare]`."""

    description: Text | None = None
    """What the report is for, in a line."""

    display: Display | None = None
    """How a dashboard draws it: `table`, `line` or `figure`; found from its columns if not written."""

    owner: Name | None = None
    """Whose it is: the name of a user, who can always see and change it."""

    visibility: Visibility | None = None
    """Who sees it: `everyone` (if not written), `private`, `users:ann,bo` or `teams:sales`."""

    access: Access | None = None
    """What those who see it may do: `edit` (if not written) or `view`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.period is not None and (self.first is not None or self.to is not None):
            raise WrongValue("a period stands beside from or to", hint="Write one or the other.", at=("period",))
        if self.data is not None and self.demo:
            raise WrongValue("the example data stand beside a folder", hint="Write one or the other.", at=("demo",))
        _check_owner(self.visibility, self.owner)


@dataclass(frozen=True, kw_only=True)
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
