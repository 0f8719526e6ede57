"""One table written in every way that a source can be: each way gives the same rows, in the same order."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.sources import open_tables

HEADER = ("contact_id", "occurred_at", "channel", "cost")
Row = tuple[str, str, str | None, str | None]
"""Contact, moment, channel and cost, as text; None where nothing is there."""

_texts = st.text(st.sampled_from("abÄ😀 ,;\"'|[{\n-0"), min_size=1, max_size=6).filter(str.strip)
_rows = st.lists(
    st.tuples(
        _texts.map(str.strip),
        st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1)).map(lambda at: str(at.replace(microsecond=0))),
        st.none() | _texts,
        st.none() | st.decimals(-1000, 1000, places=2).map(str),
    ),
    min_size=1,
    max_size=6,
)


def delimited(rows: Sequence[Row], delimiter: str = ",", *, short: bool = False) -> str:
    """The rows as CSV; with `short`, without the empty values at their ends."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        values = ["" if value is None else value for value in row]
        while short and not values[-1]:
            values.pop()
        writer.writerow(values)
    return out.getvalue()


def as_csv(folder: Path, rows: Sequence[Row]) -> str:
    (folder / "t.csv").write_text(delimited(rows), newline="")
    return "path: t.csv"


def as_short_rows(folder: Path, rows: Sequence[Row]) -> str:
    (folder / "t.csv").write_text(delimited(rows, short=True), newline="")
    return "path: t.csv, short_rows: fill"


def as_tabs_below_a_title(folder: Path, rows: Sequence[Row]) -> str:
    (folder / "t.tsv").write_text("A report\n\n" + delimited(rows, "\t") + "Total\t\t\t\n", newline="")
    return "path: t.tsv, header_line: 3, delimiter: tab, total_rows: [Total]"


def as_parquet(folder: Path, rows: Sequence[Row]) -> str:
    columns = zip(*rows, strict=True)
    table = {name: pa.array(values, pa.string()) for name, values in zip(HEADER, columns, strict=True)}
    pq.write_table(pa.table(table), folder / "t.parquet")
    return "path: t.parquet"


def as_lines_of_json(folder: Path, rows: Sequence[Row]) -> str:
    lines = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows]
    (folder / "t.jsonl").write_text("\n".join(lines) + "\n")
    return "path: t.jsonl"


def as_workbook(folder: Path, rows: Sequence[Row]) -> str:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate((HEADER, *rows), 1):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value).data_type = "s" if value is not None else "n"
    book.create_sheet("other").append(["nothing"])
    book.save(folder / "t.xlsx")
    return f"path: t.xlsx, sheet: {sheet.title}"


def as_zip(folder: Path, rows: Sequence[Row]) -> str:
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.writestr("touches.csv", delimited(rows))
        archive.writestr("notes.jsonl", "{}")
    return "path: t.zip, member: touch*.csv"


def as_union(folder: Path, rows: Sequence[Row]) -> str:
    half = len(rows) // 2
    (folder / "one.csv").write_text(delimited(rows[:half]), newline="")
    second = as_lines_of_json(folder, rows[half:])
    return f"union: [{{path: one.csv}}, {{{second}}}]"


def as_lookup(folder: Path, rows: Sequence[Row]) -> str:
    """Contacts stand by a number, which another file says the contact of."""
    keys = {contact: f"k{number}" for number, contact in enumerate(dict.fromkeys(row[0] for row in rows))}
    (folder / "t.csv").write_text(delimited([(keys[row[0]], *row[1:]) for row in rows]), newline="")
    with (folder / "ids.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("key", "who"), *((key, who) for who, key in keys.items())])
    return "path: t.csv, columns: {contact_id: {header: contact_id, lookup: {path: ids.csv, key: key, value: who}}}"


def as_query(folder: Path, rows: Sequence[Row]) -> str:
    (folder / "t.csv").write_text(delimited(rows), newline="")
    return "sql: \"SELECT * FROM 't.csv'\""


WAYS: tuple[Callable[[Path, Sequence[Row]], str], ...] = (
    *(as_csv, as_short_rows, as_tabs_below_a_title, as_parquet, as_lines_of_json, as_workbook, as_zip, as_union),
    *(as_lookup, as_query),
)


@examples(6)
@given(rows=_rows)
def test_every_way_of_writing_a_table_gives_the_same_rows(
    connection: duckdb.DuckDBPyConnection, rows: list[Row]
) -> None:
    expected = [
        (contact, moment, channel, None if cost is None else f"{cost}0000") for contact, moment, channel, cost in rows
    ]
    for way in WAYS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            said = way(folder, rows)
            (folder / "attrib.yaml").write_text(f"sources: {{touchpoints: {{{said}}}}}\n")
            config = load_config(folder / "attrib.yaml")
            tables = open_tables(connection, config_sources(config), config.settings, needed=["touchpoints"])
            relation = tables["touchpoints"].relation
            listed = ", ".join(f"CAST({column} AS VARCHAR)" for column in HEADER)
            found = connection.execute(f"SELECT {listed} FROM {relation} AS s ORDER BY source_row").fetchall()
        assert found == expected, way.__name__
