"""One campaign has one answer, by id and by name, in rows, filters, spend and touchpoints."""

from decimal import Decimal
from pathlib import Path

import pytest
from command import DATA, attrib, rows

TOUCHPOINTS = """contact_id,occurred_at,campaign_id,channel
c1,2026-01-01,701A,CPC
c1,2026-01-02,Spring Launch,cpc
c1,2026-01-03,701B,cpc
"""
CONTACTS = "contact_id,created_at\nc1,2026-01-05\nc2,2026-01-05\n"
CAMPAIGNS = "campaign_id,name,owner\n701A,Spring Launch,Ann\n701B,Webinar,Bob\n"
SPEND = "campaign_id,spent_on,amount\n701A,2026-01-01,10\nSpring Launch,2026-01-01,20\n701B,2026-01-02,5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path


def write(folder: Path, **tables: str) -> None:
    texts = {"touchpoints": TOUCHPOINTS, "contacts": CONTACTS, "campaigns": CAMPAIGNS, "campaign_spend": SPEND} | tables
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)


def ask(folder: Path, *options: str, measures: str = "contacts,interactions,spend"):
    return attrib("report", "--data", folder, "--type", "contact-create", "--measure", measures, "-f", "csv", *options)


def test_touchpoints_and_spend_under_the_id_and_under_the_name_are_one_campaign_in_every_option(folder: Path) -> None:
    wanted = {"contacts": "0.666667", "interactions": "2", "spend": "30"}
    by_name = {row["campaign"]: row for row in rows(ask(folder))}
    by_id = {row["campaign_id"]: row for row in rows(ask(folder, "--by", "campaign_id"))}
    picked = [
        by_name["Spring Launch"],
        by_id["701A"],
        *(
            rows(ask(folder, *options))[0]
            for options in (
                ("-c", "701A"),
                ("-c", "spring launch"),
                ("--where", "campaign=701a"),
                ("--where", "campaign=Spring Launch"),
                ("--where", "campaign!=Webinar"),
                ("--where", "campaign_id=701A"),
                ("--where", "owner=Ann"),
            )
        ),
    ]
    assert [{name: row[name] for name in wanted} for row in picked] == [wanted] * len(picked)
    assert set(by_name) == {"Spring Launch", "Webinar", "(unattributed)"}
    eligible = rows(ask(folder, "--by", "channel", "--eligible", "campaign=701A", measures="contacts,interactions"))
    assert {row["channel"]: row["contacts"] for row in eligible} == {"CPC": "0.5", "cpc": "0.5", "(unattributed)": "1"}


def test_data_driven_models_take_both_for_one_state(folder: Path) -> None:
    found = rows(ask(folder, "--model", "shapley", measures="contacts"))
    assert {row["campaign"]: row["contacts"] for row in found} == {
        "Spring Launch": "0.5",
        "Webinar": "0.5",
        "(unattributed)": "1",
    }


def test_how_many_were_matched_by_name_is_said_in_every_format(folder: Path) -> None:
    words = "1 interaction matched by the campaign's name, not its id ('Spring Launch')"
    spend = "1 row of spend matched by the campaign's name, not its id ('Spring Launch')"
    machine = ask(folder).stderr
    assert f"note: {words}" in machine
    assert f"note: {spend}" in machine
    people = ask(folder, "-f", "table").stdout
    assert words in people
    assert spend in people


def test_an_id_goes_before_a_name(folder: Path) -> None:
    write(folder, campaigns="campaign_id,name\n701A,Spring Launch\nSpring Launch,Other\n701B,Webinar\n")
    found = {row["campaign"]: row["interactions"] for row in rows(ask(folder))}
    assert found == {"Spring Launch": "1", "Other": "1", "Webinar": "1", "(unattributed)": "0"}


def test_a_text_that_is_one_campaigns_id_and_anothers_name_is_no_filter_on_both(folder: Path) -> None:
    write(folder, campaigns="campaign_id,name\n701A,Spring Launch\nSpring Launch,Other\n701B,Webinar\n")
    for option, value in (
        ("-c", "spring launch"),
        ("--where", "campaign!=Spring Launch"),
        ("--eligible", "campaign=Spring Launch"),
    ):
        refused = ask(folder, option, value, "--by", "channel", measures="contacts")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "is the id of the campaign 'Other' and the name of the campaign 701A" in refused.stderr
        assert "--where 'campaign_id=Spring Launch', or --where 'campaign_id=701A'" in refused.stderr
    for options in (("-c", "Other"), ("--where", "campaign_id=Spring Launch"), ("-c", "Other (Spring Launch)")):
        assert [row["campaign"] for row in rows(ask(folder, *options))] == ["Other"]
    for options in (("-c", "701A"), ("-c", "Spring Launch (701A)"), ("--where", "campaign_id=701A")):
        assert [row["campaign"] for row in rows(ask(folder, *options))] == ["Spring Launch"]


def test_a_name_that_two_campaigns_have_belongs_to_neither_and_is_told(folder: Path) -> None:
    write(folder, campaigns="campaign_id,name\n701A,Spring Launch\n701B,Spring Launch\n")
    done = ask(folder)
    names = {"Spring Launch", "Spring Launch (701A)", "Spring Launch (701B)", "(unattributed)"}
    assert {row["campaign"] for row in rows(done)} == names
    said = done.stderr
    assert "1 interaction names a campaign by a name that several campaigns have ('Spring Launch')" in said
    for options in (("-c", "Spring Launch"), ("--where", "campaign=Spring Launch")):
        assert sum(Decimal(row["contacts"]) for row in rows(ask(folder, *options))) == 1
    one = rows(ask(folder, "-c", "Spring Launch (701A)"))
    assert [row["campaign"] for row in one] == ["Spring Launch (701A)"]


def test_shown_names_never_meet_those_of_other_campaigns(folder: Path) -> None:
    write(folder, campaigns="campaign_id,name\n701A,X\nSpring Launch,X\n701B,X (701A)\n")
    found = [row["campaign"] for row in rows(ask(folder))]
    assert len(found) == len(set(found)) == 4


def test_whole_number_ids_of_touchpoints_beside_text_ids_of_campaigns(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    write(tmp_path, campaigns="campaign_id,name\n7,Seven\nX-1,Spring Launch\n")
    (tmp_path / "touchpoints.csv").unlink()
    day = pa.array(["2026-01-01", "2026-01-02"])
    table = pa.table({"contact_id": ["c1", "c1"], "occurred_at": day, "campaign_id": pa.array([7, 8], pa.int64())})
    pq.write_table(table, tmp_path / "touchpoints.parquet")
    found = {row["campaign"]: row["contacts"] for row in rows(ask(tmp_path, measures="contacts"))}
    assert found == {"Seven": "0.5", "8": "0.5", "(unattributed)": "1"}
    assert rows(ask(tmp_path, "-c", "Spring Launch", measures="contacts")) == []
    assert [row["campaign"] for row in rows(ask(tmp_path, "-c", "8", measures="contacts"))] == ["8"]


@pytest.mark.parametrize("name", ["(unattributed)", "(no campaign)", "(other)", "(No Campaign)", '"(other)"'])
def test_a_campaign_called_like_a_special_row_keeps_a_row_of_its_own(folder: Path, name: str) -> None:
    quoted = name.replace('"', '""')
    write(
        folder,
        campaigns=f'campaign_id,name\n701A,"{quoted}"\n701B,Webinar\n',
        touchpoints="contact_id,occurred_at,campaign_id\nc1,2026-01-01,701A\nc1,2026-01-02,\nc1,2026-01-03,701B\n",
    )

    def found(*options: str) -> list[dict[str, str]]:
        return rows(ask(folder, *options, measures="contacts,interactions"))

    whole = found()
    assert {row["campaign"] for row in whole} == {f'"{name}"', "(no campaign)", "Webinar", "(unattributed)"}
    real = [row for row in whole if row["campaign"] == f'"{name}"']
    assert [row["interactions"] for row in real] == ["1"]
    assert found("--where", f'campaign="{name}"') == real
    assert found("-c", f'"{name}"') == real
    assert [row["campaign"] for row in found("--where", "campaign=(no campaign)")] == ["(no campaign)"]
    cut = found("--limit", "1", "--sort", "campaign")
    assert [row["campaign"] for row in cut][1:] == ["(other)", "(unattributed)"]


def test_values_that_differ_in_case_alone_are_told_with_their_interactions(folder: Path) -> None:
    done = ask(folder, "--by", "channel", measures="contacts,interactions")
    assert len(rows(done)) == 3
    said = done.stderr
    assert "channel is spelled in several ways, each in a row of its own: 'CPC' (1) and 'cpc' (2)" in said


def test_spend_without_day_amount_or_campaign_is_told(folder: Path) -> None:
    write(folder, campaign_spend=f"{SPEND}701B,,1000\n701A,2026-01-03,\nTotal:,2026-01-01,1035\n,2026-01-01,4\n")
    whole, january = ask(folder), ask(folder, "--from", "2026-01-01", "--to", "2026-01-31")
    said = whole.stderr
    assert "campaign_spend has 1 row without spent_on: 1,000.00 counts for all time, and in no period" in said
    assert "campaign_spend has 1 row without amount" in said
    assert "2 rows of campaign_spend with 1,039.00 whose campaign is not among the campaigns" in said
    assert "('Total:', without one)" in said
    assert "'Total:' looks like the total of other rows" in said
    assert "1,000.00 counts in no period, and is left out" in january.stderr
    spent = {row["campaign"]: row["spend"] for row in rows(january)}
    named = {"Spring Launch": "30", "Webinar": "5", "Total:": "1035", "(no campaign)": "4"}
    assert spent == named | {"(unattributed)": ""}
    months = rows(ask(folder, "--by", "month", measures="contacts,spend"))
    assert {row["month"]: row["spend"] for row in months} == {"2026-01": "1074", "(no month)": "1000"}


def test_spend_that_campaigns_say_for_all_time_is_not_taken_for_a_periods(folder: Path) -> None:
    write(folder, campaigns="campaign_id,name,spend\n701A,Spring Launch,30\n701B,Webinar,5\n")
    (folder / "campaign_spend.csv").unlink()
    assert "campaigns say their spend for all time only" in ask(folder, "--from", "2026-01-01").stderr
    assert ask(folder).stderr.count("warning") == 0


def test_won_deals_left_out_are_named_beside_formats_for_machines_too() -> None:
    done = attrib("report", "--data", DATA, "-f", "csv")
    assert "note: 1 left out: won deals without amount" in done.stderr
    assert "left out" not in attrib("report", "--data", DATA, "-f", "table").stderr


def test_a_filter_that_cannot_be_compared_names_its_own_option(folder: Path) -> None:
    for option in ("--where", "--eligible"):
        said = ask(folder, option, "contact.created_at>=abc" if option == "--where" else "occurred_at>=abc").stderr
        assert said.startswith(f"error: {option}: "), said
