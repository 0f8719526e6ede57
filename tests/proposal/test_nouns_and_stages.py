"""Headers with a word for their row before them, and stages: which deals count as won, before any report is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import attrib_here

from attrib_cli.proposal.answers import Answers
from attrib_cli.proposal.plan import Proposal
from attrib_cli.proposal.propose import propose
from attrib_cli.proposal.stages import says_won

PIPEDRIVE = {
    "deals-12.csv": (
        "Deal - ID,Deal - Title,Deal - Value,Deal - Stage,Deal - Status,Deal - Deal created,Deal - Won time,"
        "Deal - Lost time,Deal - Person ID\n"
        "1,A,100.50,Qualified,Won,2026-01-01 10:00:00,2026-02-01 10:00:00,,7\n"
        "2,B,900,Qualified,Lost,2026-01-02 10:00:00,,2026-02-02 10:00:00,7\n"
        "3,C,50,Negotiation,Won,2026-01-03 10:00:00,2026-02-03 10:00:00,,8\n"
    ),
    "people-13.csv": (
        "Person - ID,Person - Name,Person - Email - Work,Person - Person created\n"
        "7,Ann,ann@x.example,2025-12-01 10:00:00\n8,Bo,bo@x.example,2025-12-02 10:00:00\n"
    ),
    "touches.csv": (
        "email,timestamp,utm_medium\nAnn@x.example,2026-01-05 10:00,cpc\nbo@x.example,2026-01-06 10:00,email\n"
    ),
}
WOO = (
    "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount\n"
    "1,Completed,2026-01-05 10:00,ann@x.example,10.00\n2,Refunded,2026-01-06 10:00,bo@x.example,20.00\n"
)


def proposed(folder: Path, files: dict[str, str]) -> Proposal:
    for name, text in files.items():
        (folder / name).write_text(text)
    return propose([folder], folder, Answers())


def headers(proposal: Proposal, table: str) -> dict[str, object]:
    return {name: rules.get("header") for name, rules in proposal.plans[table][0].columns.items()}


def test_deals_and_people_of_pipedrive_give_the_revenue_that_was_won(tmp_path: Path) -> None:
    for name, text in PIPEDRIVE.items():
        (tmp_path / name).write_text(text)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 0, done.stderr
    rows = sorted(line.rsplit(",", 3)[0] for line in done.stdout.splitlines()[1:])
    assert rows == ["cpc,linear,100.5", "email,linear,50"]


def test_the_status_of_orders_is_no_other_column_and_refunded_orders_are_not_won(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, {"orders.csv": WOO})
    assert headers(proposal, "deals") == {
        "deal_id": "Order Number",
        "created_at": "Order Date",
        "closed_at": "Order Date",
        "amount": "Order Total Amount",
        "stage": "Order Status",
        "contact_id": "Email (Billing)",
    }
    assert proposal.settings["won_stages"] == ["Completed"]
    assert "'Refunded' (1)" in proposal.doubts[0].question


def test_the_currency_in_brackets_is_no_part_of_a_name(tmp_path: Path) -> None:
    proposal = proposed(
        tmp_path, {"deals.csv": "deal_id,created,closed,Amount (EUR),contact\n1,2026-01-01,2026-01-02,5,7\n"}
    )
    assert headers(proposal, "deals")["amount"] == "Amount (EUR)"
    assert proposal.settings["currency"] == "EUR"


def test_currencies_are_found_by_their_codes_so_that_no_two_are_added_up(tmp_path: Path) -> None:
    text = "id,date_created,date_won,value,value_currency,status_type,contact_id\n"
    text += "1,2026-01-01,2026-01-02,5,USD,won,7\n2,2026-01-01,2026-01-02,5,EUR,won,7\n"
    (tmp_path / "opportunities.csv").write_text(text)
    (tmp_path / "touches.csv").write_text("contact_id,occurred_at,channel\n7,2026-01-01,x\n")
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 2 and "several currencies: EUR (1), USD (1)" in done.stderr


def test_the_currency_of_the_shop_is_that_of_its_amounts(tmp_path: Path) -> None:
    text = (
        "order_id,order_date,email,total_price,presentment_currency,shop_currency\n1,2026-01-02,a@x.example,5,USD,EUR\n"
    )
    assert headers(proposed(tmp_path, {"orders.csv": text}), "deals")["currency"] == "shop_currency"


FRENCH = {
    "transactions.csv": (
        "ID de fiche d'informations,Phase de la transaction,Date de fermeture,Montant,Date de création,"
        "Associated Contact IDs\n"
        "1,Fermé gagné,2026-02-01 10:00,100.50,2026-01-01 10:00,7\n"
        "2,Fermé perdu,2026-02-01 10:00,9,2026-01-01 10:00,8\n"
    ),
    "contacts.csv": (
        "ID de fiche d'informations,E-mail,Date de création\n7,ann@x.example,2025-12-01\n8,bo@x.example,2025-12-01\n"
    ),
    "visites.csv": "E-mail,Date,Campagne\nann@x.example,2026-01-05 10:00,Printemps\n",
}
SWEDISH = {
    "affarer.csv": (
        "Post-ID;Affärsfas;Slutdatum;Belopp;Skapat datum;Kontakt-ID\n"
        "1;Stängd vunnen;2026-02-01 10:00;100,50;2026-01-01 10:00;7\n"
        "2;Stängd förlorad;2026-02-01 10:00;9,00;2026-01-01 10:00;8\n"
    ),
    "besok.csv": "Kontakt-ID;Tidpunkt;Kampanj\n7;2026-01-05 10:00;Printemps\n",
}
JAPANESE = {
    "取引.csv": (
        "取引ID,取引ステージ,受注日,金額,作成日,コンタクトID\n"
        "1,受注,2026/02/01,100.50,2026/01/01,7\n2,失注,2026/02/01,9,2026/01/01,8\n"
    ),
    "接点.csv": "コンタクトID,日時,キャンペーン\n7,2026/01/05 10:00,Printemps\n",
}


@pytest.mark.parametrize("files", [FRENCH, SWEDISH, JAPANESE], ids=["French", "Swedish", "Japanese"])
def test_exports_in_other_languages_give_the_revenue_that_was_won(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    assert [line.rsplit(",", 3)[0] for line in done.stdout.splitlines()[1:]] == ["Printemps,linear,100.5"]


TOUCHES = "contact_id,occurred_at,channel,campaign\n7,2026-01-01 10:00,cpc,Brand\n7,2026-01-01 11:00,email,Spring\n"
DEALS = "deal_id,contact_id,created_at,closed_at,amount,stage\n1,7,2026-01-01,2026-02-01,100,won\n"
SPEND = {
    "bing.csv": (
        '"Report Name: Campaigns"\n\n"Gregorian date","Campaign name","Campaign ID","Spend"\n'
        '"1/2/2026","Brand","77","12.50"\n"1/13/2026","Brand","77","7.50"\n\n"\u00a92026 Microsoft Corporation."\n'
    ),
    "pinterest.csv": (
        "Date,Campaign ID,Campaign name,Spend in account currency\n2026-01-02,5,Spring,3.25\n2026-01-03,5,Spring,1.00\n"
    ),
    "script.csv": (
        "campaign.id,campaign.name,segments.date,metrics.cost_micros\n"
        "8,Brand,2026-01-02,7000000\n8,Brand,2026-01-03,500000\n"
    ),
}


def test_spend_by_day_is_no_table_of_campaigns_and_names_them_as_touchpoints_do(tmp_path: Path) -> None:
    for name, text in {**SPEND, "touches.csv": TOUCHES, "deals.csv": DEALS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = tmp_path / "attrib.yaml"
    assert attrib_here("init", tmp_path, "--yes", "--config", config).returncode == 0
    done = attrib_here("report", "--measure", "spend", "-f", "csv", "--config", config)
    assert done.stdout.splitlines()[1:] == ["Brand,linear,27.5", "Spring,linear,4.25"], done.stderr


@pytest.mark.parametrize(("until", "told"), [("2026-01-02 00:00", False), ("2026-01-03 00:00", True)])
def test_a_day_that_ends_with_a_clock_is_one_day(tmp_path: Path, until: str, *, told: bool) -> None:
    (tmp_path / "spend.csv").write_text(f"Campaign,Start date,End date,Cost\nBrand,2026-01-02,{until},5\n")
    (tmp_path / "touches.csv").write_text(TOUCHES)
    answers = Answers(tables={"spend.csv": "campaign_spend"}, columns={"campaign_spend.spent_on": "Start date"})
    (plan,) = propose([tmp_path], tmp_path, answers).plans["campaign_spend"]
    assert any("several days" in note for note in plan.notes) is told


def test_events_of_mixpanel_have_their_names_behind_their_properties(tmp_path: Path) -> None:
    rows = [
        ("Page View", {"time": 1767261600, "distinct_id": "7", "$insert_id": "a", "utm_campaign": "Spring"}),
        ("Purchase", {"time": 1767265200, "distinct_id": "7", "$insert_id": "b", "amount": 100.5, "currency": "EUR"}),
        ("Purchase", {"time": 1767265300, "distinct_id": "8", "$insert_id": "c", "amount": 9, "currency": "USD"}),
    ]
    lines = [json.dumps({"event": event, "properties": properties}) for event, properties in rows]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--yes", "--config", config)
    assert done.returncode == 2 and "several currencies: EUR (1), USD (1)" in done.stderr
    config.write_text(config.read_text() + "currency: EUR\nexchange_rates: {USD: 0.5}\n")
    done = attrib_here("report", "--measure", "value", "-f", "csv", "--config", config)
    assert done.stdout.splitlines()[1:] == ["Spring,linear,100.5", "(unattributed),linear,4.5"], done.stderr


OTHERS = {
    "Klaviyo": {
        "events.csv": (
            "Timestamp,Event,Email,Campaign Name\n2026-01-05T10:00:00+00:00,Clicked Email,a@x.example,Spring\n"
        ),
        "placed_order.csv": (
            "Timestamp,Event,Email,$value,Order ID\n2026-01-06T10:00:00+00:00,Placed Order,a@x.example,5,1\n"
        ),
    },
    "Matomo": {
        "visits.csv": (
            "idVisit,visitorId,userId,serverTimestamp,campaignName,campaignMedium\n"
            "1,v1,a@x.example,1767607200,Spring,cpc\n"
        ),
        "orders.csv": "Order ID,Email,Date,Total\n1,a@x.example,2026-01-06,5\n",
    },
    "Marketo": {
        "lead_export.csv": "id,email,createdAt,leadStatus\n7,a@x.example,2026-01-01T10:00:00Z,x\n",
        "activities.csv": "marketoGUID,leadId,activityDate,campaignId\ng1,7,2026-01-05T10:00:00Z,Spring\n",
        "opps.csv": (
            "Opportunity ID,Lead ID,Created At,Close Date,Amount,Stage\n1,7,2026-01-02,2026-02-02,5,Closed Won\n"
        ),
    },
    "Chargebee": {
        "Invoices.csv": (
            "Invoice Number,Customer Id,Status,Invoice Date,Amount,Currency\n"
            "1,7,Paid,2026-01-06 10:00,5,EUR\n2,7,Voided,2026-01-06 10:00,9,EUR\n"
        ),
        "touchpoints.csv": "contact_id,occurred_at,campaign_id\n7,2026-01-05 10:00,Spring\n",
    },
    "Dynamics 365": {
        "Opportunities.csv": (
            "(Do Not Modify) Opportunity,Topic,Contact,Est. Close Date,Est. Revenue,Actual Close Date,Actual Revenue,"
            "Status,Created On\ng1,x,a@x.example,12/31/2026,$99.00,1/20/2026 9:05 AM,$5.00,Won,1/2/2026 9:05 AM\n"
        ),
        "touches.csv": "email,timestamp,campaign\na@x.example,2026-01-05 10:00,Spring\n",
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_exports_of_other_programs_give_the_revenue_that_was_won(tmp_path: Path, name: str) -> None:
    for file, text in OTHERS[name].items():
        (tmp_path / file).write_text(text)
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.returncode == 0, done.stderr
    assert [line.rsplit(",", 3)[0] for line in done.stdout.splitlines()[1:]] == ["Spring,linear,5"]


def test_a_session_behind_a_word_is_no_id_of_a_row(tmp_path: Path) -> None:
    text = "Session ID,Session Date,Session Medium,user_id\ns1,2026-01-01 10:00,cpc,7\ns1,2026-01-01 10:05,cpc,7\n"
    found = headers(proposed(tmp_path, {"sessions.csv": text}), "touchpoints")
    assert found == {"contact_id": "user_id", "occurred_at": "Session Date", "channel": "Session Medium"}


def test_what_a_person_or_a_product_has_is_no_interaction_s(tmp_path: Path) -> None:
    text = "user.id,user.created_at,user.type,sent_at,event,context.campaign.name,properties.price,price\n"
    text += (
        "7,2020-01-01 10:00,free,2026-01-02 10:00,View,Brand,99,99\n8,2020-01-02 10:00,paid,2026-01-02 10:00,Page,,,\n"
    )
    proposal = propose(
        [_written(tmp_path, text), _deals(tmp_path)], tmp_path, Answers(columns={"touchpoints.occurred_at": "sent_at"})
    )
    assert headers(proposal, "touchpoints") == {
        "contact_id": "user.id",
        "occurred_at": "sent_at",
        "campaign_id": "context.campaign.name",
        "interaction_type": "event",
    }
    assert "touchpoints" not in propose([tmp_path], tmp_path, Answers()).plans


def _written(folder: Path, text: str) -> Path:
    (folder / "events.csv").write_text(text)
    return folder / "events.csv"


def _deals(folder: Path) -> Path:
    (folder / "deals.csv").write_text(DEALS)
    return folder / "deals.csv"


@pytest.mark.parametrize(
    ("header", "scale"), [("Microsoft cost", None), ("costMicros", "micros"), ("Cost (micros)", "micros")]
)
def test_micros_are_a_word_of_their_own(tmp_path: Path, header: str, scale: str | None) -> None:
    (tmp_path / "spend.csv").write_text(f"date,campaign,{header}\n2026-01-01,Brand,12\n2026-01-02,Brand,13\n")
    (tmp_path / "touches.csv").write_text(TOUCHES)
    answers = Answers(columns={"campaign_spend.amount": header}, tables={"spend.csv": "campaign_spend"})
    (plan,) = propose([tmp_path], tmp_path, answers).plans["campaign_spend"]
    assert plan.columns["amount"].get("scale") == scale


@pytest.mark.parametrize(
    ("refunded", "header", "revenue"),
    [("30", "Refunded Amount", "70"), ("", "Refunded Amount", "100"), ("-30", "Refund", "100")],
)
def test_what_was_refunded_is_taken_off_or_told(tmp_path: Path, refunded: str, header: str, revenue: str) -> None:
    orders = f"order_id,order_date,email,total,{header},refunded at\n1,2026-01-02 10:00,a@x.example,100,{refunded},\n"
    (tmp_path / "orders.csv").write_text(orders)
    (tmp_path / "visits.csv").write_text("email,timestamp,medium\na@x.example,2026-01-01 10:00,cpc\n")
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert done.stdout.splitlines()[1].startswith(f"cpc,linear,{revenue},"), done.stderr
    assert (f"'{header}' has negative amounts, and is not taken off 'total'" in done.stderr) is (refunded == "-30")
    assert (f"what stands in '{header}' is taken off 'total'" in done.stderr) is (refunded == "30")


@pytest.mark.parametrize(
    ("header", "values", "why"),
    [
        ("refunded", ("1", "0"), "may be a flag or a count"),
        ("Total refunds", ("2", ""), "may be a flag or a count"),
        ("refund_count", ("12", "0"), "may be something else"),
        ("refund_id", ("99001", ""), "may be something else"),
        ("refundable_amount", ("100", "50"), "may be something else"),
        ("total_after_refunds", ("80", "50"), "may be something else"),
        ("refunded_tax", ("3.50", ""), "may be something else"),
        ("refunded", ("20", "0"), None),
        ("Refunded Amount (EUR)", ("5", "0"), None),
        ("orderRefundTotal", ("20.50", ""), None),
        ("amount_refunded", ("5", ""), None),
        ("Erstattungsbetrag", ("5", ""), None),
        ("返金額", ("5", ""), None),
    ],
)
def test_a_number_about_refunds_is_taken_off_where_it_is_an_amount(
    tmp_path: Path, header: str, values: tuple[str, str], why: str | None
) -> None:
    rows = [f"{n},2026-01-0{n} 10:00,{n}@x.example,100,{value}" for n, value in enumerate(values, 1)]
    text = "\n".join([f"order_id,order_date,email,total,{header}", *rows, ""])
    (plan,) = proposed(
        tmp_path, {"orders.csv": text, "visits.csv": "email,date,medium\n1@x.example,2026-01-01,cpc\n"}
    ).plans["deals"]
    assert plan.columns["amount"].get("minus") == ([header] if why is None else None)
    (note,) = plan.notes
    assert (f"'{header}' {why}" in note) is (why is not None)


def test_a_flag_of_refunds_does_not_hide_their_amount(tmp_path: Path) -> None:
    text = "order_id,order_date,email,total,refunded,refunded_amount\n1,2026-01-02 10:00,a@x.example,100,1,20\n"
    proposal = proposed(tmp_path, {"orders.csv": text, "visits.csv": "email,date,medium\na@x.example,2026-01-01,cpc\n"})
    assert proposal.plans["deals"][0].columns["amount"]["minus"] == ["refunded_amount"]


def test_rows_that_are_numbered_and_alike_are_told(tmp_path: Path) -> None:
    rows = ["7,2026-02-03 10:00,15", "7,2026-02-03 10:00,15", "8,2026-02-03 10:00,15"]
    (tmp_path / "conversions.csv").write_text("\n".join(["customer_id,converted_at,revenue", *rows, ""]))
    (tmp_path / "sessions.csv").write_text("customer_id,started_at,medium\n7,2026-02-01 12:55:16,social\n")
    done = attrib_here("init", tmp_path, "--yes", "--config", tmp_path / "attrib.yaml")
    assert "1 rows of conversions.csv are like others in all columns: which is their id?" in done.stderr
    assert done.stdout.splitlines()[1].startswith("social,linear,30,")


def test_where_every_row_is_taken_as_won_a_column_that_may_say_otherwise_is_named(tmp_path: Path) -> None:
    rows = ["1,2026-01-01,5,a@x.example,delivered", "2,2026-01-02,5,a@x.example,returned"]
    text = "\n".join(["order_id,order_date,amount,email,Fulfilment state", *rows, ""])
    proposal = proposed(tmp_path, {"orders.csv": text})
    assert proposal.settings["won"] == "all"
    (doubt,) = proposal.doubts
    assert "There is 'Fulfilment state' of orders.csv: " in doubt.question
    assert "'returned' (1)" in doubt.question


def test_orders_that_were_paid_and_cancelled_are_asked_about(tmp_path: Path) -> None:
    rows = ["1,2026-01-01,5,a@x.example,Paid,Cancelled,DE", "2,2026-01-02,5,a@x.example,Paid,Completed,FR"]
    text = "\n".join(["order_id,order_date,amount,email,Payment Status,Order Status,State", *rows, ""])
    (doubt,) = proposed(tmp_path, {"orders.csv": text}).doubts
    assert doubt.question == (
        "which stages are won? 'Paid' (2). There is also 'Order Status' of orders.csv: 'Cancelled' (1), 'Completed' (1)"
    )


def test_numbers_called_tid_are_no_times_and_what_was_paid_for_goods_is_no_revenue(tmp_path: Path) -> None:
    events = "contact_id,tid,channel\n7,1234567890,cpc\n7,1234567891,email\n"
    orders = "order_id,order_date,email,Purchase Price,Selling Price\n1,2026-01-02,a@x.example,40,100\n"
    proposal = proposed(tmp_path, {"events.csv": events, "orders.csv": orders})
    assert "touchpoints" not in proposal.plans
    assert headers(proposal, "deals")["amount"] == "Selling Price"


@pytest.mark.parametrize(
    ("stage", "won"),
    [
        ("Closed Won", True),
        ("6 - Signed", True),
        ("Fermé gagné", True),
        ("Completed", True),
        ("Paying customer", True),
        ("受注", True),
        ("Demo completed", False),
        ("Contract sent to customer", False),
        ("Not paid", False),
        ("Partially paid", False),
        ("Pending - to be signed", False),
        ("Nicht gewonnen", False),
        ("Unpaid", False),
        ("Proposal", False),
        ("New customer", True),
        ("Pago", True),
        ("Ganado", True),
        ("Contract signed", True),
        ("Paid (refunded)", False),
        ("Won - cancelled", False),
        ("Storniert (bezahlt)", False),
        ("Rückerstattung bezahlt", False),
        ("Former customer", False),
        ("Potential customer", False),
        ("Churned customer", False),
        ("Pendiente de pago", False),
        ("Pago rechazado", False),
        ("Não pago", False),
        ("Pas payé", False),
        ("Partiellement payé", False),
        ("Parcialmente pagado", False),
        ("Delvis betald", False),
        ("Nie wygrana", False),
        ("Deposit paid", False),
        ("Half paid", False),
        ("Waiting for signed contract", False),
        ("NDA signed", False),
        ("Paid trial", False),
    ],
)
def test_what_a_stage_says(stage: str, *, won: bool) -> None:
    assert says_won(stage) is won


def test_a_guess_is_no_second_file_of_a_table_that_another_is_more_surely(tmp_path: Path) -> None:
    """Refunds, each with an id and a day, are no contacts beside a file that is called so; unless somebody says it."""
    files = {
        "customers.csv": "id,created_at,email\n1,2026-01-01,ann@x.example\n2,2026-01-02,bo@x.example\n",
        "refunds.csv": "id,created_at,note\n91,2026-02-01,late\n92,2026-02-02,broken\n93,2026-02-03,late\n",
        "touches.csv": "email,timestamp\nann@x.example,2026-01-05\nbo@x.example,2026-01-06\n",
    }
    found = proposed(tmp_path, files)
    assert [plan.file.name for plan in found.plans["contacts"]] == ["customers.csv"]
    (told,) = [one.why for one in found.left_out if one.path == "refunds.csv"]
    assert "--table 'refunds.csv=contacts'" in told
    asked = propose([tmp_path], tmp_path, Answers(tables={"refunds.csv": "contacts"}))
    assert len(asked.plans["contacts"]) == 2
    alone = propose([tmp_path / "refunds.csv", tmp_path / "touches.csv"], tmp_path, Answers())
    assert [plan.doubtful for plan in alone.plans["contacts"]] == [True]


def test_a_column_of_support_is_no_channel(tmp_path: Path) -> None:
    rows = ["7,2026-01-01 10:00,premium", "8,2026-01-02 10:00,basic"]
    (tmp_path / "touches.csv").write_text("\n".join(["contact_id,occurred_at,support", *rows, ""]))
    (tmp_path / "deals.csv").write_text(DEALS)
    (plan,) = propose([tmp_path], tmp_path, Answers()).plans["touchpoints"]
    assert "channel" not in plan.columns
