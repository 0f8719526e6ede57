"""Files of one table that have different columns: CSV, Parquet and sheets alike, with rules and without."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
import openpyxl
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.sources import Table, open_tables

Rows = Sequence[Sequence[str]]
FIRST = (("contact_id", "occurred_at", "channel"), ("a", "2026-01-01", "Email"))
SECOND = (("occurred_at", "Channel Name", "contact_id"), ("2026-01-02", "Social", "b"))


def write(path: Path, rows: Rows) -> None:
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        listed = ", ".join(f"'{value}' AS \"{name}\"" for name, value in zip(*rows, strict=True))
        duckdb.sql(f"COPY (SELECT {listed}) TO '{path}' (FORMAT parquet)")


@pytest.fixture(params=["csv", "parquet", "xlsx"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "touches").mkdir()
    for number, rows in enumerate((FIRST, SECOND), 1):
        write(tmp_path / "touches" / f"{number}.{request.param}", rows)
    return tmp_path


def opened(con: duckdb.DuckDBPyConnection, folder: Path, columns: str, *, more: str = "") -> Table:
    (folder / "attrib.yaml").write_text(
        f"sources:\n  touchpoints:\n    path: touches\n{more}    columns: {{{columns}}}\n", encoding="utf-8"
    )
    config = load_config(folder / "attrib.yaml")
    return open_tables(con, config_sources(config), config.settings, needed=["touchpoints"])["touchpoints"]


def channels(con: duckdb.DuckDBPyConnection, table: Table) -> list[tuple[str, ...]]:
    return con.execute(f"SELECT contact_id, channel FROM {table.relation} ORDER BY source_row").fetchall()


def test_a_column_that_a_rule_names_has_to_be_in_every_file_or_may_be_empty_where_that_is_said(
    folder: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    for rule in ("channel", "{header: channel, trim: true}"):
        with pytest.raises(SourceError) as raised:
            opened(connection, folder, f"channel: {rule}")
        place = str(raised.value)
        assert "touches/2." in place and "there is no header 'channel', which the rule of 'channel' names" in place
        assert "touches/1." in place and "`header: [channel, Channel Name]`" in str(raised.value.hint)
        table = opened(connection, folder, f"channel: {rule}", more="    missing_columns: empty\n")
        assert channels(connection, table) == [("a", "Email"), ("b", None)]
        (told,) = [note for note in table.notes if "'channel'" in note.text]
        assert told.level == "note" and told.code == "columns-missing"
        assert told.counts[0] == ("files", 2)
    both = opened(connection, folder, "channel: {header: [channel, Channel Name]}")
    assert channels(connection, both) == [("a", "Email"), ("b", "Social")]
    assert [note.code for note in both.notes] == []


def test_a_column_that_nothing_names_is_empty_in_a_file_without_it_and_that_is_a_warning(
    folder: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    for rule in ("contact_id: contact_id", "contact_id: {header: contact_id, trim: true}"):
        table = opened(connection, folder, rule)
        assert channels(connection, table) == [("a", "Email"), ("b", None)]
        (told,) = table.notes
        assert told.level == "warning" and "2 of 2 files lack columns that others have, which are empty" in told.text
        assert told.hint is not None and "`missing_columns: empty`" in told.hint


@pytest.mark.parametrize("key", ["where: channel=Email", "latest: {of: contact_id, by: channel}"])
def test_what_chooses_rows_by_a_column_that_a_file_lacks_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, key: str
) -> None:
    (tmp_path / "touches").mkdir()
    for number, rows in enumerate((FIRST, SECOND), 1):
        write(tmp_path / "touches" / f"{number}.csv", rows)
    with pytest.raises(SourceError, match=f"2.csv: there is no header 'channel', which `{key.split(':')[0]}` names"):
        opened(connection, tmp_path, "contact_id: contact_id", more=f"    {key}\n")


def test_lines_of_json_have_no_headers_so_that_none_is_missing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "touches").mkdir()
    for number, more in enumerate(('"channel": "Email"', '"page": "x"')):
        line = f'{{"contact_id": "{number}", "occurred_at": "2026-01-01", {more}}}\n'
        (tmp_path / "touches" / f"{number}.jsonl").write_text(line)
    table = opened(connection, tmp_path, "channel: channel")
    assert channels(connection, table) == [("0", "Email"), ("1", None)] and not table.notes
