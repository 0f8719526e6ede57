"""What a measure is: an entry of the catalogue in `measures`, and the sums that its formula is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from typing import Literal

from attrib_cli.engine.conversions import CATALOGUE as REPORT_TYPES
from attrib_cli.engine.conversions import YOUR_OWN, ReportType
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.report import Better, Unit
from attrib_cli.engine.source_spec import TableName

Source = Literal["credit", "touched", "spend", "performance"]


@frozen
class Sums:
    """The SQL of what the measures of a row are made of: whole millionths, counts as they are, in one period.

    `counted` and `valued` are the credit in conversions and in money, `primary` the one of them that shares are of and
    `whole` its sum over all conversions; those `of_spenders` are of campaigns with spend alone, those `of_first` of the
    first model asked for. `spend` and `budget` are null where nothing is known. `ratio` makes the SQL of one by
    another, rounded half away from zero, null by 0.
    """

    counted: str
    valued: str
    primary: str
    whole: str
    interactions: str
    spend: str
    budget: str
    counted_of_spenders: str
    valued_of_spenders: str
    counted_of_first: str
    valued_of_first: str
    ratio: Callable[[str, str], str]


Formula = Callable[[Sums], str]


@frozen
class Need:
    """Columns, as ``table.column``, any of which figures are made of, and what there is to say where none is there."""

    any_of: tuple[str, ...]
    lacking: str


@frozen
class Measure:
    """One figure of a row, with all that its consumers need to know of it.

    `source` says which part of the query it comes from: `credit` (the credit cube), `touched` (distinct conversions),
    `spend` (campaign spend and budget, which campaigns and time have) or `performance` (campaign performance beside
    attribution). `of` names the measures of credit without which it means nothing: report types that
    have one of them have it, and all where there is none. `needs` the tables that it cannot do without, `uses` those
    that it reads where they are there, and `columns` the columns without which all its figures are empty.
    `description` is one line, `definition` says how it is computed and `total` what
    it is in a total and in ``(other)``. `additive` says whether rows may be summed, `better` which way is good news
    (None: neither). `by_day` says whether time can cut it, and `of_spenders` that it sets credit against spend, and so
    takes no credit but that of campaigns with spend. `sql` is its formula over the sums
    of a row; without one a measure is the sum that is called like it. `per` names the measure of performance that spend
    is divided by. `scripted` says that the script of a page computes it too; others stand there as they were exported.
    """

    name: str
    unit: Unit
    source: Source
    description: str
    definition: str
    total: str = "the sum of the rows"
    of: tuple[str, ...] = ()
    needs: tuple[TableName, ...] = ()
    uses: tuple[TableName, ...] = ()
    columns: tuple[Need, ...] = ()
    additive: bool = True
    better: Better | None = "up"
    by_day: bool = True
    of_spenders: bool = False
    sql: Formula | None = field(default=None, repr=False)  # partials are told apart by the text of their request
    scripted: bool = False
    per: str | None = None
    beyond_first: str | None = None

    def fits(self, report_type: ReportType) -> bool:
        """Say whether reports of this type have it."""
        return not self.of or bool({report_type.counted, report_type.valued} & {*self.of})

    def lacking(self, kinds: Mapping[str, Collection[str]]) -> str | None:
        """Return what its figures lack in the tables at hand, with their columns; None where nothing is missing."""
        for table in self.needs:
            if table not in kinds:
                return f"there is no table {table}"
        for need in self.columns:
            named = (one.partition(".") for one in need.any_of)
            if not any(column in kinds.get(table, ()) for table, _, column in named):
                return need.lacking
        return None

    @property
    def types(self) -> tuple[str, ...]:
        """The names of the report types that have it, ``your own`` for those of a configuration."""
        return tuple(report_type.name for report_type in (*REPORT_TYPES, YOUR_OWN) if self.fits(report_type))

    @property
    def change(self) -> Unit:
        """What a change of it against an earlier period is: relative (``ratio``), in ``points``, or a ``difference``.

        Figures that are parts or percentages themselves change in percentage points, other ratios by their difference.
        """
        return {"share": POINTS, "percent": POINTS, "ratio": DIFFERENCE}.get(self.unit, RELATIVE)


RELATIVE: Unit = "ratio"


POINTS: Unit = "points"


DIFFERENCE: Unit = "difference"
