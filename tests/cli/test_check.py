"""``attrib check`` on tables with planted defects: each is found, counted as planted, and placed in its line."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest
import yaml
from in_process import attrib_here

from attrib_cli.config.validate import check_text
from attrib_cli.engine.data_checks import CHECKS

Row = dict[str, str]
Tables = dict[str, list[Row]]

FIRST = dt.date(2026, 1, 1)
CONTACTS, DEALS, A_DAY = 30, 12, 4


def clean() -> Tables:
    """Tables in which nothing is wrong: 30 contacts, 12 deals (all won), 4 touchpoints a day for 60 days."""
    touchpoints = [
        {
            "touchpoint_id": f"T{n}",
            "contact_id": f"C{n % CONTACTS}",
            "occurred_at": f"{FIRST + dt.timedelta(days=n // A_DAY)}T10:00:00",
            "campaign_id": f"K{n % 3}",
            "channel": ("Email", "Paid search")[n % 2],
        }
        for n in range(60 * A_DAY)
    ]
    return {
        "touchpoints": touchpoints,
        "contacts": [{"contact_id": f"C{n}", "created_at": "2026-01-15T09:00:00"} for n in range(CONTACTS)],
        "deals": [
            {
                "deal_id": f"D{n}",
                "created_at": "2026-02-20T09:00:00",
                "closed_at": "2026-03-10T09:00:00",
                "amount": "100",
                "currency": "USD",
                "stage": "won",
            }
            for n in range(DEALS)
        ],
        "deal_contacts": [{"deal_id": f"D{n % DEALS}", "contact_id": f"C{n}"} for n in range(CONTACTS)],
        "campaigns": [{"campaign_id": f"K{n}", "name": f"Campaign {n}"} for n in range(3)],
        "campaign_spend": [{"campaign_id": f"K{n}", "spent_on": "2026-01-05", "amount": "10"} for n in range(3)],
    }


def write(folder: Path, tables: Tables, format: str = "csv") -> Path:
    """Write the tables and return their folder."""
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        if format == "parquet":
            pyarrow.parquet.write_table(pyarrow.csv.read_csv(path), path.with_suffix(".parquet"))
            path.unlink()
    return folder


def checked(folder: Path, *more: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    """Return the exit code and the findings by check."""
    done = attrib_here("check", "--data", folder, "--format", "json", "--today", "2026-04-01", *more)
    document = json.loads(done.stdout)
    found: dict[str, list[dict[str, object]]] = {}
    for one in document["findings"]:
        found.setdefault(one["check"], []).append(one)
    return done.returncode, found


def change(table: str, rows: range, **values: str) -> Callable[[Tables], None]:
    """Return the planting of values into rows of a table."""

    def plant(tables: Tables) -> None:
        for n in rows:
            tables[table][n].update(values)

    return plant


def repeat(table: str, n: int) -> Callable[[Tables], None]:
    """Return the planting of a row that stands twice."""
    return lambda tables: tables[table].append(dict(tables[table][n]))


def robot(tables: Tables) -> None:
    """One contact with 400 touchpoints on one day."""
    tables["touchpoints"] += [
        {"touchpoint_id": f"R{n}", "contact_id": "C0", "occurred_at": "2026-01-10T10:00:00", "campaign_id": "K0"}
        for n in range(400)
    ]


def gap(tables: Tables) -> None:
    """No touchpoint on 14 days, 20 to 33 after the first."""
    tables["touchpoints"] = [row for n, row in enumerate(tables["touchpoints"]) if not 80 <= n < 136]


def drop(table: str) -> Callable[[Tables], None]:
    """Return the planting of a table that is not there."""
    return lambda tables: tables.pop(table) and None


def cut(table: str, column: str) -> Callable[[Tables], None]:
    """Return the planting of a column that is not there."""

    def plant(tables: Tables) -> None:
        for row in tables[table]:
            del row[column]

    return plant


def assets(*rows: tuple[str, str]) -> Callable[[Tables], None]:
    """Campaigns by asset: the first 60 touchpoints have no campaign of their own, and half of them are of the Guide."""

    def plant(tables: Tables) -> None:
        for n, row in enumerate(tables["touchpoints"]):
            row["asset_title"] = "Guide" if n < 30 else ""
            row["campaign_id"] = "" if n < 60 else row["campaign_id"]
        tables["campaign_assets"] = [{"asset": asset, "campaign_id": campaign} for asset, campaign in rows]

    return plant


def until(*days: str) -> Callable[[Tables], None]:
    """Return the planting of the last day of each row of spend."""

    def plant(tables: Tables) -> None:
        for row, day in zip(tables["campaign_spend"], days, strict=True):
            row["spent_until"] = day

    return plant


PLANTED: tuple[tuple[str, str, Callable[[Tables], None], str, int, str | None, str | None], ...] = (
    # check, about, what is planted, level, count, place of the first example, part of the amount won
    ("unreadable", "deals", change("deals", range(3, 4), amount="n/a"), "error", 1, "deals.csv:5", None),
    ("repeated-ids", "deals.deal_id", repeat("deals", 4), "error", 1, "deals.csv:6", None),
    (
        "repeated-ids",
        "contacts.contact_id",
        change("contacts", range(2), contact_id=""),
        "error",
        2,
        "contacts.csv:2",
        None,
    ),
    (
        "unusable-touchpoints",
        "touchpoints",
        change("touchpoints", range(7, 10), contact_id=""),
        "warning",
        3,
        "touchpoints.csv:9",
        None,
    ),
    ("repeated-touchpoints", "touchpoints", repeat("touchpoints", 5), "warning", 1, "touchpoints.csv:7", None),
    ("won-deals", "deals.stage", change("deals", range(DEALS), stage="lost"), "error", 0, None, None),
    ("won-deals", "deals", cut("deals", "stage"), "error", DEALS, None, None),
    ("stages", "deals.stage", change("deals", range(2), stage="lost"), "info", 2, None, None),
    ("left-out-deals", "deals.amount", change("deals", range(2), amount=""), "warning", 2, "deals.csv:2", None),
    ("left-out-deals", "deals.closed_at", change("deals", range(3), closed_at=""), "warning", 3, "deals.csv:2", "0.25"),
    ("left-out-deals", "deals", cut("deals", "amount"), "error", DEALS, None, None),
    ("amounts", "deals.amount", change("deals", range(1), amount="-100"), "warning", 1, "deals.csv:2", "-0.1"),
    (
        "closed-before-created",
        "deals.closed_at",
        change("deals", range(6), created_at="2026-03-12"),
        "warning",
        6,
        "deals.csv:2",
        "0.5",
    ),
    ("currencies", "deals.currency", change("deals", range(3), currency="eur"), "error", 3, "deals.csv:2", "0.25"),
    ("currencies", "deals.currency", change("deals", range(3), currency="e'r"), "error", 3, "deals.csv:2", "0.25"),
    ("deals-without-contacts", "deals", drop("deal_contacts"), "error", DEALS, None, "1"),
    (
        "deals-without-contacts",
        "deals.deal_id",
        change("deals", range(3), deal_id="X"),
        "warning",
        3,
        "deals.csv:2",
        "0.25",
    ),
    (
        "unknown-deals",
        "deal_contacts.deal_id",
        change("deal_contacts", range(2), deal_id="X"),
        "info",
        2,
        "deal_contacts.csv:2",
        None,
    ),
    (
        "unknown-contacts-of-deals",
        "deal_contacts.contact_id",
        change("contacts", range(1), contact_id="X"),
        "info",
        1,
        "deal_contacts.csv:2",
        None,
    ),
    (
        "contacts-without-touchpoints",
        "deal_contacts.contact_id",
        change("touchpoints", range(240), contact_id="zz"),
        "error",
        30,
        "deal_contacts.csv:2",
        "1",
    ),
    (
        "untouched-contacts",
        "contacts.contact_id",
        change("contacts", range(2, 3), contact_id="X"),
        "info",
        1,
        "contacts.csv:4",
        None,
    ),
    (
        "touchpoints-without-contact",
        "touchpoints.contact_id",
        change("touchpoints", range(130), contact_id="zz"),
        "warning",
        130,
        "touchpoints.csv:2",
        None,
    ),
    (
        "unknown-campaigns",
        "touchpoints.campaign_id",
        change("touchpoints", range(60), campaign_id="K9"),
        "warning",
        60,
        "touchpoints.csv:2",
        None,
    ),
    (
        "campaigns-without-touchpoints",
        "campaigns.campaign_id",
        change("campaigns", range(1), campaign_id="K9"),
        "info",
        1,
        "campaigns.csv:2",
        None,
    ),
    (
        "campaigns-of-touchpoints",
        "touchpoints",
        assets(("guide", "K1"), ("Guide", "K2")),
        "info",
        30,
        None,
        None,
    ),
    (
        "campaign-assets",
        "campaign_assets",
        assets(("Guide", "K1"), ("Guide", "")),
        "warning",
        1,
        "campaign_assets.csv:3",
        None,
    ),
    (
        "assets-without-touchpoints",
        "campaign_assets.asset",
        assets(("Leaflet", "K1")),
        "error",
        1,
        "campaign_assets.csv:2",
        None,
    ),
    (
        "spend",
        "campaign_spend",
        change("campaign_spend", range(1), spent_on=""),
        "warning",
        1,
        "campaign_spend.csv:2",
        None,
    ),
    (
        "spend",
        "campaign_spend",
        change("campaign_spend", range(2, 3), campaign_id=""),
        "warning",
        1,
        "campaign_spend.csv:4",
        None,
    ),
    (
        "spend-of-several-days",
        "campaign_spend.spent_on",
        until("2026-01-05", "2026-01-31", ""),
        "warning",
        1,
        "campaign_spend.csv:3",
        None,
    ),
    (
        "future-dates",
        "touchpoints.occurred_at",
        change("touchpoints", range(9, 11), occurred_at="2026-05-01"),
        "warning",
        2,
        "touchpoints.csv:11",
        None,
    ),
    (
        "future-dates",
        "deals.closed_at",
        change("deals", range(3), closed_at="2027-01-01"),
        "warning",
        3,
        "deals.csv:2",
        "0.25",
    ),
    (
        "implausible-dates",
        "contacts.created_at",
        change("contacts", range(4, 5), created_at="1970-01-01"),
        "warning",
        1,
        "contacts.csv:6",
        None,
    ),
    (
        "range-of-dates",
        "deals.closed_at",
        change("deals", range(6), closed_at="2025-12-30"),
        "warning",
        6,
        "deals.csv:2",
        "0.5",
    ),
    (  # four contacts of four deals have a touchpoint at 10:00 on that day
        "closings-at-midnight",
        "deals.closed_at",
        change("deals", range(DEALS), closed_at="2026-02-25"),
        "warning",
        4,
        None,
        "0.33",
    ),
    ("days-without-touchpoints", "touchpoints.occurred_at", gap, "warning", 14, None, None),
    ("absurd-rates", "touchpoints.contact_id", robot, "warning", 0, None, None),
    (
        "touchpoints-after-conversion",
        "touchpoints.occurred_at",
        change("deals", range(DEALS), closed_at="2026-01-20T12:00:00"),
        "info",
        240 - 20 * A_DAY,
        None,
        None,
    ),
    (
        "spelled-alike",
        "touchpoints.channel",
        change("touchpoints", range(0, 6, 2), channel="email "),
        "warning",
        3,
        "touchpoints.csv:2",
        None,
    ),
)


@pytest.mark.parametrize(("check", "about", "plant", "level", "count", "place", "value"), PLANTED)
def test_what_is_planted_is_found(
    tmp_path: Path,
    check: str,
    about: str,
    plant: Callable[[Tables], None],
    level: str,
    count: int,
    place: str | None,
    value: str | None,
) -> None:
    tables = clean()
    plant(tables)
    if check == "absurd-rates":  # its ordinary ones lie within 60 days
        tables["touchpoints"] = [
            row for row in tables["touchpoints"] if row["contact_id"] != "C0" or "R" in row["touchpoint_id"]
        ]
        count = 400
    code, found = checked(write(tmp_path / "data", tables))
    (one,) = [one for one in found[check] if one["about"] == about and one["level"] == level]
    assert one["count"] == count
    if place is not None:
        assert one["examples"][0]["place"] == place
    if value is not None:
        assert Decimal(str(one["value_share"])) == pytest.approx(Decimal(value), abs=Decimal("0.01"))
    errors = any(one["level"] == "error" for many in found.values() for one in many)
    assert code == (4 if errors else 0)
    assert level != "error" or errors
    mends(found)


def test_the_line_for_closings_at_midnight_mends_them(tmp_path: Path) -> None:
    tables = clean()
    change("deals", range(DEALS), closed_at="2026-02-25T00:00:00Z")(tables)
    folder = write(tmp_path / "data", tables)
    sources = {name: {"path": str(folder / f"{name}.csv")} for name in tables}
    configured = tmp_path / "attrib.yaml"
    for mended in (False, True):
        configured.write_text(yaml.safe_dump({"version": 1, "sources": sources}))
        done = attrib_here("check", "--config", configured, "--format", "json", "--today", "2026-04-01")
        found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "closings-at-midnight"]
        assert len(found) == (0 if mended else 1)
        if found:
            sources["deals"] |= yaml.safe_load(found[0]["mend"])["sources"]["deals"]


def test_days_of_ones_own_conversions_are_told_and_mended_alike(tmp_path: Path) -> None:
    """Of a contact, and of a deal, one of whose contacts is that one: C17 did something at ten that day."""
    tables = clean()
    tables["signups"] = [{"signup": "S1", "contact_id": "C17", "day": "2026-01-05"}]
    tables["demos"] = [{"demo": "E1", "deal_id": "D5", "day": "2026-01-05"}]
    folder = write(tmp_path / "data", tables)
    own = {
        "sign-up": {"path": str(folder / "signups.csv"), "key": "signup", "contact": "contact_id", "moment": "day"},
        "demo": {"path": str(folder / "demos.csv"), "key": "demo", "deal": "deal_id", "moment": "day"},
    }
    sources = {name: {"path": str(folder / f"{name}.csv")} for name in clean()}
    configured = tmp_path / "attrib.yaml"
    configured.write_text(yaml.safe_dump({"version": 1, "sources": sources, "conversions": own}))
    done = attrib_here("check", "--config", configured, "--format", "json", "--today", "2026-04-01")
    found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "closings-at-midnight"]
    assert {one["about"] for one in found} == {"sign_up_conversions.converted_at", "demo_conversions.converted_at"}
    for one in found:
        assert "end_of_day: true" in one["mend"]


@pytest.mark.parametrize(
    ("headers", "written", "finds"),
    [
        (("Reporting starts", "Reporting ends"), "%Y-%m-%d", True),
        (("date_start", "date_stop"), "%d/%m/%Y", True),
        (("from", "To"), "%m/%d/%y", True),
        (("Day", "Ends"), "%Y-%m-%d", False),  # of the campaign
    ],
)
def test_spend_of_several_days_in_all_ways_of_writing(
    tmp_path: Path, headers: tuple[str, str], written: str, finds: bool
) -> None:
    """Two files of a table, of which two of five rows, 30 of 100 in all, end later than they begin."""
    rows = [("K0", 3, 3, 40), ("K1", 3, 31, 20), ("K0", 13, 13, 20), ("K1", 13, 14, -10), ("K2", 14, 14, 10)]
    folder = write(tmp_path / "data", clean())
    entry = {
        "columns": {"campaign_id": "Campaign", "spent_on": headers[0], "amount": {"header": "Cost", "minus": ["Off"]}}
    }
    if written != "%Y-%m-%d":
        entry = {**entry, "date_format": written}
    for n, part in enumerate((rows[:2], rows[2:])):
        lines = [f"Campaign,{headers[0]},{headers[1]},Cost,Off"]
        for campaign, *days, amount in part:
            first, last = (f"{dt.date(2026, 1, day):{written}}" for day in days)
            lines.append(f"{campaign},{first},{last},{amount},")
        (folder / f"spend{n}.csv").write_text("\n".join(lines) + "\n")
    parts = [{"path": str(folder / f"spend{n}.csv"), **entry} for n in range(2)]
    sources: dict[str, object] = {name: {"path": str(folder / f"{name}.csv")} for name in clean()}
    sources["campaign_spend"] = {"union": parts}
    (tmp_path / "attrib.yaml").write_text(json.dumps({"version": 1, "sources": sources}))
    done = attrib_here("check", "--config", tmp_path / "attrib.yaml", "--format", "json", "--today", "2026-04-01")
    assert done.stdout, done.stderr
    found = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "spend-of-several-days"]
    assert len(found) == finds
    if finds:
        assert (found[0]["count"], found[0]["total"]) == (2, 5)
        assert "30.0 % of the amount" in found[0]["text"]
        assert "up to 29, from 2026-01-03 to 2026-01-31" in found[0]["text"]
        assert [one["place"] for one in found[0]["examples"]] == ["data/spend0.csv:3", "data/spend1.csv:3"]


def test_clean_tables_have_no_warning(tmp_path: Path) -> None:
    code, found = checked(write(tmp_path / "data", clean()), "--fail-on", "warning")
    assert {one["level"] for many in found.values() for one in many} == {"info"}
    assert code == 0


def test_every_check_is_planted_once() -> None:
    elsewhere = {"no-touchpoints", "incomplete-conversions", "conversions-without-touchpoints", "source-rules"}
    elsewhere |= {check.name for check in CHECKS if check.of_paths}
    assert {check.name for check in CHECKS} - elsewhere == {check for check, *_ in PLANTED}


def test_a_table_without_rows(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", clean())
    (folder / "touchpoints.csv").write_text("contact_id,occurred_at\n")
    code, found = checked(folder)
    assert code == 4
    assert found["no-touchpoints"][0]["level"] == "error"


def test_parquet_says_the_same_with_rows_for_lines(tmp_path: Path) -> None:
    tables = clean()
    change("deals", range(3), closed_at="")(tables)
    change("touchpoints", range(9, 11), occurred_at="2026-05-01T00:00:00")(tables)
    _, csv_found = checked(write(tmp_path / "csv", tables))
    _, parquet_found = checked(write(tmp_path / "parquet", tables, "parquet"))
    assert parquet_found["future-dates"][0]["examples"][0]["place"] == "touchpoints.parquet: row 10"

    def facts(found: dict[str, list[dict[str, object]]]) -> list[tuple[object, ...]]:
        return [
            (one["check"], one["about"], one["level"], one["count"], one["total"]) for m in found.values() for one in m
        ]

    assert facts(parquet_found) == facts(csv_found)


def test_examples_have_their_line_behind_values_over_several_lines(tmp_path: Path) -> None:
    tables = clean()
    tables["deals"][0]["name"] = "one\ntwo"
    for row in tables["deals"][1:]:
        row["name"] = "x"
    tables["deals"][2]["closed_at"] = ""
    _, found = checked(write(tmp_path / "data", tables))
    assert found["left-out-deals"][0]["examples"][0]["place"] == "deals.csv:5"


def test_examples_have_their_part(tmp_path: Path) -> None:
    tables = clean()
    folder = write(tmp_path / "data", tables)
    rows = (folder / "touchpoints.csv").read_text().splitlines(keepends=True)
    (folder / "touchpoints.csv").unlink()
    (folder / "touchpoints").mkdir()
    (folder / "touchpoints" / "part-2.csv").write_text(rows[0] + "".join(rows[1:101]).rstrip("\n"))
    rows[150] = rows[150].replace(rows[150].split(",")[2], "2026-05-01")
    (folder / "touchpoints" / "part-10.csv").write_text(rows[0] + "".join(rows[101:]))
    _, found = checked(folder)
    assert found["future-dates"][0]["examples"][0]["place"] == "touchpoints/part-10.csv:51"


def test_what_is_ignored_is_counted_and_what_ignores_nothing_is_told(tmp_path: Path) -> None:
    tables = clean()
    change("deals", range(3), closed_at="")(tables)
    change("touchpoints", range(0, 6, 2), channel="email ")(tables)
    write(tmp_path / "data", tables)
    config = tmp_path / "attrib.yaml"
    config.write_text(
        "version: 1\ncheck:\n  ignore: [left-out-deals, spelled-alike touchpoints.channel, spelled-alike deals.stage]\n"
    )
    done = attrib_here(
        "check", "--config", config, "--data", tmp_path / "data", "--fail-on", "warning", "--today", "2026-04-01"
    )
    assert done.returncode == 0
    assert "2 ignored (left-out-deals, spelled-alike)" in done.stdout
    assert "'spelled-alike deals.stage', and nothing of that kind was found" in done.stderr


def test_a_check_that_there_is_none_of_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "attrib.yaml"
    config.write_text("version: 1\ncheck:\n  ignore: [future-date]\n")
    done = attrib_here("check", "--config", config, "--demo")
    assert done.returncode == 2
    done = attrib_here("check", "--config", config, "--data", tmp_path)
    assert "there is no check 'future-date' hint: Did you mean 'future-dates'?" in " ".join(done.stderr.split())
    assert "attrib.yaml:3" in done.stderr


def mends(found: dict[str, list[dict[str, object]]]) -> None:
    """Hold that what looks like YAML among the lines that mend is YAML, of keys that there are."""
    for mend in (str(one["mend"]) for many in found.values() for one in many if one["mend"]):
        if mend.split(":")[0] in ("sources", "won", "currency", "defaults"):
            lines = yaml.safe_load(mend.replace("<USD for 1 EUR>", "1.1"))
            for source in lines.get("sources", {}).values():
                source["path"] = "a.csv"
            check_text(f"version: 1\n{yaml.safe_dump(lines)}\n", "attrib.yaml", types_elsewhere=False)


def test_the_text_says_what_is_found_and_mends_it(tmp_path: Path) -> None:
    tables = clean()
    change("deals", range(3), currency="eur")(tables)
    done = attrib_here("check", "--data", write(tmp_path / "data", tables), "--today", "2026-04-01")
    assert done.returncode == 4
    assert "error currencies: there is no exchange rate" in done.stdout or "several currencies" in done.stdout
    assert "25.0 %, 25.0 % of the amount won" in done.stdout
    assert "exchange_rates: {EUR: <USD for 1 EUR>}" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 error, 0 warnings")


@pytest.mark.parametrize(
    ("ids", "rule"),
    [
        (lambda id_: id_.lower(), "lower: true"),
        (lambda id_: f"{id_}@e.example", "lookup: {path: <the contacts' file>, key: <header of the address>"),
        (lambda id_: f"{id_};{id_}", 'split: ";"'),
    ],
)
def test_ids_of_another_form_are_mended_by_a_rule(tmp_path: Path, ids: Callable[[str], str], rule: str) -> None:
    tables = clean()
    for row in tables["touchpoints"]:
        row["contact_id"] = ids(row["contact_id"])
    _, found = checked(write(tmp_path / "data", tables))
    (one,) = [one for one in found["touchpoints-without-contact"] if one["level"] != "info"]
    assert rule in str(one["mend"])
    mends(found)


def test_contacts_that_nobody_touched_are_not_taken_for_ids_written_otherwise(tmp_path: Path) -> None:
    """Where every touchpoint is of a contact of the deals, the others have none: no column is to be mapped anew."""
    tables = clean()
    tables["touchpoints"] = [row for row in tables["touchpoints"] if int(row["contact_id"][1:]) < CONTACTS // 2]
    (found,) = checked(write(tmp_path / "data", tables))[1]["contacts-without-touchpoints"]
    assert (found["level"], found["count"], found["mend"]) == ("warning", CONTACTS - CONTACTS // 2, None)
    assert str(found["text"]).endswith("deals without any are unattributed")
    for n, row in enumerate(tables["touchpoints"]):
        row["contact_id"] = row["contact_id"] if n % 2 else f"hubspot-{n}"
    (found,) = checked(write(tmp_path / "data", tables))[1]["contacts-without-touchpoints"]
    assert "touchpoints" in str(found["mend"])
