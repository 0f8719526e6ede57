"""Files of odd types, damaged and encrypted ones, as a user of the command line meets them."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Attrib

MAY = dt.datetime(2026, 5, 1)
CREATED = dt.datetime(2026, 4, 1)


def write(path: Path, **columns: Any) -> Path:
    arrays = {name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in columns.items()}
    pq.write_table(pa.table(arrays), path)
    return path


def contacts(folder: Path, count: int = 1) -> None:
    rows = "".join(f"c{n},2026-06-01\n" for n in range(count))
    (folder / "contacts.csv").write_text(f"contact_id,created_at\n{rows}")


def deals(folder: Path, **more: Any) -> None:
    """Write deals won in May, each of a contact of its own with one interaction."""
    count = len(next(iter(more.values())))
    people = [f"c{n}" for n in range(count)]
    known = {
        "deal_id": [f"d{n}" for n in range(count)],
        "contact_id": people,
        "created_at": [CREATED] * count,
        "closed_at": [MAY] * count,
        "is_won": [True] * count,
        "amount": [Decimal(1)] * count,
    }
    write(folder / "deals.parquet", **known | more)
    rows = "".join(f"{person},2026-03-01,{person}\n" for person in people)
    (folder / "touchpoints.csv").write_text(f"contact_id,occurred_at,channel\n{rows}")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def revenue(attrib: Attrib, folder: Path) -> list[Decimal]:
    done = attrib("report", "--data", folder, "--by", "channel", "--sort", "channel", "-f", "csv")
    assert done.returncode == 0, done.stderr
    return [Decimal(row["revenue"]) for row in rows(done.stdout)]


def test_amounts_in_floating_point_are_the_numbers_that_were_written(tmp_path: Path, attrib: Attrib) -> None:
    texts = ["700000000001", "0.1", "123456789012345.67", "9007199254740991", "1e22", "5e11", "812345678901.005"]
    deals(tmp_path, amount=[float(text) for text in texts])
    assert revenue(attrib, tmp_path) == [Decimal(text) for text in texts]
    deals(tmp_path, amount=pa.array([0.1, 1234.56], pa.float32()))
    assert revenue(attrib, tmp_path) == [Decimal("0.1"), Decimal("1234.56")]


def test_decimals_of_too_many_digits_are_refused_and_not_rounded(tmp_path: Path, attrib: Attrib) -> None:
    wide = pa.array([Decimal("9007199254740993.01")], pa.decimal256(50, 2))
    deals(tmp_path, amount=wide)
    done = attrib("report", "--data", tmp_path, "--by", "channel")
    assert done.returncode == 3
    assert "deals.parquet: column 'amount' has the type DECIMAL(50,2) (over 38 digits)" in done.stderr
    deals(tmp_path, points=wide)
    assert revenue(attrib, tmp_path) == [1]
    done = attrib("report", "--data", tmp_path, "--by", "points")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'points' holds lists, records or numbers of too many digits" in done.stderr


@pytest.mark.parametrize(
    ("column", "array", "kind"),
    [
        ("contact_id", pa.array([["c0"]]), "VARCHAR[]"),
        ("contact_id", pa.array([{"id": "c0"}]), "STRUCT(id VARCHAR)"),
        ("contact_id", pa.array([True]), "BOOLEAN"),
        ("stage", pa.array([["won"]]), "VARCHAR[]"),
        ("amount", pa.array([[1.0]]), "DOUBLE[]"),
        ("amount", pa.array([dt.time(1, 2)]), "TIME"),
        ("closed_at", pa.array([dt.time(1, 2)]), "TIME"),
        ("currency", pa.array([[("EUR", 1)]], pa.map_(pa.string(), pa.int64())), "MAP(VARCHAR, BIGINT)"),
    ],
)
def test_columns_that_hold_more_or_else_than_a_value_a_row_are_refused_by_name(
    tmp_path: Path, attrib: Attrib, column: str, array: pa.Array, kind: str
) -> None:
    deals(tmp_path, **{column: array})
    done = attrib("report", "--data", tmp_path, "--by", "channel")
    assert (done.returncode, done.stdout) == (3, "")
    said = done.stderr.replace("TIME WITH TIME ZONE", "TIME")  # what earlier versions of pyarrow write times as
    assert f"deals.parquet: column '{column}' has the type {kind}, which cannot be read as" in said


@pytest.mark.parametrize(
    "array",
    [
        pa.array([MAY], pa.timestamp("ns", tz="UTC")),
        pa.array([MAY], pa.timestamp("ns", tz="Europe/Berlin")),
        pa.array([1777593600]),
        pa.array([1777593600000]),
        pa.array([1777593600000000]),
        pa.array([1777593600000000000]),
        pa.array([1777593600.25]),
        pa.array([1777593600000000.0]),
        pa.array([Decimal("1777593600000000000")], pa.decimal128(38, 0)),
    ],
)
def test_moments_of_every_precision_fall_into_their_day(tmp_path: Path, attrib: Attrib, array: pa.Array) -> None:
    deals(tmp_path, closed_at=array)
    done = attrib("report", "--data", tmp_path, "--by", "day", "-f", "csv")
    assert [row["day"] for row in rows(done.stdout)] == ["2026-05-01"], done.stderr


def test_digits_in_text_tell_seconds_and_thousandths_of_them(tmp_path: Path, attrib: Attrib) -> None:
    contacts(tmp_path, 4)
    moments = ["1777593600", "1777593600123", "1777593600123456", "1777593600123456789"]
    lines = "".join(f"c{n},{moment},channel {n}\n" for n, moment in enumerate(moments))
    (tmp_path / "touchpoints.csv").write_text(f"contact_id,event_timestamp,channel\n{lines}")
    (tmp_path / "attrib.yaml").write_text(
        "sources:\n  contacts: contacts.csv\n"
        "  touchpoints: {path: touchpoints.csv, columns: {occurred_at: event_timestamp}}\n"
    )
    done = attrib(
        "export", "--config", tmp_path / "attrib.yaml", "-t", "contact-create", "--ledger", "-f", "csv",
        "-o", tmp_path / "ledger.csv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = sorted(row["occurred_at"] for row in rows((tmp_path / "ledger.csv").read_text()))
    whole = "2026-05-01T00:00:00"
    assert [moment.rstrip("Z") for moment in found] == [whole, f"{whole}.123", *[f"{whole}.123456"] * 2]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (pa.array([MAY, dt.datetime(1, 1, 1)]), "deals.parquet: row 2: 0001-01-01 00:00:00 in column 'closed_at'"),
        (pa.array([0, 2**62], pa.timestamp("ms")), "deals.parquet: row 2: a moment in column 'closed_at'"),
        (pa.array([0, 2**62], pa.timestamp("ms", tz="UTC")), "deals.parquet: row 2: a moment in column 'closed_at'"),
        (pa.array([MAY.date(), dt.date(9999, 12, 31)]), "deals.parquet: row 2: 9999-12-31 in column 'closed_at'"),
        (pa.array([1777593600, 17775936000]), "deals.parquet: row 2: 17775936000 in column 'closed_at' is not a date"),
    ],
)
def test_moments_outside_of_the_years_that_are_read_are_named(
    tmp_path: Path, attrib: Attrib, array: pa.Array, message: str
) -> None:
    deals(tmp_path, closed_at=array)
    done = attrib("report", "--data", tmp_path, "--by", "channel")
    assert (done.returncode, done.stdout) == (3, "")
    assert message in done.stderr
    assert "damaged" not in done.stderr


@pytest.mark.parametrize("value", [1e32, float("inf"), float("nan")])
def test_amounts_that_are_none_are_named_with_their_row(tmp_path: Path, attrib: Attrib, value: float) -> None:
    deals(tmp_path, amount=[1.0, value])
    done = attrib("report", "--data", tmp_path, "--by", "channel")
    assert done.returncode == 3
    says = "is too large: amounts have up to 31 digits" if value == 1e32 else "is not an amount"
    assert f"deals.parquet: row 2: {value} in column 'amount' {says}".replace("1e+32", "1e+32") in done.stderr


def test_amounts_too_large_in_text_are_said_to_be_so(tmp_path: Path, attrib: Attrib) -> None:
    deals(tmp_path, amount=["1", "1e32"])
    done = attrib("report", "--data", tmp_path, "--by", "channel")
    assert done.returncode == 3
    assert "deals.parquet: row 2: '1e32' in column 'amount' is too large" in done.stderr


@pytest.mark.parametrize("seed", range(4))
def test_a_file_damaged_inside_a_column_is_named(tmp_path: Path, attrib: Attrib, seed: int) -> None:
    contacts(tmp_path)
    people = [f"c{random.Random(n).random()}" for n in range(400)]
    path = write(tmp_path / "touchpoints.parquet", occurred_at=[MAY] * 400, contact_id=people, channel=people)
    data = bytearray(path.read_bytes())
    metadata = pq.ParquetFile(path).metadata.row_group(0).column(1 + seed % 2)
    start = metadata.dictionary_page_offset + 40 + seed
    data[start : start + 60] = b"\xff" * 60
    path.write_bytes(data)
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", "channel")
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "touchpoints.parquet" in done.stderr
    assert f"damaged in column '{'channel' if seed % 2 else 'contact_id'}'" in done.stderr


@pytest.mark.parametrize("column", ["channel", "notes"])
def test_bytes_that_are_no_text_are_named(tmp_path: Path, attrib: Attrib, column: str) -> None:
    contacts(tmp_path)
    values = {"contact_id": ["c0"], "occurred_at": [MAY], column: [b"\xff\xfe"]}
    write(tmp_path / "touchpoints.parquet", **values)
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", column)
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "touchpoints.parquet" in done.stderr
    assert f"column '{column}'" in done.stderr
    assert "UTF-8" in done.stderr


@pytest.mark.parametrize("plain_footer", [True, False])
def test_encrypted_files_are_said_to_be_encrypted(tmp_path: Path, attrib: Attrib, plain_footer: bool) -> None:
    encryption = pytest.importorskip("pyarrow.parquet.encryption")

    class Keys(encryption.KmsClient):  # type: ignore[misc, name-defined]
        def wrap_key(self, key: bytes, _master: str) -> bytes:
            return base64.b64encode(key)

    contacts(tmp_path)
    table = pa.table({"contact_id": ["c0"], "occurred_at": [MAY], "channel": ["Email"]})
    configured = encryption.EncryptionConfiguration(
        footer_key="k", column_keys={"k": ["channel"]}, plaintext_footer=plain_footer
    )
    factory = encryption.CryptoFactory(lambda _: Keys())
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), configured)
    with pq.ParquetWriter(tmp_path / "touchpoints.parquet", table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", "channel")
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    where = " in column 'channel'" if plain_footer else ""
    assert f"touchpoints.parquet: the Parquet file is encrypted{where}" in done.stderr
