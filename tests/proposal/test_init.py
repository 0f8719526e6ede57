"""``attrib init`` on folders of exports: the first report against tables that Python made of the same files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import ROOT
from damaged import damaged_sheet
from in_process import attrib_here

from attrib_cli.config.load import load_config
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.propose import propose

HUBSPOT = ROOT / "examples" / "hubspot"
Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Rows, delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def by_hand(folder: Path) -> Path:
    """Make canonical tables of the HubSpot exports: contacts by their id, ids taken out of lists, amounts without $."""
    contacts = read(HUBSPOT / "all-contacts.csv")
    ids = {row["Email"].lower(): row["Record ID"] for row in contacts}
    names = {row["Campaign Name"]: row["Campaign ID"] for row in read(HUBSPOT / "campaigns.csv")}
    deals = read(HUBSPOT / "all-deals.csv")
    forms = [
        {
            "contact_id": ids[row["Email"].lower()],
            "occurred_at": row["Conversion Date"],
            "campaign_id": names.get(row["Campaign"], ""),
            "channel": row["Original Source"],
        }
        for row in read(HUBSPOT / "form-submissions.csv")
    ]
    mails = [
        {
            "contact_id": ids[row["recipient"].lower()],
            "occurred_at": row["created"],
            "campaign_id": row["email_campaign_id"],
            "channel": "Email",
        }
        for row in read(HUBSPOT / "email-events.csv")
        if row["type"] == "CLICK"
    ]
    write(folder / "touchpoints.csv", forms + mails)
    write(
        folder / "contacts.csv",
        [{"contact_id": row["Record ID"], "created_at": row["Create Date"]} for row in contacts],
    )
    write(
        folder / "deals.csv",
        [
            {
                "deal_id": row["Record ID"],
                "created_at": row["Create Date"],
                "closed_at": row["Close Date"],
                "amount": row["Amount"].replace("$", "").replace(",", ""),
                "stage": row["Deal Stage"],
            }
            for row in deals
        ],
    )
    write(
        folder / "deal_contacts.csv",
        [
            {"deal_id": row["Record ID"], "contact_id": id_}
            for row in deals
            for id_ in row["Associated Contact IDs"].split(";")
            if id_
        ],
    )
    write(folder / "campaigns.csv", [{"campaign_id": id_, "name": name} for name, id_ in names.items()])
    return folder


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    shutil.copytree(HUBSPOT, folder)
    return folder


def test_the_first_report_on_hubspots_exports_is_right(exports: Path, tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", exports, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    want = by_hand(tmp_path / "by-hand")
    assert done.stdout == attrib_here("report", "--data", want).stdout
    assert sum(float(row["revenue"]) for row in csv.DictReader(done.stdout.splitlines())) == pytest.approx(1133227.32)
    for more in (("--by", "channel,month", "-m", "all"), ("-t", "contacts")):
        one = attrib_here("report", "--config", config, *more)
        other = attrib_here("report", "--data", want, *more)
        assert one.returncode == 0 and one.stdout == other.stdout
    checked = attrib_here("check", "--config", config, "--format", "json", "--today", "2026-11-24")
    assert '"error": 0' in checked.stdout


def test_what_is_written_says_what_was_found(exports: Path, tmp_path: Path) -> None:
    done = attrib_here("init", exports, "--config", tmp_path / "attrib.yaml", "--print")
    assert not (tmp_path / "attrib.yaml").exists()
    assert (
        "# exports/all-deals.csv: 90 rows; HubSpot deals, sure: it has Record ID, Deal Name and Deal Stage."
        in done.stdout
    )
    assert "amount: {header: Amount, number: money}  # $" in done.stdout
    assert "#   touchpoints: recipient in contacts (Email): 238 of 238 (100 %)" in done.stdout
    assert "Associated Contact IDs in contacts (Record ID): 246 of 246" in done.stderr


def test_other_forms_of_the_same_exports_have_the_same_figures(exports: Path, tmp_path: Path) -> None:
    """Each file in another form: Parquet, semicolons, a zip, lines of JSON, a workbook."""
    config = tmp_path / "attrib.yaml"
    want = attrib_here("init", exports, "--config", config, "--yes").stdout
    rows = {path.stem: read(path) for path in exports.glob("*.csv")}
    contacts = {name: [row[name] or None for row in rows["all-contacts"]] for name in rows["all-contacts"][0]}
    pq.write_table(pa.table(contacts), exports / "all-contacts.parquet")
    write(exports / "campaigns.csv", rows["campaigns"], ";")
    shutil.make_archive(str(exports / "deals"), "zip", exports, "all-deals.csv")
    lines = "".join(json.dumps(row) + "\n" for row in rows["email-events"])
    (exports / "email-events.jsonl").write_text(lines)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(rows["form-submissions"][0]))
    for row in rows["form-submissions"]:
        sheet.append(list(row.values()))
    book.save(exports / "form-submissions.xlsx")
    for name in ("all-contacts", "all-deals", "email-events", "form-submissions"):
        (exports / f"{name}.csv").unlink()
    done = attrib_here("init", exports, "--config", config, "--yes", "--force")
    assert done.returncode == 0, done.stderr
    assert done.stdout == want


def test_files_of_no_known_shape_are_known_by_names_and_values(tmp_path: Path) -> None:
    write(
        tmp_path / "d" / "clicks.csv",
        [{"Person": f"p{n % 4}", "When": f"2026-01-{n + 1:02}", "Medium": "email"} for n in range(20)],
    )
    write(
        tmp_path / "d" / "orders.csv",
        [{"Order": f"o{n}", "Date": "2026-02-01", "Person": f"p{n}", "Total": f"€{n}0.50"} for n in range(4)],
    )
    done = attrib_here(
        "init", tmp_path / "d", "--config", tmp_path / "attrib.yaml", "--column", "touchpoints.occurred_at=When",
        "--column", "touchpoints.contact_id=Person", "--column", "deals.contact_id=Person",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "won: all" in (tmp_path / "attrib.yaml").read_text()
    assert "currency: EUR" in (tmp_path / "attrib.yaml").read_text()
    assert "is every row a won deal" in done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [(row["channel"], float(row["revenue"])) for row in rows] == [("email", 0.5 + 10.5 + 20.5 + 30.5)]


def test_stages_that_nobody_knows_are_asked_by_an_option(exports: Path, tmp_path: Path) -> None:
    text = (
        (exports / "all-deals.csv").read_text().replace("Closed won", "6 - Signed").replace("Closed lost", "7 - Lost")
    )
    (exports / "all-deals.csv").write_text(text)
    done = attrib_here("init", exports, "--config", tmp_path / "attrib.yaml", "--no-report")
    assert "which stages are won? '6 - Signed' (42)" in done.stderr
    assert 'won_stages: ["6 - Signed"]' in (tmp_path / "attrib.yaml").read_text()
    command = ("init", exports, "--config", tmp_path / "attrib.yaml", "--force", "--no-report")
    again = attrib_here(*command, "--won-stages", "6 - Signed,Contract sent")
    assert "which stages are won?" not in again.stderr
    assert 'won_stages: ["6 - Signed", Contract sent]' in (tmp_path / "attrib.yaml").read_text()


def test_stages_that_no_column_has_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "x" / "orders.csv", [{"Order ID": "1", "Customer": "a", "Order date": "2026-01-02", "Total": "5"}])
    done = attrib_here("init", tmp_path / "x", "--config", tmp_path / "attrib.yaml", "--yes", "--won-stages", "Paid")
    assert done.returncode == 2 and "no column of the deals holds stages" in done.stderr
    assert not (tmp_path / "attrib.yaml").exists()


def test_sessions_and_conversions_of_a_warehouse_are_known(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    write(folder / "sessions.csv", [
        {"session_id": "1", "customer_id": "7", "started_at": "2020-02-01 12:55:16", "utm_medium": "social"},
        {"session_id": "2", "customer_id": "7", "started_at": "2020-02-02 4:30:21", "utm_medium": "search"},
    ])  # fmt: skip
    write(
        folder / "orders.csv",
        [{"order_id": "9", "customer_id": "7", "converted_at": "2020-02-03 1:00:00", "revenue": "15"}],
    )
    spend = {"date_day": "2020-02-01", "utm_source": "fb", "utm_medium": "social", "utm_campaign": "x", "spend": "3"}
    write(folder / "ad_spend.csv", [spend])
    done = attrib_here("init", folder, "--config", tmp_path / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "attrib.yaml").read_text()
    assert "occurred_at: started_at" in text and "closed_at: converted_at" in text and "spent_on: date_day" in text


def test_a_file_can_be_left_out_and_is_said_to_be(exports: Path, tmp_path: Path) -> None:
    (exports / "notes.csv").write_text("a,b\n1,2\n")
    for name in ("offer.pdf", "plan.PDF"):
        (exports / name).write_bytes(b"%PDF-1.7")
    done = attrib_here(
        "init", exports, "--config", tmp_path / "attrib.yaml", "--table", "email-events.csv=skip", "--no-report"
    )
    assert "union" not in (tmp_path / "attrib.yaml").read_text()
    assert "not used: exports/notes.csv: nothing that is known; its headers: a, b" in done.stderr
    assert "not used: exports/email-events.csv: --table says skip\n" in done.stderr
    assert "not used: exports/offer.pdf and 1 more: .pdf: a format that is not read" in done.stderr
    assert done.returncode == 0


def test_mistakes_say_what_to_do(exports: Path, tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    assert attrib_here("init", tmp_path / "none", "--config", config).returncode == 3
    (tmp_path / "empty").mkdir()
    assert attrib_here("init", tmp_path / "empty", "--config", config).returncode == 3
    done = attrib_here("init", exports, "--config", config, "--table", "all-deals.csv=deal")
    assert done.returncode == 2 and "Did you mean 'deals'" in done.stderr
    done = attrib_here("init", exports, "--config", config, "--table", "al-deals.csv=skip")
    assert done.returncode == 2 and "no file here is called 'al-deals.csv'" in done.stderr
    done = attrib_here("init", exports, "--config", config, "--column", "deals.stage=Deal Stages")
    assert done.returncode == 2 and "Did you mean 'Deal Stage'" in done.stderr
    config.write_text("version: 1\n")
    done = attrib_here("init", exports, "--config", config)
    assert done.returncode == 2 and "--force" in done.stderr
    assert config.read_text() == "version: 1\n"


def test_what_is_answered_on_a_terminal_is_taken(
    exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (exports / "all-deals.csv").read_text()
    (exports / "all-deals.csv").write_text(text.replace("Closed won", "Signed").replace("Contract sent", "Paid up"))
    asked: list[str] = []

    def prompt(text: str, *, default: str, err: bool) -> str:
        asked.append(default)
        return "Paid up"

    monkeypatch.setattr("typer.prompt", prompt)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", exports, "--config", config, "--no-report", tty=True)
    assert done.returncode == 0, done.stderr
    assert asked == ["Paid up, Signed"]
    assert "won_stages: [Paid up]" in config.read_text()
    assert "In doubt" not in config.read_text()


def test_an_answer_that_cannot_be_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed is not offered again, and the question stands once: not in the summary before it too."""
    kinds = ("Visit", "Purchase", "Visit", "Quote")
    rows = [f"e{n},c{n % 2},2026-01-0{n + 1},{kind}" for n, kind in enumerate(kinds)]
    (tmp_path / "events.csv").write_text("\n".join(["event_id,contact_id,occurred_at,interaction_type", *rows, ""]))
    answers = iter(["Purchases", "Quote"])
    asked: list[str] = []

    def prompt(text: str, *, default: str, err: bool) -> str:
        asked.append(default)
        return next(answers)

    monkeypatch.setattr("typer.prompt", prompt)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--no-report", tty=True)
    assert done.returncode == 0, done.stderr
    assert asked[0] == asked[1] != "Purchases"
    assert "no touchpoint is of the type 'Purchases'. Did you mean 'Purchase'?" in done.stderr
    assert done.stderr.count("which events are conversions?") == 2
    assert "quote:" in config.read_text()


def test_dates_that_nobody_can_tell_are_asked_and_not_guessed(tmp_path: Path) -> None:
    write(
        tmp_path / "d" / "touchpoints.csv",
        [{"contact_id": f"p{n}", "occurred_at": f"0{n + 1}/02/2026", "channel": "email"} for n in range(4)],
    )
    write(
        tmp_path / "d" / "contacts.csv",
        [{"contact_id": f"p{n}", "created_at": "2026-08-01"} for n in range(4)],
    )
    command = ("init", tmp_path / "d", "--config", tmp_path / "attrib.yaml", "--force")
    done = attrib_here(*command)
    assert "is the day or the month first in 'occurred_at' of d/touchpoints.csv?" in done.stderr
    assert done.returncode == 3 and "can be day/month or month/day" in done.stderr
    for form, days in (("%d/%m/%Y", "2026-02-01 to 2026-02-04"), ("%m/%d/%Y", "2026-01-02 to 2026-04-02")):
        done = attrib_here(*command, "--no-report", "--date-format", form)
        assert done.returncode == 0 and "is the day" not in done.stderr
        checked = attrib_here("check", "--config", tmp_path / "attrib.yaml", "--today", "2026-11-24")
        assert f"touchpoints are from {days}" in checked.stdout


def test_german_files_with_titles_totals_and_commas(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "kontakte.csv").write_text(
        "Bericht\n\nKontakt-ID;E-Mail;Erstellt am\n1;a@x.de;05.01.2026\n2;b@x.de;06.01.2026\n"
    )
    (folder / "deals.csv").write_text(
        "Deal-ID;Kontakt;Betrag;Erstellt;Abschlussdatum;Phase\nD1;1;1.234,50 €;10.01.2026;20.02.2026;Gewonnen\n"
        "D2;2;99,00 €;11.01.2026;21.02.2026;Verloren\n"
    )
    (folder / "clicks.csv").write_text("E-Mail;Zeitpunkt;Kanal\nA@x.de;2026-01-01 10:00;email\nb@x.de;2026-01-02;cpc\n")
    done = attrib_here("init", folder, "--config", tmp_path / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert (row["channel"], float(row["revenue"])) == ("email", 1234.5)
    assert "won_stages: [Gewonnen]" in (tmp_path / "attrib.yaml").read_text()
    assert "currency: EUR" in (tmp_path / "attrib.yaml").read_text()


def test_what_is_not_there_for_a_report_is_said(exports: Path, tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", exports / "form-submissions.csv", "--config", config)
    assert done.returncode == 3 and "no file here is known as deals or contacts" in done.stderr
    assert config.exists()
    (exports / "other.csv").write_text("a,b\n1,2\n")
    done = attrib_here("init", exports, "--config", config, "--force", "--table", "other.csv=deals")
    assert done.returncode == 2 and "other.csv has no column that is deal_id or created_at" in done.stderr


def test_interactions_of_converted_leads_are_their_contacts(tmp_path: Path) -> None:
    """Salesforce: a member of a campaign has the id of a lead or of a contact, and a converted lead a contact's."""
    files = {
        "Lead": "Id,LastName,Email,Status,IsConverted,ConvertedContactId,CreatedDate\n"
        "00Q1,Doe,a@e.example,Converted,true,0031,2026-01-01T00:00:00Z\n"
        "00Q2,Roe,b@e.example,Open,false,,2026-01-02T00:00:00Z\n",
        "Contact": "Id,LastName,Email,CreatedDate\n0031,Doe,a@e.example,2026-01-20T00:00:00Z\n",
        "Campaign": "Id,Name,Type,Status,StartDate,EndDate,BudgetedCost,ActualCost,OwnerId\n"
        "7011,Spring,Email,Active,2026-01-01,,100,90,005\n7012,Summer,Email,Active,2026-01-01,,100,90,005\n",
        "CampaignMember": "Id,CampaignId,LeadId,ContactId,Status,HasResponded,CreatedDate,FirstRespondedDate\n"
        "00v1,7011,00Q1,,Sent,false,2026-01-03T10:00:00Z,\n"
        "00v2,7012,,0031,Responded,true,2026-01-25T10:00:00Z,\n"
        "00v3,7012,00Q2,,Sent,false,2026-01-25T10:00:00Z,\n",
        "Opportunity": "Id,Name,StageName,Amount,CloseDate,CreatedDate,IsWon,IsClosed\n"
        "0061,Deal,Closed Won,100,2026-02-01,2026-01-21T00:00:00Z,true,true\n",
        "OpportunityContactRole": "Id,OpportunityId,ContactId,Role,IsPrimary\n00K1,0061,0031,Buyer,true\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    found = attrib_here("report", "--config", tmp_path / "attrib.yaml", "-f", "csv")
    assert found.stdout.splitlines()[1:] == ["Spring,linear,50,0.5,1,0.5", "Summer,linear,50,0.5,1,0.5"], found.stderr
    every = attrib_here(
        "report",
        "--config",
        tmp_path / "attrib.yaml",
        "-t",
        "contact-create",
        "--by",
        "contact.contact_id",
        "-f",
        "csv",
    )
    assert "0031,linear,1,1," in every.stdout


def test_a_german_export_of_windows_is_read_as_it_is(tmp_path: Path) -> None:
    """Semicolons, decimal commas, dates with dots, Windows-1252 and UTF-8 with a mark, and a row of totals."""
    folder = tmp_path / "exp"
    folder.mkdir()
    (folder / "Kunden.csv").write_text(
        "Kundennummer;Firma;E-Mail;Angelegt am\r\nK1;Müller;A@x.de;31.12.2024\r\nK2;Groß;b@x.de;01.02.2025\r\n",
        encoding="cp1252",
    )
    (folder / "Kontakthistorie.csv").write_text(
        "Datum;E-Mail;Kanal;Kampagne\r\n13.01.2025;a@x.de;Messe;Frühjahr\r\n14.01.2025;a@x.de;Telefon;Frühjahr\r\n",
        encoding="cp1252",
    )
    (folder / "Abschlüsse.csv").write_text(
        "Abschluss-Nr.;Kundennummer;Auftragswert;Status;Erstellt am;Abgeschlossen am\r\n"
        "A1;K1;1.234,50 €;Gewonnen;20.01.2025;31.12.2025\r\nA2;K2;10,00 €;Verloren;20.01.2025;31.12.2025\r\n"
        "Summe;;1.244,50 €;;;\r\n",
        encoding="utf-8-sig",
    )
    done = attrib_here("init", folder, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "attrib.yaml").read_text()
    assert text.count("encoding: cp1252") == 3  # two sources, and the customers looked up by address
    assert "total_rows: [Summe]" in text
    assert (
        "2 rows; likely: it is called 'historie', 4 of the 13 columns of touchpoints are there; read as cp1252" in text
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["campaign"], row["revenue"]) for row in rows] == [("Frühjahr", "1234.5")]


def test_a_word_for_totals_that_begins_other_rows_too_leaves_none_out(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("Deal,Created,Value\nTotalEnergies,2026-01-02,5\nTotal,2026-01-03,6\n")
    proposal = propose([tmp_path], tmp_path, Answers())
    assert "total_rows" not in proposal.plans["deals"][0].options


def test_a_report_of_salesforce_and_a_zip_of_workbooks(tmp_path: Path) -> None:
    """The report ends in a blank line and notes, the first of them its own name; workbooks in the zip have titles."""
    folder = tmp_path / "sf"
    folder.mkdir()
    (folder / "report17.csv").write_text(
        '"Opportunity ID","Opportunity Name","Stage","Amount","Created Date","Close Date","Primary Contact ID"\n'
        '"0061","One","Closed Won","1,500.00","1/2/2025","3/23/2025","0031"\n'
        '"0062","Two","Closed Lost","9.00","1/2/2025","3/24/2025","0032"\n'
        '\n"Opportunities Export"\n"Copyright (c) 2000-2025 salesforce.com, inc. All rights reserved."\n'
        '"Confidential Information - Do Not Distribute"\n"Generated By: Ann 12/31/2025"\n"Acme"\n'
    )
    sheets = {
        "marketing/visits.xlsx": [
            ["Visitors of 2025"],
            [],
            ["Contact ID", "Visited at", "Campaign"],
            ["0031", dt.datetime(2025, 1, 15, 10), "Spring"],
            ["0032", dt.datetime(2025, 1, 16, 10), "Fall"],
        ],
        "marketing/spend.xlsx": [["Campaign", "Day", "Spend"], ["Spring", dt.date(2025, 1, 1), 12.5]],
    }
    with zipfile.ZipFile(folder / "exports.zip", "w") as archive:
        for name, rows in sheets.items():
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append(row)
            held = io.BytesIO()
            book.save(held)
            archive.writestr(name, held.getvalue())
        archive.writestr("__MACOSX/marketing/._visits.xlsx", b"x")
    done = attrib_here("init", folder, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "attrib.yaml").read_text()
    assert "dates are in the order of those in 'Close Date', which only fit %m/%d/%Y" in done.stderr
    assert "ends_at_blank: true" in text and "member: marketing/visits.xlsx" in text and "header_line: 3" in text
    assert "whose a deal is stands in 'Primary Contact ID': 2 of its 2 ids are contacts" in done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["campaign"], row["revenue"]) for row in rows] == [("Spring", "1500")]


def test_a_column_about_people_that_are_no_contacts_is_not_whose_a_deal_is(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\n1,2026-01-02\n2,2026-01-03\n")
    (tmp_path / "deals.csv").write_text("deal_id,created_at,amount,Leads in team,Owner\n1,2026-01-02,5,77,1\n")
    assert "contact_id" not in propose([tmp_path], tmp_path, Answers()).plans["deals"][0].columns


@pytest.mark.parametrize("header", ["Lead owner", "Salesperson", "Contact Owner ID"])
def test_numbers_of_colleagues_that_are_ids_of_contacts_by_chance_do_not_say_whose_a_deal_is(
    tmp_path: Path, header: str
) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\n1,2026-01-02\n2,2026-01-03\n")
    (tmp_path / "deals.csv").write_text(f"deal_id,created_at,amount,{header}\n71,2026-01-02,5,1\n72,2026-01-02,5,2\n")
    (tmp_path / "history.csv").write_text(f"deal,{header}\n71,1\n72,2\n")
    plans = propose([tmp_path], tmp_path, Answers()).plans
    assert "contact_id" not in plans["deals"][0].columns and "deal_contacts" not in plans


def test_a_file_of_headers_alone_is_said_to_have_no_rows(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\n")
    (left_out,) = propose([tmp_path], tmp_path, Answers()).left_out
    assert left_out.why == "it has no rows; its headers: contact_id, occurred_at"


def test_one_time_of_day_beside_two_days_is_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\n1,2026-01-02 10:00\n")
    deals = tmp_path / "deals.csv"
    rows = "d1,1,2026-01-02,2026-02-13,10:30,5\nd2,1,2026-01-03,2026-02-14,11:30,5\n"
    deals.write_text("Deal ID,Contact ID,Create Date,Close Date,Time,Amount\n" + rows)

    def times(typed: Mapping[str, str]) -> tuple[dict[str, object], list[Doubt]]:
        proposal = propose([tmp_path], tmp_path, Answers(columns=typed))
        columns_ = proposal.plans["deals"][0].columns
        given = {name: rules["time"] for name, rules in columns_.items() if "time" in rules}
        return given, [one for one in proposal.doubts if ".time=" in one.option]

    given, (doubt,) = times({})
    assert given == {}
    assert (
        "'Time' of deals.csv is the time of day of one of its days: of 'Create Date' or 'Close Date'" in doubt.question
    )
    name, _, header = doubt.option.partition("'")[2].rstrip("'").partition("=")
    assert times({name: header}) == ({"closed_at": "Time"}, [])
    monkeypatch.setattr(
        "typer.prompt", lambda text, *, default, err: "deals.created_at" if "none" in default else default
    )
    config = tmp_path / "attrib.yaml"
    assert attrib_here("init", tmp_path, "--config", config, "--no-report", tty=True).returncode == 0
    assert (
        "created_at: {header: Create Date, time: Time}" in config.read_text()
        and config.read_text().count("time: ") == 1
    )
    deals.write_text(
        "Deal ID,Contact ID,Order Date,Time,Amount\n" + rows.replace("2026-01-02,", "").replace("2026-01-03,", "")
    )
    given, doubts = times({})
    assert set(given.values()) == {"Time"} and not doubts


def test_short_rows_and_a_time_of_day_beside_the_date_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    rows = ["1,13/01/2026,10:30,Email,cpc", "2,14/01/2026,14:00", "2,15/01/2026,09:00,Ads"]
    (folder / "visits.csv").write_text("\n".join(["Contact,Date,Time,Channel,Note", *rows, ""]))
    deals = ["deal_id,contact_id,created_at,closed_at,amount,is_won"]
    deals += ["d1,1,2026-01-01,2026-02-01,100,true", "d2,2,2026-01-01,2026-01-14T15:00,50,true"]
    (folder / "deals.csv").write_text("\n".join([*deals, "d3,2"]))
    done = attrib_here("init", folder, "--yes", "--config", tmp_path / "attrib.yaml")
    text = (tmp_path / "attrib.yaml").read_text()
    assert "2 rows have fewer values than the header: what they lack counts as empty" in text
    assert "occurred_at: {header: Date, time: Time}" in text
    assert text.count("short_rows: fill") == 1  # the last line of the deals is cut off, and refused
    assert done.returncode == 3 and "deals.csv:4: 2 values, where the header has 6 columns" in done.stderr
    (folder / "deals.csv").write_text("\n".join(deals))
    found = attrib_here("report", "--by", "channel", "-m", "last", "-f", "csv", "--config", tmp_path / "attrib.yaml")
    assert "(no channel),last,50" in found.stdout and "Email,last,100" in found.stdout
    checked = attrib_here("check", "--config", tmp_path / "attrib.yaml")
    assert "info source-rules: touchpoints: 2 of 3 rows of exports/visits.csv have fewer values" in checked.stdout


EVENTS = """user_id,event_time,event,channel,revenue
1,2026-01-01 10:00,page_view,Email,
1,2026-01-02 10:00,page_view,Ads,
1,2026-01-02 10:10,Sign Up,Ads,
2,2026-01-03 10:10,sign_up,Ads,
1,2026-01-03 10:10,purchase,Ads,$10.00
2,2026-01-03 10:20,begin_checkout,Ads,
"""


def test_conversions_without_an_id_are_deals_with_their_rows_numbered(tmp_path: Path) -> None:
    (tmp_path / "sessions.csv").write_text("id,customer_id,started_at,medium\n1,7,2026-02-01 12:55:16,social\n")
    (tmp_path / "customer_conversions.csv").write_text(
        "customer_id,converted_at,revenue\n7,2026-02-03 1:00:00,15\n7,2026-02-04 1:00:00,5\n"
    )
    done = attrib_here("init", tmp_path, "--config", tmp_path / "attrib.yaml", "--yes")
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["social,linear,20,2,2,1"]), done.stderr
    assert "deal_id: {row_number: true}" in (tmp_path / "attrib.yaml").read_text()


def test_events_that_are_conversions_are_report_types_and_no_touchpoints(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(EVENTS)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    assert "which events are conversions? 'page_view' (2)" in done.stderr and "taken: Sign Up, purchase" in done.stderr
    bought = attrib_here("report", "--config", config, "-t", "purchase", "-f", "csv")
    assert bought.stdout.splitlines()[1:] == ["Ads,linear,5,0.5,1,0.5", "Email,linear,5,0.5,1,0.5"], bought.stderr
    signed = attrib_here("report", "--config", config, "-t", "sign-up", "--by", "touchpoint.channel", "-f", "csv")
    assert [line.split(",")[0] for line in signed.stdout.splitlines()[1:]] == ["Ads", "Email", "(unattributed)"]
    wrong = attrib_here("init", tmp_path, "--config", config, "--yes", "--force", "--conversions", "page_vew")
    assert wrong.returncode == 2 and "Did you mean 'page_view'?" in wrong.stderr
    asked = attrib_here("init", tmp_path, "--config", config, "--yes", "--force", "--conversions", "Begin_Checkout")
    assert asked.returncode == 0 and list(load_config(config).conversions) == ["begin-checkout"]


def test_events_none_of_which_look_like_conversions_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("user_id,event_time,event\n1,2026-01-01,a\n1,2026-01-02,b\n")
    done = attrib_here("init", tmp_path, "--config", tmp_path / "attrib.yaml", "--yes")
    assert done.returncode == 3
    assert "Say which events are conversions: --conversions 'EVENT,EVENT' --force." in done.stderr


def test_a_file_of_several_kinds_of_conversions_is_a_report_type_for_each(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(EVENTS.partition("1,2026-01-02 10:10")[0])
    rows = ["1,Demo Booked,2026-02-01,", "2,Trial,2026-02-01,", "1,Trial,2026-02-01,5"]
    (tmp_path / "conversions.csv").write_text("\n".join(["user,conversion_type,converted_at,value", *rows, ""]))
    (tmp_path / "signups.csv").write_text("email,submitted_at\n1,2026-02-01\n")
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    written = load_config(config).conversions
    assert {name: entry.conversion_value is not None for name, entry in written.items()} == {
        "trial": True,
        "demo-booked": False,
        "signups": False,
    }
    found = attrib_here("report", "--config", config, "-t", "trial", "--by", "touchpoint.channel", "-f", "csv")
    assert found.stdout.splitlines()[1:] == [
        "Ads,linear,2.5,0.5,1,0.5",
        "Email,linear,2.5,0.5,1,0.5",
        "(unattributed),linear,0,1,0,0",
    ]


def test_what_is_taken_for_conversions_can_be_said_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("email,timestamp,channel\na,2026-01-01,Email\n")
    (tmp_path / "x.csv").write_text("email,submitted_at\na,2026-02-01\n")
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--yes", "--table", "x.csv=conversions")
    assert done.returncode == 0, done.stderr
    assert list(load_config(config).conversions) == ["x"]
    (tmp_path / "x.csv").rename(tmp_path / "demo.csv")
    (tmp_path / "demo.csv").write_text("user,moment,submitted_at,a,b\na,x,2026-02-01,,\n")
    proposal = propose([tmp_path], tmp_path, Answers())
    assert "demo_conversions" in proposal.plans
    assert all(doubt.taken in doubt.choices for doubt in proposal.doubts if "--table" in doubt.option)


def test_what_went_wrong_or_was_taken_back_is_no_conversion(tmp_path: Path) -> None:
    names = ("purchase", "purchase_refunded", "app_uninstall", "registration_failed", "subscription_expired")
    rows = [f"1,2026-01-02 10:00,{name}" for name in names]
    (tmp_path / "events.csv").write_text("\n".join(["user_id,event_time,event", *rows, ""]))
    assert [table for table in propose([tmp_path], tmp_path, Answers()).plans if "conversions" in table] == [
        "purchase_conversions"
    ]


def test_kinds_in_other_scripts_stay_apart_and_rows_of_no_kind_are_told(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("email,timestamp,channel\na,2026-01-01 09:00,Email\n")
    rows = ["a,購入,2026-02-01", "a,購入,2026-02-01", "a,申込,2026-02-01", "a,,2026-02-01"]
    (tmp_path / "conversions.csv").write_text("\n".join(["email,goal,converted_at", *rows, ""]))
    plans = propose([tmp_path], tmp_path, Answers()).plans
    kinds = {table: plan.options["where"] for table, (plan, *_) in plans.items() if table.endswith("conversions")}
    assert kinds == {"conversion_conversions": ["goal=購入"], "conversion_2_conversions": ["goal=申込"]}
    assert "1 row has no goal: it is of no kind" in plans["conversion_conversions"][0].notes


def test_what_cannot_be_opened_is_left_out_with_the_reason(exports: Path, tmp_path: Path) -> None:
    for name in ("bad.zip", "bad.xlsx"):
        (exports / name).write_bytes(b"PK\x03\x04nonsense")
    (exports / "bad.parquet").write_bytes(b"PAR1nonsensePAR1")
    with zipfile.ZipFile(exports / "all.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK")
    (exports / "cut.xlsx").write_bytes(damaged_sheet())
    done = attrib_here("init", exports, "--config", tmp_path / "attrib.yaml", "--no-report")
    assert done.returncode == 0, done.stderr
    for name, why in (
        ("bad.zip", "the zip file is damaged"),
        ("bad.xlsx", "the zip file is damaged"),
        ("cut.xlsx", "the sheet 'a' is damaged"),
        ("bad.parquet", "cannot be read"),
    ):
        assert f"not used: exports/{name}: {why}" in done.stderr
    assert "not used: exports/all.zip: no table in it: it holds inner.zip" in done.stderr


def test_kinds_of_several_files_whose_names_lack_letters_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text("email,timestamp,channel\na,2026-01-01 09:00,Email\n")
    for name in ("登録.csv", "申込.csv", "🎉.csv"):
        (tmp_path / name).write_text("email,converted_at\na,2026-02-01\n")
    said = Answers(tables=dict.fromkeys(("登録.csv", "申込.csv", "🎉.csv"), "conversions"))
    plans = propose([tmp_path], tmp_path, said).plans
    names = {table: [plan.file.path for plan in of] for table, of in plans.items() if table.endswith("conversions")}
    assert sorted(names) == ["conversion_2_conversions", "conversion_3_conversions", "conversion_conversions"]
    assert sorted(path for (path,) in names.values()) == ["申込.csv", "登録.csv", "🎉.csv"]
    assert "'登録' is called conversion-2: 'conversion' is what another kind is called" in [
        note for of in plans.values() for plan in of for note in plan.notes
    ]


def test_sign_ups_have_the_id_called_as_their_file_and_days_count_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "visits.csv").write_text(
        "email,timestamp,channel\na@x.example,2026-02-01 09:00,Email\na@x.example,2026-03-01 09:00,Ads\n"
    )
    (tmp_path / "signups.csv").write_text(
        "signup_id,email,date\ns1,a@x.example,2026-03-01\ns2,b@x.example,2026-03-01\n"
    )
    config = tmp_path / "attrib.yaml"
    assert attrib_here("init", tmp_path, "--config", config, "--yes").returncode == 0
    columns = propose([tmp_path], tmp_path, Answers()).plans["signups_conversions"][0].columns
    assert columns["conversion_id"] == {"header": "signup_id"}
    last = attrib_here(
        "report", "--config", config, "-t", "signups", "--by", "touchpoint.channel", "-m", "last-touch", "-f", "csv"
    )
    assert last.stdout.splitlines()[1].startswith("Ads,"), last.stdout + last.stderr


def test_files_that_are_no_tables_are_told_for_what_they_are_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("order_id,amount\n1,2\n")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n")
    (tmp_path / "orders.csv").write_text("order_id,customer_id,order_date,total\nO1,1,2026-02-01,100\n")
    (tmp_path / "visits.csv").write_text("customer_id,visited_at,channel\n1,2026-01-01,Email\n")
    config = tmp_path / "attrib.yaml"
    names = [tmp_path / name for name in ("a.parquet", "b.pdf", "orders.csv", "visits.csv")]
    done = attrib_here("init", *names, "--config", config, "--yes")
    said = done.stdout + done.stderr
    begins = (
        "a.parquet: not a Parquet file, whatever its name says: it begins with 'order_id,amount'. Give it a name that"
    )
    assert f"not used: {begins}" in said
    assert f"{begins} ends as its format does" in config.read_text()
    assert "b.pdf: a PDF document, where a CSV file was expected. No table can be read from a PDF" in said
