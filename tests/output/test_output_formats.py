"""Every format against golden files, and the machine formats against each other through independent readers."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from output_reports import NASTY, compared, empty, nasty

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.report import Column, Report
from attrib_cli.output.chosen_format import resolve_format
from attrib_cli.output.registry import FORMATS, WriteOptions
from attrib_cli.output.text.records import write_table

GOLDEN = Path(__file__).parents[1] / "golden"


def written(report: Report, name: str, **options: object) -> bytes:
    return b"".join(FORMATS[name].load()(report, WriteOptions(**options)))


CASES = {
    "nasty.csv": (nasty, "csv", {}),
    "nasty-excel-safe.csv": (nasty, "csv", {"excel_safe": True}),
    "nasty.tsv": (nasty, "tsv", {}),
    "nasty.json": (nasty, "json", {}),
    "nasty.jsonl": (nasty, "jsonl", {}),
    "nasty.md": (nasty, "markdown", {}),
    "nasty.txt": (nasty, "table", {}),
    "nasty-linear-80.txt": (lambda: nasty(["linear"]), "table", {"width": 80}),
    "nasty-linear-color.txt": (lambda: nasty(["linear"]), "table", {"width": 80, "color": True}),
    "nasty-linear-ascii.txt": (lambda: nasty(["linear"]), "table", {"width": 80, "encoding": "ascii"}),
    "nasty-40.txt": (nasty, "table", {"width": 40}),
    "compared.txt": (compared, "table", {}),
    "compared-color.txt": (compared, "table", {"color": True}),
    "compared.md": (compared, "markdown", {}),
    "empty.txt": (empty, "table", {}),
    "empty.md": (empty, "markdown", {}),
    "empty.csv": (empty, "csv", {}),
    "empty.json": (empty, "json", {}),
    "empty.jsonl": (empty, "jsonl", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    make, fmt, options = CASES[name]
    found = written(make(), fmt, **options)
    if os.environ.get("ATTRIB_UPDATE_GOLDEN"):
        (GOLDEN / name).write_bytes(found)
    assert found == (GOLDEN / name).read_bytes()


def normal(value: object) -> object:
    """A value as the report has it, without the zeros that a reader cannot see."""
    return None if value is None else Decimal(value).normalize() + 0 if isinstance(value, Decimal | int) else value


def expected() -> list[dict[str, object]]:
    report = nasty()
    names = [column.name for column in report.columns]
    return [dict(zip(names, map(normal, row), strict=True)) for row in report.rows]


def test_csv_json_and_parquet_hold_the_same_values() -> None:
    import pyarrow.parquet as pq

    report = nasty()
    texts = {"campaign", "model"}
    from_csv = [
        {key: text if key in texts else normal(Decimal(text)) for key, text in row.items()}
        for row in csv.DictReader(io.StringIO(written(report, "csv").decode(), newline=""))
    ]

    def from_json(text: bytes) -> object:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        return [{key: normal(value) for key, value in row.items()} for row in found]

    lines = written(report, "jsonl").splitlines()
    table = pq.read_table(io.BytesIO(written(report, "parquet")))
    from_parquet = [{key: normal(value) for key, value in row.items()} for row in table.to_pylist()]
    assert from_csv == expected()
    assert from_json(written(report, "json")) == expected()
    assert from_json(b"[" + b",".join(lines) + b"]") == expected()
    assert from_parquet == expected()


def test_tsv_is_read_back_by_undoing_its_escapes() -> None:
    lines = written(nasty(), "tsv").decode().split("\n")
    assert lines.pop() == ""
    names = [line.split("\t")[0] for line in lines[1:]]
    undone = [name.encode("latin-1", "backslashreplace").decode("unicode_escape") for name in names]
    assert [*dict.fromkeys(undone)] == [*NASTY]
    assert all(line.count("\t") == 5 for line in lines)


def test_duckdb_reads_the_csv_as_we_mean_it(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "x.csv"
    path.write_bytes(written(nasty(), "csv"))
    sql = "select campaign, model, cast(revenue as varchar) from read_csv(?, all_varchar = true)"
    found = duckdb.connect().execute(sql, [str(path)]).fetchall()
    wanted = {("=1+1", "linear", "333.333333"), ("🎉 日本", "linear", "4000"), (NASTY[0], "first", "0")}
    assert wanted <= set(found)
    assert [row[0] for row in found] == [row[0] for row in nasty().rows]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1E+3", "1000"),
        ("4000.000000", "4000"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("333.333333", None),
        ("1E-7", "0.0000001"),
        ("-12.50", "-12.5"),
        ("100", None),
        ("12345678901234567890123.45", None),
    ],
)
def test_numbers_are_plain_in_every_machine_format(number: str, text: str | None) -> None:
    columns = (Column(name="model", role="model"), Column(name="revenue", role="measure", unit="currency"))
    report = dataclasses.replace(nasty(), columns=columns, rows=[("linear", Decimal(number))], totals=[])
    text = text or number
    assert written(report, "csv").decode() == f"model,revenue\nlinear,{text}\n"
    assert written(report, "tsv").decode() == f"model\trevenue\nlinear\t{text}\n"
    assert written(report, "jsonl").decode() == f'{{"model": "linear", "revenue": {text}}}\n'


def test_nothing_is_empty_in_csv_and_null_in_json_and_days_are_iso() -> None:
    columns = (Column(name="day", role="dimension"), Column(name="roi", role="measure", unit="ratio"))
    report = dataclasses.replace(nasty(), columns=columns, rows=[(dt.date(2026, 3, 1), None), (None, 7)], totals=[])
    assert written(report, "csv") == b"day,roi\n2026-03-01,\n,7\n"
    assert json.loads(written(report, "json")) == [{"day": "2026-03-01", "roi": None}, {"day": None, "roi": 7}]
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(written(report, "parquet")))
    assert table.to_pylist() == [{"day": "2026-03-01", "roi": None}, {"day": None, "roi": Decimal(7)}]


def test_many_rows_cross_the_chunks_in_order() -> None:
    columns = (Column(name="model", role="model"), Column(name="interactions", role="measure", unit="count"))
    report = dataclasses.replace(nasty(), columns=columns, rows=[("m", i) for i in range(20000)], totals=[])
    assert [row["interactions"] for row in json.loads(written(report, "json"))] == list(range(20000))
    assert written(report, "csv").decode().split() == ["model,interactions", *(f"m,{i}" for i in range(20000))]


def test_excel_safe_guards_texts_and_leaves_numbers() -> None:
    columns = (
        Column(name="campaign", role="dimension"),
        Column(name="roi", role="measure", unit="ratio"),
    )
    names = ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "x=1", "'=1", ""]
    report = dataclasses.replace(nasty(), columns=columns, rows=[(n, Decimal("-0.5")) for n in names], totals=[])
    safe = list(csv.reader(io.StringIO(written(report, "csv", excel_safe=True).decode(), newline="")))[1:]
    assert safe == [[("'" + n) if i < 6 else n, "-0.5"] for i, n in enumerate(names)]
    plain = list(csv.reader(io.StringIO(written(report, "csv").decode(), newline="")))[1:]
    assert [row[0] for row in plain] == names


def test_parquet_says_what_it_is_and_is_the_same_every_time() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first, second = written(nasty(), "parquet"), written(nasty(), "parquet")
    assert first == second
    schema = pq.read_schema(io.BytesIO(first))
    assert schema.field("revenue").type == pa.decimal128(38, 6)
    assert schema.field("interactions").type == pa.int64()
    known = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    about = json.loads(known.pop("attrib.about"))
    assert about == json.loads(written(nasty(), "json-about"))["about"]
    assert known == {
        "attrib.type": "revenue",
        "attrib.models": "first,linear",
        "attrib.from": "2026-01-01",
        "attrib.to": "2026-03-31",
        "attrib.period": "2026-Q1",
        "attrib.currency": "EUR",
        "attrib.conversions": "4",
    }


@pytest.mark.parametrize(
    ("option", "path", "tty", "name"),
    [
        (None, None, True, "table"),
        (None, None, False, "csv"),
        (None, "-", True, "table"),
        (None, "/dev/stdout", True, "table"),
        (None, "report", True, "csv"),
        (None, "/dev/null", True, "csv"),
        ("json", "x.csv", True, "json"),
        ("JSON", None, True, "json"),
        ("md", None, False, "markdown"),
        ("ndjson", None, False, "jsonl"),
        ("parquet", None, False, "parquet"),
        ("parquet", "report", True, "parquet"),
        (None, "a.b/x.CSV", True, "csv"),
        (None, "x.tsv", True, "tsv"),
        (None, "x.json", True, "json"),
        (None, "x.jsonl", True, "jsonl"),
        (None, "x.ndjson", True, "jsonl"),
        (None, "x.md", True, "markdown"),
        (None, "x.parquet", True, "parquet"),
        (None, "x.txt", True, "table"),
    ],
)
def test_format_is_the_option_else_the_suffix_else_the_place(
    option: str | None, path: str | None, tty: bool, name: str
) -> None:
    assert resolve_format(option, path, tty).name == name


@pytest.mark.parametrize(
    ("option", "path", "hint"),
    [("jsn", None, "json"), (None, "x.jsom", ".json"), (None, "report.csvv", ".csv"), ("parquet", None, "--output")],
)
def test_what_cannot_be_written_is_refused_with_what_to_do(option: str | None, path: str | None, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_format(option, path, True)
    assert hint in (caught.value.hint or "")


def test_every_format_can_be_loaded_and_suffixes_name_one_format_each() -> None:
    suffixes = [suffix for entry in FORMATS.values() for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(callable(entry.load()) for entry in FORMATS.values())
    assert [name for name, entry in FORMATS.items() if entry.name != name] == []


def test_markdown_renders_to_the_names_themselves() -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(written(nasty(["linear"]), "markdown").decode())
    rows = [line for line in html.splitlines() if line.startswith("<td>")]
    assert rows[:7] == [
        "<td>Spring &quot;Big&quot;, Launch</td>",
        r"<td>line\nbreak | pipe\tand tab</td>",
        "<td>=1+1</td>",
        "<td>🎉 日本</td>",
        r"<td>\x1b[31mred\x1b[0m [red]_x_[/red]\n</td>",
        "<td>(no campaign)</td>",
        "<td>(unattributed)</td>",
    ]


@pytest.mark.parametrize("width", [72, 80, 100, 400])
def test_a_list_with_paths_stays_within_the_terminal_and_loses_no_character(width: int) -> None:
    paths = [f"/home/somebody/projects/attribution/exports/{n}/touchpoints-with-a-long-name_{n}.csv" for n in range(2)]
    records = [{"table": "touchpoints", "rows": 12345678, "used": "2026-11-25 16:00 UTC", "files": paths}]
    lines = write_table(records, WriteOptions(width=width)).decode().splitlines()
    assert max(map(len, lines)) <= width
    start = lines[0].index("Files")
    assert "".join(line[start:] for line in lines[2:]).replace(" ", "") == ",".join(paths)
