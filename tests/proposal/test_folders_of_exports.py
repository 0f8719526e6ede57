"""``attrib init --yes`` on whole folders of exports: the first report has the figures that were computed by hand."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from in_process import attrib_here


def lines(*objects: object) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def proposed(folder: Path, files: Mapping[str, str | bytes], *arguments: str) -> tuple[dict[str, float], str]:
    """Write files, propose, and return the revenue of the first report by campaign, and what was said."""
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = attrib_here("init", folder, "--config", folder / "attrib.yaml", "--yes", *arguments)
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader(io.StringIO(done.stdout))
    return {row["campaign"]: float(row["revenue"]) for row in rows if row["revenue"]}, done.stderr


FORMS = (
    "Conversion Date,Email,First name,Page URL,Form\n"
    "2026-01-10 10:00,ann@x.example,A,https://x.example/d?utm_campaign=spring&utm_medium=cpc,Demo\n"
    "2026-01-11 10:00,bo@x.example,B,https://x.example/d,Demo\n"
    "2026-01-12 10:00,CY@x.example,C,https://x.example/n?utm_campaign=news&utm_medium=email,News\n"
)
"""HubSpot's form submissions, whose campaigns stand in the address of the page alone."""

WON = {"spring": 500, "(no campaign)": 500, "news": 300.5}
"""One deal of 1,000 of Ann and Bo, one of 300.50 of Cy."""

INTERNAL_NAMES = {
    "contacts.csv": "hs_object_id,email,firstname,lastname,createdate,lifecyclestage,hs_analytics_source\n"
    "51,Ann@x.example,A,A,2026-01-02T10:00:00.000Z,customer,PAID_SEARCH\n"
    "52,bo@x.example,B,B,2026-01-03T10:00:00.000Z,lead,DIRECT_TRAFFIC\n"
    "53,cy@x.example,C,C,2026-01-04T10:00:00.000Z,lead,EMAIL_MARKETING\n",
    "deals.csv": "hs_object_id,dealname,dealstage,amount,closedate,createdate,hs_is_closed_won,deal_currency_code\n"
    "901,A,closedwon,1000.00,2026-03-01T12:00:00Z,2026-02-01T09:00:00Z,true,USD\n"
    "902,B,2376480,500,2026-05-01T12:00:00Z,2026-02-02T09:00:00Z,false,USD\n"
    "903,C,2376481,300.50,2026-03-05T12:00:00Z,2026-02-03T09:00:00Z,true,USD\n",
    # what nobody knows by its headers has ids of deals and of contacts beside each other
    "links.csv": "from_object_id,to_object_id,label\n901,51,deal_to_contact\n901,52,\n903,53,\n",
    "forms.csv": FORMS,
}
EXPORTED = {
    "contacts.csv": "Record ID - Contact,First Name,Last Name,Email,Create Date\n"
    "51,A,A,ann@x.example,2026-01-02 10:00\n52,B,B,bo@x.example,2026-01-03 10:00\n"
    "53,C,C,cy@x.example,2026-01-04 10:00\n",
    "deals.csv": "Record ID,Deal Name,Deal Stage,Close Date,Amount,Create Date,Associated Contact,"
    "Associated Contact IDs\n"
    '901,A,Closed Won,2026-03-01 12:00,"1,000.00",2026-02-01 09:00,A A (ann@x.example);B B (bo@x.example),51;52\n'
    "902,B,Proposal,2026-05-01 12:00,500,2026-02-02 09:00,,\n"
    # a pipeline beside the first one calls its stage otherwise
    "903,C,Closed Won (Partner),2026-03-05 12:00,300.50,2026-02-03 09:00,C C (cy@x.example),53\n",
    "forms.csv": FORMS,
}
OF_API = {
    "contacts.jsonl": lines(
        *(
            {"id": key, "properties": {"hs_object_id": key, "email": f"{name}@x.example", "firstname": None,
             "lastname": name, "createdate": "2026-01-02T10:00:00Z"}, "archived": False}
            for key, name in (("51", "ann"), ("52", "bo"), ("53", "cy"))
        )
    ),
    "deals.jsonl": lines(
        *(
            {"id": key, "properties": {"hs_object_id": key, "dealname": "x", "dealstage": stage, "amount": amount,
             "createdate": "2026-02-01T09:00:00Z", "closedate": "2026-03-01T12:00:00Z"},
             **({"associations": {"contacts": {"results": [
                 {"id": one, "type": kind} for one in people for kind in ("deal_to_contact", "unlabeled")
             ]}}} if people else {})}
            for key, stage, amount, people in (
                ("901", "closedwon", "1000.00", ["51", "52"]),
                ("902", "qualifiedtobuy", "500", []),
                ("903", "closedwon", "300.5", ["53"]),
            )
        )
    ),
    "forms.csv": FORMS,
}  # fmt: skip


@pytest.mark.parametrize(
    "files",
    [INTERNAL_NAMES, EXPORTED, OF_API, {"all.zip": zipped(OF_API)}],
    ids=["internal names", "exported", "api", "zip of json"],
)
def test_hubspot(tmp_path: Path, files: Mapping[str, str | bytes]) -> None:
    revenue, _ = proposed(tmp_path, files)
    assert revenue == WON


def test_what_is_not_read_says_what_to_do(tmp_path: Path) -> None:
    views = (
        "occurredAt,objectId,properties.hs_url,properties.hs_title\n"
        "2026-01-15T10:00:00.000Z,51,https://x.example/p?utm_campaign=spring,P\n"
        "2026-01-16T10:00:00.000Z,53,https://x.example/p,P\n"
    )
    unread = {
        "page.json": json.dumps({"results": [{"id": 1}, {"id": 2}]}),
        "ads.csv": "Campaign name,Network,Amount spent,Clicks\nspring,Google Ads,$120.50,3\nnews,LinkedIn,$2,1\n",
        "more.zip": zipped({"inner.zip": zipped({"a.csv": "a,b\n1,2\n"})}),
    }
    revenue, said = proposed(tmp_path, {**EXPORTED, "forms.csv": "", "views.csv": views, **unread})
    assert revenue == {"spring": 1000, "(no campaign)": 300.5}
    assert (
        "not used: page.json: one object whose 'results' lists the rows: `jq -c '.results[]'` makes a line of each"
        in said
    )
    assert "not used: ads.csv: spend without a day, which is of no period: break the export down by day" in said
    assert "not used: more.zip: no table in it: it holds inner.zip. Unpack it first" in said


SHOP = {
    "contacts.csv": "id,email,created_at\n1,a@x.example,2026-01-01\n2,b@x.example,2026-01-02\n",
    # one day, which is that of the order
    "orders.csv": "order_id,customer_email,created_at,updated_at,total\n"
    "O1,a@x.example,2026-03-01,2026-04-01,100\nO2,b@x.example,2026-03-02,2026-04-01,40\n",
    "clicks.csv": "email,timestamp,campaign title\na@x.example,2026-02-01,Spring\nb@x.example,2026-02-02,Autumn\n",
}
SPEND = {
    "google.csv": "Campaign report\nJanuary 2026\nCampaign status,Campaign,Day,Currency code,Cost,Impr.\n"
    'Enabled,Spring,2026-01-05,USD,112.50,"1,200"\nPaused,Autumn,2026-01-06,USD,7.00,1\n'
    " --,Total: Campaigns, --, --,119.50,2\nTotal: Account, --, --,USD,119.50,2\n",
    "google api.csv": "campaign.id,campaign.name,segments.date,metrics.cost_micros\n"
    "11,Spring,2026-01-05,112500000\n12,Autumn,2026-01-06,7000000\n",
    "google weeks.csv": "Campaign,Week,Currency code,Cost\nSpring,2026-01-05,USD,112.50\nAutumn,2026-01-05,USD,7.00\n",
    "meta.csv": "Berichtsstart;Berichtsende;Kampagnenname;Ausgegebener Betrag (USD)\n2026-01-05;2026-01-06;;119,50\n"
    "2026-01-05;2026-01-05;Spring;112,50\n2026-01-06;2026-01-06;Autumn;7,00\n",
    "linkedin.csv": "date,campaign_group,campaign,cost_in_local_currency\n"
    "2026-01-05,G,Spring,112.50\n2026-01-06,G,Autumn,7\n",
    "tiktok.csv": "Campaign name,Date,Cost,Currency\nSpring,2026-01-05,112.50,USD\nAutumn,2026-01-06,7.00,USD\n"
    "Total of 2 results,-,119.50,USD\n",
    "bing.csv": '"Report Name: x"\n\nGregorian date,Campaign name,Spend\n'
    "1/5/2026,Spring,112.50\n1/13/2026,Autumn,7.00\n"
    '"©2026 Microsoft Corporation. All rights reserved. "\n',
}
"""What was spent on the same two campaigns, as seven exports have it, most with totals or notes around it."""


def test_spend_of_any_export_is_that_of_its_campaigns_without_totals(tmp_path: Path) -> None:
    revenue, said = proposed(tmp_path, {**SHOP, **SPEND}, "--currency", "USD")
    assert revenue == {"Spring": 100, "Autumn": 40}
    assert "a row is the spend of a 'Week', which counts on its first day" in said
    done = attrib_here("report", "--config", tmp_path / "attrib.yaml", "--measure", "revenue,spend", "-f", "csv")
    spend = {row["campaign"]: float(row["spend"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert spend == {"Spring": 112.5 * len(SPEND), "Autumn": 7.0 * len(SPEND)}, done.stderr


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,Refunded Amount,Outstanding Balance\n"
    "#1,Ann@x.example,paid,2026-03-01 12:00:00 -0500,USD,100.00,2026-03-01 11:58:00 -0500,Shirt,0.00,0.00\n"
    "#1,Ann@x.example,,,,,2026-03-01 11:58:00 -0500,Hat,,\n"
    "#2,bo@x.example,partially_refunded,2026-03-02 12:00:00 -0500,USD,40.00,2026-03-02 11:00:00 -0500,Hat,15.00,0.00\n"
    "#3,bo@x.example,voided,,USD,40.00,2026-03-03 11:00:00 -0500,Hat,0.00,0.00\n"
)
SEGMENT = {
    "pages.csv": "id,anonymous_id,user_id,timestamp,context_page_url,context_campaign_name,context_campaign_medium\n"
    "p1,an1,,2026-02-01 10:00:00,https://x.example,spring,cpc\n"
    "p2,an1,u1,2026-02-02 10:00:00,https://x.example,,\n"
    "p3,an2,,2026-02-03 10:00:00,https://x.example,news,email\n",
    # the browser an2 is known here alone; u1 was identified twice
    "identifies.csv": "id,anonymous_id,user_id,timestamp,email,context_page_url\n"
    "i1,an1,u1,2026-02-02 09:00:00,ann@x.example,https://x.example\n"
    "i2,an1,u1,2026-02-05 09:00:00,ANN@x.example,https://x.example\n"
    "i3,an2,u2,2026-02-03 09:00:00,bo@x.example,https://x.example\n",
}
BOUGHT = {
    "order_completed.csv": "id,anonymous_id,user_id,timestamp,event,event_text,order_id,revenue,currency\n"
    "o1,an1,u1,2026-03-01 10:00:00,order_completed,Order Completed,O1,100,USD\n"
    "o2,an2,u2,2026-03-02 10:00:00,order_completed,Order Completed,O2,25,USD\n",
}
CRM = {
    "contacts.csv": "Record ID,First Name,Last Name,Email,Create Date\n"
    "51,A,A,ann@x.example,2026-02-02\n52,B,B,bo@x.example,2026-02-02\n",
    "deals.csv": "Record ID,Deal Name,Deal Stage,Close Date,Amount,Create Date,Associated Contact IDs\n"
    "1,A,Closed Won,2026-03-01,100,2026-02-10,51\n2,B,Closed Won,2026-03-02,25,2026-02-10,52\n",
}


@pytest.mark.parametrize("sold", [{"orders.csv": SHOPIFY}, BOUGHT, CRM], ids=["shopify", "segment", "hubspot"])
def test_browsers_of_segment_are_the_people_of_orders(tmp_path: Path, sold: Mapping[str, str]) -> None:
    revenue, _ = proposed(tmp_path, {**SEGMENT, **sold})
    assert revenue == {"spring": 50, "(no campaign)": 50, "news": 25}


def test_orders_and_their_payments_are_asked_about_since_both_would_count(tmp_path: Path) -> None:
    payments = (
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"
        "ch_1,2026-03-01 17:00:00,100.00,0.00,usd,Paid,cus_1,ann@x.example\n"
        "ch_2,2026-03-02 17:00:00,40.00,15.00,usd,Paid,cus_2,bo@x.example\n"
    )
    files = {**SEGMENT, "orders.csv": SHOPIFY, "payments.csv": payments}
    revenue, said = proposed(tmp_path, files)
    assert revenue == {"spring": 100, "(no campaign)": 100, "news": 50}
    assert "in doubt: 2 people with the same amounts stand in orders.csv and in payments.csv" in said
    assert "--table 'payments.csv=skip' says otherwise" in said
    revenue, said = proposed(tmp_path, files, "--table", "payments.csv=skip", "--force")
    assert revenue == {"spring": 50, "(no campaign)": 50, "news": 25}
    assert "in doubt" not in said
