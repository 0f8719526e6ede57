"""Conversions of the configuration through the command line: every command takes them, and errors have their lines."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from in_process import attrib_here

CONFIG = """sources:
  touchpoints: touchpoints.csv
  contacts: contacts.csv
conversions:
  demo-booked:
    description: Demos booked on the site
    path: demos.csv
    key: Booking
    moment: Booked at
    contact: Lead
    value: {header: Worth, number: money}
    where: [Status!=cancelled]
"""
TABLES = {
    "touchpoints": "touchpoint_id,contact_id,occurred_at,channel\n1,a,2026-01-01,Email\n2,a,2026-01-05,Paid\n"
    "3,b,2026-01-02,Email\n4,a,2026-02-20,Event\n",
    "contacts": "contact_id,created_at\na,2026-01-03\nb,2026-01-02\nc,2026-01-02\n",
    "demos": "Booking,Booked at,Lead,Worth,Status,Room\nB1,2026-01-10,a,$100.00,booked,Blue\n"
    "B2,2026-03-01,a,$50.00,booked,Red\nB3,2026-01-04,b,,booked,Red\nB4,2026-01-04,,$7.00,booked,Red\n"
    "B5,,b,$9.00,booked,Red\nB6,2026-01-04,b,$900.00,cancelled,Red\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    (tmp_path / "attrib.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = attrib_here(*arguments, "--config", folder / "attrib.yaml")
    return done.returncode, done.stdout, done.stderr.replace("\n", " ")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_conversions_and_their_value_are_credited_and_what_they_lack_is_said(folder: Path) -> None:
    code, out, said = run(folder, "report", "--type", "demo-booked", "--by", "channel", "-m", "linear", "-f", "csv")
    assert code == 0, said
    found = {row["channel"]: (float(row["value"]), float(row["conversions"])) for row in rows(out)}
    assert found == {
        "Email": pytest.approx((100 / 2 + 50 / 3, 1 / 2 + 1 / 3 + 1), abs=1e-6),  # all of B3, which is worth nothing
        "Paid": pytest.approx((100 / 2 + 50 / 3, 1 / 2 + 1 / 3), abs=1e-6),
        "Event": pytest.approx((50 / 3, 1 / 3), abs=1e-6),
        "(unattributed)": (7, 1),
    }
    assert "1 of 5 rows of demo_booked_conversions name no contact: they are unattributed" in said
    assert "1 of 5 rows of demo_booked_conversions have no value" in said
    assert "1 left out: demo_booked_conversions without converted_at" in said
    assert "attrib.yaml:12" in said  # the rule that left a row out


def test_every_command_takes_the_type(folder: Path) -> None:
    code, out, _ = run(folder, "explain", "demo-booked", "B2", "--format", "json")
    journey = json.loads(out)
    assert code == 0 and journey["value"] == 50 and len(journey["interactions"]) == 3
    code, out, _ = run(folder, "paths", "top", "--type", "demo-booked", "-f", "csv")
    assert code == 0 and {row["path"]: row["value"] for row in rows(out)}["Email > Paid > Event"] == "50"
    code, out, said = run(folder, "reconcile", "first", "last", "-t", "demo-booked", "--by", "channel", "-f", "json")
    assert code == 0 and json.loads(out)["steps"], said
    for more in (["models"], ["types"], ["dimensions", "--type", "demo-booked"], ["check"]):
        code, out, said = run(folder, *more)
        assert code in (0, 4) and ("demo" in out or "Room" in out), (more, said)
    code, out, said = run(
        folder, "report", "-t", "demo-booked", "-m", "markov,shapley", "--by", "channel", "-f", "json"
    )
    assert code == 0, said
    code, out, said = run(folder, "report", "-t", "demo-booked", "--by", "Room,month", "-f", "markdown")
    assert code == 0 and "Demo booked" in said + out
    code, _, said = run(folder, "save", "Demos", "-t", "demo-booked", "--by", "channel", "--new-dashboard", "Board")
    assert code == 0, said
    code, out, said = run(folder, "dashboard", "export", "Board", "--format", "html", "--output", "-")
    assert code == 0 and '"title":"Demo booked"' in out.replace(": ", ":"), said
    code, out, said = run(folder, "export", "Demos", "--ledger", "--format", "csv", "--output", "-")
    assert code == 0, said
    assert {row["conversion_id"] for row in rows(out)} == {"B1", "B2", "B3", "B4"}
    assert run(folder, "config", "validate")[0] == 0


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("    moment: Booked at\n", "", 5, "moment"),
        ("    contact: Lead\n", "", 5, "nothing says whose interactions lead to it"),
        ("    contact: Lead\n", "    contact: Lead\n    deal: Lead\n", 11, "`contact` and `deal` are both written"),
        ("    moment:", "    momment:", 9, "moment"),
        ("  demo-booked:", "  Demo Booked:", 5, "Write 'demo-booked'"),
        ("  demo-booked:", "  deals:", 5, "built-in report type 'deal-create'"),
        ("    path: demos.csv", "    path: demoss.csv", 5, "demoss.csv"),
        ("moment: Booked at", "moment: Bokked at", 9, "Booked at"),
        ("    where: [Status!=cancelled]\n", "defaults: {type: demo-boked}\n", 12, "demo-booked"),
    ],
)
def test_an_error_has_its_line_and_what_to_do(folder: Path, before: str, after: str, line: int, said: str) -> None:
    assert before in CONFIG
    (folder / "attrib.yaml").write_text(CONFIG.replace(before, after), encoding="utf-8")
    code, _, told = run(folder, "report", "--type", "demo-booked", "--by", "channel")
    assert code in (2, 3), told
    assert said in told
    assert f"attrib.yaml:{line}" in told, told


def test_a_key_given_twice_or_missing_stops_the_report(folder: Path) -> None:
    path = folder / "demos.csv"
    path.write_text(TABLES["demos"] + "B1,2026-01-10,a,$100.00,booked,Blue\n,2026-01-10,a,$1,booked,Blue\n", "utf-8")
    code, _, said = run(folder, "report", "--type", "demo-booked", "--by", "channel")
    assert code == 4
    assert (
        "conversion_id 'B1' stands more than once" in said and "demos.csv:8" in said and "without conversion_id" in said
    )
    code, out, said = run(folder, "check", "--format", "json")
    assert code == 4 and "demo_booked_conversions.conversion_id" in out, said


def test_the_checks_say_what_conversions_lack(folder: Path) -> None:
    code, out, _ = run(folder, "check", "--format", "json")
    assert code == 0
    found = {(one["check"], one["about"]): one["count"] for one in json.loads(out)["findings"]}
    for column in ("converted_at", "contact_id", "conversion_value"):
        assert found["incomplete-conversions", f"demo_booked_conversions.{column}"] == 1
    assert found["conversions-without-touchpoints", "demo_booked_conversions"] == 1


def test_a_type_that_there_is_not_is_told_with_the_nearest(folder: Path) -> None:
    code, _, said = run(folder, "report", "--type", "demo-boked")
    assert code == 2 and "--type: there is no report type 'demo-boked'" in said and "'demo-booked'" in said
    code, _, said = run(folder, "save", "x", "--type", "demo-boked")
    assert code == 2 and "'demo-booked'" in said


def test_a_folder_has_them_under_the_names_that_convert_gives_them(folder: Path) -> None:
    code, _, said = run(folder, "convert", str(folder / "all"))
    assert code == 0, said
    asked = ("report", "--type", "demo-booked", "--by", "channel", "-f", "csv")
    assert run(folder, *asked, "--data", str(folder / "all"))[1] == run(folder, *asked)[1]


UNION = """    union:
      - {path: shop.csv, key: Order, moment: Paid, contact: Who, value: Total}
      - {path: eu.csv, key: Nr, moment: Am, contact: Kunde, value: Summe, decimal: ',', date_format: '%d.%m.%Y',
         delimiter: ';'}
"""


def with_entry(folder: Path, name: str, entry: str, *, deals: str = "") -> None:
    (folder / "attrib.yaml").write_text(
        f"sources:\n  touchpoints: touchpoints.csv\n{deals}conversions:\n  {name}:\n{entry}"
    )


def test_a_union_is_what_its_rows_in_one_table_are(folder: Path) -> None:
    (folder / "shop.csv").write_text("Order,Paid,Who,Total,Country\n1,2026-01-10,a,100.50,US\n2,2026-01-03,b,,US\n")
    (folder / "eu.csv").write_text("Nr;Am;Kunde;Summe;Country\nE1;01.03.2026;a;1020,25;DE\n")
    (folder / "all.csv").write_text(
        "id,at,who,value,Country\n1,2026-01-10,a,100.50,US\n2,2026-01-03,b,,US\nE1,2026-03-01,a,1020.25,DE\n"
    )
    asked = ("report", "--type", "order", "--by", "channel,Country", "-m", "u-shaped,time-decay", "-f", "csv")
    found = []
    for entry in (UNION, "    {path: all.csv, key: id, moment: at, contact: who, value: value}\n"):
        with_entry(folder, "order", entry)
        code, out, said = run(folder, *asked)
        assert code == 0, said
        found.append(rows(out))
    assert found[0] == found[1] and sum(float(row["value"]) for row in found[0]) == pytest.approx(2 * 1120.75)
    (folder / "eu.csv").write_text("Nr;Am;Kunde;Summe;Country\n1;01.03.2026;a;1020,25;DE\n")
    with_entry(folder, "order", UNION)
    code, _, said = run(folder, *asked)
    assert code == 4 and "order_conversions" in said


def test_columns_of_their_deals_cut_and_filter_conversions_of_deals(folder: Path) -> None:
    (folder / "deals.csv").write_text(
        "deal_id,contact_id,created_at,pipeline,amount\n1,a,2026-01-01,New,5\n2,b,2026-01-01,Old,6\n3,c,2026-01-01,New,7\n"
    )
    (folder / "on.csv").write_text("id,at,Deal\nx,2026-02-01,1\ny,2026-02-02,2\nz,2026-02-02,9\nw,2026-02-02,3\n")
    entry = "    {path: on.csv, key: id, moment: at, deal: Deal}\n"
    with_entry(folder, "onboarded", entry, deals="  deals: deals.csv\n")
    asked = ("report", "-t", "onboarded", "-f", "csv")

    def conversions(by: str, *more: str) -> dict[str, float]:
        code, out, said = run(folder, *asked, "--by", by, *more)
        assert code == 0, said
        return {row[by]: float(row["conversions"]) for row in rows(out)}

    assert conversions("pipeline") == {"New": 2, "Old": 1, "(no pipeline)": 1}
    assert conversions("channel", "--where", "pipeline=New") == {"Email": 0.5, "Paid": 0.5, "(unattributed)": 1}
    assert conversions("deal_id", "--where", "pipeline!=New") == {"2": 1, "9": 1}
    assert conversions("deal.pipeline", "--where", "deal.amount>=7") == {"New": 1}
    code, out, _ = run(
        folder, *("explain", "report", "-t", "onboarded", "--by", "pipeline", "--row", "New", "-f", "json")
    )
    assert code == 0 and {one["id"] for one in json.loads(out)["conversions"]} == {"x", "w"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("    path: on.csv\n    moment: at\n    deal: Deal\n", "`key` is missing"),
        (UNION + "    key: id\n", "columns are those of each source"),
        (UNION.replace("contact: Kunde", "deal: Kunde"), "some sources are of contacts, and some of deals"),
        (UNION + "    path: on.csv\n", "are both written"),
        (UNION.replace("moment: Am, ", ""), "`moment` is missing"),
    ],
)
def test_what_a_union_cannot_be_is_said_with_its_line(folder: Path, entry: str, said: str) -> None:
    with_entry(folder, "order", entry)
    code, _, found = run(folder, "report", "-t", "order", "--by", "channel")
    assert code == 2 and said in found and "attrib.yaml:" in found
