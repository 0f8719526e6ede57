"""``attrib init`` on exports that have to agree: which column names the campaign, which rows are totals."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from in_process import attrib_here

BASE = {
    "contacts.csv": "id,email,created_at\n1,a@x.example,2024-01-01\n2,b@x.example,2024-01-02\n",
    "orders.csv": "order_id,customer_email,order_date,total\n"
    "O1,a@x.example,2024-03-01,100\nO2,b@x.example,2024-03-02,40\n",
}
CLICKS = "email,timestamp,campaign\nA@x.example,2024-02-01,Spring\nb@x.example,2024-02-02,Autumn\n"


def first_report(folder: Path, files: Mapping[str, str], *arguments: str) -> list[dict[str, str]]:
    """Write the files of one customer, propose, and return the rows of a report on what was proposed."""
    folder.mkdir()
    for name, text in {**BASE, **files}.items():
        (folder / name).write_text(text)
    config = folder / "attrib.yaml"
    done = attrib_here("init", folder, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    done = attrib_here("report", "--config", config, "--by", "campaign", "-f", "csv", *arguments)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def figures(rows: Sequence[Mapping[str, str]], measure: str) -> dict[str, float]:
    return {row["campaign"]: float(row[measure]) for row in rows if row[measure]}


@pytest.mark.parametrize("named", [True, False])
def test_page_views_have_their_campaign_by_its_property_or_by_the_url(tmp_path: Path, named: bool) -> None:
    views = "id,objectId,occurredAt,hs_url,hs_utm_campaign\n" + "".join(
        f"v{contact},{contact},2024-02-01T10:00:00Z,https://x.example/?utm_campaign={campaign},"
        f"{campaign if named else ''}\n"
        for contact, campaign in ((1, "Spring"), (2, "Autumn"))
    )
    rows = first_report(tmp_path / "d", {"page_views.csv": views})
    assert figures(rows, "revenue") == {"Spring": 100, "Autumn": 40}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (  # ids that nothing else has, beside the names
            "linkedin.csv",
            "Start Date (in UTC),Campaign ID,Campaign Name,Total Spent\n"
            "1/13/2024,91,Spring,12.50\n1/14/2024,92,Autumn,7\n",
        ),
        (  # the first row, without a campaign, has the sum of all others, which have as many decimals as they need
            "meta.csv",
            "Reporting starts,Reporting ends,Campaign name,Day,Amount spent (EUR)\n"
            "2024-01-01,2024-02-01,,,19.50\n"
            "2024-01-01,2024-02-01,Spring,2024-01-13,12.5\n2024-01-01,2024-02-01,Autumn,2024-01-14,7\n",
        ),
        (  # German, with totals of several kinds below
            "Kampagnenbericht.csv",
            "Kampagnenbericht\n1. Januar 2024 - 9. Februar 2024\nKampagne;Tag;Klicks;Kosten\n"
            "Spring;13.01.2024;1;12,50\n"
            "Autumn;14.01.2024;1;7,00\nGesamt: Konto; --;2;19,50\nGesamt: Suchkampagnen; --;2;19,50\n",
        ),
    ],
)
def test_spend_has_the_campaigns_of_the_touchpoints_and_no_totals(tmp_path: Path, name: str, text: str) -> None:
    rows = first_report(tmp_path / "d", {"clicks.csv": CLICKS, name: text}, "--measure", "revenue,spend")
    assert figures(rows, "spend") == {"Spring": 12.5, "Autumn": 7}


def test_what_a_browser_did_before_a_log_in_counts_for_its_only_person(tmp_path: Path) -> None:
    pages = (
        "id,anonymous_id,user_id,timestamp,context_page_url,context_campaign_name\n"
        "p1,a,,2024-02-01 10:00:00,https://x.example,Before\np2,a,a@x.example,2024-02-02 10:00:00,https://x.example,After\n"
        "p3,s,b@x.example,2024-02-02 10:00:00,https://x.example,Own\np4,s,c@x.example,2024-02-02 10:00:00,https://x.example,C\n"
        "p5,s,,2024-02-02 10:00:00,https://x.example,Whose\n"
    )
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "pages.csv").write_text(pages)
    (folder / "orders.csv").write_text(BASE["orders.csv"])
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert figures(rows, "revenue") == {"Before": 50, "After": 50, "Own": 40}


@pytest.mark.parametrize("many", [False, True])
def test_addresses_are_looked_up_in_contacts_within_a_zip(tmp_path: Path, many: bool) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("contacts.csv", BASE["contacts.csv"])
        archive.writestr("clicks.csv", CLICKS)
        archive.writestr("orders.csv", BASE["orders.csv"])
        if many:
            book = io.BytesIO()
            openpyxl.Workbook().save(book)
            archive.writestr("notes.xlsx", book.getvalue())
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    assert figures(list(csv.DictReader(io.StringIO(done.stdout))), "revenue") == {"Spring": 100, "Autumn": 40}


def test_what_happened_on_the_day_of_an_order_came_before_it(tmp_path: Path) -> None:
    clicks = "email,timestamp,campaign\na@x.example,2024-03-01 18:30,Spring\nb@x.example,2024-03-03 00:10,Late\n"
    rows = first_report(tmp_path / "d", {"clicks.csv": clicks})
    assert figures(rows, "revenue") == {"Spring": 100, "(unattributed)": 40}
    days = clicks.replace(" 18:30", "").replace(" 00:10", "")
    rows = first_report(tmp_path / "days", {"clicks.csv": days})
    assert figures(rows, "revenue") == {"Spring": 100, "(unattributed)": 40}
    assert "end_of_day" not in (tmp_path / "days" / "attrib.yaml").read_text()


def test_days_with_the_year_first_count_to_their_end_too(tmp_path: Path) -> None:
    clicks = "email,timestamp,campaign\na@x.example,2024/03/01 18:30,Spring\nb@x.example,2024/03/02 00:10,Late\n"
    for name, text in {"clicks.csv": clicks, "orders.csv": BASE["orders.csv"].replace("-0", "/0")}.items():
        (tmp_path / name).write_text(text)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--date-format", "%Y/%m/%d", "--yes")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert figures(rows, "revenue") == {"Spring": 100, "Late": 40}, done.stderr


@pytest.mark.parametrize("name", ["events.json", "events.jsonl.gz"])
def test_lines_of_json_are_known_by_every_usual_ending(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "orders.csv").write_text(BASE["orders.csv"])
    (folder / "attrib.schema.json").write_text("{}")
    lines = b'{"email": "a@x.example", "timestamp": "2024-02-01T10:00:00Z", "campaign": "Spring"}\n'
    (folder / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert figures(rows, "revenue") == {"Spring": 100, "(unattributed)": 40}
    assert "schema" not in done.stderr


@pytest.mark.parametrize("owner", ["contact_id", "email"])
def test_anonymous_ids_of_addresses_become_the_ids_of_the_contacts_with_them(tmp_path: Path, owner: str) -> None:
    folder = tmp_path / "it's"
    folder.mkdir()
    (folder / "contacts.csv").write_text(
        "contact_id,email,created_at\n7,a@x.example,2024-01-01\n8,B@x.example,2024-01-01\n9,c@x.example,2024-01-01\n"
    )
    first, second = ("7", "8") if owner == "contact_id" else ("a@x.example", "b@x.example")
    (folder / "orders.csv").write_text(
        f"deal_id,{owner},created_at,closed_at,amount,stage\n1,{first},2024-03-01,2024-03-01,100,won\n"
        f"2,{second},2024-03-01,2024-03-01,40,won\n"
    )
    (folder / "identities.csv").write_text("anonymous_id,email\nv1,A@x.example \nv2,b@x.example\nv3,z@x.example\n")
    (folder / "visits.csv").write_text(
        "anonymous_id,timestamp,channel\nv1,2024-02-01 10:00,Ads\nv2,2024-02-01 10:00,Mail\nv9,2024-02-01 10:00,Ads\n"
    )
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    found = {row["channel"]: float(row["revenue"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert found == {"Ads": 100, "Mail": 40}
    assert "an e-mail address, of which the contacts have the id" in done.stderr


def test_anonymous_ids_are_looked_up_in_a_table_of_identities_and_campaigns_in_urls(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "orders.csv").write_text(BASE["orders.csv"])
    (folder / "identities.csv").write_text("anonymous_id,email\nv1,A@x.example\nv2,b@x.example\nv3,c@x.example\n")
    (folder / "visits.csv").write_text(
        "anonymous_id,timestamp,page_url\nv1,2024-02-01 10:00,https://x.example/?utm_campaign=Spring%2C+1\n"
        "v2,2024-02-01 10:00,https://x.example/a\nv9,2024-02-01 10:00,https://x.example/a\n"
    )
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    found = {row["campaign"]: float(row["revenue"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert found == {"Spring, 1": 100, "(no campaign)": 40}
    assert "not used" not in done.stderr


@pytest.mark.parametrize(
    ("addresses", "ids", "expected"),
    [
        (("a@x.example", "", "old@x.example"), (1, 2, 3), {"Spring": 11, "Autumn": 20, "Winter": 40}),
        (("gone@x.example", "", "old@x.example"), (1, 2, 3), {"Spring": 11, "Autumn": 20, "Winter": 40}),
        (("A@x.example", "b@x.example", ""), (1, 2, ""), {"Spring": 11, "Autumn": 20, "(unattributed)": 40}),
        # ids of another program: where address and id are known, they are not of one contact
        (("a@x.example", "", "old@x.example"), (2, 1, 3), {"Spring": 11, "(unattributed)": 60}),
    ],
    ids=["by both", "by id alone", "by address", "ids of others"],
)
def test_orders_without_a_known_address_are_of_the_customer_whose_id_they_have(
    tmp_path: Path, addresses: Sequence[str], ids: Sequence[object], expected: Mapping[str, float]
) -> None:
    head = "id,note,email,taxes_included,currency,total_tax,total_price,created_at,customer_id\n"
    orders = "".join(
        f"{n},,{address},false,USD,1,{price},2024-03-01 10:00:00,{customer}\n"
        for n, (address, price, customer) in enumerate(zip(addresses, (11, 20, 40), ids, strict=True), 5)
    )
    files = {
        "orders.csv": head + orders,
        "contacts.csv": BASE["contacts.csv"] + "3,new@x.example,2024-01-03\n",
        "clicks.csv": "contact_id,timestamp,campaign\n1,2024-02-01,Spring\n2,2024-02-02,Autumn\n3,2024-02-03,Winter\n",
    }
    assert figures(first_report(tmp_path / "d", files), "revenue") == expected
