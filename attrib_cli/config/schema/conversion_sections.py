"""The keys of a kind of conversion that the configuration defines: a table with a row for each."""

from typing import Annotated, TypeAlias

from attrib_cli.config.schema.markers import OrText, WrongValue
from attrib_cli.config.schema.source_sections import ColumnEntry, SourceFiles
from attrib_cli.config.schema.types import Text
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import CONVERSION_KEYS

Column: TypeAlias = Annotated[ColumnEntry, OrText("header")]


@frozen
class ConversionRows(SourceFiles, heading="conversions.NAME", any_of=("path", "sql"), written=CONVERSION_KEYS):
    """The rows of a kind of conversion, and which columns say what."""

    conversion_id: Column | None = None
    """The id of the conversion, unique in the table: `Booking ID`. Needed, here or in each source of `union`."""

    converted_at: Column | None = None
    """When it converted: `Booked at`. Needed, as `key` is."""

    contact_id: Column | None = None
    """The contact whose interactions lead to it, by the id that touchpoints have."""

    deal_id: Column | None = None
    """In place of `contact`: the deal, the interactions of all of whose contacts lead to it."""

    conversion_value: Column | None = None
    """What it is worth, where that is known; without, conversions are counted only."""

    currency: Column | None = None
    """The currency of `value`, where it is not that of the reports."""

    def check_columns(self) -> None:
        """Refuse columns that are missing, and those that do not go together."""
        for key, what in (("conversion_id", "which column is the id"), ("converted_at", "when it converted")):
            if getattr(self, key) is None:
                own = self.key(key)
                raise WrongValue(f"nothing says {what}: `{own}` is missing", hint=f"Write `{own}` with its header.")
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


@frozen
class ConversionPart(
    ConversionRows, heading="conversions.NAME.union[]", any_of=("path", "sql"), written=CONVERSION_KEYS
):
    """One of several sources of conversions of one kind: its files, and which of their columns say what."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        super().__post_init__()
        self.check_columns()


@frozen
class ConversionEntry(
    ConversionRows,
    heading="conversions.NAME",
    any_of=("path", "sql", "union"),
    written=CONVERSION_KEYS,
):
    """A kind of conversion of your own, such as demos booked, for `--type NAME`: a table with a row for each.

    It has all keys of a source's files beside its own, each of which is a header or has the rules of a column.
    """

    union: tuple[ConversionPart, ...] | None = None
    """In place of `path`: several sources whose rows are one table, each with its own files and columns."""

    description: Text | None = None
    """One line for the list of report types, `attrib types`."""

    def __post_init__(self) -> None:
        """Refuse what no single key can tell."""
        super().__post_init__()
        if not self.union:
            self.check_columns()
            return
        written = next(iter(self.columns()), None)
        if written is not None:
            hint = "Write it in each source of `union`, whose headers may differ."
            raise WrongValue("columns are those of each source", hint=hint, at=(self.key(written),))
        for i, part in enumerate(self.union):
            if (part.deal_id is None) != (self.union[0].deal_id is None):
                hint = "Write `contact` in all of them, or `deal`; those of two sorts are two types."
                raise WrongValue("some sources are of contacts, and some of deals", hint=hint, at=("union", i))

    @property
    def parts(self) -> tuple[ConversionRows, ...]:
        """What its rows come from: the sources of its `union`, or itself."""
        return self.union or (self,)


COLUMNS = ("conversion_id", "converted_at", "contact_id", "deal_id", "conversion_value", "currency")
