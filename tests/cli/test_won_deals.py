"""Which deals count as won, and what a report says where none or few do, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from in_process import attrib_here as attrib

Write = Callable[..., Path]


@pytest.fixture
def data(tmp_path: Path) -> Write:
    """Write deals of 10 each in the stages given, each with a contact who did one thing; return the folder."""

    def write(*stages: str, header: str = "stage", config: str = "") -> Path:
        deals = [f"d{i},2026-01-01,2026-02-01,10,{stage}" for i, stage in enumerate(stages)]
        (tmp_path / "deals.csv").write_text(
            "\n".join([f"deal_id,created_at,closed_at,amount,{header}", *deals]) + "\n", encoding="utf-8"
        )
        for table, rows in {
            "deal_contacts": ["deal_id,contact_id", *(f"d{i},c{i}" for i in range(len(stages)))],
            "touchpoints": [
                "contact_id,occurred_at,channel",
                *(f"c{i},2025-12-01,Email" for i in range(len(stages))),
            ],
        }.items():
            (tmp_path / f"{table}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        (tmp_path / "attrib.yaml").write_text(config, encoding="utf-8")
        return tmp_path

    return write


def report(folder: Path, *more: str) -> tuple[int, str, str]:
    done = attrib("report", "--config", folder / "attrib.yaml", "--data", folder, "--by", "channel", "-f", "csv", *more)
    return done.returncode, done.stdout, done.stderr.replace("\n", " ")


STAGES = ["6 - Signed"] * 30 + ["Paid"] * 20 + ["Lost"] * 10


def test_a_report_in_which_no_deal_is_won_says_how_many_there_are_and_their_stages(data: Write) -> None:
    code, rows, said = report(data(*STAGES))
    assert code == 0 and "Email" not in rows
    assert "warning: 0 of 60 deals count as won (deals has no is_won" in said
    assert "their stages: '6 - Signed' (30), 'Paid' (20), 'Lost' (10)" in said
    assert "won_stages: ['6 - Signed']" in said and "won: all" in said
    assert report(data(*STAGES), "--strict")[0] == 4


@pytest.mark.parametrize(
    ("config", "won"),
    [
        ("won_stages: [6 - Signed, Paid]\n", 50),
        ("won_stages: paid\n", 20),
        ("won_stages: [6-signed]\n", 30),
        ("won: all\n", 60),
    ],
)
def test_the_configuration_says_what_is_won(data: Write, config: str, won: int) -> None:
    code, rows, said = report(data(*STAGES, config=config))
    assert code == 0 and f"Email,linear,{won * 10},{won},{won},1" in rows
    assert "warning" not in said


def test_every_row_of_an_order_table_is_won_without_stage_or_flag(data: Write) -> None:
    folder = data("Ann", "Bo", header="seller")
    code, _, said = report(folder)
    assert code == 3 and "won: all" in said
    assert "Found: 'deal_id', 'created_at', 'closed_at', 'amount', 'seller'" in said
    assert "Email,linear,20,2,2,1" in report(data("Ann", "Bo", header="seller", config="won: all\n"))[1]


def test_the_day_of_an_order_is_both_its_creation_and_its_closing(data: Write) -> None:
    folder = data("Ann")
    (folder / "orders.csv").write_text("Order,Date,Total\nd0,2026-02-01,5\n", encoding="utf-8")
    (folder / "attrib.yaml").write_text(
        "won: all\nsources:\n  touchpoints: touchpoints.csv\n  deal_contacts: deal_contacts.csv\n  deals:\n"
        "    path: orders.csv\n    columns: {deal_id: Order, created_at: Date, closed_at: Date, amount: Total}\n",
        encoding="utf-8",
    )
    done = attrib("report", "--config", folder / "attrib.yaml", "--by", "channel", "-f", "csv")
    assert "Email,linear,5,1,1,1" in done.stdout, done.stderr


def test_won_stages_go_before_the_flag_of_the_data(data: Write) -> None:
    folder = data("Paid,false", "Open,true", header="stage,is_won", config="won_stages: [Paid]\n")
    assert "Email,linear,10,1,1,1" in report(folder, "--where", "stage=Paid")[1]
    assert "(unattributed)" not in report(folder)[1] and "Email,linear,10,1,1,1" in report(folder)[1]


def test_a_flag_that_is_true_in_no_deal_is_told(data: Write) -> None:
    said = report(data("Paid,false", "Open,", header="stage,is_won"))[2]
    assert "0 of 2 deals count as won (is_won is true in none of them); their stages: 'Open' (1), 'Paid' (1)" in said


def test_few_won_deals_are_noted(data: Write) -> None:
    said = report(data("won", *["6 - Signed"] * 39))[2]
    assert "note: 1 of 40 deals count as won" in said and "'6 - Signed' (39)" in said
    assert "deals count as won" not in report(data("won", *["Lost"] * 9))[2]


def test_a_won_stage_that_no_deal_is_in_is_told_with_what_was_meant(data: Write) -> None:
    said = report(data(*STAGES, config="won_stages: [Paid, 6 - Singed]\n"))[2]
    assert "won_stages has '6 - Singed', a stage that no deal is in" in said
    assert "Did you mean '6 - Signed'?" in said


@pytest.mark.parametrize("config", ["won: [all]\nwon_stages: [Paid]\n", "won: some\n", "won_stages: []\n"])
def test_what_cannot_be_meant_is_refused_with_its_line(data: Write, config: str) -> None:
    code, _, said = report(data(*STAGES, config=config))
    assert code == 2 and "attrib.yaml:" in said
