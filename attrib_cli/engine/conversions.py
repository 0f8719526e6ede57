"""Report types as data: what converts, when, what it is worth and whose interactions lead to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import ConversionTable, Settings
from attrib_cli.engine.source_spec import TableName
from attrib_cli.engine.spec import ReportSpec


@frozen
class ReportType:
    """One kind of conversion (attribution spec, section 2).

    `title` heads its reports, and `short` stands where there is less room; `done` says in a word what happened at its
    moment (``closed``), `thing` what one conversion is.

    `table` holds a row for each candidate, `key` its id, `moment` the column that says when it converted, `value` the
    one with its amount. `counted` is the measure of one conversion each, `valued` that of its amount (None where there
    is none), `primary` the one that shares are of. `whose` says whose interactions lead to it: those of the contact
    that it is (``self``), of the contacts of the deal that it is (``contacts``), or of the ``contact`` or the ``deal``
    that its row names. `won_only` restricts to won deals with an amount and a creation date. `positions` are the key
    positions that its journeys have.
    """

    name: str
    title: str
    short: str
    description: str
    done: str
    thing: str
    table: TableName
    key: str
    moment: str
    value: str | None = None
    counted: str
    valued: str | None
    primary: str
    positions: tuple[str, ...]
    whose: Literal["self", "contacts", "contact", "deal"]
    won_only: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def created_before(self) -> bool:
        """Whether a deal is created before it converts, so that its creation is a key position of its own."""
        return self.whose == "contacts" and self.moment != "created_at"

    @property
    def pooled(self) -> bool:
        """Whether a journey pools the interactions of the contacts of its conversion, or is one contact's own."""
        return self.whose != "self"

    @property
    def through_deals(self) -> bool:
        """Whether its contacts are those of a deal."""
        return self.whose in ("contacts", "deal")

    @property
    def configured(self) -> bool:
        """Whether it is of the configuration, with a table of its own."""
        return self.whose in ("contact", "deal")

    @property
    def credited(self) -> str:
        """The measure that a ledger credits to interactions: the amount where conversions have one, else a count."""
        return self.valued or self.counted


CATALOGUE: tuple[ReportType, ...] = (
    ReportType(
        name="contact-create",
        title="Contacts created",
        short="Contacts",
        done="created",
        thing="contact",
        description="Contacts, credited to what led to their creation",
        table="contacts",
        key="contact_id",
        moment="created_at",
        counted="contacts",
        valued=None,
        primary="contacts",
        positions=("first", "lead", "last"),
        whose="self",
        aliases=("contacts", "contact"),
    ),
    ReportType(
        name="deal-create",
        title="Deals created",
        short="Deals",
        done="created",
        thing="deal",
        description="Deals and their amounts, whatever the outcome, credited to what led to their creation",
        table="deals",
        key="deal_id",
        moment="created_at",
        value="amount",
        counted="deals",
        valued="amount",
        primary="deals",
        positions=("first", "lead", "deal", "last"),
        whose="contacts",
        aliases=("deals", "deal"),
    ),
    ReportType(
        name="revenue",
        title="Revenue",
        short="Revenue",
        done="closed",
        thing="deal",
        description="Revenue of won deals, credited to what led to their closing",
        table="deals",
        key="deal_id",
        moment="closed_at",
        value="amount",
        counted="deals",
        valued="revenue",
        primary="revenue",
        positions=("first", "lead", "deal", "last"),
        whose="contacts",
        won_only=True,
    ),
)


def fold_type(name: str) -> str:
    """Return `name` as report types are compared: without case, ``-``, ``_`` and blanks alike."""
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


def known_types(tables: Sequence[ConversionTable] = ()) -> tuple[ReportType, ...]:
    """Return the catalogue followed by the conversions of the configuration."""
    return (*CATALOGUE, *map(_configured, tables))


def _configured(table: ConversionTable) -> ReportType:
    title = table.name.replace("-", " ")
    title = title[:1].upper() + title[1:]
    return ReportType(
        name=table.name,
        title=title,
        short=title,
        done="converted",
        thing="conversion",
        description=table.description or "Conversions of the configuration, credited to what led to them",
        table=table.table,
        key="conversion_id",
        moment="converted_at",
        value="conversion_value" if table.valued else None,
        counted="conversions",
        valued="value" if table.valued else None,
        primary="value" if table.valued else "conversions",
        positions=("first", "lead", "last"),
        whose=table.of,
    )


YOUR_OWN = _configured(ConversionTable(name="your own", of="contact", valued=True))
"""What a conversion of a configuration is like, for lists that know none."""


def choose_type(name: str, tables: Sequence[ConversionTable] = ()) -> ReportType:
    """Return the report type called `name`, in any case, with ``-`` or ``_``; raises UsageError.

    `tables` are the conversions of the configuration.
    """
    if "," in name:
        raise UsageError(f"'{name}' are several report types, and here is one to name", hint="Leave the others out.")
    folded = fold_type(name)
    known = known_types(tables)
    for report_type in known:
        if folded in (report_type.name, *report_type.aliases):
            return report_type
    names = [report_type.name for report_type in known]
    raise UsageError(
        f"there is no report type '{name}'", hint=did_you_mean(folded, names) or f"Report types: {', '.join(names)}."
    )


def choose_types(names: str, tables: Sequence[ConversionTable] = ()) -> tuple[ReportType, ...]:
    """Return the report types of a list separated by commas, each once; raises as `choose_type`."""
    return tuple(dict.fromkeys(choose_type(name, tables) for name in names.split(",")))


def types_of(spec: ReportSpec, settings: Settings) -> tuple[ReportType, ...]:
    """Return all report types that are asked for, each once; raises as `choose_type`."""
    names = (spec.type, *spec.more_types)
    return tuple(dict.fromkeys(choose_type(name, settings.conversions) for name in names))


def type_of(spec: ReportSpec, settings: Settings) -> ReportType:
    """Return the one report type that is asked for; raises as `choose_type`, and UsageError for several."""
    if spec.more_types:
        raise UsageError(
            f"{', '.join((spec.type, *spec.more_types))} are several report types, and this is of one",
            hint=f"Name one, such as --type {spec.type}.",
            place="--type",
        )
    return choose_type(spec.type, settings.conversions)
