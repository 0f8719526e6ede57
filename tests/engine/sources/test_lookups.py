"""Values looked up in other files: whose an id is, and which campaign, against a loop over all rows in Python."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError
from attrib_cli.engine.sources import Table, open_tables

Open = Callable[[str, Mapping[str, str]], Table]


@pytest.fixture
def opened(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Open:
    def opened(columns: str, files: Mapping[str, str]) -> Table:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        text = f"sources:\n  touchpoints:\n    path: t.csv\n    columns:\n{columns}"
        (tmp_path / "attrib.yaml").write_text(text, encoding="utf-8")
        config = load_config(tmp_path / "attrib.yaml")
        found = config_sources(config)
        return open_tables(connection, found, config.settings, needed=["touchpoints"])["touchpoints"]

    return opened


def values(con: duckdb.DuckDBPyConnection, table: Table, *names: str) -> list[tuple[object, ...]]:
    listed = ", ".join(names)
    rows = con.execute(f"SELECT {listed} FROM {table.relation} ORDER BY source_row").fetchall()
    assert rows == con.execute(f"SELECT {listed} FROM ({table.definition}) ORDER BY source_row").fetchall()
    return rows


STITCHED = """\
      contact_id:
        header: [user, anonymous]
        lookup: {path: ids.csv, key: known as, value: person, at: occurred_at, from: since, until: till}
"""


def test_people_are_known_by_several_ids_at_their_times(opened: Open, connection: duckdb.DuckDBPyConnection) -> None:
    touches = (
        "user,anonymous,occurred_at\n,a1,2026-01-01 09:00\n,A1 ,2026-02-01 09:00\n,a1,2026-03-01 00:00\n"
        "ann@X.com,a1,2026-03-02 00:00\n,a9,2026-03-02 00:00\n,,2026-03-02 00:00\n"
    )
    ids = "person,known as,since,till\n7,a1,,2026-02-01 09:00\n8,a1,2026-02-01 09:00,2026-03-01\n7,Ann@x.com,,\n"
    table = opened(STITCHED, {"t.csv": touches, "ids.csv": ids})
    assert [row[0] for row in values(connection, table, "contact_id")] == ["7", "8", "a1", "7", "a9", None]
    (note,) = table.notes
    assert dict(note.counts) == {"values": 5, "found": 3}
    assert "the others stay as they are" in note.text


def test_stitching_is_that_of_a_loop(opened: Open, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    draw = random.Random(5)
    day = lambda number: dt.datetime(2026, 1, 1) + dt.timedelta(hours=number)  # noqa: E731 - a short name
    spans: list[tuple[str, str, int | None, int | None]] = []
    for alias in "pqrst":
        cuts = sorted(draw.sample(range(100), 4))
        for person, (start, end) in enumerate(zip([None, *cuts], [*cuts, None], strict=True)):
            if draw.random() < 0.7:
                spans.append((f"{alias}{person}", alias, start, end))
    touches = [(draw.choice("pqrstuv"), draw.randrange(-5, 105)) for _ in range(300)]
    with (tmp_path / "ids.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["person", "known as", "since", "till"])
        csv.writer(file).writerows(
            [person, alias, "" if a is None else day(a), "" if b is None else day(b)] for person, alias, a, b in spans
        )
    expected = [
        next(
            (p for p, known, a, b in spans if known == alias and (a is None or a <= at) and (b is None or at < b)),
            alias,
        )
        for alias, at in touches
    ]
    text = "user,anonymous,occurred_at\n" + "".join(f",{alias},{day(at)}\n" for alias, at in touches)
    table = opened(STITCHED, {"t.csv": text})
    assert [row[0] for row in values(connection, table, "contact_id")] == expected


def test_campaigns_by_asset_and_by_utm(opened: Open, connection: duckdb.DuckDBPyConnection) -> None:
    files = {
        "t.csv": "contact_id,occurred_at,Type,Asset,utm\na,2026-01-05,Form,Demo,\na,2026-01-05,Mail,Demo,\n"
        "a,2026-01-05,Page,x, SPRING launch \na,2026-01-05,Page,x,other\n",
        "assets.csv": "Kind,Asset,Campaign\nform,demo,c1\nmail,demo,c2\n",
        "campaigns.csv": "campaign_id,utm\nc3,Spring Launch\nc4,\n",
    }
    columns = """\
      by_asset:
        header: Asset
        lookup: {path: assets.csv, key: Asset, value: Campaign, also: {Kind: Type}, unmatched: empty}
      by_utm: {header: utm, lookup: {path: campaigns.csv, key: utm, value: campaign_id, unmatched: empty}}
"""
    table = opened(columns, files)
    assert values(connection, table, "by_asset", "by_utm") == [("c1", None), ("c2", None), (None, "c3"), (None, None)]
    assert [note.text.rpartition("; ")[2] for note in table.notes] == ["the others are left empty"] * 2


@pytest.mark.parametrize(
    ("ids", "rule", "message"),
    [
        (
            "person,known as\n1,a\n2,A\n",
            "{path: ids.csv, key: known as, value: person}",
            "t.csv:3: `lookup` of 'contact_id' finds '1' and '2' for one value",
        ),
        (
            "person\n1\n",
            "{path: ids.csv, key: known as, value: person}",
            "there is no header 'known as', which `lookup`",
        ),
        ("person,k\n1,a\n", "{path: ids.csv, key: k, value: person, also: {k: Typ}}", "there is no header 'Typ'"),
        (
            "person,k,s\n1,a,soon\n",
            "{path: ids.csv, key: k, value: person, at: occurred_at, from: s}",
            "ids.csv:2: 'soon'",
        ),
        ("person,k\n1,a\n", "{path: ids.csv, key: k, value: person, from: s}", "need the moment of the row"),
        ("person,k\n1,a\n", "{path: nobody.csv, key: k, value: person}", "no file matches 'nobody.csv'"),
    ],
)
def test_what_cannot_be_looked_up(opened: Open, ids: str, rule: str, message: str) -> None:
    touches = "contact_id,occurred_at,Type\nb,2026-01-01,x\na,2026-01-01,x\n"
    with pytest.raises(AttribError) as error:
        opened(f"      contact_id: {{header: contact_id, lookup: {rule}}}\n", {"t.csv": touches, "ids.csv": ids})
    assert message in str(error.value)


def test_a_table_of_history_is_looked_at_by_its_latest_rows(
    opened: Open, connection: duckdb.DuckDBPyConnection
) -> None:
    files = {
        "t.csv": "contact_id,occurred_at\na,2026-01-01\n",
        "ids.csv": "k,person,changed\na,1,2026-01-01\na,2,2026-02-01\na,3,2026-01-15\n",
    }
    rule = "{path: ids.csv, key: k, value: person, latest: {of: k, by: changed}}"
    table = opened(f"      contact_id: {{header: contact_id, lookup: {rule}}}\n", files)
    assert values(connection, table, "contact_id") == [("2",)]
