"""Ids as writers store them: those that are missing, too large, padded with blanks, or of another type."""

from __future__ import annotations

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

from attrib_cli.engine import ReportSpec, discover, run

START = dt.datetime(2026, 1, 1)
ID_TYPES: dict[str, pa.DataType | None] = {
    "int64": pa.int64(),
    "int16": pa.int16(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "float32": pa.float32(),
    "decimal": pa.decimal128(9, 0),
    "numbers as text": pa.string(),
    "texts": pa.string(),
    "numbers in CSV": None,
    "texts in CSV": None,
}


def write(path: Path, **columns: Any) -> Path:
    arrays = {name: value if isinstance(value, pa.Array) else pa.array(value) for name, value in columns.items()}
    pq.write_table(pa.table(arrays), path)
    return path


def write_csv(path: Path, **columns: list[object]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def journeys(folder: Path, kind: str, seed: int) -> dict[str, list[str]]:
    """Write contacts and touchpoints, a channel each, of few moments and with ids missing; return the journeys."""
    dice = random.Random(seed)
    folder.mkdir()
    contacts = [f"c{n}" for n in range(6)]
    write_csv(folder / "contacts.csv", contact_id=contacts, created_at=["2026-02-01"] * len(contacts))
    texts = kind.startswith("texts")
    touches = []
    for row in range(24):
        id_ = None if dice.random() < 0.4 else (f"x{100 - row}" if texts and dice.random() < 0.7 else 100 - row)
        touches.append((dice.choice(contacts), START + dt.timedelta(days=dice.randrange(3)), id_, f"channel {row}"))
    who, when, ids, channel = (list(column) for column in zip(*touches, strict=True))
    type_ = ID_TYPES[kind]
    if type_ is None:
        found = ["" if id_ is None else id_ for id_ in ids]
        write_csv(folder / "touchpoints.csv", contact_id=who, occurred_at=when, touchpoint_id=found, channel=channel)
    else:
        if type_ == pa.string():
            ids = [None if id_ is None else str(id_) for id_ in ids]
        elif pa.types.is_decimal(type_):
            ids = [None if id_ is None else Decimal(id_) for id_ in ids]
        array = pa.array(ids, type_)
        write(folder / "touchpoints.parquet", contact_id=who, occurred_at=when, touchpoint_id=array, channel=channel)
    order = sorted(range(len(touches)), key=lambda row: (when[row], *_rank(touches[row][2]), row))
    return {contact: [channel[row] for row in order if who[row] == contact] for contact in contacts}


def _rank(id_: int | str | None) -> tuple[int, int, str]:
    """Whole numbers by value, then texts, then none."""
    if id_ is None:
        return (2, 0, "")
    return (0, id_, "") if isinstance(id_, int) else (1, 0, id_)


@pytest.mark.parametrize("kind", ID_TYPES)
def test_interactions_without_an_id_come_after_those_of_their_moment_under_every_measure(
    tmp_path: Path, kind: str
) -> None:
    for seed in range(3):
        folder = tmp_path / str(seed)
        found = [journey for journey in journeys(folder, kind, seed).values() if journey]
        measures = ("contacts", "new_contacts_first_touch", "new_contacts_last_touch")
        spec = ReportSpec(type="contact-create", models=("first", "last"), by=("channel",), measures=measures)
        firsts, lasts = {journey[0] for journey in found}, {journey[-1] for journey in found}
        credited: dict[str, set[object]] = {"first": set(), "last": set()}
        touched: dict[str, set[object]] = {"first": set(), "last": set()}
        for channel, model, contacts, first, last in run(spec, discover(folder)).rows:
            credited[str(model)] |= {channel} if contacts else set()
            touched["first"] |= {channel} if first else set()
            touched["last"] |= {channel} if last else set()
        unattributed = {"(unattributed)"} if len(found) < 6 else set()
        assert credited == {"first": firsts | unattributed, "last": lasts | unattributed}
        assert touched == {"first": firsts, "last": lasts}


@pytest.mark.parametrize("kind", ["int64", "float64", "numbers in CSV"])
def test_an_interaction_without_an_id_keeps_its_position_in_reports_and_the_ledger(
    tmp_path: Path, attrib: Attrib, kind: str
) -> None:
    when = [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 10), dt.datetime(2026, 1, 20)]
    if ID_TYPES[kind] is None:
        write_csv(
            tmp_path / "touchpoints.csv",
            contact_id=[1, 1, 1],
            occurred_at=when,
            touchpoint_id=["", 2, ""],
            channel=["A", "B", "C"],
        )
    else:
        ids = pa.array([None, 2, None], ID_TYPES[kind])
        write(
            tmp_path / "touchpoints.parquet",
            contact_id=[1, 1, 1],
            occurred_at=when,
            touchpoint_id=ids,
            channel=["A", "B", "C"],
        )
    write_csv(tmp_path / "contacts.csv", contact_id=[1], created_at=["2026-02-01"])
    data = ("--data", tmp_path, "--type", "contact-create")
    done = attrib("report", *data, "-m", "first,u-shaped,last", "--by", "channel,position", "-f", "csv")
    credit = {(row["model"], row["channel"], row["position"]): row["contacts"] for row in rows(done.stdout)}
    assert Decimal(credit["first", "A", "first"]) == Decimal(credit["last", "C", "lead+last"]) == 1
    assert Decimal(credit["u-shaped", "A", "first"]) == Decimal("0.4")
    done = attrib("export", *data, "-m", "first", "--ledger", "-f", "csv", "-o", tmp_path / "ledger.csv")
    assert done.returncode == 0, done.stderr
    [first, *_] = rows((tmp_path / "ledger.csv").read_text())
    assert (first["channel"], first["position"], Decimal(first["first_share"])) == ("A", "first", 1)


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_blanks_around_ids_are_no_part_of_them(tmp_path: Path, attrib: Attrib, format_: str) -> None:
    to_file = write_csv if format_ == "csv" else write
    to_file(tmp_path / f"contacts.{format_}", contact_id=["c1  ", "c2"], created_at=["2026-02-01"] * 2)
    to_file(
        tmp_path / f"touchpoints.{format_}",
        contact_id=["c1", " c2"],
        occurred_at=["2026-01-01"] * 2,
        campaign_id=["s1 ", "s1"],
    )
    to_file(tmp_path / f"campaigns.{format_}", campaign_id=[" s1"], name=["Spring"])
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "-f", "csv")
    assert [(row["campaign"], Decimal(row["contacts"])) for row in rows(done.stdout)] == [("Spring", Decimal(2))]
    to_file(tmp_path / f"campaigns.{format_}", campaign_id=["s1", "s1 "], name=["Spring", "Summer"])
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "-f", "csv")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"campaigns.{format_}{':3' if format_ == 'csv' else ': row 2'}: campaign_id 's1'" in done.stderr


def test_ids_above_64_bits_match_the_same_ids_in_text(tmp_path: Path, attrib: Attrib) -> None:
    write_csv(tmp_path / "contacts.csv", contact_id=[2**64 - 1, 7], created_at=["2026-02-01"] * 2)
    ids = pa.array([2**64 - 1, 7], pa.uint64())
    write(tmp_path / "touchpoints.parquet", contact_id=ids, occurred_at=[START] * 2, channel=["A", "B"])
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", "channel", "-f", "csv")
    found = {row["channel"]: Decimal(row["contacts"]) for row in rows(done.stdout)}
    assert found == {"A": 1, "B": 1}


def test_ids_that_are_numbers_in_one_part_and_text_in_another_are_the_same(tmp_path: Path, attrib: Attrib) -> None:
    write_csv(tmp_path / "contacts.csv", contact_id=[7, 8], created_at=["2026-02-01"] * 2)
    (tmp_path / "touchpoints").mkdir()
    for name, ids in (("a", pa.array([7.0, None])), ("b", pa.array(["8"]))):
        moments = [START] * len(ids)
        write(
            tmp_path / "touchpoints" / f"{name}.parquet", contact_id=ids, occurred_at=moments, channel=[name] * len(ids)
        )
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", "channel", "-f", "csv")
    assert {row["channel"]: Decimal(row["contacts"]) for row in rows(done.stdout)} == {"a": 1, "b": 1}
