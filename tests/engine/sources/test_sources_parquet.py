"""Parquet: every type that writers use, checked against the Python values that were written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attrib_cli.engine.errors import ErrorGroup, SourceError
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableName, TableSource
from attrib_cli.engine.sources import Table, inspect, open_tables
from attrib_cli.engine.sources.locate import locate

NOON = dt.datetime(2026, 7, 5, 12, 0, 0, 123000)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


def write(path: Path, **columns: Any) -> Path:
    arrays = {name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in columns.items()}
    pq.write_table(pa.table(arrays), path)
    return path


def opened(con: duckdb.DuckDBPyConnection, table: TableName, *paths: Path, zone: str = "UTC", **options: Any) -> Table:
    source = TableSource(table=table, paths=tuple(map(str, paths)), format="parquet", **options)
    return open_tables(con, SourceMap(tables={table: source}), Settings(timezone=zone), needed=[table])[table]


def column(con: duckdb.DuckDBPyConnection, table: Table, name: str) -> list[object]:
    rows = con.execute(f'SELECT "{name}" FROM {table.relation} ORDER BY source_row').fetchall()
    assert con.execute(f'SELECT "{name}" FROM ({table.definition}) ORDER BY source_row').fetchall() == rows
    return [row[0] for row in rows]


BERLIN = NOON - dt.timedelta(hours=2)


@pytest.mark.parametrize(
    ("array", "utc", "berlin"),
    [
        (pa.array([NOON], pa.timestamp("us")), NOON, BERLIN),
        (pa.array([NOON], pa.timestamp("ns")), NOON, BERLIN),
        (pa.array([NOON], pa.timestamp("ms")), NOON, BERLIN),
        (pa.array([NOON], pa.timestamp("us", tz="America/New_York")), NOON, NOON),
        (pa.array([NOON.date()], pa.date32()), dt.datetime(2026, 7, 5), dt.datetime(2026, 7, 4, 22)),
        (pa.array(["05 Jul 2026 12:00:00.123"]), NOON, BERLIN),
        (pa.array(["2026-07-05T12:00:00.123Z"], pa.large_string()), NOON, NOON),
        (pa.array([1783252800123]), NOON, NOON),
        (pa.array([1783252800.0]), NOON.replace(microsecond=0), NOON.replace(microsecond=0)),
        (pa.array(["2026-07-05 12:00:00.123"]).dictionary_encode(), NOON, BERLIN),
        (pa.array([None], pa.timestamp("us")), None, None),
        (pa.array([None], pa.null()), None, None),
    ],
)
def test_timestamps_of_every_type(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, array: pa.Array, utc: dt.datetime, berlin: dt.datetime
) -> None:
    path = write(tmp_path / "contacts.parquet", contact_id=[1], created_at=array)
    assert column(connection, opened(connection, "contacts", path), "created_at") == [utc]
    assert column(connection, opened(connection, "contacts", path, zone="Europe/Berlin"), "created_at") == [berlin]


def test_a_naive_timestamp_in_utc_is_read_without_any_conversion(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    path = write(tmp_path / "contacts.parquet", contact_id=[1], created_at=pa.array([NOON], pa.timestamp("us")))
    definition = opened(connection, "contacts", path).definition
    assert '"created_at" AS "created_at"' in definition


def test_days_of_every_type(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    late = dt.datetime(2026, 7, 5, 23, 30)
    path = write(
        tmp_path / "campaigns.parquet",
        campaign_id=["k"],
        name=["Spring"],
        starts_on=pa.array([late], pa.timestamp("us", tz="UTC")),
        ends_on=pa.array([late], pa.timestamp("us")),
    )
    table = opened(connection, "campaigns", path, zone="Europe/Berlin")
    assert column(connection, table, "starts_on") == [dt.date(2026, 7, 6)]
    assert column(connection, table, "ends_on") == [dt.date(2026, 7, 5)]


@pytest.mark.parametrize(
    ("array", "type_", "expected"),
    [
        (pa.array([7, None], pa.int32()), "BIGINT", [7, None]),
        (pa.array([7, None], pa.uint64()), "BIGINT", [7, None]),
        (pa.array([2**64 - 1, None], pa.uint64()), "VARCHAR", ["18446744073709551615", None]),
        (pa.array([Decimal(10**20), None], pa.decimal128(38, 0)), "VARCHAR", ["1" + 20 * "0", None]),
        (pa.array([" 7 ", "a b  "]), "VARCHAR", ["7", "a b"]),
        (pa.array(["   ", b" a".decode()]), "VARCHAR", [None, "a"]),
        (pa.array([7.0, None]), "BIGINT", [7, None]),
        (pa.array([Decimal(7), None], pa.decimal128(10, 0)), "BIGINT", [7, None]),
        (pa.array([Decimal(7), None], pa.decimal128(10, 2)), "BIGINT", [7, None]),
        (pa.array(["007", ""]), "VARCHAR", ["007", None]),
        (pa.array([b"007", b""]), "VARCHAR", ["007", None]),
        (pa.array(["a", "b"]).dictionary_encode(), "VARCHAR", ["a", "b"]),
    ],
)
def test_ids(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, array: pa.Array, type_: str, expected: list[object]
) -> None:
    path = write(tmp_path / "deal_contacts.parquet", deal_id=array, contact_id=[1, 2])
    table = opened(connection, "deal_contacts", path)
    assert table.columns["deal_id"].type == type_
    assert column(connection, table, "deal_id") == expected


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (pa.array([1.0, 2.5]), "2.5 in column 'deal_id' is not a whole number"),
        (
            pa.array([1.0, 2.0**53]),
            "9007199254740992.0 in column 'deal_id' is too large",
        ),
        (pa.array([1.0, 2.0**24], pa.float32()), "16777216.0 in column 'deal_id' is too large"),
        (pa.array([b"a", b"\xff"]), "\\xFF in column 'deal_id' is not UTF-8 text"),
        (pa.array([1.0, float("nan")]), "nan in column 'deal_id'"),
    ],
)
def test_ids_that_are_none(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, array: pa.Array, message: str
) -> None:
    path = write(tmp_path / "deal_contacts.parquet", deal_id=array, contact_id=[1, 2])
    with pytest.raises(SourceError) as caught:
        opened(connection, "deal_contacts", path)
    assert message in caught.value.message
    assert caught.value.place == "deal_contacts.parquet: row 2"


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([Decimal("1.05"), None], pa.decimal128(12, 2)), [Decimal("1.05"), None]),
        (pa.array([1.05, -2.0000005]), [Decimal("1.05"), Decimal("-2.000001")]),
        (pa.array([3, None]), [Decimal(3), None]),
        (pa.array(["1.234,50", "7"]), [Decimal("1234.5"), Decimal(7)]),
    ],
)
def test_amounts(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, array: pa.Array, expected: list[object]
) -> None:
    path = write(tmp_path / "deals.parquet", deal_id=[1, 2], created_at=[NOON, NOON], amount=array)
    assert column(connection, opened(connection, "deals", path), "amount") == expected


def test_amounts_and_outcomes_that_are_none(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(
        tmp_path / "deals.parquet",
        deal_id=[1, 2, 3],
        created_at=[NOON] * 3,
        amount=[1.0, float("inf"), float("nan")],
        is_won=[1, 0, 2],
    )
    with pytest.raises(ErrorGroup) as caught:
        opened(connection, "deals", path)
    assert [str(error) for error in caught.value.errors] == [
        "deals.parquet: row 2: inf in column 'amount' is not an amount",
        "deals.parquet: row 3: nan in column 'amount' is not an amount",
        "deals.parquet: row 3: 2 in column 'is_won' is neither 0 nor 1",
    ]


def test_a_lone_nan_is_found_though_statistics_hide_it(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "deals.parquet", deal_id=[1, 2], created_at=[NOON] * 2, amount=[1.0, float("nan")])
    with pytest.raises(SourceError, match="nan in column 'amount' is not an amount") as caught:
        opened(connection, "deals", path)
    assert caught.value.place == "deals.parquet: row 2"


def test_text_dates_are_refused_with_their_row(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "contacts.parquet", contact_id=[1, 2], created_at=["2026-01-01", "soon"])
    with pytest.raises(SourceError, match="'soon' in column 'created_at' is not a date") as caught:
        opened(connection, "contacts", path)
    assert caught.value.place == "contacts.parquet: row 2"


def test_booleans_of_every_type(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    for values in ([True, False, None], [1, 0, None], ["won", "Lost", ""]):
        path = write(tmp_path / "deals.parquet", deal_id=[1, 2, 3], created_at=[NOON] * 3, is_won=values)
        assert column(connection, opened(connection, "deals", path), "is_won") == [True, False, None]


def test_other_columns_keep_their_type_and_empty_text_is_null(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    path = write(
        tmp_path / "contacts.parquet",
        contact_id=[1, 2],
        created_at=[NOON, NOON],
        score=[1.5, None],
        employees=[10, 20],
        trial=[True, False],
        seen=pa.array([NOON, None], pa.timestamp("us", tz="UTC")),
        tags=[["a"], ["b", "c"]],
        region=["", "North"],
        country=["DE", None],
        lifecycle_stage=pa.array([1, 2]),
    )
    table = opened(connection, "contacts", path)
    described = {name: (found.kind, found.type) for name, found in table.columns.items()}
    assert described["score"] == ("number", "DOUBLE")
    assert described["employees"] == ("number", "BIGINT")
    assert described["trial"] == ("boolean", "BOOLEAN")
    assert described["seen"] == ("timestamp", "TIMESTAMP")
    assert "tags" not in described
    assert described["lifecycle_stage"] == ("text", "VARCHAR")
    assert column(connection, table, "region") == [None, "North"]
    assert column(connection, table, "country") == ["DE", None]
    assert column(connection, table, "lifecycle_stage") == ["1", "2"]
    assert table.rows == 2
    types = connection.execute(f"DESCRIBE SELECT * FROM {table.relation}").fetchall()
    assert {name: kind for name, kind, *_ in types} == {
        "source_row": "BIGINT",
        **{name: found.type for name, found in table.columns.items()},
    }
    # Statistics show that no country is empty, and that a region is.
    assert "nullif(\"region\", '')" in table.definition
    assert 'nullif("country"' not in table.definition


def test_parts_with_other_columns_types_and_order(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    one = write(tmp_path / "p1.parquet", contact_id=[1], created_at=[NOON], region=["North"])
    two = write(tmp_path / "p2.parquet", created_at=["2026-07-05"], contact_id=["x"], score=[2])
    three = write(tmp_path / "p3.parquet", contact_id=[3], created_at=[NOON], region=["South"])
    table = opened(connection, "contacts", one, two, three)
    rows = connection.execute(f"SELECT contact_id, region, score FROM {table.relation} ORDER BY source_row").fetchall()
    assert rows == [("1", "North", None), ("x", None, 2), ("3", "South", None)]
    assert table.rows == 3


def test_row_order_over_files_and_row_groups(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    paths = []
    for i in range(3):
        path = tmp_path / f"p{i}.parquet"
        ids = pa.array(range(i * 1000, i * 1000 + 1000))
        pq.write_table(pa.table({"deal_id": ids, "contact_id": ids}), path, row_group_size=100)
        paths.append(path)
    assert column(connection, opened(connection, "deal_contacts", *paths), "deal_id") == list(range(3000))


def test_a_part_without_a_required_column(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    one = write(tmp_path / "p1.parquet", contact_id=[1], created_at=[NOON])
    two = write(tmp_path / "p2.parquet", contact_id=[1], create_date=[NOON])
    with pytest.raises(SourceError, match="'created_at' of contacts missing") as caught:
        opened(connection, "contacts", one, two)
    assert (caught.value.place or "").endswith("p2.parquet")
    assert 'created_at: "create_date"' in (caught.value.hint or "")


def test_a_type_that_cannot_hold_the_column(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "contacts.parquet", contact_id=[1], created_at=[True])
    with pytest.raises(SourceError, match="column 'created_at' has the type BOOLEAN"):
        opened(connection, "contacts", path)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "footer", "pages"])
def test_damaged_files(tmp_path: Path, connection: duckdb.DuckDBPyConnection, damage: str) -> None:
    path = write(tmp_path / "contacts.parquet", contact_id=[1] * 500, created_at=["2026-01-01"] * 500)
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(
        {
            "empty": b"",
            "text": b"contact_id,created_at\n",
            "cut": data[:middle],
            "footer": data[:-40] + b"\xff" * 30 + data[-10:],
            "pages": data[:4] + b"\xff" * 120 + data[124:],
        }[damage]
    )
    with pytest.raises(SourceError) as caught:
        opened(connection, "contacts", path)
    assert caught.value.place == "contacts.parquet"


def test_inspect_reads_no_rows_and_locate_finds_them(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "deal_contacts.parquet", deal_id=[5, 6, 5], contact_id=[1, 2, 3])
    source = TableSource(table="deal_contacts", paths=(str(path),), format="parquet")
    head = inspect(connection, SourceMap(tables={"deal_contacts": source}), Settings())["deal_contacts"]
    assert list(head.columns) == ["deal_id", "contact_id"]
    assert head.rows == 3
    table = opened(connection, "deal_contacts", path)
    assert locate(table, column="deal_id", value="5", occurrence=2) == "deal_contacts.parquet: row 3"


def test_a_mapping_renames(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = write(tmp_path / "deal_contacts.parquet", **{"Deal Id": [5], "Person": [1]})
    table = opened(connection, "deal_contacts", path, columns={"contact_id": "person"})
    assert column(connection, table, "contact_id") == [1]
    assert table.columns["contact_id"].header == "Person"
