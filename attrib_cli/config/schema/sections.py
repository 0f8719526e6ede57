"""Every key of `attrib.yaml`, as one typed field with a docstring; those of reports are in `report_fields`.

From these classes come the check of a file, its JSON Schema and the reference in the documentation. A field that is
None was not written; what holds then is in `Settings` and `ReportSpec`. Settings that are written as they stand have
their keys from `Settings` itself.
"""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, TypeVar, get_type_hints

from attrib_cli.config.schema import types
from attrib_cli.config.schema.conversion_sections import ConversionEntry
from attrib_cli.config.schema.markers import OrText, WrongValue
from attrib_cli.config.schema.report_fields import Defaults
from attrib_cli.config.schema.report_sections import DashboardEntry, ReportEntry
from attrib_cli.config.schema.source_sections import Source, SourceEntry
from attrib_cli.config.schema.types import (
    Address,
    ConversionName,
    CurrencyCode,
    DimensionName,
    Duration,
    EngineName,
    Ignored,
    Kernel,
    KeyringName,
    Keys,
    Memory,
    ModelName,
    Name,
    Names,
    Patterns,
    Port,
    Rate,
    SavedName,
    Share,
    Size,
    Text,
    Texts,
    Threads,
    Variable,
    Version,
    Weight,
    Won,
    YesNo,
)
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import ConfigKey, Settings

__all__ = [
    "CheckEntry",
    "ConversionEntry",
    "DashboardEntry",
    "Defaults",
    "Exclude",
    "File",
    "GroupsEntry",
    "Keys",
    "ModelEntry",
    "Notifications",
    "ReportEntry",
    "ResourcesEntry",
    "Smtp",
    "SourceEntry",
    "Sources",
    "WarnBelowEntry",
    "Weights",
]

_File = TypeVar("_File", bound=Keys)


@frozen
class Sources(Keys, heading="sources", noun="table"):
    """Where each table is. A report needs `touchpoints` and the table of its conversions, or `paths`."""

    touchpoints: Source | None = None
    """Interactions: one contact did one thing. Needs `contact_id` and `occurred_at`."""

    contacts: Source | None = None
    """Contacts. Needs `contact_id` and `created_at`."""

    deals: Source | None = None
    """Deals. Needs `deal_id` and `created_at`; revenue also `closed_at`, `amount` and `is_won` or `stage`."""

    paths: Source | None = None
    """Paths with counts, in place of touchpoints and deals. Needs `path`, and `conversions` or `null`."""

    deal_contacts: Source | None = None
    """Which contacts belong to which deals. Needs `deal_id` and `contact_id`."""

    campaigns: Source | None = None
    """Campaigns. Needs `campaign_id` and `name`."""

    campaign_assets: Source | None = None
    """Which assets belong to which campaigns, from when to when. Needs `asset` and `campaign_id`."""

    campaign_spend: Source | None = None
    """What campaigns cost, day by day. Needs `campaign_id`, `spent_on` and `amount`."""

    def __post_init__(self) -> None:
        """Refuse steps of tables that have none."""
        for one in dataclasses.fields(self):
            source = getattr(self, one.name)
            if one.name != "paths" and source is not None and source.separator is not None:
                hint = "Delete it. Between the items of a column stands what its rule `split` says."
                raise WrongValue("only `paths` have steps", hint=hint, at=(one.name, "separator"))


@frozen
class Exclude(Keys, heading="exclude"):
    """Interactions that never earn credit; they are taken out before weighting.

    A list written here replaces the program's own; `[]` excludes nothing. Case, `_`, `-` and blanks do not matter.
    """

    asset_types: Texts | None = None
    """Asset types to leave out; if not written: static list and workflow, also by their API names."""

    interaction_types: Texts | None = None
    """Interaction types to leave out; none if not written."""


@frozen
class WarnBelowEntry(Keys, heading="warn_below"):
    """How much of the tables must join, else a report warns: `50%`, or `0%` for no warning.

    Ids that match but for the way of writing (case, blanks, leading zeros, lists) are warned of at any rate.
    """

    contacts: Share | None = None
    """Of the conversions' contacts, those with any touchpoint; 85% if not written."""

    touchpoints: Share | None = None
    """In reports of contacts, of the touchpoints those whose contact is in `contacts`; 50% if not written."""

    deals: Share | None = None
    """Of the deals, those with contacts; 85% if not written."""

    campaigns: Share | None = None
    """Of the interactions with a campaign, those whose campaign is in `campaigns`; 90% if not written."""


@frozen
class CheckEntry(Keys, heading="check"):
    """What `attrib check` passes over; see check.md."""

    ignore: Ignored | None = None
    """Findings that are known and meant, by check, or by check and column: `[stages, spelled-alike deals.stage]`."""


@frozen
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

    same: Weight | None = None
    """The same, where it was on the conversion's own day; a conversion without such a one has no such position."""


@frozen
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
        if not any((self.rest, weights.first, weights.lead, weights.deal, weights.last, weights.same)):
            raise WrongValue(
                "the model gives no weight to anything", hint="Give at least one position, or `rest`, a weight above 0."
            )
        if self.half_life is not None and self.kernel != "decay":
            raise WrongValue(
                "a half-life has no effect without decay", hint="Write `kernel: decay` beside it.", at=("half_life",)
            )


@frozen
class GroupsEntry(Keys, heading="groups.NAME"):
    """Values of a dimension, grouped, as a dimension of its own that is called by this name."""

    of: Name
    """The dimension whose values are grouped: `channel`, `campaign`, `deal.owner`, `path_length`."""

    values: Mapping[Name, Patterns]
    """The groups in order, each with patterns of its values, `Paid: [Paid*, Display]`; a value is in the first that
    fits. `*` stands for anything, `/.../` is a regular expression, '' is like nothing being there, without case."""

    otherwise: Text | None = None
    """The group of all other values; if not written, each stays what it is."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if not self.values:
            raise WrongValue("there are no groups", hint="Write `values: {Paid: [Paid*, Display]}`.", at=("values",))


@frozen
class Smtp(Keys, heading="notifications.smtp", written={"sender": "from"}):
    """The server that exports are mailed through. Its password is in `ATTRIB_SMTP_PASSWORD`, a file or a keyring."""

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

    password_keyring: KeyringName | None = None
    """The service under which the system's keyring has the password of `user`; the variable goes before it."""

    sender: Address | None = None
    """The address that mails come from; the `user` where that is an address."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.tls and self.starttls:
            raise WrongValue("`tls` and `starttls` are both true", hint="Choose one.", at=("starttls",))
        if self.password_file is not None and self.password_keyring is not None:
            problem = "`password_file` and `password_keyring` are both written"
            raise WrongValue(problem, hint="Choose one.", at=("password_keyring",))


@frozen
class Target(Keys, heading="notifications.targets.NAME", any_of=("env", "keyring")):
    """A service that messages go to: where its address stands, which is a secret and never here.

    `team: TEAM_CHAT` is short for `team: {env: TEAM_CHAT}`.
    """

    env: Variable | None = None
    """The environment variable with the address, as Apprise writes it: `slack://…`, `msteams://…`, `jsons://…`."""

    keyring: KeyringName | None = None
    """The service under which the system's keyring has the address."""

    entry: KeyringName | None = None
    """The user name of that entry; the target's own name if not written."""

    def __post_init__(self) -> None:
        """Refuse a target without a place for its address, and one with two."""
        if (self.env is None) == (self.keyring is None):
            problem = "neither `env` nor `keyring`" if self.env is None else "both `env` and `keyring`"
            hint = "Write `env: NAME_OF_A_VARIABLE` or `keyring: SERVICE`."
            raise WrongValue(f"{problem} says where the address stands", hint=hint)
        if self.entry is not None and self.keyring is None:
            raise WrongValue("an entry needs a keyring", hint="Write `keyring: SERVICE` beside it.", at=("entry",))


@frozen
class Notifications(Keys, heading="notifications"):
    """How exports are delivered."""

    smtp: Smtp | None = None
    """The server that `attrib export --email` sends through."""

    targets: Mapping[SavedName, Annotated[Target, OrText("env")]] | None = None
    """Services that `attrib export --notify` sends to, by name."""

    max_attachment: Size | None = None
    """What attached files may have together; further ones are only named: `10 MB`, which holds if not written."""


@frozen
class ResourcesEntry(Keys, heading="resources"):
    """What the engine may take of the machine; no figure depends on it."""

    memory: Memory | None = None
    """Memory before it goes on in temporary files: `4GB`; if not written, half of what the machine or container has."""

    threads: Threads | None = None
    """How many threads work; if not written, as many as the machine or container has processors."""

    temp_dir: Name | None = None
    """The folder for temporary files, relative to that of attrib.yaml; if not written, the system's (`TMPDIR`)."""

    engine: EngineName | None = None
    """Who computes reports, exports and dashboards: `duckdb`, here (the default), `spark` or `ray`, on a cluster."""

    master: Name | None = None
    """Where Spark runs: `local[*]`, all cores of this machine (the default), `spark://host:7077`, `yarn`; or Ray."""

    spark_remote: Name | None = None
    """A Spark Connect server in place of `master`: `sc://host:15002`."""

    shards: Threads | None = None
    """Into how many parts a cluster cuts journeys; if not written, one for each core and two million touchpoints."""

    def __post_init__(self) -> None:
        """Refuse two places."""
        if self.master is not None and self.spark_remote is not None:
            hint = "Choose one."
            raise WrongValue("`master` and `spark_remote` are both written", hint=hint, at=("spark_remote",))


def _with_settings(cls: type[_File]) -> type[_File]:
    """Give a class the keys of the settings that are marked as such, behind its key `sources`."""
    hints = get_type_hints(Settings, include_extras=True)
    marks = {name: mark for name, hint in hints.items() for mark in getattr(hint, "__metadata__", ())}
    kinds = {name: getattr(types, mark.kind) for name, mark in marks.items() if isinstance(mark, ConfigKey)}
    for name in kinds:
        setattr(cls, name, None)
    own = list(cls.__annotations__.items())
    behind = list(cls.__annotations__).index("sources") + 1
    settings = [(name, kind | None) for name, kind in kinds.items()]
    cls.__annotations__ = dict([*own[:behind], *settings, *own[behind:]])
    return cls


@frozen
@_with_settings
class File(Keys, heading=""):
    """The configuration of attrib."""

    version: Version | None = None
    """The version of this file's form, 1."""

    sources: Sources | None = None
    """Where the tables are."""

    exclude: Exclude | None = None
    """Interactions that never earn credit."""

    exchange_rates: Mapping[CurrencyCode, Rate] | None = None
    """What one unit of another currency is worth in `currency`: `EUR: 1.08`."""

    models: Mapping[ModelName, ModelEntry] | None = None
    """Attribution models of your own, by name."""

    groups: Mapping[DimensionName, GroupsEntry] | None = None
    """Dimensions of your own, made of the values of others, by name."""

    conversions: Mapping[ConversionName, ConversionEntry] | None = None
    """Kinds of conversions of your own, by the name that `--type` takes: `demo-booked`, `order`."""

    won_stages: Texts | None = None
    """The stages of won deals, in place of `is_won`: `[6 - Signed, Paid]`; case, `_`, `-` and blanks do not matter."""

    won: Won | None = None
    """`all` where every row of `deals` is won, as in a table of orders."""

    warn_below: WarnBelowEntry | None = None
    """How much of the tables must join, else a report warns."""

    check: CheckEntry | None = None
    """What `attrib check` passes over."""

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

    resources: ResourcesEntry | None = None
    """What the engine may take of the machine."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        if self.won_stages is not None and self.won is not None:
            raise WrongValue("`won` and `won_stages` are both written", hint="Choose one.", at=("won",))
        if self.won_stages == ():
            raise WrongValue("`won_stages` is empty, so that no deal is won", hint="Name a stage.", at=("won_stages",))
