"""GA4's export of events: whose a session is, and the source of the session, not that of the person's first visit."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.json
import pyarrow.parquet
import pytest
from in_process import attrib_here

FIRST = {"name": "First", "medium": "display", "source": "x"}
Said = dict[str, str]


def session(
    number: int, person: str | None, browser: str, *, last: Said, collected: Said, params: Said
) -> list[object]:
    """Return the three events of a session on day `number`: what is collected stands on the second, as in GA4."""
    events: list[object] = []
    for place, name in enumerate(("session_start", "page_view", "scroll")):
        own = params if place == 1 else {}
        numbers = {"ga_session_id": 100 + number, "ga_session_number": number}
        event = {
            "event_date": "20260105",
            "event_timestamp": 1767607200000000 + number * 86_400_000_000 + place,
            "event_name": name,
            "event_params": [
                *({"key": key, "value": {"int_value": value, "string_value": None}} for key, value in numbers.items()),
                *({"key": key, "value": {"int_value": None, "string_value": value}} for key, value in own.items()),
            ],
            "user_id": person if place == 2 else None,
            "user_pseudo_id": browser,
            "traffic_source": FIRST,
            "collected_traffic_source": {
                key: collected.get(key) if place == 1 else None for key in ("manual_campaign_name", "manual_medium")
            },
            "session_traffic_source_last_click": {
                "manual_campaign": {key: last.get(key) for key in ("campaign_name", "medium", "source")}
            },
        }
        events.append(event)
    return events


SESSIONS = [
    *session(1, None, "b1", last={}, collected={}, params={}),  # the first: where the person came from at first
    *session(2, "1", "b1", last={"campaign_name": "Spring", "medium": "cpc"}, collected={}, params={}),
    *session(3, "1", "b1", last={}, collected={"manual_campaign_name": "Mail", "manual_medium": "email"}, params={}),
    *session(4, None, "b1", last={}, collected={}, params={"campaign": "Summer", "medium": "cpc", "page_title": "A"}),
    *session(5, "1", "b1", last={}, collected={}, params={}),  # nothing said: direct, whatever the first visit was
    *session(6, "1", "b1", last={"campaign_name": "(organic)", "medium": "organic"}, collected={}, params={}),
    *session(2, "2", "shared", last={"campaign_name": "Other", "medium": "cpc"}, collected={}, params={}),
    *session(3, "3", "shared", last={"campaign_name": "Other", "medium": "cpc"}, collected={}, params={}),
    *session(4, None, "shared", last={"campaign_name": "Whose", "medium": "cpc"}, collected={}, params={}),
]


def write_events(folder: Path, name: str, ending: str, events: list[object], *, each: bool = False) -> None:
    """Write events into one file, or one file for each, whose columns have the types of all."""
    lines = [json.dumps(event) + "\n" for event in events]
    table = pyarrow.json.read_json(io.BytesIO("".join(lines).encode()))
    size = 1 if each else len(lines)
    for place in range(0, len(lines), size):
        path = folder / (f"{name}{place}.{ending}" if each else f"{name}.{ending}")
        if ending == "parquet":
            pyarrow.parquet.write_table(table.slice(place, size), path)
        else:
            path.write_text("".join(lines[place : place + size]))


def revenue(folder: Path, orders: str) -> dict[tuple[str, str], float]:
    """Return the revenue of each campaign and channel, as `attrib init` proposes for the folder."""
    (folder / "orders.csv").write_text(orders)
    config = folder / "attrib.yaml"
    done = attrib_here("init", folder, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    done = attrib_here("report", "--config", config, "--by", "campaign,channel", "-f", "csv")
    assert done.returncode == 0, done.stderr
    rows = csv.DictReader(io.StringIO(done.stdout))
    return {(row["campaign"], row["channel"]): float(row["revenue"]) for row in rows}


def event(session: int, name: str, second: int, person: str | None, **said: object) -> dict[str, object]:
    """Return one event of the browser b1 in a session, `second` seconds after its start."""
    params: list[object] = [{"key": "ga_session_id", "value": {"int_value": session, "string_value": None}}]
    texts = {key: str(value) for key, value in said.items() if key != "gclid"}
    params += [{"key": key, "value": {"int_value": None, "string_value": value}} for key, value in texts.items()]
    return {
        "event_date": "20260105",
        "event_timestamp": 1767607200000000 + session * 86_400_000_000 + second * 1_000_000,
        "event_name": name,
        "event_params": params,
        "user_id": person,
        "user_pseudo_id": "b1",
        "traffic_source": FIRST,
        "collected_traffic_source": {"gclid": said.get("gclid")},
    }


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_click_of_google_ads_and_the_first_of_two_persons(tmp_path: Path, ending: str) -> None:
    events = [
        event(1, "session_start", 0, "1", gclid="abc", source="google", medium="organic", campaign="(organic)"),
        event(1, "login", 30, "2"),
        event(2, "session_start", 0, None, source="google", medium="email", campaign="Whose"),
    ]
    write_events(tmp_path, "events", ending, events)
    orders = "order_id,customer_id,order_date,total\nO1,1,2026-02-01,100\nO2,2,2026-02-01,50\n"
    # The session of two persons is that of the first; the other one could be of either, and is nobody's.
    assert revenue(tmp_path, orders) == {("(no campaign)", "cpc"): 100, ("(unattributed)", "(unattributed)"): 50}


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_session_has_its_own_source_and_the_person_of_its_browser(tmp_path: Path, ending: str) -> None:
    write_events(tmp_path, "events", ending, SESSIONS)
    orders = "order_id,customer_id,order_date,total\nO1,1,2026-02-01,600\nO2,2,2026-02-01,50\n"
    found = revenue(tmp_path, orders)
    assert found == {
        ("First", "display"): 100,
        ("Spring", "cpc"): 100,
        ("Mail", "email"): 100,
        ("Summer", "cpc"): 100,
        ("(no campaign)", "(none)"): 100,
        ("(no campaign)", "organic"): 100,
        ("Other", "cpc"): 50,
    }


def bought(session: int, second: int, shop: dict[str, object], worth: float | int, **said: str) -> dict[str, object]:
    """Return a purchase as GA4 exports it: its order in `ecommerce`, its value and currency among the parameters."""
    found = event(session, "purchase", second, None, **said)
    number = {"double_value": worth} if isinstance(worth, float) else {"int_value": worth}
    params = found["event_params"]
    assert isinstance(params, list)
    params.append({"key": "value", "value": number})
    found["ecommerce"] = {"transaction_id": shop.get("id"), "purchase_revenue": shop.get("revenue")}
    return found


PURCHASES = [
    event(1, "session_start", 0, None, source="google", medium="cpc", campaign="Spring"),
    event(1, "generate_lead", 5, None),
    event(2, "session_start", 0, None, source="google", medium="email", campaign="Mail"),
    bought(2, 10, {"id": "T1", "revenue": 100.5}, 119.0, currency="EUR"),
    bought(2, 20, {"id": "T1", "revenue": 100.5}, 119.0, currency="EUR"),  # the page of thanks, loaded again
    bought(2, 30, {}, 20, currency="EUR", transaction_id="T2"),
    bought(2, 40, {"id": "(not set)"}, 5.25, currency="EUR"),
    bought(2, 40, {"id": "(not set)"}, 5.25, currency="EUR"),  # two orders of which nothing says that they are one
]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_purchases_are_conversions_each_order_once(tmp_path: Path, ending: str) -> None:
    write_events(tmp_path, "events", ending, PURCHASES)
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 of 5 events repeat the id of an earlier one, and do not count" in config.read_text()
    done = attrib_here("report", "--config", config, "--by", "campaign", "--model", "last", "-f", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["campaign"], float(row["value"]), float(row["conversions"])) == ("Mail", 100.5 + 20 + 2 * 5.25, 4)
    done = attrib_here("report", "--config", config, "--type", "generate-lead", "--by", "campaign", "-f", "csv")
    assert [row["campaign"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["Spring"]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_earlier_event_of_an_order_hides_no_purchase_and_refunds_are_told(tmp_path: Path, ending: str) -> None:
    paying = {**bought(2, 5, {"id": "T1"}, 119.0, currency="EUR"), "event_name": "add_payment_info"}
    back = {**bought(2, 50, {"id": "T1"}, 119.0, currency="EUR"), "event_name": "refund"}
    write_events(tmp_path, "events", ending, [*PURCHASES, paying, back])
    config = tmp_path / "attrib.yaml"
    done = attrib_here("init", tmp_path, "--config", config, "--yes", "--conversions", "purchase")
    assert done.returncode == 0, done.stderr
    done = attrib_here("report", "--config", config, "--by", "campaign", "--model", "last", "-f", "csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["campaign"], float(row["value"])) == ("Mail", 131.0)
    assert "what was refunded is not taken off, of which events tell: refund (1)" in config.read_text()


def test_purchases_are_offered_beside_deals_and_taken_where_they_are_asked_for(tmp_path: Path) -> None:
    write_events(tmp_path, "events", "jsonl", PURCHASES)
    (tmp_path / "orders.csv").write_text(ONE_ORDER.replace("O1,1", "O1,b1"))
    config = tmp_path / "attrib.yaml"
    attrib_here("init", tmp_path, "--config", config, "--yes")
    said = (
        "events that may be conversions too, by --conversions 'purchase,generate_lead': purchase (5), generate_lead (1)"
    )
    assert said in config.read_text()
    assert "conversions:\n" not in config.read_text().replace("--conversions", "")
    done = attrib_here("init", tmp_path, "--config", config, "--yes", "--force", "--conversions", "purchase")
    assert done.returncode == 0, done.stderr
    done = attrib_here(
        "report", "--config", config, "--type", "purchase", "--by", "channel", "--model", "last", "-f", "csv"
    )
    assert [float(row["value"]) for row in csv.DictReader(io.StringIO(done.stdout))] == [131.0]


PIECES = [
    event(1, "session_start", 0, None, source="google", medium="email", campaign="Mail"),
    event(1, "login", 30, "1"),
    event(2, "session_start", 0, None, source="google", medium="cpc", campaign="Spring"),
    event(2, "scroll", 30, None, page_title="A"),
]
ONE_ORDER = "order_id,customer_id,order_date,total\nO1,1,2026-02-01,100\n"


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_session_and_a_browser_go_on_in_the_next_file(tmp_path: Path, ending: str) -> None:
    write_events(tmp_path, "events_2026010", ending, PIECES, each=True)
    assert revenue(tmp_path, ONE_ORDER) == {("Mail", "email"): 50, ("Spring", "cpc"): 50}


def test_shards_of_parquet_may_lack_columns_but_not_agree_on_what_one_holds(tmp_path: Path) -> None:
    """The export of the second day has a column more; on the third, times are text."""
    first = [{key: value for key, value in one.items() if key != "collected_traffic_source"} for one in PIECES[:2]]
    write_events(tmp_path, "events_1", "parquet", [*first])
    write_events(tmp_path, "events_2", "parquet", [*PIECES[2:]])
    assert revenue(tmp_path, ONE_ORDER) == {("Mail", "email"): 50, ("Spring", "cpc"): 50}
    assert "events_*.parquet" in (tmp_path / "attrib.yaml").read_text()
    (tmp_path / "attrib.yaml").unlink()
    write_events(tmp_path, "events_3", "parquet", [{**PIECES[3], "event_timestamp": "1"}])
    attrib_here("init", tmp_path, "--config", tmp_path / "attrib.yaml", "--yes")
    text = (tmp_path / "attrib.yaml").read_text()
    assert "FROM 'events_*.parquet'" not in text
    assert "in Parquet with types that go together" in text


def test_pieces_that_no_pattern_fits_are_told(tmp_path: Path) -> None:
    write_events(tmp_path, "january", "jsonl", PIECES[:2])
    write_events(tmp_path, "february", "jsonl", PIECES[2:])
    (tmp_path / "others.jsonl").write_text('{"a": 1, "b": 2}\n')
    (tmp_path / "orders.csv").write_text(ONE_ORDER)
    done = attrib_here("init", tmp_path, "--config", tmp_path / "attrib.yaml", "--yes")
    assert "give them names that one pattern fits" in done.stdout + done.stderr
    assert "one pattern fits" in (tmp_path / "attrib.yaml").read_text()


def test_page_views_of_a_browser_are_those_of_the_person_in_another_file(tmp_path: Path) -> None:
    header = "id,anonymous_id,user_id,timestamp,context_page_url,context_campaign_name,context_campaign_medium\n"
    (tmp_path / "pages_1.csv").write_text(header + "p1,a1,,2026-01-02 10:00:00,https://x.example,Spring,cpc\n")
    (tmp_path / "pages_2.csv").write_text(header + "p2,a1,1,2026-01-03 10:00:00,https://x.example,Mail,email\n")
    found = revenue(tmp_path, ONE_ORDER)
    assert found == {("Spring", "cpc"): 50, ("Mail", "email"): 50}
