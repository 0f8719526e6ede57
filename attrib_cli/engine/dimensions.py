"""What a report can be cut by and filtered on: names resolved against the columns at hand.

A field belongs to a level, which decides where the query takes it from and what an unattributed conversion shows:
fields of the interaction, its campaign and (in deal reports) its contact say ``(unattributed)``, those of the
conversion keep their value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, Protocol

from attrib_cli.engine.buckets import CATALOGUE as BUCKETS
from attrib_cli.engine.buckets import find_bucket
from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import UsageError, at, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.journey_values import CATALOGUE as JOURNEY_VALUES
from attrib_cli.engine.journey_values import JourneyValue, find_journey_value
from attrib_cli.engine.row_names import UNATTRIBUTED, missing
from attrib_cli.engine.settings import ValueGroups
from attrib_cli.engine.source_spec import UNUSABLE

Level = Literal["interaction", "campaign", "contact", "conversion", "bucket", "position", "journey", "age", "history"]
Kinds = Mapping[str, Mapping[str, str]]
"""Table name -> column name -> kind of the column (id, text, timestamp, date, decimal, boolean, number, other)."""


class _Column(Protocol):
    @property
    def kind(self) -> str:
        """What its values are."""


class _Head(Protocol):
    @property
    def columns(self) -> Mapping[str, _Column]:
        """The columns of a table, by name."""


@frozen
class Offered(Mapping[str, Mapping[str, str]]):
    """The kinds of the columns at hand, and with them the groups of values that the configuration adds.

    With `campaigns_told`, touchpoints that have no ``campaign_id`` have it from elsewhere.
    """

    heads: Mapping[str, _Head]
    groups: tuple[ValueGroups, ...] = ()
    campaigns_told: bool = False

    def __getitem__(self, name: str) -> Mapping[str, str]:
        """Return the kinds of the columns of a table."""
        kinds = {column: found.kind for column, found in self.heads[name].columns.items()}
        if name == "touchpoints" and self.campaigns_told and kinds:
            kinds.setdefault("campaign_id", "id")
        return kinds

    def __contains__(self, name: object) -> bool:
        """Whether a table is at hand."""
        return name in self.heads

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the tables."""
        return iter(self.heads)

    def __len__(self) -> int:
        """Return how many tables there are."""
        return len(self.heads)


DESCRIPTIONS = {
    "campaign": "Campaign of the interaction, by name",
    "campaign_id": "Campaign of the interaction, by id; touchpoint.campaign_id is what stands in the touchpoints",
    "position": "Key positions the interaction holds: first, lead, deal, last, joined by +, or middle",
    "channel": "Channel of the interaction",
    "interaction_type": "Type of the interaction",
    "interaction_source": "Source of the interaction",
    "asset_type": "Type of the asset interacted with",
    "asset_title": "Title of the asset interacted with",
    "content_type": "Type of the content interacted with",
}

PREFIXES = {"touchpoints": "touchpoint", "contacts": "contact", "deals": "deal", "campaigns": "campaign"}
JOURNEYS = "journeys"
"""What stands for a table in the fields of what journeys say, which are columns of none."""
OF_CONVERSION = "conversion"
"""What stands before the columns of a table of the configuration's own conversions."""
_TABLES = {word: table for table, prefix in PREFIXES.items() for word in (table, prefix)} | {
    "interaction": "touchpoints",
    "interactions": "touchpoints",
}


@frozen
class Field:
    """A column that a report can be cut by or filtered on.

    `name` is what it is called in the output, `table` and `column` where it stands, `kind` how it compares. With
    `groups` its values are those of the column grouped, which are of the kind `grouped`.
    """

    name: str
    level: Level
    table: str
    column: str
    kind: str
    groups: ValueGroups | None = None
    grouped: str = ""

    @property
    def of_time(self) -> bool:
        """Whether its values follow time, as those of a bucket do that are not grouped."""
        return self.level == "bucket" and self.groups is None

    @property
    def place(self) -> tuple[str, str]:
        """The table and column, which are the same however the field is called."""
        return self.table, self.column

    @property
    def of_interaction(self) -> bool:
        """Whether the interaction says it, itself or by its campaign: what data-driven models weigh and spend is of."""
        return self.level in ("interaction", "campaign")

    @property
    def carried(self) -> bool:
        """Whether an interaction carries its value through the query, from its row, its contact's or its age."""
        return self.level in ("interaction", "contact", "age")

    @property
    def of_credit(self) -> bool:
        """Whether the credits of a conversion differ in it, so that a filter on it picks credits, not conversions."""
        return self.level in ("interaction", "campaign", "position", "age")

    @property
    def from_data(self) -> bool:
        """Whether its values are those of a column of the data, grouped or not."""
        return self.level in ("interaction", "campaign", "contact", "conversion")

    @property
    def named_by_query(self) -> bool:
        """Whether the query names its values, before groups, so that each has one and none is called like another."""
        return self.level in ("bucket", "position")

    @property
    def quoted(self) -> bool:
        """Whether a value that is called like a row of the report's own is shown in quotes, which a path never is."""
        return self.level != "journey" or self.groups is not None

    @property
    def of_conversion(self) -> bool:
        """Whether the conversion says it, so that unattributed conversions keep their value of it."""
        return self.level in ("conversion", "bucket", "journey", "history")

    @property
    def says_unattributed(self) -> bool:
        """Whether a row without interactions says so in it, and so comes after all others."""
        value = self.journey_value
        return not self.of_conversion or (value is not None and value.needs_interactions)

    @property
    def journey_value(self) -> JourneyValue | None:
        """The entry of what the journey says, None for all other fields."""
        return find_journey_value(self.column) if self.table == JOURNEYS else None

    @property
    def of_channels(self) -> bool:
        """Whether it is made of the channels of the interactions of a journey."""
        return self.journey_value is not None and self.journey_value.of_channels

    @property
    def counts(self) -> bool:
        """Whether its rows are numbers in order, as those of a distribution are."""
        return self.level in ("journey", "age") and self.kind == "number" and self.groups is None

    @property
    def missing_label(self) -> str:
        """What a row shows where the field is null: ``(no campaign)``; of journeys without interactions that."""
        return UNATTRIBUTED if self.level == "journey" else missing(self.name)


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _level(table: str, report_type: ReportType) -> Level:
    if table == "touchpoints":
        return "interaction"
    if table == "campaigns":
        return "campaign"
    of_conversion = table == report_type.table or (table == "deals" and report_type.whose == "deal")
    return "conversion" if of_conversion else "contact"


def prefix_of(table: str) -> str:
    """Return what stands before a column of `table` where several tables have it: ``deal`` in ``deal.owner``."""
    return "journey" if table == JOURNEYS else PREFIXES.get(table, OF_CONVERSION)


def _reachable(report_type: ReportType, kinds: Kinds) -> tuple[str, ...]:
    order = (
        ("touchpoints", report_type.table, *_deals(report_type), "contacts", "campaigns")
        if report_type.pooled
        else ("contacts", "touchpoints", "campaigns")
    )
    joined = "campaign_id" in kinds.get("touchpoints", {})
    return tuple(table for table in order if table in kinds and (table != "campaigns" or joined))


def _deals(report_type: ReportType) -> tuple[str, ...]:
    """The deals, where they are not what converts and the rows of what does name one."""
    return ("deals",) if report_type.whose == "deal" else ()


def available_fields(report_type: ReportType, kinds: Kinds) -> tuple[tuple[Field, str], ...]:
    """Return every field that the data at hand offers a report of this type, with a description each."""
    fields: list[tuple[Field, str]] = []
    if "campaign_id" in kinds.get("touchpoints", {}):
        fields.extend(
            (resolve_field(name, report_type, kinds), DESCRIPTIONS[name]) for name in ("campaign", "campaign_id")
        )
    fields.append((resolve_field("position", report_type, kinds), DESCRIPTIONS["position"]))
    fields.extend((resolve_field(one.name, report_type, kinds), one.description) for one in BUCKETS)
    for value in JOURNEY_VALUES:
        if not value.of_channels or "channel" in kinds.get("touchpoints", {}):
            fields.append((resolve_field(f"journey.{value.name}", report_type, kinds), value.description))
    for table in _reachable(report_type, kinds):
        for column in (name for name, kind in kinds[table].items() if kind not in UNUSABLE):
            try:
                field = resolve_field(column, report_type, kinds)
            except UsageError:
                field = resolve_field(f"{prefix_of(table)}.{column}", report_type, kinds)
            if field.table != table or (field.column != column):
                field = resolve_field(f"{prefix_of(table)}.{column}", report_type, kinds)
            if any(known == field for known, _ in fields):
                continue
            fields.append((field, DESCRIPTIONS.get(field.name, f"Column {column} of {table}")))
    for groups in _groups(kinds):
        try:
            field = resolve_field(groups.name, report_type, kinds)
        except UsageError:
            continue
        fields.append((field, f"Groups of {groups.of}: {', '.join(groups.names)}"))
    return tuple(fields)


def _groups(kinds: Kinds) -> tuple[ValueGroups, ...]:
    return kinds.groups if isinstance(kinds, Offered) else ()


def resolve_field(name: str, report_type: ReportType, kinds: Kinds) -> Field:
    """Return the field called `name` (any case; ``deal.owner`` where several tables have one).

    Raises UsageError where the data have no such column, or several tables have it.
    """
    folded = _fold(name)
    named = next((groups for groups in _groups(kinds) if _fold(groups.name) == folded), None)
    if named is not None:
        return _grouped(named, report_type, kinds)
    prefix, dot, rest = folded.partition(".")
    if not dot and find_bucket(folded) is not None:
        return Field(name=folded, level="bucket", table=report_type.table, column=folded, kind="text")
    if not dot and folded == "position":
        return Field(name=folded, level="position", table="touchpoints", column=folded, kind="text")
    said = find_journey_value(rest or folded) if not dot or prefix in ("journey", JOURNEYS) else None
    if said is not None:
        return _of_journey(said, report_type, kinds, bare=not dot)
    if not dot and folded in ("campaign", "campaign_id"):
        if "campaign_id" not in kinds.get("touchpoints", {}):
            raise UsageError(
                "the touchpoints have no column campaign_id, so nothing can be cut by campaign",
                hint="Add the column, map it under sources: touchpoints: columns:, say what their assets belong to"
                " (sources: campaign_assets:), or choose another --by.",
            )
        column, kind = ("name", "text") if folded == "campaign" else ("campaign_id", "id")
        return Field(name=folded, level="campaign", table="campaigns", column=column, kind=kind)
    words = {**_TABLES, OF_CONVERSION: report_type.table, "conversions": report_type.table}
    if dot and prefix in words:
        tables: tuple[str, ...] = (words[prefix],)
        wanted = rest
    else:
        tables = _reachable(report_type, kinds)
        wanted = folded
    if dot and prefix in words and tables[0] not in _reachable(report_type, kinds):
        raise UsageError(
            f"a {report_type.name} report has no {tables[0]} to take '{name}' from",
            hint=f"Tables at hand: {', '.join(_reachable(report_type, kinds))}.",
        )
    found = [
        (table, column)
        for table in tables
        for column in kinds[table]
        if _fold(column) == wanted and _fold(column) != "source_row"
    ]
    if report_type.configured and any(table == report_type.table for table, _ in found):
        found = [one for one in found if one[0] != "deals"]  # its own column goes before that of the deal it names
    if len(found) > 1 and wanted in ("contact_id", "deal_id"):
        found = found[:1]
    if len(found) > 1:
        choices = [f"{prefix_of(table)}.{column}" for table, column in found]
        raise UsageError(f"'{name}' stands in several tables", hint=f"Say which: {' or '.join(choices)}.")
    if not found:
        names = sorted(
            {
                *(bucket.name for bucket in BUCKETS),
                "campaign",
                "position",
                *(value.name for value in JOURNEY_VALUES),
                *(groups.name for groups in _groups(kinds)),
                *(c for t in _reachable(report_type, kinds) for c in kinds[t]),
            }
        )
        raise UsageError(
            f"the data have no column '{name}' for a {report_type.name} report",
            hint=did_you_mean(wanted, names) or "`attrib dimensions` lists those at hand.",
        )
    table, column = found[0]
    if (unusable := UNUSABLE.get(kinds[table][column])) is not None:
        why, hint = unusable
        raise UsageError(f"'{name}' {why}", hint=hint.format(table=table, column=column))
    shown = f"{prefix_of(table)}.{column}" if dot else column
    return Field(name=shown, level=_level(table, report_type), table=table, column=column, kind=kinds[table][column])


def _grouped(groups: ValueGroups, report_type: ReportType, kinds: Kinds) -> Field:
    """Return the field of grouped values; raises UsageError, with the line, where what it is of cannot be grouped."""
    tables = replace(kinds, groups=()) if isinstance(kinds, Offered) else kinds
    with at(groups.place or "groups"):
        try:
            taken = resolve_field(groups.name, report_type, tables)
        except UsageError:
            taken = None
        if taken is not None or _fold(groups.name) in ("model", "source_row"):
            raise UsageError(
                f"'{groups.name}' is a dimension already, and is to be the name of groups",
                hint="Choose another name.",
            )
        of = resolve_field(groups.of, report_type, tables)
    return replace(of, name=_fold(groups.name), kind="text", groups=groups, grouped=of.kind)


def _of_journey(value: JourneyValue, report_type: ReportType, kinds: Kinds, *, bare: bool) -> Field:
    """Return the field of what the journey says; `bare` where nothing says that the journey is meant.

    Raises UsageError where a column of the data is called the same, and where the touchpoints have no channel.
    """
    name = value.name
    tables = [table for table in _reachable(report_type, kinds) if name in map(_fold, kinds[table])]
    if bare and tables:
        choices = [f"journey.{name}", *(f"{prefix_of(table)}.{name}" for table in tables)]
        raise UsageError(
            f"'{name}' is a column of {' and '.join(tables)}, and what the journey says",
            hint=f"Say which: {' or '.join(choices)}.",
        )
    if value.of_channels and "channel" not in kinds.get("touchpoints", {}):
        raise UsageError(
            f"the touchpoints have no column channel, of which '{name}' is made",
            hint="Map it under sources: touchpoints: columns:, or cut by path_length.",
        )
    shown = f"journey.{name}" if tables else name
    return Field(name=shown, level=value.level, table=JOURNEYS, column=name, kind=value.kind)


def resolve_dimensions(names: Iterable[str], report_type: ReportType, kinds: Kinds) -> tuple[Field, ...]:
    """Return the fields to cut a report by, each once, in order; raises UsageError."""
    fields: dict[str, Field] = {}
    for name in names:
        field = resolve_field(name, report_type, kinds)
        if field.name in ("model", "source_row"):
            raise UsageError(
                f"'{field.name}' cannot be a dimension", hint="It is the name of a column of every report."
            )
        fields.setdefault(field.name, field)
    return tuple(fields.values())
