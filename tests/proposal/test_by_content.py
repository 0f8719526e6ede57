"""Files whose names and headers say nothing: what they hold says which table each is, and how their ids join."""

from __future__ import annotations

from pathlib import Path

from in_process import attrib_here

from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.propose import propose

PEOPLE = "nr,Created,address,E-mail\n" + "".join(
    f"{48100 + i},2025-01-0{i} 08:00,Street {i},P{i}@x.example\n" for i in range(1, 5)
)
LOG = "addr,what,which,ts\n" + "".join(
    f"p{person}@x.example,{what},{which},2026-01-0{day} 09:00\n"
    for person, what, which, day in ((1, "open", "Gala", 1), (1, "click", "Match", 2), (2, "click", "Gala", 3))
)
MONEY = (
    "ref,whom,when,eur,state\nA-1,48101,2026-02-01 10:00,100.50,Completed\nA-2,48102,2026-02-02 10:00,50.00,Completed\n"
    "A-3,48102,2026-02-03 10:00,7.25,Pending\nA-4,48103,2026-02-03 10:00,20.00,Completed\n"
)
SPEND = "Campaign name,Day,Spend\nGala,2026-01-01,10.00\nMatch,2026-01-01,20.00\n"


def test_sales_and_touches_are_found_by_ids_days_and_amounts(tmp_path: Path) -> None:
    for name, text in (("people.csv", PEOPLE), ("b.csv", LOG), ("a.csv", MONEY), ("spend.csv", SPEND)):
        (tmp_path / name).write_text(text)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "a.csv: 4 rows; a guess: 'whom' holds ids of contacts, 'when' dates, 'eur' amounts" in said
    assert "b.csv: 3 rows; a guess: 'addr' holds ids of contacts" in said
    assert "contacts are known by 'nr', which a.csv has" in said
    report = attrib_here("report", "--config", config, "--by", "campaign", "--measure", "revenue", "-f", "csv")
    rows = sorted(line.split(",")[::2] for line in report.stdout.splitlines()[1:])
    # 100.50 is shared by two touches of one person; 50.00 has one; 20.00 has none; the pending one is not won
    assert rows == [["(unattributed)", "20"], ["Gala", "100.25"], ["Match", "50.25"]]


def test_scores_are_no_amounts_and_a_known_table_takes_no_guess(tmp_path: Path) -> None:
    tickets = "Ticket,whom,Opened,Score\n" + "".join(f"T{i},4810{i},2026-01-0{i} 10:00,{i}\n" for i in range(1, 5))
    for name, text in (("people.csv", PEOPLE), ("b.csv", LOG), ("tickets.csv", tickets)):
        (tmp_path / name).write_text(text)
    proposal = propose([tmp_path], tmp_path, Answers())
    assert "deals" not in proposal.plans
    (tmp_path / "deals.csv").write_text(
        MONEY.replace(MONEY.partition("\n")[0], "deal id,contact,closed at,amount,status")
    )
    (tmp_path / "other.csv").write_text(MONEY)
    proposal = propose([tmp_path], tmp_path, Answers())
    assert [plan.file.name for plan in proposal.plans["deals"]] == ["deals.csv"]
    assert {one.path for one in proposal.left_out} >= {"tickets.csv", "other.csv"}


def test_people_cents_and_addresses_of_pages_are_known_by_what_they_hold(tmp_path: Path) -> None:
    people = "code,address,since\n" + "".join(f"c{i}-x,P{i}@x.example,2025-01-0{i}T08:00:00Z\n" for i in range(1, 4))
    page = "https://x.example/?utm_medium=cpc&utm_campaign=Gala"
    visits = "who,at,landing\n" + "".join(f"p{i}@x.example,2026-01-0{i}T08:00:00Z,{page}\n" for i in (1, 2, 2, 3))
    sold = (
        "ref,by,started,mrr_cents,status\nA,c1-x,2026-02-01T08:00:00Z,9900,Confirmed\n"
        "B,c2-x,2026-02-02T08:00:00Z,150,Confirmed\nC,c3-x,2026-02-02T08:00:00Z,77,Cancelled\nTotal,,,10127,\n"
    )
    for name, text in (("1.csv", people), ("2.csv", visits), ("3.csv", sold)):
        (tmp_path / name).write_text(text)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["campaign,model,revenue,deals,interactions,share", "Gala,linear,100.5,2,3,1"]
    assert done.stderr.count("a guess:") == 3
    assert "rows at the end are totals: 'Total'" in done.stderr


def test_people_are_those_whom_sales_and_touches_have_in_common_where_no_file_lists_them(tmp_path: Path) -> None:
    phones = [f"+1 (555) 010-100{i}" for i in range(6)]
    calls = "Call,Caller,Start Time,Tracked\n" + "".join(
        f"{i},{phone},01/{i + 13}/2026 10:03:00 AM,{'GMB' if i < 3 else 'Ads'}\n" for i, phone in enumerate(phones * 2)
    )
    jobs = "Job #,Phone,Job Date,Invoice Total\n" + "".join(
        f'{5000 + i},{phone},02/{i + 13}/2026,"$1,0{i}0.00"\n' for i, phone in enumerate(phones)
    )
    for name, text in (("calls.csv", calls), ("jobs.csv", jobs)):
        (tmp_path / name).write_text(text)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 0, done.stderr
    assert "'Phone' holds what 'Caller' of calls.csv has too" in " ".join(done.stderr.split())
    # each phone called twice: the first three once from a listing and once from an ad, the others from ads alone
    listing = sum(1000 + 10 * i for i in range(3)) / 2
    rows = {line.split(",")[0]: line.split(",")[2] for line in done.stdout.splitlines()[1:]}
    assert rows == {"GMB": f"{listing:g}", "Ads": f"{sum(1000 + 10 * i for i in range(6)) - listing:g}"}


def test_the_day_of_a_guess_is_the_column_that_is_called_so(tmp_path: Path) -> None:
    born = "whom,born,closed at,worth\n" + "".join(
        f"4810{i},198{i}-02-11,2026-02-0{i} 10:00,{i}.50\n" for i in (1, 2, 3)
    )
    for name, text in (("people.csv", PEOPLE), ("b.csv", LOG), ("sold.csv", born)):
        (tmp_path / name).write_text(text)
    (deals,) = propose([tmp_path], tmp_path, Answers()).plans["deals"]
    assert deals.header("closed_at") == "closed at" and "'closed at' dates" in deals.because


def test_columns_that_a_guess_may_be_as_well_are_said(tmp_path: Path) -> None:
    sold = "brought by,buyer,asked,paid,worth\n" + "".join(
        f"4810{5 - i},4810{i},2026-01-0{i} 10:00,2026-02-0{i} 10:00,{i}.50\n" for i in (1, 2, 3)
    )
    for name, text in (("people.csv", PEOPLE), ("b.csv", LOG), ("sold.csv", sold)):
        (tmp_path / name).write_text(text)
    (deals,) = propose([tmp_path], tmp_path, Answers()).plans["deals"]
    said = ("'buyer' holds ids of contacts (as 'brought by' does)", "'asked' dates (as 'paid' does)")
    assert deals.because[:2] == said and deals.header("contact_id") == "buyer"


def test_conversions_without_deals_are_what_the_first_report_is_about(tmp_path: Path) -> None:
    people = "StudentID,EmailAddress,InquiryDate\nS20000,a@x.example,01 Jan 2026\nS20001,b@x.example,02 Jan 2026\n"
    enrolled = "EnrollmentID,StudentID,EnrolledOn\nE1,S20001,03 Mar 2026\n"
    outreach = "StudentID,EventName,EventDate,Medium,CampaignName\n" + "".join(
        f"S2000{i % 2},Open Day,0{i} Feb 2026 10:00,offline,Fall 26\n" for i in range(1, 4)
    )
    for name, text in (("prospects.csv", people), ("enrollments.csv", enrolled), ("outreach.csv", outreach)):
        (tmp_path / name).write_text(text)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:] == ["Fall 26,linear,1,2,1"]


def test_leads_and_the_deals_that_a_tenth_of_them_became(tmp_path: Path) -> None:
    # a row has `email`, which is a header elsewhere; most leads never become a deal
    origins = ("social", "email", "paid", "email", "social") * 12
    leads = "mql_id,first_contact_date,landing_page_id,origin\n" + "".join(
        f"{i:032x},{1 + i % 28:02}-01-2018,{i % 3:032x},{origin}\n" for i, origin in enumerate(origins)
    )
    deals = "mql_id,seller_id,won_date,declared_monthly_revenue\n" + "".join(
        f"{i:032x},{i + 900:032x},{14 + i}-02-2018 19:58,{1000 * i}\n" for i in range(6)
    )
    for name, text in (("qualified.csv", leads), ("closed.csv", deals)):
        (tmp_path / name).write_text(text)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    rows = {line.split(",")[0]: line.split(",")[2:4] for line in done.stdout.splitlines()[1:]}
    assert rows == {"social": ["9000", "3"], "email": ["4000", "2"], "paid": ["2000", "1"]}


def test_touchpoints_of_which_a_column_marks_conversions_are_two_tables(tmp_path: Path) -> None:
    rows = "date,user_id,source,medium,campaign,cost,purchase_revenue,conversion\n" + "".join(
        f"2023-01-0{day},{who},google,cpc,{campaign},9.5,{worth},{mark}\n"
        for day, who, campaign, worth, mark in (
            (1, "u1", "Winter", "100.5", 1),
            (2, "u2", "Brand", "0", 0),
            (3, "u1", "Brand", "40", 1),
            (4, "u2", "Winter", "", 0),
        )
    )
    (tmp_path / "all.csv").write_text(rows)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    assert "are the 2 rows of all.csv that 'conversion' marks conversions" in done.stderr
    figures = {line.split(",")[0]: line.split(",")[2:4] for line in done.stdout.splitlines()[1:]}
    # the first is Winter's alone; the second has both before it
    assert figures == {"Winter": ["120.5", "1.5"], "Brand": ["20", "0.5"]}
    proposal = propose([tmp_path], tmp_path, Answers(tables={"all.csv": "touchpoints"}))
    assert [*proposal.plans] == ["touchpoints"]
