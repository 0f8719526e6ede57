"""Write `examples/hubspot`: the example data as somebody's exports of HubSpot would have them.

Contacts are known by Record ID in contacts and deals (a list in one cell), by e-mail address everywhere else; amounts
have a dollar sign. ``python -m examples.make_hubspot`` writes the same bytes every time.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE / "hubspot"


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of the example data."""
    with (HERE / "data" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[dict[str, str]]) -> None:
    """Write one export of HubSpot."""
    write_rows(OUT / name, rows)


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write one export."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def when(text: str) -> str:
    """Return a moment as HubSpot's exports have it, without seconds."""
    return f"{dt.datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if text else ""


def email(contact: dict[str, str]) -> str:
    """Return the address that a contact of the example data has, in the case it was typed in."""
    company = "".join(c for c in contact["company"].lower() if c.isalnum())
    name = f"contact{contact['contact_id']}"
    return f"{name.title() if int(contact['contact_id']) % 7 == 0 else name}@{company}.example"


def main() -> None:
    """Write all exports."""
    OUT.mkdir(exist_ok=True)
    contacts, deals = read("contacts"), read("deals")
    campaigns = {row["campaign_id"]: row["name"] for row in read("campaigns")}
    address = {row["contact_id"]: email(row) for row in contacts}
    people: dict[str, list[str]] = {}
    for row in read("deal_contacts"):
        people.setdefault(row["deal_id"], []).append(row["contact_id"])
    write(
        "all-contacts.csv",
        [
            {
                "Record ID": row["contact_id"],
                "First Name": f"Contact {row['contact_id']}",
                "Last Name": row["company"],
                "Email": address[row["contact_id"]],
                "Lifecycle Stage": row["lifecycle_stage"],
                "Buying Role": row["buying_role"],
                "Create Date": when(row["created_at"]),
            }
            for row in contacts
        ],
    )
    write(
        "all-deals.csv",
        [
            {
                "Record ID": row["deal_id"],
                "Deal Name": row["deal_name"],
                "Deal Stage": row["stage"],
                "Pipeline": row["pipeline"],
                "Amount": f"${float(row['amount']):,.2f}" if row["amount"] else "",
                "Create Date": when(row["created_at"]),
                "Close Date": when(row["closed_at"]),
                "Deal Type": row["deal_type"],
                "Associated Contact IDs": ";".join(people.get(row["deal_id"], [])),
            }
            for row in deals
        ],
    )
    write(
        "campaigns.csv",
        [
            {
                "Campaign ID": row["campaign_id"],
                "Campaign Name": row["name"],
                "Start Date": row["starts_on"],
                "End Date": row["ends_on"],
                "Budget": f"${float(row['budget']):,.2f}" if row["budget"] else "",
                "Owner": row["owner"],
            }
            for row in read("campaigns")
        ],
    )
    touches = [row for row in read("touchpoints") if row["contact_id"] in address]
    write(
        "form-submissions.csv",
        [
            {
                "Conversion Date": when(row["occurred_at"]),
                "Email": address[row["contact_id"]].lower(),
                "Form Name": row["asset_title"],
                "Campaign": campaigns.get(row["campaign_id"], ""),
                "Original Source": row["channel"],
            }
            for row in touches
            if "orm" in row["interaction_type"]
        ],
    )
    write(
        "email-events.csv",
        [
            {
                "id": row["touchpoint_id"],
                "recipient": address[row["contact_id"]].lower(),
                "created": row["occurred_at"],
                "type": kind,
                "email_campaign_id": row["campaign_id"],
            }
            for row in touches
            if "mail" in row["interaction_type"]
            for kind in ("OPEN", "CLICK")
        ],
    )


if __name__ == "__main__":
    main()
