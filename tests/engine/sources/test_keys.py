"""Rows of contacts, deals and campaigns that stand twice, or without an id: judged over the whole table, once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import Attrib

DEALS = """deal_id,contact_id,created_at,closed_at,amount,is_won,stage,Rep Name
d1,c1,2026-01-01,2026-01-15,100,true,won,Ann
d2,c1,2026-01-01,2026-02-15,200,true,won,Bob
"""


def data(folder: Path, deals: str, *, parquet: bool = False) -> Path:
    (folder / "touchpoints.csv").write_text("contact_id,occurred_at,channel,campaign_id\nc1,2026-01-01,Email,s1\n")
    (folder / "contacts.csv").write_text("contact_id,created_at\nc1,2026-01-01\n")
    (folder / "deals.csv").write_text(deals)
    if parquet:
        with duckdb.connect() as con:
            con.execute(f"COPY (FROM '{folder / 'deals.csv'}') TO '{folder / 'deals.parquet'}' (FORMAT parquet)")
        (folder / "deals.csv").unlink()
    return folder


@pytest.mark.parametrize(
    ("second", "parquet"),
    [
        ("d1,c1,2026-01-01,2026-01-20,250,false,lost,Ann", False),  # won and lost
        ("d1,c1,2026-01-01,2026-02-20,100,true,won,Ann", True),  # won in two months
        ("d1,c9,2026-01-01,,,false,open,Ann", False),
    ],
)
@pytest.mark.parametrize(
    "options",
    [(), ("--period", "2026-01"), ("--where", "deal_id=d2"), ("-t", "deal-create"), ("--period", "2020")],
    ids=lambda options: " ".join(options) or "plain",
)
def test_a_deal_that_stands_twice_is_refused_whatever_the_report_leaves_of_it(
    tmp_path: Path, attrib: Attrib, second: str, parquet: bool, options: tuple[str, ...]
) -> None:
    folder = data(tmp_path, f"{DEALS}{second}\n", parquet=parquet)
    done = attrib("report", "--data", folder, "--by", "channel", "-f", "csv", *options)
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    first, place = ("deals.parquet: row 1", "deals.parquet: row 3") if parquet else ("deals.csv:2", "deals.csv:4")
    assert f"{place}: deal_id 'd1' stands more than once in deals (first at {first})" in done.stderr


def test_a_row_without_an_id_is_refused_with_its_place(tmp_path: Path, attrib: Attrib) -> None:
    folder = data(tmp_path, f"{DEALS} ,c1,2026-01-01,,5,false,open,Ann\n")
    done = attrib("report", "--data", folder, "--by", "channel")
    assert (done.returncode, done.stdout) == (4, "")
    assert "deals.csv:4: 1 row of deals without deal_id" in done.stderr


def test_all_that_stand_twice_are_counted_and_some_named(tmp_path: Path, attrib: Attrib) -> None:
    rows = "".join(f"x{n},c1,2026-01-01,2026-01-15,1,true,won,Ann\n" for n in range(5))
    done = attrib("report", "--data", data(tmp_path, DEALS + rows + rows), "--by", "channel")
    assert done.returncode == 4
    for n in range(3):
        assert f"deals.csv:{9 + n}: deal_id 'x{n}' stands more than once in deals (first at deals.csv:{4 + n})" in (
            done.stderr
        )
    assert "2 more deal_ids stand more than once in deals" in done.stderr


@pytest.mark.parametrize("ledger", [False, True])
def test_contacts_that_stand_twice_are_refused_in_deal_reports_too(
    tmp_path: Path, attrib: Attrib, ledger: bool
) -> None:
    folder = data(tmp_path, DEALS)
    with (folder / "contacts.csv").open("a") as file:
        file.write("c2,2026-01-01\nc2,2026-02-01\n")
    options = ("export", "--ledger", "-o", tmp_path / "out.csv") if ledger else ("report", "--by", "channel")
    done = attrib(*options, "--data", folder, "-m", "u-shaped", "-f", "csv")
    assert (done.returncode, done.stdout) == (4, "")
    assert "contacts.csv:4: contact_id 'c2' stands more than once in contacts" in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_many_keys_are_looked_at_in_several_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from attrib_cli.engine import CheckError, ErrorGroup, ReportSpec, checks, discover, run

    monkeypatch.setattr(checks, "_AT_ONCE", 7)
    rows = [f"x{n},c1,2026-01-01,2026-01-15,1,true,won,Ann\n" for n in range(60)]
    folder = data(tmp_path, DEALS + "".join(rows))
    found = run(ReportSpec(by=("channel",)), discover(folder)).rows
    assert [row[2] for row in found] == [Decimal(360)]
    data(folder, DEALS + "".join([*rows, rows[17], " ,c1,2026-01-01,,,,,\n"]))
    with pytest.raises(ErrorGroup) as caught:
        run(ReportSpec(by=("channel",)), discover(folder))
    assert [(type(error), error.place) for error in caught.value.errors] == [
        (CheckError, "deals.csv:65"),
        (CheckError, "deals.csv:64"),
    ]


def test_the_hint_for_a_missing_stage_lists_every_header_of_the_file(tmp_path: Path, attrib: Attrib) -> None:
    header, row = "deal_id,contact_id,created_at,closed_at,amount,Rep Name,Phase", "d1,c1,2026-01-01,2026-01-15,1,Ann,5"
    folder = data(tmp_path, f"{header}\n{row}\n")
    (folder / "attrib.yaml").write_text(
        "sources:\n  touchpoints: touchpoints.csv\n"
        "  deals: {path: deals.csv, columns: {deal_type: Phase, amount: amount}}\n"
    )
    done = attrib("report", "--config", folder / "attrib.yaml")
    assert done.returncode == 3
    listed = done.stderr.replace("\n", " ")
    assert all(f"'{name}'" in listed for name in header.split(","))
