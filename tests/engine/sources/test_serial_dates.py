"""Dates as the number of days that spreadsheets count, against openpyxl's reading of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.sources import open_tables

SERIALS = (45231, 45231.5, 46000.4166666667, 61, 60000.999988426)


def read(con: duckdb.DuckDBPyConnection, folder: Path, name: str, rules: str = "") -> list[object]:
    (folder / "attrib.yaml").write_text(f"sources:\n  contacts:\n    path: {name}\n{rules}", encoding="utf-8")
    config = load_config(folder / "attrib.yaml")
    table = open_tables(con, config_sources(config), config.settings, needed=["contacts"])["contacts"]
    found = con.execute(f"SELECT created_at FROM {table.relation} ORDER BY source_row").fetchall()
    assert con.execute(f"SELECT created_at FROM ({table.definition}) ORDER BY source_row").fetchall() == found
    return [value for (value,) in found]


def write(folder: Path, ending: str, serials: tuple[object, ...] = SERIALS) -> str:
    path = folder / f"c.{ending}"
    if ending == "xlsx":
        book = openpyxl.Workbook()
        for row in (("contact_id", "created_at"), *(("c", serial) for serial in serials)):
            book.active.append(row)
        book.save(path)
    elif ending == "parquet":
        listed = ", ".join(f"('c', {serial}::DOUBLE)" for serial in serials)
        duckdb.sql(f"COPY (FROM (VALUES {listed}) t(contact_id, created_at)) TO '{path}'")
    else:
        path.write_text("contact_id,created_at\n" + "".join(f'c,"{serial}"\n' for serial in serials), encoding="utf-8")
    return path.name


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(("form", "epoch"), [("excel", None), ("Excel 1904", CALENDAR_MAC_1904)])
def test_they_are_read_where_the_format_says_so(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, ending: str, form: str, epoch: dt.datetime | None
) -> None:
    expected = [from_excel(serial, epoch) if epoch else from_excel(serial) for serial in SERIALS]
    name = write(tmp_path, ending)
    for rules in (
        f"    date_format: {form}\n",
        f"    columns: {{created_at: {{header: created_at, date_format: {form}}}}}\n",
    ):
        assert read(connection, tmp_path, name, rules) == expected


def test_a_clock_may_stand_behind_them_and_other_dates_beside_them_in_local_time(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    name = write(
        tmp_path, "csv", ("45231 10:30", "45231,25", "2023-11-01", "1 Nov 2023 4:00 PM", "", "45231.0 9:05 pm")
    )
    rules = "    date_format: excel\n    timezone: Europe/Berlin\n"
    day = dt.datetime(2023, 10, 31, 23)
    clocks = (10.5, 6, 0, 16, None, 21 + 5 / 60)
    found = read(connection, tmp_path, name, rules)
    assert found == [hours if hours is None else day + dt.timedelta(hours=hours) for hours in clocks]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_without_a_format_they_are_no_dates_and_the_error_says_what_they_may_be(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, ending: str
) -> None:
    name = write(tmp_path, ending, (45231.5,))
    with pytest.raises(AttribError) as raised:
        read(connection, tmp_path, name)
    assert "'45231.5'" in str(raised.value) or "45231.5 in" in str(raised.value)
    assert "2023-11-01: set `date_format: excel`" in str(raised.value.hint)


@pytest.mark.parametrize("serial", [60, 1, 109940, 1234567, -5])
def test_what_excel_counts_wrong_or_nobody_means_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, serial: int
) -> None:
    for ending in ("csv", "parquet"):
        name = write(tmp_path, ending, (serial,))
        with pytest.raises(AttribError, match="not a date"):
            read(connection, tmp_path, name, "    date_format: excel\n")
