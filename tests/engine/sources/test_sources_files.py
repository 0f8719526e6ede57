"""Which files are a table: folders, globs, pipes, and names in SQL."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.engine.errors import SourceError
from attrib_cli.engine.quoting import identifier, literal
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableSource
from attrib_cli.engine.sources import discover, expand, open_tables, spool_stdin

TOUCHES = "contact_id,occurred_at\n1,2026-01-01\n"


def names(source: TableSource) -> list[str]:
    return [Path(path).name for path in source.paths]


def test_discover_finds_tables_in_any_case_and_format(tmp_path: Path) -> None:
    (tmp_path / "Touchpoints.CSV").write_text(TOUCHES)
    (tmp_path / "deals.csv.gz").write_bytes(b"")
    (tmp_path / "campaigns.parquet").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    parts = tmp_path / "Contacts"
    parts.mkdir()
    for name in ("part-10.csv.zst", "part-2.csv", "_SUCCESS", ".hidden.csv", "README.md"):
        (parts / name).write_text("")
    found = discover(tmp_path)
    assert list(found.tables) == ["touchpoints", "contacts", "deals", "campaigns"]
    assert names(found.tables["contacts"]) == ["part-2.csv", "part-10.csv.zst"]
    assert found.tables["campaigns"].format == "parquet"
    assert found.place == str(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["touchpoints.csv", "touchpoints.parquet"], "both 'touchpoints.csv' and 'touchpoints.parquet'"),
        (["touchpoints.csv", "touchpoints/a.csv"], "both 'touchpoints/' and 'touchpoints.csv'"),
        (["touches.csv"], "no touchpoints here; found: 'touches.csv'"),
        ([], "no touchpoints here; found: nothing"),
        (["touchpoints/a.csv", "touchpoints/b.parquet"], "'a.csv' and 'b.parquet' are of different formats"),
        (["touchpoints/a.csv", "touchpoints/b.orc"], "'b.orc' has a format that is not read"),
        (["touchpoints/_SUCCESS"], "a folder without data files"),
    ],
)
def test_discover_refuses(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    with pytest.raises(SourceError) as caught:
        discover(tmp_path)
    assert message in caught.value.message
    assert caught.value.place


def test_discover_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(SourceError, match="no such folder") as caught:
        discover(tmp_path / "dta")
    assert caught.value.hint == "Did you mean 'data'?"
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="a file, where a folder is needed"):
        discover(tmp_path / "file")


def test_expand_takes_paths_globs_and_folders(tmp_path: Path) -> None:
    for name in ("t-1.csv", "t-2.csv", "t-10.csv", "t[1].csv"):
        (tmp_path / name).write_text(TOUCHES)
    assert names(expand("touchpoints", "t-*.csv", base=tmp_path)) == ["t-1.csv", "t-2.csv", "t-10.csv"]
    assert names(expand("touchpoints", "t[1].csv", base=tmp_path)) == ["t[1].csv"]
    assert names(expand("touchpoints", str(tmp_path), base=Path("/nowhere"))) == [
        "t-1.csv", "t-2.csv", "t-10.csv", "t[1].csv",
    ]  # fmt: skip
    (tmp_path / "export.dat").write_bytes(b"PAR1xxxx")
    assert expand("deals", "export.dat", base=tmp_path).format == "parquet"
    with pytest.raises(SourceError, match=r"no file matches 't-3\.csv' for touchpoints") as caught:
        expand("touchpoints", "t-3.csv", base=tmp_path, place="attrib.yaml:7")
    assert caught.value.place == "attrib.yaml:7"
    assert "'t-1.csv'" in (caught.value.hint or "")


@pytest.mark.parametrize("packed", ["plain", "gzip", "zstd", "parquet"])
def test_standard_input_is_recognised_by_its_bytes(packed: str) -> None:
    out = io.BytesIO()
    if packed == "parquet":
        pq.write_table(pa.table({"contact_id": ["1"], "occurred_at": [dt.datetime(2026, 1, 1)]}), out)
    elif packed == "zstd":
        out = _zstd(TOUCHES.encode())
    else:
        out.write(gzip.compress(TOUCHES.encode()) if packed == "gzip" else TOUCHES.encode())
    source = spool_stdin(io.BytesIO(out.getvalue()))
    assert source.format == ("parquet" if packed == "parquet" else "csv")
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        tables = SourceMap(tables={"touchpoints": source})
        table = open_tables(con, tables, Settings(), needed=["touchpoints"])["touchpoints"]
        rows = con.execute(f"SELECT contact_id, occurred_at FROM {table.relation}").fetchall()
    assert rows == [("1", dt.datetime(2026, 1, 1))]


def _zstd(data: bytes) -> io.BytesIO:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return io.BytesIO(sink.getvalue().to_pybytes())


def test_errors_in_standard_input_name_it() -> None:
    with pytest.raises(SourceError, match="nothing arrived"):
        spool_stdin(io.BytesIO(b""))
    source = spool_stdin(io.BytesIO(b"contact_id,occurred_at\n1\n"))
    with duckdb.connect() as con, pytest.raises(SourceError) as caught:
        open_tables(con, SourceMap(tables={"touchpoints": source}), Settings(), needed=["touchpoints"])
    assert caught.value.place == "standard input:2"


def test_tables_that_are_needed_and_those_that_may_be_absent(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel,wide\n1,2026-01-01,Email,x\n")
    sources = discover(tmp_path)
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        with pytest.raises(SourceError, match="this needs the table 'deals'; found: 'touchpoints'") as caught:
            open_tables(con, sources, Settings(), needed=["touchpoints", "deals"])
        assert caught.value.place == str(tmp_path)
        said: list[str] = []
        tables = open_tables(
            con,
            sources,
            Settings(),
            needed=["touchpoints"],
            optional=["deals"],
            columns={"touchpoints": {"channel"}},
            progress=said.append,
        )
        assert list(tables) == ["touchpoints"]
        assert list(tables["touchpoints"].columns) == ["contact_id", "occurred_at", "channel"]
        assert said == ["reading touchpoints.csv"]
        lazy = open_tables(con, sources, Settings(), needed=["touchpoints"], stage=False)["touchpoints"]
        assert lazy.relation == f"({lazy.definition})"
        assert con.execute(f"SELECT source_row, wide FROM {lazy.relation}").fetchall() == [(0, "x")]


writable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(name=writable.filter(bool), value=writable)
def test_names_and_text_survive_sql(name: str, value: str) -> None:
    with duckdb.connect() as con:
        found = con.execute(f"SELECT {literal(value)} AS {identifier(name)}")
        assert found.description is not None
        assert found.description[0][0] == name
        assert found.fetchall() == [(value,)]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (-5, "(-5)"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.50"), "(-0.50)"),
        (dt.date(2026, 1, 2), "DATE '2026-01-02'"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6), "TIMESTAMP '2026-01-02 03:04:05.000006'"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=2))), "TIMESTAMP '2026-01-02 01:00:00'"),
    ],
)
def test_literals(value: object, written: str) -> None:
    assert literal(value) == written  # type: ignore[arg-type]


def test_what_sql_cannot_write_is_refused() -> None:
    for bad in ("", "a\0b"):
        with pytest.raises(ValueError, match="not a name"):
            identifier(bad)
    for value in ("a\0b", Decimal("NaN")):
        with pytest.raises(ValueError):
            literal(value)
