"""Random combinations of what a source can say, against the same rules followed cell by cell in Python.

Every table must come out whole: each row with each value, in order, none lost and none invented.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo

import duckdb
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.sources import open_tables

Cells = dict[str, str]
Rule = dict[str, object]
Row = tuple[object, ...]

BLANKS = " \t\r\n\u00a0\u202f"
FORMATS = ("%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y")
ZONES = (None, "Europe/Berlin", "America/New_York", "Asia/Kolkata")
STAGES = ("Closed Won", " closed won ", "WON", "--", " N/A", "", "   ", "In Talks", "Été ")
PAGES = (
    *("https://Shop.Example.com:8080/a/b?utm_source=Google&x=1#f", "/pricing?x=2&utm_source=a+b", "https://x.example"),
    *("http://y.example/%C3%A9t%C3%A9?UTM_Source=%C3%A9&utm_source=late", "https://z.example/?utm_source=", "", "--"),
    *("https://u@w.example/p%20q?a=1", "https://x.example/?my_utm_source=no&utm_source=x%26y"),
)
PEOPLE = ("1;2", " 3 ; ;4", "", ";", '["5", "6"]', "--", "7;n/a", "Ab;aB", "8")
HEADERS = ("Key", "Made", "Paid", "Owed", "Refunded", "Stage", "Page", "People", "Group", "Test", "Score", "Changed")
SCALES = {"cents": Decimal("0.01"), "micros": Decimal("0.000001")}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of one file: keys of the source, rules of deals' columns, and of the contacts in a list."""

    source: Rule
    deals: dict[str, Rule]
    person: Rule
    rows: list[Cells]
    zone: str


def some(dice: random.Random, chance: float = 0.5) -> bool:
    return dice.random() < chance


def amount(dice: random.Random, sign: str, number: object) -> str:
    """Return an amount, or a percentage, as some export writes it."""
    value = Decimal(dice.randrange(2_000_000)) / 100
    grouped = f"{value:,.2f}" if some(dice) else f"{value:.2f}"
    written = grouped if sign == "." else grouped.translate(str.maketrans(",.", ".,"))
    negative = some(dice, 0.3)
    if number is None:
        return f"-{written}" if negative else written
    if number == "percent":
        return f"{'-' if negative else ''}{written}{dice.choice(['%', ' %', ''])}"
    written = dice.choice([f"€{written}", f"{written} €", f"EUR {written}", written, f" {written}"])
    written = written.replace("EUR ", "€")
    return dice.choice([f"({written})", f"-{written}", f"{written}-"]) if negative else written


def said(dice: random.Random, timezone: str, first: int) -> Said:
    """Return a random file and random rules for it."""
    form, zone = dice.choice(FORMATS), dice.choice(ZONES)
    sign, number = dice.choice(".,"), dice.choice([None, "money", "percent"])
    source: Rule = {}
    if some(dice):
        source["missing"] = dice.choice([["--"], ["--", "n/a"]])
    if some(dice, 0.6):
        source["where"] = dice.sample(
            ["Test!=yes", "Stage=won|closed won", "Score>=5", "Test~e", "Score="], dice.choice([1, 2])
        )
    if some(dice):
        of = dice.choice(["Group", ["Group", "Test"]])
        source[dice.choice(["latest", "earliest", "repeats"])] = {"of": of, "by": "Changed"}
    made: Rule = {"header": "Made", "date_format": form} | ({"timezone": zone} if zone else {})
    paid: Rule = {"header": dice.choice(["Paid", ["Paid", "Owed"]]), "decimal": sign, "missing": ["--", "n/a"]}
    if number is not None:
        paid["number"] = number
    if number != "percent" and some(dice):
        paid["scale"] = dice.choice(list(SCALES))
    if some(dice, 0.3):
        paid["minus"] = ["Refunded"]
    stage: Rule = {"header": dice.choice(["Stage", ["Stage", "Group"]])}
    stage |= {key: True for key in ("trim", "lower") if some(dice)}
    if some(dice):
        stage["map"] = dice.choice([{"closed won": "won", "won": "won"}, {"IN TALKS ": "open"}])
        stage |= {"otherwise": "other"} if some(dice) else {}
    stage |= {"value": "unknown"} if some(dice, 0.3) else {}
    page: Rule = {"header": "Page", "url": dice.choice(["utm_source", "host", "path"])}
    page |= {"lower": True} if some(dice) else {}
    deals = {"deal_id": {"header": "Key"}, "created_at": made, "amount": paid, "stage": stage, "place": page}
    if some(dice):
        deals["system"] = {"value": f"file {first}"}
    person: Rule = {"header": "People", "split": ";"}
    person |= {"missing": ["n/a"]} if some(dice) else {}
    person |= {"lower": True} if some(dice) else {}
    rows = []
    for n in range(dice.choice([0, 1, 5, 12])):
        at = dt.datetime(2026, 1, 1) + dt.timedelta(days=dice.randrange(365), hours=dice.randrange(5, 23))
        empty = dice.choice(["", "--", " N/A "])
        rows.append(
            {
                "Key": f"k{first + n}",
                "Made": "" if some(dice, 0.1) else at.strftime(form),
                "Paid": empty if some(dice, 0.3) else amount(dice, sign, number),
                "Owed": amount(dice, sign, number),
                "Refunded": "" if some(dice) else amount(dice, sign, number),
                "Stage": dice.choice(STAGES),
                "Page": dice.choice(PAGES),
                "People": dice.choice(PEOPLE),
                "Group": dice.choice(["a", "b", " a ", "", "B"]),
                "Test": dice.choice(["yes", "Yes ", "no", "", "maybe"]),
                "Score": dice.choice(["3", "7", "5.0", "", "x", " 9"]),
                "Changed": dice.choice(["1", "2", "30", ""]),
            }
        )
    return Said(source=source, deals=deals, person=person, rows=rows, zone=zone or timezone)


def listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def without(text: str | None, markers: list[str]) -> str | None:
    """Return a text, None where it is empty or one of the markers."""
    if text is None or text == "" or text.strip(BLANKS).lower() in [one.lower() for one in markers]:
        return None
    return text


def filled(text: str | None) -> bool:
    return text is not None and text.strip(BLANKS) != ""


def counts(cells: Cells, conditions: list[str]) -> bool:
    """Whether a row counts by its conditions."""
    for condition in conditions:
        header, op, wanted = next(
            (condition.split(op)[0], op, condition.split(op)[1]) for op in ("!=", ">=", "~", "=") if op in condition
        )
        text = cells[header].strip(" ").lower()
        if op in ("=", "!="):
            holds = (text in wanted.lower().split("|")) != (op == "!=")
        elif op == "~":
            holds = wanted in text
        else:
            try:
                holds = Decimal(text) >= Decimal(wanted)
            except ArithmeticError:
                holds = False
        if not holds:
            return False
    return True


def chosen(rows: list[Cells], source: Rule) -> list[Cells]:
    """Return the rows that are left by ``latest``, ``earliest`` or ``repeats``, in their order."""
    which = next((key for key in ("latest", "earliest", "repeats") if key in source), None)
    if which is None:
        return rows
    choice = source[which]
    assert isinstance(choice, dict)
    groups: dict[object, list[int]] = {}
    for n, cells in enumerate(rows):
        key = tuple(cells[name].strip(" ") for name in listed(choice["of"]))
        groups.setdefault(key if any(key) else n, []).append(n)
    kept = []
    for members in groups.values():
        known = [n for n in members if rows[n]["Changed"]]
        unknown = [n for n in members if not rows[n]["Changed"]]
        if which == "latest":
            kept.append(max(known, key=lambda n: (int(rows[n]["Changed"]), n)) if known else max(unknown))
        else:
            ordered = sorted(known, key=lambda n: (int(rows[n]["Changed"]), n)) + unknown
            kept += ordered[:1] if which == "earliest" else ordered[1:]
    return [rows[n] for n in sorted(kept)]


def picked(cells: Cells, rule: Rule, markers: list[str]) -> str | None:
    texts = [without(cells[name], markers) for name in listed(rule.get("header"))]
    return texts[0] if len(texts) == 1 else next((text for text in texts if filled(text)), None)


def worded(text: str | None, rule: Rule) -> str | None:
    """Return a text after the part of a URL, trim, lower, map and a value for none."""
    if text is not None and "url" in rule:
        parts = urlsplit(text)
        if rule["url"] == "host":
            text = parts.hostname or (None if "/" in text else text.lower())
        elif rule["url"] == "path":
            text = unquote(parts.path) or None
        else:
            asked = [(k.lower(), v) for k, v in parse_qsl(parts.query, keep_blank_values=True)]
            text = next((v for k, v in asked if k == rule["url"]), "") or None
    if text is not None and rule.get("trim"):
        text = text.strip(BLANKS) or None
    if text is not None and rule.get("lower"):
        text = text.lower()
    mapped = rule.get("map")
    if text is not None and isinstance(mapped, dict):
        to = {str(old).strip().lower(): str(new) for old, new in mapped.items()}
        bare = text.strip(BLANKS).lower()
        if bare in to:
            text = to[bare]
        elif "otherwise" in rule:
            text = str(rule["otherwise"]) if filled(text) else None
    return str(rule["value"]) if "value" in rule and not filled(text) else text


def number(text: str | None, rule: Rule) -> Decimal | None:
    """Return the amount in a text, in whole millionths."""
    if not filled(text):
        return None
    assert text is not None
    bare = text.replace("€", "").replace("%", "").strip(BLANKS)
    negative = bare.startswith(("(", "-")) or bare.endswith("-")
    digits = bare.strip("()- ")
    digits = digits.replace(",", "") if rule["decimal"] == "." else digits.replace(".", "").replace(",", ".")
    scale = Decimal("0.01") if rule.get("number") == "percent" else SCALES.get(str(rule.get("scale")), Decimal(1))
    return (Decimal(digits) * (-1 if negative else 1) * scale).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def deal(cells: Cells, one: Said, columns: list[str]) -> Row:
    """Return the values of a row of deals."""
    markers = listed(one.source.get("missing"))
    values: list[object] = []
    for name in columns:
        rule = one.deals.get(name)
        if rule is None:
            values.append(None)
            continue
        every = [*markers, *listed(rule.get("missing"))]
        text = picked(cells, rule, every) if "header" in rule else None
        if name == "created_at":
            if text is None:
                values.append(None)
                continue
            local = dt.datetime.strptime(text, str(rule["date_format"])).replace(tzinfo=ZoneInfo(one.zone))
            values.append(local.astimezone(dt.UTC).replace(tzinfo=None))
        elif name == "amount":
            value = number(text, rule)
            for header in listed(rule.get("minus")):
                less = number(without(cells[header], every), rule)
                value = None if value is None else value - (less or 0)
            values.append(value)
        else:
            text = worded(text, rule)
            values.append(text.strip(" ") if text is not None and name == "deal_id" else text)
    return tuple(values)


def people(cells: Cells, one: Said) -> Iterator[Row]:
    """Yield the deal and each person in its list."""
    cell = without(cells["People"], listed(one.source.get("missing")))
    found = [] if cell is None else json.loads(cell) if cell.startswith("[") else cell.split(";")
    for item in found:
        text = worded(without(item.strip(BLANKS), listed(one.person.get("missing"))), one.person)
        if text is not None:
            yield cells["Key"], text


@examples(6)
@given(seed=st.integers(0, 2**64))
def test_rules_give_what_they_say_and_every_row(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    timezone = dice.choice(["UTC", "Europe/Berlin"])
    parts = [said(dice, timezone, first) for first in (0, 100)[: dice.choice([1, 2])]]
    entries: dict[str, list[Rule]] = {"deals": [], "deal_contacts": []}
    for n, one in enumerate(parts):
        with (tmp_path / f"{n}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, HEADERS, delimiter=dice.choice(",;"))
            writer.writeheader()
            writer.writerows(one.rows)
        entries["deals"].append({"path": f"{n}.csv", **one.source, "columns": one.deals})
        whose = {"deal_id": "Key", "contact_id": one.person}
        entries["deal_contacts"].append({"path": f"{n}.csv", **one.source, "columns": whose})
    sources = {table: found[0] if len(found) == 1 else {"union": found} for table, found in entries.items()}
    config_path = tmp_path / "attrib.yaml"
    config_path.write_text(json.dumps({"version": 1, "timezone": timezone, "sources": sources}, indent=1))
    config = load_config(config_path)
    columns = ["deal_id", "created_at", "amount", "stage", "place"]
    columns += ["system"] if any("system" in one.deals for one in parts) else []
    want: dict[str, list[Row]] = {"deals": [], "deal_contacts": []}
    for one in parts:
        rows = chosen([cells for cells in one.rows if counts(cells, listed(one.source.get("where")))], one.source)
        want["deals"] += [deal(cells, one, columns) for cells in rows]
        want["deal_contacts"] += [found for cells in rows for found in people(cells, one)]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables = open_tables(connection, config_sources(config), config.settings, needed=["deals", "deal_contacts"])
        for name, asked in (("deals", columns), ("deal_contacts", ["deal_id", "contact_id"])):
            quoted = ", ".join(f'"{column}"' for column in asked)
            for relation in (tables[name].relation, f"({tables[name].definition})"):
                query = f"SELECT {quoted} FROM {relation} AS s ORDER BY source_row"
                assert connection.execute(query).fetchall() == want[name], (name, config_path.read_text())
            assert tables[name].rows == len(want[name])
