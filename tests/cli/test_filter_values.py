"""Values of filters that occur nowhere in the data are told, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from in_process import attrib_here as attrib

HEADER = "channel,model,revenue,deals,interactions,share\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    tables = {
        "deals": ["deal_id,created_at,closed_at,amount,is_won,region", "d1,2026-01-01,2026-02-01,100,true,EMEA"],
        "deal_contacts": ["deal_id,contact_id", "d1,c1"],
        "touchpoints": [
            "contact_id,occurred_at,channel,campaign_id,asset_title",
            "c1,2025-12-01,Email,701,Guide",
            "c1,2025-12-02,Social,702,Post",
            "c2,2025-12-02,Direct,702,",
        ],
        "campaigns": ["campaign_id,name,owner", "701,Spring Launch,Ann", "702,Summer,Bo"],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def report(data: Path) -> Callable[..., tuple[int, str, str]]:
    def run(*more: str) -> tuple[int, str, str]:
        done = attrib("report", "--data", data, "--by", "channel", "-f", "csv", *more)
        return done.returncode, done.stdout, done.stderr.replace("\n", " ")

    return run


Report = Callable[..., tuple[int, str, str]]

MISTYPED = {
    "channel=Emial": ("no channel in touchpoints is 'Emial'", "Did you mean 'Email'?"),
    "channel=Email,Social": ("is 'Email,Social'", "channel=Email|Social"),
    "channel=Email|Socail": ("is 'Socail'", "Did you mean 'Social'?"),
    "channel=x": ("is 'x'", "Values: Direct, Email, Social."),
    "asset_title~Guidde": ("contains 'Guidde'", "Did you mean 'Guide'?"),
    "campaign=Spring Lanch": ("there is no campaign 'Spring Lanch'", "Did you mean 'Spring Launch'?"),
    "campaign=Spring Launch,Summer": ("no campaign 'Spring Launch,Summer'", "campaign=Spring Launch|Summer"),
    "campaign.owner=Anne": ("in campaigns is 'Anne'", "Did you mean 'Ann'?"),
    "region=EMAE": ("no region in deals is 'EMAE'", "Did you mean 'EMEA'?"),
    "month=March": ("there is no month 'March'", "Write it like 2026-03."),
    "fiscal_quarter=2026-Q1": ("no fiscal_quarter '2026-Q1'", "Write it like FY2026-Q1."),
    "position=frist": ("there is no position 'frist'", "Did you mean 'first'?"),
}


@pytest.mark.parametrize("text", MISTYPED)
def test_a_value_that_occurs_nowhere_is_refused_with_what_was_meant(text: str, report: Report) -> None:
    code, rows, said = report("--where", text)
    assert (code, rows) == (2, "")
    assert "error: --where: " in said
    for part in MISTYPED[text]:
        assert part in said


def test_several_values_are_told_at_once(report: Report) -> None:
    _, _, said = report("--where", "channel=Emial", "--where", "region=EMAE")
    assert "'Emial'" in said and "'EMAE'" in said


@pytest.mark.parametrize("text", ["channel=Emial", "campaign=Sumer"])
def test_filters_on_eligible_interactions_too(text: str, report: Report) -> None:
    code, rows, said = report("--eligible", text)
    assert (code, rows) == (2, "") and "error: --eligible: " in said and "Did you mean" in said


def test_names_of_campaigns_too(report: Report) -> None:
    code, _, said = report("--campaign", "Spring Launch,Summer")
    assert code == 2 and "--campaign 'Spring Launch' --campaign 'Summer'" in said
    assert report("--campaign", "Winter", "--allow-empty")[:2] == (0, HEADER)


def test_values_that_may_be_missing_are_taken_where_that_is_allowed(report: Report, tmp_path: Path) -> None:
    code, rows, said = report("--where", "channel=Emial", "--allow-empty")
    assert (code, rows) == (0, HEADER)
    assert "note: 'channel=Emial': no channel in touchpoints is 'Emial'" in said


def test_a_saved_report_keeps_that_it_is_allowed(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    report = f"{{by: channel, where: [channel=Emial], data: '{data}', allow_empty: true}}"
    config.write_text(f"reports:\n  mine: {report}\ndashboards:\n  board: {{reports: [mine]}}\n", encoding="utf-8")
    assert attrib("report", "mine", "--config", config).returncode == 0
    asked = ("dashboard", "show", "board", "--config", config, "-f", "json")
    assert attrib(*asked).returncode == 0
    config.write_text(config.read_text(encoding="utf-8").replace("allow_empty: true", "limit: 5"), encoding="utf-8")
    assert attrib(*asked).returncode == 2
    assert attrib(*asked, "--allow-empty").returncode == 0
    assert attrib("export", "mine", "--config", config, "-o", "-").returncode == 2


def test_a_ledger_refuses_them_too(data: Path) -> None:
    done = attrib("export", "--ledger", "--data", data, "--eligible", "channel=Emial", "-o", "-")
    assert done.returncode == 2 and not done.stdout and "Did you mean 'Email'?" in done.stderr


@pytest.mark.parametrize(
    "text",
    ["month=2031-01", "fiscal_year=fy2031", "amount=7", "region=", "channel=(no channel)", "closed_at=2031-01-01"],
)
def test_dates_numbers_and_nothing_may_be_missing_at_any_time(text: str, report: Report) -> None:
    assert report("--where", text)[:2] == (0, HEADER)


def test_an_exclusion_that_excludes_nothing_is_warned_of(report: Report) -> None:
    code, rows, said = report("--where", "channel!=Emial")
    assert code == 0 and "Email" in rows
    assert "warning: 'channel!=Emial': no channel in touchpoints is 'Emial', so nothing is left out by it" in said
    assert "warning" not in report("--where", "channel!=Direct")[2].replace("warning: without contacts", "")


def test_two_equal_signs_are_one(report: Report) -> None:
    assert report("--where", "channel==Email") == report("--where", "channel=Email")
    assert "Email,linear,50" in report("--where", "channel==Email")[1]
