"""A SELECT as a source: what it gives, what it may reach, and which line its mistakes are on."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError, ConfigError
from attrib_cli.engine.sources import Table, open_tables

Open = Callable[[str], Table]
EVENTS = "who,at,value\na,2026-01-01,10\nb,2026-01-02,007\na,2026-01-03,x\n"


@pytest.fixture
def opened(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Open:
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "secret.csv").write_text("password\n1234\n")

    def opened(source: str, table: str = "touchpoints") -> Table:
        (tmp_path / "attrib.yaml").write_text(f"sources:\n  {table}:\n{source}", encoding="utf-8")
        config = load_config(tmp_path / "attrib.yaml")
        found = config_sources(config)
        return open_tables(connection, found, config.settings, needed=[table])[table]

    return opened


def values(con: duckdb.DuckDBPyConnection, table: Table, names: str) -> list[tuple[object, ...]]:
    return con.execute(f"SELECT {names} FROM {table.relation} ORDER BY source_row").fetchall()


def test_text_of_csv_stays_text_and_rules_go_on_from_there(opened: Open, connection: duckdb.DuckDBPyConnection) -> None:
    query = "    sql: SELECT who, \"at\", value AS channel FROM 'events.csv'; -- all\n"
    rules = "    columns: {contact_id: who, occurred_at: at}\n    where: [channel!=x]\n"
    table = opened(query + rules)
    assert values(connection, table, "contact_id, channel") == [("a", "10"), ("b", "007")]
    assert "1 of 3 rows are left out by `where`" in table.notes[0].text


def test_types_of_parquet_nested_ones_and_sums_are_exact(
    opened: Open, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "COPY (SELECT 1 AS id, {'source': 'google'} AS traffic, [{'key': 'page', 'value': 'x'}] AS params, "
        f"9007199254740993 AS cents FROM range(2)) TO '{tmp_path / 'ga4.parquet'}'"
    )
    query = """\
    sql: |
      WITH flat AS (SELECT id, traffic.source AS source, params[1].value AS page, cents FROM 'ga4.parquet')
      SELECT id AS deal_id, '2026-01-01' AS created_at, source, page, sum(cents) AS amount
      FROM flat GROUP BY ALL
"""
    table = opened(query, "deals")
    assert values(connection, table, "deal_id, source, page, amount") == [
        ("1", "google", "x", Decimal(2 * 9007199254740993))
    ]


SHARDS = "    sql: SELECT id AS deal_id, '2026-01-01' AS created_at, * EXCLUDE (id) FROM 'shard_*.parquet'\n"


def test_shards_of_parquet_are_one_table_by_their_names_and_what_they_differ_in_is_told(
    opened: Open, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Whole numbers of two widths, a column and a field of a record that the other lacks, another order and case."""
    first = "SELECT 1::INTEGER AS id, 7::INTEGER AS n, {'source': 'google'} AS traffic, 'x' AS page"
    second = "SELECT {'source': 'bing', 'medium': 'cpc'} AS traffic, 5000000000::BIGINT AS N, 2::INTEGER AS id"
    for place, select in enumerate((first, second)):
        connection.execute(f"COPY ({select}) TO '{tmp_path / f'shard_{place}.parquet'}'")
    table = opened(SHARDS.replace("* EXCLUDE (id)", "n, traffic.medium AS medium, page"), "deals")
    found = values(connection, table, "deal_id, n, medium, page")
    assert found == [("1", "7", None, "x"), ("2", "5000000000", "cpc", None)]
    told = {note.code: note.text for note in table.notes}
    assert set(told) == {"columns-missing", "types-differ"}
    assert told["columns-missing"].endswith("shard_1.parquet lacks 'page'")
    assert told["columns-missing"].startswith("1 of 2 files lack columns that others have")
    assert told["types-differ"].endswith("and the widest is read: 'n' (int32 and int64)")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("1", "'x'", "shard_1.parquet: column 'n' is string, and int32 in "),
        ("DATE '2026-01-01'", "TIMESTAMP '2026-01-01'", "shard_1.parquet: column 'n' is timestamp[us], and date32"),
        ("{'a': 1}", "{'a': 'x'}", "shard_1.parquet: column 'n' is struct<a: string>, and struct<a: int32> in "),
        ("9007199254740993", "0.5::DOUBLE", "shard_0.parquet: column 'n' has whole numbers that the floating point"),
    ],
)
def test_shards_of_parquet_whose_types_have_nothing_in_common_are_refused_by_name(
    opened: Open, connection: duckdb.DuckDBPyConnection, tmp_path: Path, first: str, second: str, message: str
) -> None:
    for place, value in enumerate((first, second)):
        connection.execute(f"COPY (SELECT {place} AS id, {value} AS n) TO '{tmp_path / f'shard_{place}.parquet'}'")
    with pytest.raises(AttribError) as error:
        opened(SHARDS, "deals")
    assert message in str(error.value)


def test_files_join_and_may_be_globs_and_members(
    opened: Open, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        archive.writestr("people.csv", "id,mail\na,ann@x\n")
    (tmp_path / "events-1.csv").write_text("who;at\nb;2026-02-01\n")
    (tmp_path / "events-2.csv").write_text("at,who\n2026-02-02,a\n")
    query = """\
    sql: |
      SELECT coalesce(mail, who) AS contact_id, "at" AS occurred_at
      FROM 'events-*.csv' LEFT JOIN 'people.zip' ON id = who ORDER BY 2
"""
    assert values(connection, opened(query), "contact_id") == [("b",), ("ann@x",)]
    book = openpyxl.Workbook()
    book.create_sheet("Visits 2026").append(["who", "at"])
    book["Visits 2026"].append(["c", "2026-02-03"])
    book.save(tmp_path / "book.xlsx")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("lines/events.jsonl", '{"who": "d", "at": "2026-02-04"}\n')
        archive.writestr("people.csv", "id,mail\nd,dee@x\n")
        archive.write(tmp_path / "book.xlsx", "book.xlsx")
    query = """\
    sql: |
      SELECT coalesce(mail, who) AS contact_id, "at" AS occurred_at
      FROM (FROM 'all.zip/lines/events.jsonl' UNION FROM 'book.xlsx/Visits 2026'
        UNION FROM 'all.zip/book.xlsx/Visits 2026')
      LEFT JOIN 'all.zip/people.csv' ON id = who ORDER BY 2
"""
    assert values(connection, opened(query), "contact_id") == [("c",), ("dee@x",)]
    with pytest.raises(AttribError, match="no file in the zip matches"):
        opened("    sql: SELECT who AS contact_id, \"at\" AS occurred_at FROM 'all.zip/events.csv'\n")


@pytest.mark.parametrize(
    "reach",
    [
        "read_csv('{folder}/secret.csv')",
        "read_text('{folder}/secret.csv')",
        "read_blob('/etc/passwd')",
        "glob('/etc/*')",
        "read_csv('https://example.com/x.csv')",
        "parquet_metadata('{folder}/secret.csv')",
        "sniff_csv('{folder}/secret.csv')",
        "query('SELECT * FROM read_text(''/etc/passwd'')')",
    ],
)
def test_a_query_reaches_no_other_file(opened: Open, tmp_path: Path, reach: str) -> None:
    function = reach.format(folder=tmp_path)
    with pytest.raises(ConfigError) as error:
        opened(f"    sql: |\n      SELECT who AS contact_id, \"at\" AS occurred_at FROM 'events.csv', {function}\n")
    assert "attrib.yaml:" in str(error.value.place)
    assert "the query may read the files that it names, and no others" in error.value.message


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT 1; SELECT 2", "expected one SELECT, found 2 statements"),
        ("COPY (SELECT 1) TO '/tmp/x'", "expected one SELECT, found the statement COPY"),
        ("INSTALL httpfs", "expected one SELECT, found the statement"),
        ("ATTACH '/tmp/x.db'", "expected one SELECT, found the statement ATTACH"),
        ("SET enable_external_access = true", "expected one SELECT, found the statement SET"),
        ("PRAGMA version", "expected one SELECT, found the statement"),
        ("DELETE FROM 'events.csv'", "expected one SELECT, found the statement DELETE"),
        ("CREATE TABLE x AS SELECT 1", "expected one SELECT, found the statement CREATE"),
        ("-- nothing", "expected one SELECT, found 0 statements"),
    ],
)
def test_anything_but_one_select_is_refused(opened: Open, sql: str, found: str) -> None:
    with pytest.raises(ConfigError) as error:
        opened(f"    sql: |\n      {sql}\n")
    assert error.value.message.startswith(found)
    assert error.value.place == "attrib.yaml:4" or str(error.value.place).endswith("attrib.yaml:4")


def test_a_query_cannot_write_where_it_reads(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        opened("    sql: WITH x AS (INSERT INTO 'events.csv' VALUES (1) RETURNING *) SELECT * FROM x\n")
    assert (tmp_path / "events.csv").read_text() == EVENTS


@pytest.mark.parametrize(
    ("query", "line", "message"),
    [
        ("sql: |\n      SELECT *\n      FORM 'events.csv'", 5, "sql: syntax error at or near"),
        (
            "sql: |\n\n      SELECT who,\n        wat\n      FROM 'events.csv'",
            6,
            'sql: Referenced column "wat" not found',
        ),
        ("sql: SELECT wat FROM 'events.csv'", 3, 'sql: Referenced column "wat" not found'),
        ("sql: |\n      SELECT * FROM 'event.csv'", 4, "no file matches 'event.csv' for touchpoints"),
        (
            "sql: |\n      SELECT value::INT AS contact_id, \"at\" AS occurred_at\n      FROM 'events.csv'",
            4,
            "Could not convert",
        ),
    ],
)
def test_mistakes_are_told_with_their_line(opened: Open, query: str, line: int, message: str) -> None:
    with pytest.raises(AttribError) as error:
        opened(f"    {query}\n")
    assert message in error.value.message
    assert str(error.value.place).endswith(f"attrib.yaml:{line - (message.startswith('no file'))}")


def test_values_that_cannot_be_read_name_the_row_of_the_query(opened: Open) -> None:
    with pytest.raises(AttribError, match=r"row 3 of .*attrib\.yaml:4: 'x' in column 'occurred_at' is not a date"):
        opened(
            "    sql: |\n      SELECT who AS contact_id, value AS occurred_at FROM 'events.csv'\n"
            "    columns: {occurred_at: {header: occurred_at, map: {'10': 2026-01-01, '007': 2026-01-02}}}\n"
        )
