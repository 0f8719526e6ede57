"""The keys of a kind of conversion that the configuration defines: a table with a row for each."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from attrib_cli.config.schema.markers import OrText, WrongValue
from attrib_cli.config.schema.source_sections import ColumnEntry, SourceFiles
from attrib_cli.config.schema.types import Text
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.spec import CONVERSION_KEYS

Column: TypeAlias = Annotated[ColumnEntry, OrText("header")]


@frozen
class ConversionEntry(
    SourceFiles,
    heading="conversions.NAME",
    any_of=("path", "sql"),
    written=CONVERSION_KEYS,
):
    """A kind of conversion of your own, such as demos booked, for `--type NAME`: a table with a row for each.

    It has all keys of a source's files beside its own, each of which is a header or has the rules of a column.
    """

    conversion_id: Column
    """The id of the conversion, unique in the table: `Booking ID`."""

    converted_at: Column
    """When it converted: `Booked at`."""

    contact_id: Column | None = None
    """The contact whose interactions lead to it, by the id that touchpoints have."""

    deal_id: Column | None = None
    """In place of `contact`: the deal, the interactions of all of whose contacts lead to it."""

    conversion_value: Column | None = None
    """What it is worth, where that is known; without, conversions are counted only."""

    currency: Column | None = None
    """The currency of `value`, where it is not that of the reports."""

    description: Text | None = None
    """One line for the list of report types, `attrib types`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        super().__post_init__()
        if self.contact_id is None and self.deal_id is None:
            hint = "Write `contact` with the header of the contact's id, or `deal`."
            raise WrongValue("nothing says whose interactions lead to it", hint=hint)
        if self.contact_id is not None and self.deal_id is not None:
            raise WrongValue("`contact` and `deal` are both written", hint="Choose one.", at=("deal",))
        if self.currency is not None and self.conversion_value is None:
            raise WrongValue("`currency` goes with `value`", hint="Write the header of the value.", at=("currency",))
        for key in COLUMNS:
            column: ColumnEntry | None = getattr(self, key)
            if column is not None and column.split is not None:
                hint = "Give each conversion a row."
                raise WrongValue("a list would make several conversions of one", hint=hint, at=(self.key(key),))

    def columns(self) -> dict[str, ColumnEntry]:
        """Return the columns of the table that are written, by the names that the engine has for them."""
        written = {name: getattr(self, name) for name in COLUMNS}
        return {name: column for name, column in written.items() if column is not None}


COLUMNS = ("conversion_id", "converted_at", "contact_id", "deal_id", "conversion_value", "currency")
