"""CSV against Python's csv module: the same values in the same order, or a refusal with the line."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from conftest import examples
from hypothesis import assume, example, given
from hypothesis import strategies as st

from attrib_cli.engine.errors import AttribError, ErrorGroup, SourceError
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import SourceMap, TableSource
from attrib_cli.engine.sources import Table, inspect, open_tables
from attrib_cli.engine.sources.locate import locate

HEADER = ["campaign_id", "name", "note"]
Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv")


def opened(con: duckdb.DuckDBPyConnection, *paths: Path, **options: str) -> Table:
    source = TableSource(table="campaigns", paths=tuple(map(str, paths)), format="csv", **options)
    return open_tables(con, SourceMap(tables={"campaigns": source}), Settings(), needed=["campaigns"])["campaigns"]


def rows_of(con: duckdb.DuckDBPyConnection, table: Table, relation: str | None = None) -> Rows:
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in table.columns)
    return con.execute(f"SELECT {names} FROM {relation or table.relation} ORDER BY source_row").fetchall()


def reference(text: str) -> tuple[list[list[str]], list[int]]:
    """Return the records that are no blank lines, and the physical line that each begins on."""
    records, lines, start = [], [], 1
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    for record in reader:
        if record:
            records.append(record)
            lines.append(start)
        start = reader.line_num + 1
    return records, lines


def first_error(raised: AttribError) -> AttribError:
    return raised.errors[0] if isinstance(raised, ErrorGroup) else raised


def as_read(record: Sequence[str]) -> tuple[str | None, ...]:
    """The values of a row: empty text is none, and the id, which comes first, has no blanks around it."""
    return tuple(value or None for value in (record[0].strip(" "), *record[1:]))


def check_against_reference(con: duckdb.DuckDBPyConnection, folder: Path, text: str) -> None:
    path = folder / "campaigns.csv"
    path.write_bytes(text.encode())
    try:
        records, lines = reference(text)
    except csv.Error:
        with pytest.raises(AttribError) as caught:
            opened(con, path)
        assert re.fullmatch(r"campaigns\.csv:\d+", first_error(caught.value).place or "")
        return
    ragged = [line for record, line in zip(records, lines, strict=True) if len(record) != len(HEADER)]
    if ragged:
        with pytest.raises(AttribError) as caught:
            opened(con, path)
        assert first_error(caught.value).place == f"campaigns.csv:{ragged[0]}"
        return
    table = opened(con, path)
    assert rows_of(con, table) == [as_read(record) for record in records[1:]]
    assert table.rows == len(records) - 1


fragments = st.sampled_from(
    [
        "a",
        "b",
        "1",
        ",",
        ",",
        '"',
        '"',
        '""',
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "é",
        "😀",
        ";",
        "\\",
        "#",
        "'",
        '",',
        ',"',
        "x y",
    ]
)
cells = st.lists(fragments, max_size=5).map("".join)
NO_LIMIT = examples(50)


@NO_LIMIT
@given(body=st.lists(fragments, max_size=40).map("".join))
@example(body='1, "a,b",c\n')
@example(body='1,"a" ,c\n')
@example(body=' "\n",,')
@example(body='a",a",,')
@example(body='1,2,"\n" \n')
@example(body='1,"a"b,c\n')
@example(body='1,5" pipe,c\n2,6" pipe,d\n')
@example(body="1,2,3,\n")
@example(body='"x",\t"y",z\n')
@example(body="1,a,b\n2,c,d\r\n")
@example(body="1,a,b\r2,c,d\r")
@example(body='1,"a\rb","c\r\nd"\r2,c,d\r')
def test_any_text_is_read_as_the_csv_module_reads_it_or_refused(
    connection: duckdb.DuckDBPyConnection, folder: Path, body: str
) -> None:
    check_against_reference(connection, folder, ",".join(HEADER) + "\n" + body)


raw_cells = st.one_of(
    st.sampled_from(
        ["", "a", "b c", "😀", "x\t", " y", '5"', '"q"', '""', '"a,b"', '"a\nb"', '"a""b"', '"\r\n"', '"a" ', ' "a"']
    ),
    cells.map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.lists(st.sampled_from(["a", " ", '"', "é", "\t", "'", ";"]), max_size=4).map("".join),
)
raw_lines = st.tuples(raw_cells, raw_cells, raw_cells).map(",".join)


@examples(60)
@given(
    lines=st.lists(raw_lines, min_size=1, max_size=5),
    ends=st.lists(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", ""]), min_size=1, max_size=3),
)
def test_rows_of_the_right_width_in_every_kind_of_quoting(
    connection: duckdb.DuckDBPyConnection, folder: Path, lines: list[str], ends: list[str]
) -> None:
    body = "".join(line + ends[i % len(ends)] for i, line in enumerate(lines))
    check_against_reference(connection, folder, ",".join(HEADER) + (ends[0] or "\n") + body)


@NO_LIMIT
@given(
    rows=st.lists(st.tuples(cells, cells, cells), max_size=12),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_writer_wrote_comes_back(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: list[tuple[str, str, str]],
    quoting: int,
    delimiter: str,
    ends: str,
    codec: str,
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ends)  # type: ignore[arg-type]
    writer.writerows([HEADER, *rows])
    # Python before 3.13 leaves a lone carriage return without quotes where lines end in a line feed.
    assume(ends != "\n" or quoting != csv.QUOTE_MINIMAL or "\r" not in out.getvalue())
    path = folder / "campaigns.csv"
    path.write_bytes(out.getvalue().encode(codec))
    table = opened(connection, path)
    expected = [as_read(row) for row in rows]
    assert rows_of(connection, table) == expected
    if ends == "\n" and codec != "utf-16":
        assert rows_of(connection, table, f"({table.definition})") == expected


def big_file(path: Path, count: int, *, quoted_lines: bool) -> list[tuple[str | None, ...]]:
    dice = random.Random(7)
    rows = []
    for i in range(count):
        note = f'line "{i}"\n\nand, more' if quoted_lines and dice.random() < 0.3 else f"note {i}"
        rows.append((str(i), "n" * dice.randrange(1, 60), note + "\n" * dice.randrange(3) if quoted_lines else note))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return rows


@pytest.mark.parametrize("quoted_lines", [False, True])
@pytest.mark.parametrize("threads", [1, 4])
def test_large_files_keep_every_row_and_its_order(tmp_path: Path, quoted_lines: bool, threads: int) -> None:
    path = tmp_path / "campaigns.csv"
    rows = big_file(path, 60_000, quoted_lines=quoted_lines)
    with duckdb.connect(config={"threads": threads}) as con:
        table = opened(con, path)
        assert con.execute(f"SELECT min(source_row), max(source_row) FROM {table.relation}").fetchone() == (0, 59_999)
        assert rows_of(con, table) == rows


def test_a_broken_row_deep_in_a_large_file_is_found(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "campaigns.csv"
    big_file(path, 100_000, quoted_lines=False)
    lines = path.read_text().splitlines(keepends=True)
    lines[77_777] = "77776,only two\n"
    lines[88_888] = "88887,one,two,\n"
    path.write_text("".join(lines))
    with pytest.raises(ErrorGroup) as caught:
        opened(connection, path)
    assert [error.place for error in caught.value.errors] == ["campaigns.csv:77778", "campaigns.csv:88889"]
    assert "nothing for 'note'" in str(caught.value.errors[0])


def test_a_field_of_megabytes(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text("campaign_id,name,note\n1,a," + "x" * 5_000_000 + '\n2,b,"' + "y\n" * 2_000_000 + '"\n')
    lengths = connection.execute(
        f"SELECT length(note) FROM {opened(connection, path).relation} ORDER BY source_row"
    ).fetchall()
    assert lengths == [(5_000_000,), (4_000_000,)]


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        (
            b"campaign_id,name,note\n1,a\n",
            "campaigns.csv:2",
            "2 values, where the header has 3 columns: nothing for 'note'",
        ),
        (b"campaign_id,name,note\n1,a,b,\n", "campaigns.csv:2", "stands after the last column 'note'"),
        (b'campaign_id,name,note\n1,"a\nb",c\n2,b\n', "campaigns.csv:4", "nothing for 'note'"),
        (b'campaign_id,name,note\n1,"x\ny","b\n2,3\n', "campaigns.csv:3", "opens in column 'note' is never closed"),
        (b'campaign_id,name,note\n1,"a"b,c\n', "campaigns.csv:2", "follows the closing quote of column 'name'"),
        (b"campaign_id,name,note\n1,a,b\n2,caf\xe9,x\n", "campaigns.csv:3", "byte 0xe9 in column 'name'"),
        (b'campaign_id,name,note\n1,"a\n\n\xff",b\n', "campaigns.csv:4", "byte 0xff in column 'name'"),
        (b"campaign_id,name,note\n1,a\0,b\n", "campaigns.csv:2", "NUL"),
        (b"", "campaigns.csv", "the file is empty"),
        (b"\xef\xbb\xbf\n\n", "campaigns.csv", "the file is empty"),
        (b"campaign_id,name,Name\n1,2,3\n", "campaigns.csv:1", "'name' is there twice, as columns 2 and 3"),
        (b"PK\x03\x04abc", "campaigns.csv", "Excel"),
        (b"PAR1abc", "campaigns.csv", "Parquet"),
        (b"\x1f\x8b\x08\x00broken", "campaigns.csv", "gzip"),
        (b"\x28\xb5\x2f\xfdbroken", "campaigns.csv", "cannot be read"),
    ],
)
def test_what_is_refused_says_where(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, body: bytes, place: str, message: str
) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_bytes(body)
    with pytest.raises(SourceError) as caught:
        opened(connection, path)
    assert caught.value.place == place
    assert message in caught.value.message


def test_damage_deep_inside_gzip_is_refused(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "campaigns.csv.gz"
    big_file(tmp_path / "plain.csv", 50_000, quoted_lines=False)
    path.write_bytes(gzip.compress((tmp_path / "plain.csv").read_bytes())[:-100])
    with pytest.raises(SourceError, match="gzip data is damaged or cut off"):
        opened(connection, path)


def test_missing_columns_name_the_nearest_headers(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "touchpoints.csv"
    path.write_text("Contact,Event Date,channel\n1,2026-01-01,Email\n")
    source = TableSource(table="touchpoints", paths=(str(path),), format="csv")
    with pytest.raises(SourceError) as caught:
        inspect(connection, SourceMap(tables={"touchpoints": source}), Settings())
    assert "'contact_id' and 'occurred_at'" in caught.value.message
    assert "found: 'Contact', 'Event Date', 'channel'" in caught.value.message
    assert 'columns: {contact_id: "Contact", occurred_at: "Event Date"}' in (caught.value.hint or "")


def test_headers_match_without_case_blanks_and_dashes_and_mappings_win(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text(' Campaign-ID ,Title,name,"Starts On",rowid,source_row\n7,Spring,x,2026-03-01,r,s\n')
    table = opened(connection, path, columns={"name": "title"})  # type: ignore[arg-type]
    assert list(table.columns) == ["name", "campaign_id", "starts_on", "rowid", "source_row (file)"]
    assert table.columns["campaign_id"].header == "Campaign-ID"
    assert connection.execute(f"SELECT source_row, * EXCLUDE source_row FROM {table.relation}").fetchall()[0][:3] == (
        0,
        "Spring",
        "7",
    )


def test_parts_are_united_by_name_in_natural_order(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    one, two = tmp_path / "part-2.csv", tmp_path / "part-10.csv.gz"
    one.write_text("campaign_id,name,note\n1,a,n1\n2,b,n2\n")
    two.write_bytes(gzip.compress(b"NAME;extra;campaign_id\nc;e3;3\n"))
    table = opened(connection, one, two)
    expected = [("1", "a", "n1", None), ("2", "b", "n2", None), ("3", "c", None, "e3")]
    assert rows_of(connection, table) == expected
    assert rows_of(connection, table, f"({table.definition})") == expected


def test_a_part_without_a_required_column_is_named(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("campaign_id,name\n1,a\n")
    two.write_text("campaign_id,owner\n1,a\n")
    with pytest.raises(SourceError, match="'name' of campaigns missing") as caught:
        opened(connection, one, two)
    assert (caught.value.place or "").endswith("two.csv")


@pytest.mark.parametrize(
    ("encoding", "codec"), [("latin-1", "latin-1"), ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le")]
)
def test_declared_encodings(tmp_path: Path, connection: duckdb.DuckDBPyConnection, encoding: str, codec: str) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_bytes('campaign_id,name\n1,"Frühling, é"\n'.encode(codec))
    assert rows_of(connection, opened(connection, path, encoding=encoding)) == [("1", "Frühling, é")]


def test_an_unknown_encoding_is_an_error_of_the_configuration(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text("campaign_id,name\n1,a\n")
    with pytest.raises(SourceError, match="unknown encoding 'latin-99'") as caught:
        opened(connection, path, encoding="latin-99", place="attrib.yaml:4")
    assert caught.value.place == "attrib.yaml:4"


def test_lead_in_of_blank_lines_and_the_excel_separator(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_bytes(b"sep=;\r\ncampaign_id;name\r\n1;a,b\r\n2;c\r\n")
    assert rows_of(connection, opened(connection, path)) == [("1", "a,b"), ("2", "c")]
    path.write_bytes(b"\n\ncampaign_id,name\n1,a\n2\n")
    with pytest.raises(SourceError) as caught:
        opened(connection, path)
    assert caught.value.place == "campaigns.csv:5"


def test_file_names_with_glob_characters_mean_themselves(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    (tmp_path / "c1.csv").write_text("campaign_id,name\n1,wrong\n")
    (tmp_path / "c[1].csv").write_text("campaign_id,name\n1,right\n")
    assert rows_of(connection, opened(connection, tmp_path / "c[1].csv")) == [("1", "right")]


def test_locate_counts_physical_lines(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text('campaign_id,name\n1,"a\n\nb"\n\n2,c\n1,d\n')
    table = opened(connection, path)
    assert locate(table, column="campaign_id", value="1") == "campaigns.csv:2"
    assert locate(table, column="campaign_id", value="1", occurrence=2) == "campaigns.csv:7"
    assert locate(table, column="name", value="c") == "campaigns.csv:6"
    assert locate(table, column="name", value="nowhere") == "campaigns.csv"
