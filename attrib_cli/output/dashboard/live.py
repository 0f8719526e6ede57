"""What a page needs so that its script computes its reports: cubes, and how each report is made of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    from attrib_cli.engine.day_cube import DayCube
    from attrib_cli.engine.measure import Measure
    from attrib_cli.engine.settings import ConversionTable
    from attrib_cli.engine.spec import DateRange


@frozen
class LiveView:
    """A report as one report type has it: its cube, the measures computed from it, its order and its limit.

    `cube` is a place among the cubes of the page, `by` says which of its dimensions the report is cut by, and
    `conversions` is the place of a cube that has single conversions too, under `key`, None where the page has none.
    """

    cube: int
    by: tuple[str, ...]
    measures: tuple[Measure, ...]
    sort: tuple[tuple[str, bool], ...]
    limit: int | None
    conversions: int | None = None
    key: str = ""


@frozen
class LiveReport:
    """A report of a page: by report type what it is computed from, or `still`, the reason why it is not.

    `carried` names measures that only stand there as computed. `chart` is the kind of chart that shows it.
    """

    views: Mapping[str, LiveView] = field(default_factory=dict)
    still: str = ""
    carried: tuple[str, ...] = ()
    chart: str = "bar"


@frozen
class PagePeriod:
    """A period that can be picked, and what it is compared with under each kind of comparison."""

    dates: DateRange
    before: Mapping[str, DateRange]


@frozen
class LiveBoard:
    """What all reports of a page share: cubes, periods, and `notes` on what was left out for the size of the page.

    `reports` has an entry for each tile; `today` is the day that periods count from, `conversions` are those
    of the configuration, `with_conversions` says that single ones were asked for, and `first` and `last` are those of
    the first and last conversion.
    """

    today: dt.date
    reports: tuple[LiveReport, ...]
    cubes: tuple[DayCube, ...]
    periods: tuple[PagePeriod, ...]
    conversions: tuple[ConversionTable, ...] = ()
    notes: tuple[str, ...] = ()
    with_conversions: bool = False
    first: dt.date | None = None
    last: dt.date | None = None
