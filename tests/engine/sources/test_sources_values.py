"""Dates, numbers and booleans in text, against Python's own datetime, zoneinfo and Decimal."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.errors import AttribError, ErrorGroup, SourceError
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableName, TableSource
from attrib_cli.engine.sources import open_tables

NO_LIMIT = examples(25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("values")


def read(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    table: TableName,
    header: list[str],
    values: list[str],
    *,
    zone: str = "UTC",
    **options: str,
) -> list[object]:
    """Read a CSV file whose last column holds `values` (the others are filled); return that column."""
    path = folder / f"{table}.csv"
    fill = {"contact_id": "c", "deal_id": "d", "campaign_id": "k", "created_at": "2026-01-01", "spent_on": "2026-01-01"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([*(fill[name] for name in header[:-1]), value] for value in values)
    source = TableSource(table=table, paths=(str(path),), format="csv", **options)
    opened = open_tables(con, SourceMap(tables={table: source}), Settings(timezone=zone), needed=[table])[table]
    rows = con.execute(f"SELECT {header[-1]} FROM {opened.relation} ORDER BY source_row").fetchall()
    again = con.execute(f"SELECT {header[-1]} FROM ({opened.definition}) ORDER BY source_row").fetchall()
    assert rows == again
    return [row[0] for row in rows]


def times(con: duckdb.DuckDBPyConnection, folder: Path, values: list[str], **options: str) -> list[object]:
    return read(con, folder, "contacts", ["contact_id", "created_at"], values, **options)


def amounts(con: duckdb.DuckDBPyConnection, folder: Path, values: list[str], **options: str) -> list[object]:
    return read(con, folder, "campaign_spend", ["campaign_id", "spent_on", "amount"], values, **options)


def errors_of(error: AttribError) -> list[AttribError]:
    return list(error.errors) if isinstance(error, ErrorGroup) else [error]


FORMS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d-%b-%Y %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
    "%Y%m%d %H:%M:%S",
    "%d.%m.%Y, %I:%M:%S%p",
]
moments = st.datetimes(min_value=dt.datetime(1971, 1, 1), max_value=dt.datetime(2199, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0)
)


def is_clear(moment: dt.datetime, zone: str) -> bool:
    """Whether a local time exists once: no clock change is near."""
    place = ZoneInfo(zone)
    folds = {moment.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1)}
    return len(folds) == 1


@NO_LIMIT
@given(
    values=st.lists(st.tuples(moments, st.sampled_from(FORMS)), min_size=1, max_size=12),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_unambiguous_families_in_any_mixture(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: list[tuple[dt.datetime, str]], zone: str
) -> None:
    values = [(moment, form) for moment, form in values if is_clear(moment, zone) and moment.year < 2037]
    text = [moment.strftime(form) for moment, form in values]
    expected = [moment.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None) for moment, _ in values]
    assert times(connection, folder, text, zone=zone) == expected


@NO_LIMIT
@given(
    values=st.lists(st.tuples(moments, st.integers(-14 * 60, 14 * 60)), min_size=1, max_size=8),
    separator=st.sampled_from(["", " "]),
    colon=st.booleans(),
    zone=st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_offsets_are_converted(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    values: list[tuple[dt.datetime, int]],
    separator: str,
    colon: bool,
    zone: str,
) -> None:
    text = []
    for moment, minutes in values:
        sign, size = "-" if minutes < 0 else "+", abs(minutes)
        text.append(f"{moment.isoformat()}{separator}{sign}{size // 60:02d}{':' if colon else ''}{size % 60:02d}")
    expected = [moment - dt.timedelta(minutes=minutes) for moment, minutes in values]
    assert times(connection, folder, text, zone=zone) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05", "2026-01-05T00:00"),
        ("2026-1-5 7:05", "2026-01-05T07:05"),
        ("2026-01-05T10:00:00.123456Z", "2026-01-05T10:00:00.123456"),
        ("2026-01-05 10:00:00 UTC", "2026-01-05T10:00"),
        ("2026-01-05 10:00 PM", "2026-01-05T22:00"),
        ("2026-01-05T10:00+01", "2026-01-05T09:00"),
        ("5th September 2026 12:30 am", "2026-09-05T00:30"),
        ("5 Sept 2026 12:30 p.m.", "2026-09-05T12:30"),
        ("may 5 2026", "2026-05-05T00:00"),
        ("1.2.2026", "2026-02-01T00:00"),
        ("1767607200", "2026-01-05T10:00"),
        ("1767607200123", "2026-01-05T10:00:00.123"),
        ("  2026-01-05  ", "2026-01-05T00:00"),
        ("20260105", "2026-01-05T00:00"),
    ],
)
def test_dates_that_are_read(connection: duckdb.DuckDBPyConnection, folder: Path, text: str, expected: str) -> None:
    assert times(connection, folder, [text, "2026-06-01"])[0] == dt.datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30", "31.02.2026", "2026-01-05 25:00", "2026-01-05 10:61", "26-01-05", "1.2.26", "5/1/26", "epoch",
        "infinity", "1899-12-31", "2201-01-01", "12026-01-05", "2026", "2026-01", "13:00", "2026-01-05 13:00 PM",
        "2026-01-05 0:30 AM", "2026-01-05 10:00 Europe/Berlin", "NULL", "n/a", "45000", "17676072001",
        "2026-01-05 (BC)",
        "2026-01-05T10:00:00+20:00", "32/13/2026", "5 Foo 2026",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_its_line(
    connection: duckdb.DuckDBPyConnection, folder: Path, text: str
) -> None:
    with pytest.raises(SourceError) as caught:
        times(connection, folder, ["2026-01-05", "", text])
    assert caught.value.place == "contacts.csv:4"
    assert f"'{text}' in column 'created_at'" in caught.value.message


def test_day_first_or_month_first_is_decided_by_the_whole_column(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    early = ["03/04/2026"] * 3000
    assert times(connection, folder, [*early, "13-04-2026 5:00 PM"])[-1] == dt.datetime(2026, 4, 13, 17)
    assert times(connection, folder, [*early, "04/13/2026"])[0] == dt.datetime(2026, 3, 4)
    assert times(connection, folder, ["25/12/2026", "2026-01-02", *early])[2] == dt.datetime(2026, 4, 3)
    assert times(connection, folder, ["05/05/2026"]) == [dt.datetime(2026, 5, 5)]


def test_an_ambiguous_column_is_refused_and_a_format_settles_it(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    with pytest.raises(SourceError, match="can be day/month or month/day") as caught:
        times(connection, folder, ["05/05/2026", "03/04/2026", "01/02/2026"])
    assert caught.value.place == "contacts.csv:3"
    assert '"%d/%m/%Y"' in (caught.value.hint or "")
    assert times(connection, folder, ["03/04/2026", "01/02/2026 13:00"], date_format="%d/%m/%Y") == [
        dt.datetime(2026, 4, 3),
        dt.datetime(2026, 2, 1, 13),
    ]
    assert times(connection, folder, ["03/04/2026", "2026-05-06"], date_format="%m/%d/%Y") == [
        dt.datetime(2026, 3, 4),
        dt.datetime(2026, 5, 6),
    ]
    assert times(connection, folder, ["26.03.04"], date_format="%y.%m.%d") == [dt.datetime(2026, 3, 4)]


def test_a_format_that_begins_with_the_year_is_strict(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    with pytest.raises(SourceError, match="2026-13-01"):
        times(connection, folder, ["2026-01-13", "2026-13-01"], date_format="%Y-%m-%d")


def test_an_impossible_format_is_an_error_of_the_configuration(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    with pytest.raises(SourceError, match="'%Q' is not a date format") as caught:
        times(connection, folder, ["2026-01-13"], date_format="%Q", place="attrib.yaml:9")
    assert caught.value.place == "attrib.yaml:9"


def test_both_orders_in_one_column_are_refused(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    with pytest.raises(SourceError) as caught:
        times(connection, folder, ["2026-01-01", "13/04/2026", "04/13/2026"])
    assert caught.value.place == "contacts.csv:4"
    assert "'13/04/2026' (contacts.csv:3) the day first" in caught.value.message


def test_a_late_value_of_another_family_is_read_though_the_first_rows_do_not_show_it(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    values = ["2026-01-05"] * 5000 + ["31 Jan 2026"]
    assert times(connection, folder, values)[-1] == dt.datetime(2026, 1, 31)


def test_dates_are_local_days(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    header = ["campaign_id", "amount", "spent_on"]
    path = folder / "campaign_spend.csv"
    text = ["2026-01-05", "5.1.2026", "2026-01-05T23:30:00Z", "2026-01-05 23:30", "1767655800"]
    path.write_text(",".join(header) + "\n" + "".join(f"k,1,{value}\n" for value in text))
    source = TableSource(table="campaign_spend", paths=(str(path),), format="csv")
    table = open_tables(
        connection,
        SourceMap(tables={"campaign_spend": source}),
        Settings(timezone="Europe/Berlin"),
        needed=["campaign_spend"],
    )["campaign_spend"]
    found = connection.execute(f"SELECT spent_on FROM {table.relation} ORDER BY source_row").fetchall()
    assert [row[0].day for row in found] == [5, 5, 6, 5, 6]


def test_clock_changes_are_read_as_documented(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    values = ["2026-03-29 02:30:00", "2026-10-25 02:30:00"]
    expected = [dt.datetime(2026, 3, 29, 1, 30), dt.datetime(2026, 10, 25, 1, 30)]
    assert times(connection, folder, values, zone="Europe/Berlin") == expected


def test_ten_errors_in_the_order_of_the_file_and_how_many_more(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    with pytest.raises(ErrorGroup) as caught:
        read(connection, folder, "contacts", ["contact_id", "created_at"], [f"bad {i}" for i in range(25)])
    errors = errors_of(caught.value)
    assert [error.place for error in errors[:10]] == [f"contacts.csv:{line}" for line in range(2, 12)]
    assert errors[10].message == "and 15 more values that cannot be read"


decimals = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=8)


def millionth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)


def german(text: str) -> str:
    return text.translate(str.maketrans(",.", ".,"))


@NO_LIMIT
@given(values=st.lists(decimals, min_size=1, max_size=20), grouped=st.booleans(), comma=st.booleans())
def test_numbers_are_rounded_half_away_from_zero(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: list[Decimal], grouped: bool, comma: bool
) -> None:
    text = [format(value, ",f" if grouped else "f") for value in values]
    found = amounts(connection, folder, [german(value) for value in text] if comma else text)
    assert found == [millionth(value) for value in values]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-5", "+7", "", "0"], ["1", "-5", "7", None, "0"]),
        (["1,234.56", "1e3", "1.5E-2", ".5", "7."], ["1234.56", "1000", "0.015", "0.5", "7"]),
        (["1.234,56", "17", "1.234"], ["1234.56", "17", "1234"]),
        (["1234,5", "1,234"], ["1234.5", "1.234"]),
        (["1,234", "0.5"], ["1234", "0.5"]),
        (["1.234.567"], ["1234567"]),
        (["0.125"], ["0.125"]),
        (["1234.567"], ["1234.567"]),
        (["1 234,5", "12\u00a0345"], ["1234.5", "12345"]),
        (["1"] * 3000 + ["2.5"], [*["1"] * 3000, "2.5"]),
    ],
)
def test_numbers_that_are_read(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: list[str], expected: list[str | None]
) -> None:
    assert amounts(connection, folder, values) == [value and Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("values", "line", "message"),
    [
        (["1", "1,234"], 3, "'1,234' in column 'amount': the comma can be"),
        (["1.500"] + ["1"] * 3000, 2, "'1.500' in column 'amount': the point can be"),
        (["1.5", "2,5"], 3, "'2,5' in column 'amount' has a decimal comma"),
        (["1", "NaN"], 3, "'NaN' in column 'amount' is not a number"),
        (["1", "", "inf"], 4, "'inf'"),
        (["1_000"], 2, "'1_000'"),
        (["$5"], 2, "'$5'"),
        (["1,23,456"], 2, "'1,23,456'"),
        (["1" + "0" * 32], 2, "is too large"),
        (["0x10"], 2, "'0x10'"),
    ],
)
def test_numbers_that_are_refused(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: list[str], line: int, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        amounts(connection, folder, values)
    assert caught.value.place == f"campaign_spend.csv:{line}"
    assert message in caught.value.message


def test_a_decimal_sign_in_the_configuration_settles_it(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    assert amounts(connection, folder, ["1,234"], decimal=",") == [Decimal("1.234")]
    assert amounts(connection, folder, ["1,234"], decimal=".") == [Decimal(1234)]
    assert amounts(connection, folder, ["1.234"], decimal=",") == [Decimal(1234)]


def test_booleans(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    header = ["deal_id", "created_at", "is_won"]
    text = ["true", "FALSE", "Yes", "no", "1", "0", "t", "F", "y", "N", "Won", "lost", "", " won "]
    expected = [True, False] * 6 + [None, True]
    assert read(connection, folder, "deals", header, text) == expected
    with pytest.raises(SourceError, match="'maybe' in column 'is_won' is neither yes nor no") as caught:
        read(connection, folder, "deals", header, ["won", "maybe"])
    assert caught.value.place == "deals.csv:3"
