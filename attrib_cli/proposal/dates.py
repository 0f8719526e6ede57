"""How dates are written, where that has to be said: day or month first, years of two digits, days that are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.source_spec import EXCEL, SPREADSHEETS
from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.engine.sources.parse import format_order
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import headers_of

if TYPE_CHECKING:
    import duckdb

_LAST_MONTH = 12
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "%d/%m/%Y", "%m/%d/%Y", "%y-%m-%d"
NO_ORDER = "nothing, so that reports refuse these dates"
_ORDERS = {"dmy": DAY_FIRST, "mdy": MONTH_FIRST, "ymd": YEAR_FIRST}
_LONG = r"^\s*(\d{1,2})[-/](\d{1,2})[-/]\d{4}"
_SHORT = r"^\d{1,2}([-/.])\d{1,2}[-/.]\d{2}(?:[ ,T]|$)"


@frozen
class Written:
    """How a column of dates is written: the orders of day, month and year that fit all of its values.

    `separator` stands between these where years have two digits, and is None where they have four. Days that are
    `counted` have no order.
    """

    column: str
    header: str
    orders: tuple[str, ...] = ()
    separator: str | None = None
    counted: bool = False

    def format(self, order: str | None) -> str | None:
        """Return the format that has to be said of the column, None where its values say it."""
        if self.counted:
            return EXCEL
        return (
            None if self.separator is None or order is None else self.separator.join(f"%{letter}" for letter in order)
        )


def say_how_dates_are_written(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers) -> list[Doubt]:
    """Add the formats of dates to plans where their values alone do not say them; return a doubt where nothing does."""
    open_: list[tuple[Plan, Written]] = []
    for plan in plans:
        found = list(_written(con, plan))
        if answers.date_format is not None:
            plan.options["date_format"] = answers.date_format
            _say(plan, found, format_order(answers.date_format) or "ymd", answers.date_format)
            continue
        decided = {one.orders[0]: one for one in found if len(one.orders) == 1 and one.separator != "."}
        order = next(iter(decided)) if len(decided) == 1 else None
        unclear = [one for one in found if len(one.orders) > 1 and order not in one.orders]
        _say(plan, found, order, None)
        if order is not None and any(one.separator is None and len(one.orders) > 1 for one in found):
            plan.options["date_format"] = _ORDERS[order]
            said = f"'{decided[order].header}', which only fit {_ORDERS[order]}"
            plan.notes.append(f"dates are in the order of those in {said}")
        open_ += [(plan, one) for one in unclear]
    if not open_:
        return []
    orders = [order for order in _ORDERS if any(order in one.orders for _, one in open_)]
    listed = " and ".join(dict.fromkeys(f"'{one.header}' of {plan.file.name}" for plan, one in open_))
    first = "the day, the month or the year" if "ymd" in orders else "the day or the month"
    return [
        Doubt(
            question=f"is {first} first in {listed}?",
            taken=NO_ORDER,
            option="--date-format '%d/%m/%Y'",
            answered=_answered,
            choices=tuple(_ORDERS[order] for order in orders),
        )
    ]


def _say(plan: Plan, found: Sequence[Written], order: str | None, said: str | None) -> None:
    """Give columns the format that dates need, by the one order that fits or by `order`; their file, if all agree."""
    formats: dict[str, set[str | None]] = {}
    for one in found:
        fits = one.orders[0] if len(one.orders) == 1 else order if order in one.orders else None
        formats.setdefault(one.column, set()).add(one.format(fits))
    needed = {column: next(iter(forms)) for column, forms in formats.items() if len(forms) == 1 and None not in forms}
    dates = [name for name in plan.columns if known_table(plan.table).kinds.get(name) in ("timestamp", "date")]
    if said is None and len({*needed.values()}) == 1 and needed.keys() == {*dates}:
        plan.options["date_format"] = next(iter(needed.values()))
    else:
        for column, form in needed.items():
            if form != said:
                plan.columns[column]["date_format"] = form
    for one in found:
        form = needed.get(one.column)
        if form in SPREADSHEETS:
            plan.notes.append(f"'{one.header}' has days as spreadsheets count them: 45231 is 2023-11-01")
        elif form is not None:
            plan.notes.append(f"years of two digits in '{one.header}' are read as {form}")


def _written(con: duckdb.DuckDBPyConnection, plan: Plan) -> Iterator[Written]:
    """Yield how columns of dates are written, but for those whose values say it."""
    kinds = known_table(plan.table).kinds
    for column, rules in plan.columns.items():
        if kinds.get(column) not in ("timestamp", "date") or "date_format" in {*plan.options, *rules}:
            continue
        for header in headers_of(rules):
            if header not in plan.file.headers:
                continue
            held = plan.looked.get(header) or describe(con, plan.file, header)
            if held.serials and held.may_be_dates:
                yield Written(column=column, header=header, counted=True)
            elif (short := _short(con, plan, header)) is not None:
                separator, orders = short
                yield Written(column=column, header=header, separator=separator, orders=orders)
            elif orders := _long(con, plan, header):
                yield Written(column=column, header=header, orders=orders)


def _long(con: duckdb.DuckDBPyConnection, plan: Plan, header: str) -> tuple[str, ...]:
    """Return the orders that fit dates such as ``1/2/2026``; none where there are none, or none fits or is needed."""
    parts = f"regexp_extract({identifier(header)}, {literal(_LONG)}, "
    query = (
        f"SELECT max(TRY_CAST({parts}1) AS INTEGER)), max(TRY_CAST({parts}2) AS INTEGER)),"
        f" bool_or({parts}1) <> {parts}2)) FROM {plan.file.relation}"
    )
    first, second, differ = con.execute(query).fetchall()[0]
    if first is None or not differ or (first > _LAST_MONTH and second > _LAST_MONTH):
        return ()
    return ("dmy",) if first > _LAST_MONTH else ("mdy",) if second > _LAST_MONTH else ("dmy", "mdy")


def _short(con: duckdb.DuckDBPyConnection, plan: Plan, header: str) -> tuple[str, tuple[str, ...]] | None:
    """Return what stands between the parts of dates such as ``1/2/26``, and the orders that fit all; None for no such.

    Behind points the day is first, if it can be; the year is first where nothing else can be, or there are hyphens.
    """
    text = f"trim({identifier(header)})"
    day = f"regexp_extract({text}, '^[^ ,T]+')"
    of_values = f"FROM {plan.file.relation} WHERE regexp_matches({text}, {literal(_SHORT)})"
    separators = con.execute(f"SELECT DISTINCT regexp_extract({text}, {literal(_SHORT)}, 1) {of_values}").fetchall()
    if len(separators) != 1:
        return None
    separator = str(separators[0][0])
    forms = {order: separator.join(f"%{letter}" for letter in order) for order in _ORDERS}
    read = {order: f"try_strptime({day}, {literal(form)})" for order, form in forms.items()}
    fit = con.execute(f"SELECT {', '.join(f'bool_and({one} IS NOT NULL)' for one in read.values())} {of_values}")
    orders = [order for order, fits in zip(read, fit.fetchall()[0], strict=True) if fits]
    if separator == "." and "dmy" in orders:
        orders = ["dmy"]
    if separator == "/" and len(orders) > 1:
        orders = [order for order in orders if order != "ymd"]
    if len(orders) > 1:
        differ = " OR ".join(f"{read[orders[0]]} <> {read[order]}" for order in orders[1:])
        if not con.execute(f"SELECT bool_or({differ}) {of_values}").fetchall()[0][0]:
            orders = orders[:1]
    return separator, tuple(orders)


def _answered(answers: Answers, typed: str) -> Answers:
    return answers if typed == NO_ORDER else replace(answers, date_format=typed)
