"""The answer: a long table, what its columns mean, and what was counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.notes import Note, warnings_of
from attrib_cli.engine.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from attrib_cli.engine.spec import DateRange, ReportSpec

Role = Literal["dimension", "model", "measure"]
Unit = Literal[
    "text",
    "contacts",
    "deals",
    "conversions",
    "currency",
    "count",
    "share",
    "percent",
    "ratio",
    "points",
    "difference",
]
Better = Literal["up", "down"]
Cell = str | int | Decimal | dt.date | None
Row = tuple[Cell, ...]


@frozen
class Column:
    """What a column holds.

    Units: `contacts`, `deals` and `conversions` are credited amounts with up to six decimals, `currency` is in the
    report's currency, `count` is whole numbers, `share` lies between 0 and 1, `ratio` is a plain number such as a ROAS
    of 1.5, `percent` one that people read in per cent, such as a ROI of 0.42. A change is relative (`ratio`), or the
    difference of two shares or percentages (`points`) or of two ratios (`difference`).
    `additive` says whether the rows of one model may be summed. `of` names the measure that a comparison column
    (``revenue_previous``, ``revenue_change``) belongs to, and `better` which way of a change is good news.
    """

    name: str
    role: Role
    unit: Unit = "text"
    additive: bool = False
    of: str | None = None
    better: Better | None = None


@frozen
class Summary:
    """What was counted, for the line under the table. All figures are of the report before rows were cut.

    Of a report of several types it is the sum, and `parts` has that of each type; `type` has all of their names.
    """

    type: str
    conversions: int
    with_interactions: int
    without_interactions: int
    excluded_interactions: int
    left_out: tuple[tuple[str, int], ...] = ()
    dates: DateRange
    compared_with: DateRange | None = None
    currency: str | None = None
    first_conversion: dt.date | None = None
    last_conversion: dt.date | None = None
    parts: tuple[Summary, ...] = ()

    def omissions(self) -> tuple[str, ...]:
        """What was left out, as texts with their counts."""
        return tuple(f"{count:,} left out: {reason}" for reason, count in self.left_out if count)


@frozen
class Report:
    """One report.

    Grain of `rows`: one for each combination of the dimensions and model, in display order (rows of one combination
    stand together, models in the order asked). Columns: the dimensions, ``model``, the measures. Decimals are exact;
    additive ones sum to the matching entry of `totals` to the last digit.

    `totals` has for each model a tuple as long as `columns`: the figures of all rows shown (None where a sum would
    make no sense, and for the dimensions). `settings` are those that it was computed with. `notes` say what its readers
    must know beside the figures, warnings among them.
    """

    spec: ReportSpec
    settings: Settings = field(default_factory=Settings)
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    totals: Sequence[Row]
    summary: Summary
    notes: tuple[Note, ...] = ()
    sql: str = ""
    timings: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def warnings(self) -> tuple[Note, ...]:
        """The notes that say that figures may be wrong or incomplete."""
        return warnings_of(self.notes)

    def dimensions(self) -> tuple[Column, ...]:
        """The columns that the rows are cut by, in the order asked."""
        return tuple(column for column in self.columns if column.role == "dimension")

    def measures(self) -> tuple[Column, ...]:
        """The columns with figures, comparison columns included."""
        return tuple(column for column in self.columns if column.role == "measure")

    def totals_by_model(self) -> dict[str, Row]:
        """The totals by model, ``""`` in a report without models; those that name none are in the order of the rows."""
        spot = next((i for i, column in enumerate(self.columns) if column.role == "model"), None)
        if spot is None:
            return dict(zip(("",), self.totals, strict=False))
        named = [row[spot] for row in self.totals]
        models = named if all(named) else dict.fromkeys(row[spot] for row in self.rows)
        return {str(model): row for model, row in zip(models, self.totals, strict=False)}

    def to_arrow(self) -> pa.Table:
        """The rows as an Arrow table: text as string, counts as int64, everything else as decimal128(38, 6)."""
        import pyarrow as pa

        kinds = {"text": pa.string(), "count": pa.int64()}
        fields = [pa.field(column.name, kinds.get(column.unit, pa.decimal128(38, 6))) for column in self.columns]
        arrays = [pa.array([row[i] for row in self.rows], fields[i].type) for i in range(len(fields))]
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
