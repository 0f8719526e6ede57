"""Write `examples/ga4-salesforce`: the example data as GA4's events and Salesforce's exports would have them.

GA4 knows people by the id that the site sends as user_id, here that of the Salesforce contact; campaigns by their name.
``python -m examples.make_salesforce`` writes the same bytes every time.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from examples.make_hubspot import read, write_rows

OUT = Path(__file__).parent / "ga4-salesforce"
SESSIONS = {"Page view": "organic", "Ad click": "cpc", "Email click": "email", "Social click": "social"}
MEMBERS = ("Webinar attended", "Event attended")


def contact(number: str) -> str:
    """Return the id of a contact as Salesforce writes it."""
    return f"0035g00000{int(number):05d}AAA"


def campaign(number: str) -> str:
    """Return the id of a campaign as Salesforce writes it."""
    return f"7015g000000{number.replace('CMP-', ''):0>4}AAA"


def main() -> None:
    """Write all exports."""
    OUT.mkdir(exist_ok=True)
    campaigns = {row["campaign_id"]: row for row in read("campaigns")}
    events = []
    for row in read("touchpoints"):
        if row["interaction_type"] in SESSIONS:
            moment = dt.datetime.fromisoformat(row["occurred_at"])
            named = campaigns.get(row["campaign_id"], {}).get("name")
            event = {
                "event_date": f"{moment:%Y%m%d}",
                "event_timestamp": int(moment.timestamp() * 1_000_000),
                "event_name": "session_start",
                "event_params": [{"key": "page_title", "value": {"string_value": row["asset_title"]}}],
                "user_id": contact(row["contact_id"]),
                "user_pseudo_id": f"{row['contact_id']}.1",
                "traffic_source": {
                    "name": named,
                    "medium": SESSIONS[row["interaction_type"]],
                    "source": row["interaction_source"] or None,
                },
            }
            events += [event, {**event, "event_name": "page_view"}] if len(events) < 40 else [event]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events)
    (OUT / "events.jsonl").write_text(lines, encoding="utf-8")
    write_rows(
        OUT / "Contact.csv",
        [
            {
                "Id": contact(row["contact_id"]),
                "AccountId": "",
                "LastName": f"Contact {row['contact_id']}",
                "Email": f"contact{row['contact_id']}@example.com",
                "CreatedDate": row["created_at"],
            }
            for row in read("contacts")
        ],
    )
    write_rows(
        OUT / "Opportunity.csv",
        [
            {
                "Id": f"0065g00000{int(row['deal_id']):05d}AAA",
                "Name": row["deal_name"],
                "StageName": row["stage"],
                "Amount": row["amount"],
                "CloseDate": row["closed_at"][:10],
                "Type": row["deal_type"],
                "IsWon": row["is_won"],
                "CreatedDate": row["created_at"],
            }
            for row in read("deals")
        ],
    )
    write_rows(
        OUT / "OpportunityContactRole.csv",
        [
            {
                "Id": f"00K5g0000{n:06d}AAA",
                "OpportunityId": f"0065g00000{int(row['deal_id']):05d}AAA",
                "ContactId": contact(row["contact_id"]),
                "Role": "Decision Maker",
                "IsPrimary": "true",
            }
            for n, row in enumerate(read("deal_contacts"))
        ],
    )
    write_rows(
        OUT / "Campaign.csv",
        [
            {
                "Id": campaign(key),
                "Name": row["name"],
                "Type": "Other",
                "StartDate": row["starts_on"],
                "EndDate": row["ends_on"],
                "BudgetedCost": row["budget"],
                "ActualCost": "",
                "OwnerId": row["owner"],
            }
            for key, row in campaigns.items()
        ],
    )
    write_rows(
        OUT / "CampaignMember.csv",
        [
            {
                "Id": f"00v5g0000{n:06d}AAA",
                "CampaignId": campaign(row["campaign_id"]) if row["campaign_id"] else "",
                "LeadId": "",
                "ContactId": contact(row["contact_id"]),
                "Status": row["interaction_type"],
                "CreatedDate": row["occurred_at"],
                "FirstRespondedDate": row["occurred_at"],
            }
            for n, row in enumerate(read("touchpoints"))
            if row["interaction_type"] in MEMBERS
        ],
    )
    spent = [row for row in read("campaign_spend") if row["campaign_id"] in ("CMP-01", "CMP-05")]
    body = "".join(
        f'{campaigns[row["campaign_id"]]["name"]},{row["spent_on"]},USD,"{float(row["amount"]):,.2f}",10,1\n'
        for row in spent
    )
    total = sum(float(row["amount"]) for row in spent)
    (OUT / "google-ads.csv").write_text(
        'Campaign report\n"January 1, 2025 - October 31, 2026"\nCampaign,Day,Currency code,Cost,Impr.,Clicks\n'
        f'{body}Total: Account,,,"{total:,.2f}",,\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
