"""Every key of `attrib.yaml`, as one typed field with a docstring.

From these classes come the check of a file, its JSON Schema and the reference in the documentation. A field that is
None was not written; what holds then is in `Settings` and `ReportSpec`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, TypeAlias

from attrib_cli.config import reads
from attrib_cli.config.reads import OrText, Reads, WrongValue

_TEXT = {"type": "string"}
_ANY_TEXT = {"type": ["string", "number", "boolean"]}
_TEXTS = {"anyOf": [_ANY_TEXT, {"type": "array", "items": _ANY_TEXT}]}
_DURATION = {"type": ["string", "number"], "pattern": "^[0-9.]+ *(h|d|w|hours?|days?|weeks?)?$"}
_MONTH = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 12}, {"enum": list(reads.MONTHS)}]}
_PART = {"type": "number", "minimum": 0, "maximum": 10**6}

Text: TypeAlias = Annotated[str, Reads(reads.text, _ANY_TEXT)]
Name: TypeAlias = Annotated[str, Reads(reads.name, _ANY_TEXT)]
Texts: TypeAlias = Annotated[tuple[str, ...], Reads(reads.texts, _TEXTS)]
Names: TypeAlias = Annotated[tuple[str, ...], Reads(reads.names, _TEXTS)]
Weight: TypeAlias = Annotated[Decimal, Reads(reads.weight, _PART)]
Rate: TypeAlias = Annotated[Decimal, Reads(reads.rate, {"type": "number", "exclusiveMinimum": 0})]
CurrencyCode: TypeAlias = Annotated[str, Reads(reads.currency, {"type": "string", "pattern": "^[A-Za-z]{3}$"})]
Duration: TypeAlias = Annotated[dt.timedelta, Reads(reads.duration, _DURATION)]
Kernel: TypeAlias = Annotated[
    Literal["equal", "decay"], Reads(reads.choice("equal", "decay"), {"enum": ["equal", "decay"]})
]
Compare: TypeAlias = Annotated[
    Literal["previous-period", "previous-year"],
    Reads(reads.choice("previous-period", "previous-year"), {"enum": ["previous-period", "previous-year"]}),
]
Game: TypeAlias = Annotated[
    Literal["conversions", "rate"], Reads(reads.choice("conversions", "rate"), {"enum": ["conversions", "rate"]})
]
DecimalSign: TypeAlias = Annotated[Literal[".", ","], Reads(reads.choice(".", ","), {"enum": [".", ","]})]
YesNo: TypeAlias = Annotated[bool, Reads(reads.yes_no, {"type": "boolean"})]
Port: TypeAlias = Annotated[int, Reads(reads.port, {"type": "integer", "minimum": 1, "maximum": 65535})]
Address: TypeAlias = Annotated[str, Reads(reads.address, _TEXT)]
ModelName: TypeAlias = Annotated[str, Reads(reads.model_name, _TEXT)]
SavedName: TypeAlias = Annotated[str, Reads(reads.saved_name, _TEXT)]
Visibility: TypeAlias = Annotated[
    str, Reads(reads.visibility, {"type": "string", "pattern": "^(private|everyone|(users|teams): *\\S.*)$"})
]
Access: TypeAlias = Annotated[Literal["view", "edit"], Reads(reads.choice("view", "edit"), {"enum": ["view", "edit"]})]
Display: TypeAlias = Annotated[
    Literal["table", "line", "figure"],
    Reads(reads.choice("table", "line", "figure"), {"enum": ["table", "line", "figure"]}),
]
Day: TypeAlias = Annotated[
    str, Reads(reads.day, {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|today|yesterday)$"})
]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """A mapping of known keys. `heading` is its place in the file, `noun` is what its keys are called."""

    heading: ClassVar[str] = ""
    noun: ClassVar[str] = "key"
    written: ClassVar[Mapping[str, str]] = {}
    __pydantic_config__: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls, heading: str, noun: str = "key", written: Mapping[str, str] | None = None) -> None:
        """Refuse keys that are not among the fields; `written` has those that Python has no word for."""
        cls.heading, cls.noun, cls.written = heading, noun, written or {}
        cls.__pydantic_config__ = {"extra": "forbid", "alias_generator": cls.key}

    @classmethod
    def key(cls, field: str) -> str:
        """Return a field's key in the file."""
        return cls.written.get(field, field)


@dataclass(frozen=True, kw_only=True)
class SourceEntry(Keys, heading="sources.TABLE"):
    """Where the files of a table are and how they are read; a text alone is its `path`."""

    path: Name
    """A file, a folder or a glob, relative to the folder of attrib.yaml: `data/touchpoints-*.csv.gz`."""

    columns: Mapping[Name, Name] | None = None
    """The file's headers by our names, for columns called otherwise: `contact_id: Contact ID`."""

    delimiter: Annotated[str, Reads(reads.delimiter, _TEXT)] | None = None
    """The character between columns of a CSV file, `tab` for tabs; found out if not written."""

    encoding: Annotated[str, Reads(reads.encoding, _TEXT)] | None = None
    """The encoding of a CSV file: `utf-8`, `latin-1`, `cp1252`; found out if not written."""

    date_format: Annotated[str, Reads(reads.date_format, _TEXT)] | None = None
    """How dates are written: `'%d/%m/%Y'` (in quotes, for the %); ISO dates need none."""

    decimal: DecimalSign | None = None
    """The decimal sign of the numbers: `'.'` or `','`; a point if not written."""


Source: TypeAlias = Annotated[SourceEntry, OrText("path")]


@dataclass(frozen=True, kw_only=True)
class Sources(Keys, heading="sources", noun="table"):
    """Where each table is. A report needs `touchpoints` and the table of its conversions."""

    touchpoints: Source | None = None
    """Interactions: one contact did one thing. Needs `contact_id` and `occurred_at`."""

    contacts: Source | None = None
    """Contacts. Needs `contact_id` and `created_at`."""

    deals: Source | None = None
    """Deals. Needs `deal_id` and `created_at`; revenue also `closed_at`, `amount` and `is_won` or `stage`."""

    deal_contacts: Source | None = None
    """Which contacts belong to which deals. Needs `deal_id` and `contact_id`."""

    campaigns: Source | None = None
    """Campaigns. Needs `campaign_id` and `name`."""

    campaign_spend: Source | None = None
    """What campaigns cost, day by day. Needs `campaign_id`, `spent_on` and `amount`."""


@dataclass(frozen=True, kw_only=True)
class Exclude(Keys, heading="exclude"):
    """Interactions that never earn credit; they are taken out before weighting.

    A list written here replaces the program's own; `[]` excludes nothing. Case, `_`, `-` and blanks do not matter.
    """

    asset_types: Texts | None = None
    """Asset types to leave out; if not written: static list and workflow, also by their API names."""

    interaction_types: Texts | None = None
    """Interaction types to leave out; none if not written."""


@dataclass(frozen=True, kw_only=True)
class Weights(Keys, heading="models.NAME.weights", noun="position"):
    """What the key positions of a journey weigh. Only the proportions matter; 0 if not written."""

    first: Weight | None = None
    """The first interaction of any contact of the conversion."""

    lead: Weight | None = None
    """The last interaction at or before the creation of the oldest contact."""

    deal: Weight | None = None
    """The last interaction at or before the creation of the deal."""

    last: Weight | None = None
    """The last interaction before the conversion."""


@dataclass(frozen=True, kw_only=True)
class ModelEntry(Keys, heading="models.NAME"):
    """An attribution model of your own, by its name; at least one weight or the rest is above 0."""

    weights: Weights | None = None
    """What the key positions weigh."""

    rest: Weight | None = None
    """What is spread over the interactions that hold no weighted position; 0 if not written."""

    kernel: Kernel | None = None
    """How the rest is spread: `equal`, or `decay` for more the nearer to the conversion; equal if not written."""

    half_life: Duration | None = None
    """With `kernel: decay`, the time in which the weight halves: `14d`; if not written, that of the report."""

    description: Text | None = None
    """One line for `attrib models`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        weights = self.weights or Weights()
        if not any((self.rest, weights.first, weights.lead, weights.deal, weights.last)):
            raise WrongValue(
                "the model gives no weight to anything", hint="Give at least one position, or `rest`, a weight above 0."
            )
        if self.half_life is not None and self.kernel != "decay":
            raise WrongValue(
                "a half-life has no effect without decay", hint="Write `kernel: decay` beside it.", at=("half_life",)
            )


@dataclass(frozen=True, kw_only=True)
class Defaults(Keys, heading="defaults"):
    """What `attrib report` does where the command line does not say otherwise; each key is an option of it."""

    type: Annotated[str, Reads(reads.report_type, _TEXT)] | None = None
    """The report type: `contact-create`, `deal-create` or `revenue`."""

    model: Names | None = None
    """The models, built-in or of `models`: `linear`, `[first, last]`, `all`."""

    by: Names | None = None
    """The dimensions: `campaign`, `[channel, month]`."""

    campaign: Texts | None = None
    """The campaigns whose credit is shown, by name or id."""

    period: Annotated[str, Reads(reads.period, _ANY_TEXT)] | None = None
    """The period of the conversions: `last-quarter`, `2026-03`; see periods.md."""

    lookback: Duration | None = None
    """How long before the conversion interactions count: `90d`; without limit if not written."""

    half_life: Duration | None = None
    """The half-life of decay: `14d`; 7 days if not written."""

    where: Texts | None = None
    """Filters, all of which must hold: `region=EMEA`, `channel=email|paid`."""

    eligible: Texts | None = None
    """Filters of the interactions that take part in journeys at all."""

    measure: Annotated[tuple[str, ...], Reads(reads.measures, _TEXTS)] | None = None
    """The measures: `[revenue, deals, share]`."""

    sort: Names | None = None
    """What rows are sorted by."""

    limit: Annotated[int, Reads(reads.whole_number, {"type": "integer", "minimum": 1})] | None = None
    """How many rows are shown; the rest becomes one row `(other)`."""

    compare: Compare | None = None
    """What figures are compared with: `previous-period` or `previous-year`."""

    states: Names | None = None
    """What data-driven models weigh: `channel`; the columns of interactions in `by` if not written."""

    order: Annotated[int, Reads(reads.order, {"type": "integer", "minimum": 1, "maximum": 4})] | None = None
    """How many interactions the Markov chain remembers, 1 to 4; 1 if not written."""

    game: Game | None = None
    """What a coalition is worth to Shapley: `conversions` (if not written) or `rate`."""

    non_converting: YesNo | None = None
    """`false` to leave journeys without conversion out of data-driven models."""

    confidence: Annotated[Decimal, Reads(reads.confidence, {"type": ["string", "number"]})] | None = None
    """Intervals for data-driven models: `90%`; none if not written."""

    seed: Annotated[int, Reads(reads.whole_number, {"type": "integer", "minimum": 1})] | None = None
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

    reports: Annotated[tuple[str, ...], Reads(reads.saved_names, _TEXTS)] | None = None
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


@dataclass(frozen=True, kw_only=True)
class Smtp(Keys, heading="notifications.smtp", written={"sender": "from"}):
    """The server that exports are mailed through. Its password is in `ATTRIB_SMTP_PASSWORD` or a file, never here."""

    host: Name
    """The name of the server: `smtp.example.com`."""

    port: Port | None = None
    """Where it listens; if not written, 587 with `starttls`, 465 with `tls`, else 25."""

    starttls: YesNo | None = None
    """Begin in the clear and change to TLS before anything is said; true if neither this nor `tls` is written."""

    tls: YesNo | None = None
    """Use TLS from the first byte."""

    user: Name | None = None
    """Who logs in; without it nobody does."""

    password_file: Name | None = None
    """A file with the password, relative to the folder of attrib.yaml; `ATTRIB_SMTP_PASSWORD` goes before it."""

    sender: Address | None = None
    """The address that mails come from; the `user` where that is an address."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.tls and self.starttls:
            raise WrongValue("`tls` and `starttls` are both true", hint="Choose one.", at=("starttls",))


@dataclass(frozen=True, kw_only=True)
class Notifications(Keys, heading="notifications"):
    """How exports are delivered."""

    smtp: Smtp | None = None
    """The server that `attrib export --email` sends through."""

    max_attachment: Annotated[int, Reads(reads.size, {"type": ["string", "number"]})] | None = None
    """Larger files are not attached, only named: `10 MB`, which is what holds if not written."""


@dataclass(frozen=True, kw_only=True)
class File(Keys, heading=""):
    """The configuration of attrib."""

    version: Annotated[int, Reads(reads.version, {"const": reads.VERSION})] | None = None
    """The version of this file's form, 1."""

    sources: Sources | None = None
    """Where the tables are."""

    timezone: Annotated[str, Reads(reads.timezone, _TEXT)] | None = None
    """The IANA time zone that days begin and end in, and of timestamps without one; UTC if not written."""

    week_starts_on: Annotated[int, Reads(reads.weekday, {"enum": list(reads.WEEKDAYS)})] | None = None
    """The first day of the week, `monday` to `sunday`; Monday if not written."""

    fiscal_year_starts_in: Annotated[int, Reads(reads.month, _MONTH)] | None = None
    """The first month of the fiscal year, 1 to 12 or its name; January if not written."""

    exclude: Exclude | None = None
    """Interactions that never earn credit."""

    currency: CurrencyCode | None = None
    """The currency that reports are made in: `USD`; if not written, the only one in the data."""

    exchange_rates: Mapping[CurrencyCode, Rate] | None = None
    """What one unit of another currency is worth in `currency`: `EUR: 1.08`."""

    models: Mapping[ModelName, ModelEntry] | None = None
    """Attribution models of your own, by name."""

    defaults: Defaults | None = None
    """What reports do unless told otherwise."""

    reports: Mapping[SavedName, ReportEntry] | None = None
    """Saved reports, by name."""

    dashboards: Mapping[SavedName, DashboardEntry] | None = None
    """Dashboards, by name."""

    teams: Mapping[Name, Names] | None = None
    """Teams and their members: `sales: [ann, bo]`."""

    notifications: Notifications | None = None
    """How exports are delivered."""
