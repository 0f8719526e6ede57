"""What holds for every report on the same data: days, currency, what is excluded, one's own models and conversions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import TableName


@frozen
class CustomModel:
    """A model of the configuration: weights over the positions, the rest's weight and its kernel."""

    name: str
    weights: Mapping[str, Decimal] = field(hash=False)
    rest: Decimal = Decimal(0)
    kernel: Literal["equal", "decay"] = "equal"
    half_life: dt.timedelta | None = None
    description: str = ""
    place: str | None = None


CONVERSIONS = "_conversions"
"""How the names of tables of the configuration's own conversions end."""

CONVERSION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "conversion_id": "key",
        "converted_at": "moment",
        "contact_id": "contact",
        "deal_id": "deal",
        "conversion_value": "value",
    }
)
"""What columns of these tables are called in a configuration, where that is another name."""


@frozen
class ConversionTable:
    """A kind of conversion of the configuration, such as demos booked: a table with a row for each.

    Its columns are ``conversion_id``, ``converted_at``, and ``contact_id``, or ``deal_id`` where they are `of` a deal
    and so of all its contacts; `valued` ones have an amount, ``conversion_value``.
    """

    name: str
    of: Literal["contact", "deal"]
    valued: bool = False
    description: str = ""
    place: str | None = None

    @property
    def table(self) -> TableName:
        """The name of the table: ``demo_booked_conversions``."""
        return f"{self.name.replace('-', '_')}{CONVERSIONS}"


@frozen
class WarnBelow:
    """The parts, between 0 and 1, below which tables that do not join are warned of; 0 for never.

    `contacts` is of the conversions' contacts that have a touchpoint, `touchpoints` of the touchpoints whose contact is
    known (in reports of contacts), `deals` of the deals that have contacts, `campaigns` of the interactions with a
    campaign whose campaign is known.
    """

    contacts: Decimal = Decimal("0.85")
    touchpoints: Decimal = Decimal("0.5")
    deals: Decimal = Decimal("0.85")
    campaigns: Decimal = Decimal("0.9")


@frozen
class ValueGroup:
    """One group: its name, and the patterns of the values that are in it."""

    name: str
    patterns: tuple[str, ...]


@frozen
class ValueGroups:
    """The values of the dimension `of`, grouped, as a dimension called `name`.

    A value is in the first of `groups` that it is like, else in the group `otherwise`; without one it stays what it is.
    `place` is where that is written.
    """

    name: str
    of: str
    groups: tuple[ValueGroup, ...]
    otherwise: str | None = None
    place: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all groups."""
        return (*(group.name for group in self.groups), *((self.otherwise,) if self.otherwise else ()))


class ConfigKey:
    """Marks a setting that `attrib.yaml` has a key for, called the same; the text below the setting documents it.

    `kind` names the type of `config.schema.types` that reads it and that editors are told about.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


@frozen
class Settings:
    """What holds for every report on this data.

    Those marked with a `ConfigKey` are keys of the configuration as they stand; others are written in another form,
    which is a key of `File` in `config.schema.sections`, and made in `config.load`. `exchange_rates` gives the value
    of one unit of a currency in `currency`. `won_stages` are the stages of won deals, in place of what deals say by
    themselves; with `all_won` all are.
    """

    timezone: Annotated[str, ConfigKey("TimeZone")] = "UTC"
    """The IANA time zone that days begin and end in, and of timestamps without one; UTC if not written."""

    week_starts_on: Annotated[int, ConfigKey("Weekday")] = 0
    """The first day of the week, `monday` to `sunday`; Monday if not written."""

    fiscal_year_starts_in: Annotated[int, ConfigKey("Month")] = 1
    """The first month of the fiscal year, 1 to 12 or its name; January if not written."""

    currency: Annotated[str | None, ConfigKey("CurrencyCode")] = None
    """The currency that reports are made in: `USD`; if not written, the only one in the data."""

    from_association: Annotated[bool, ConfigKey("YesNo")] = False
    """Whether interactions belong to a campaign of their asset only from its association on (`associated_at`)."""

    exclude_asset_types: tuple[str, ...] = ("static list", "workflow", "OBJECT_LIST", "AUTOMATION_PLATFORM_FLOW")
    exclude_interaction_types: tuple[str, ...] = ()
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    models: tuple[CustomModel, ...] = ()
    groups: tuple[ValueGroups, ...] = ()
    conversions: tuple[ConversionTable, ...] = ()
    warn_below: WarnBelow = WarnBelow()
    won_stages: tuple[str, ...] = ()
    all_won: bool = False
