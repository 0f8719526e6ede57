"""The counts of ``attrib check`` on random tables, against the same counts made row by row in Python."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from in_process import attrib_here

Id = int | None
Moment = dt.datetime | None


def some_id(chance: random.Random) -> Id:
    """A contact that is known, one that is not, or none."""
    return chance.choice([None, *range(100, 110), *range(1, 60)])


def some_time(chance: random.Random) -> Moment:
    """A moment of 2025, before 1995, after today, or none."""
    usual = dt.datetime(2025, 1, 1) + dt.timedelta(hours=chance.randrange(8000))
    return chance.choice([None, dt.datetime(1970, 1, 1), dt.datetime(2027, 1, 1), *([usual] * 20)])


def write(
    folder: Path, name: str, columns: dict[str, list[object]], types: dict[str, pa.DataType], format: str
) -> None:
    """Write a table; CSV has ids as text, Parquet as whole numbers."""
    table = pa.table({key: pa.array(values, types[key]) for key, values in columns.items()})
    if format == "csv":
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    else:
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet")


@pytest.mark.parametrize(
    ("seed", "formats"),
    [(1, ("parquet", "parquet")), (2, ("csv", "csv")), (3, ("parquet", "csv")), (4, ("csv", "parquet"))],
)
def test_counts_are_those_of_the_rows(tmp_path: Path, seed: int, formats: tuple[str, str]) -> None:
    chance = random.Random(seed)
    touches: list[tuple[int, Id, Moment]] = [
        (n - (n % 40 == 3), some_id(chance), some_time(chance)) for n in range(1500)
    ]
    machine = dt.datetime(2025, 5, 5, 10)
    touches += [(10_000 + n, 7, machine) for n in range(300)]
    contacts = chance.sample(range(1, 60), 45)
    deals: list[tuple[int, Moment, bool]] = [
        (n, some_time(chance), chance.random() < 0.6) for n in chance.sample(range(80), 60)
    ]
    pairs = [(chance.randrange(90), some_id(chance)) for _ in range(120)]
    integer, moment = pa.int64(), pa.timestamp("us")
    write(
        tmp_path,
        "touchpoints",
        {
            "touchpoint_id": [id_ for id_, _, _ in touches],
            "contact_id": [id_ for _, id_, _ in touches],
            "occurred_at": [at for _, _, at in touches],
        },
        {"touchpoint_id": integer, "contact_id": integer, "occurred_at": moment},
        formats[0],
    )
    created = dt.datetime(2025, 1, 1)
    write(
        tmp_path,
        "contacts",
        {"contact_id": list(contacts), "created_at": [created] * len(contacts)},
        {"contact_id": integer, "created_at": moment},
        formats[1],
    )
    write(
        tmp_path,
        "deals",
        {
            "deal_id": [id_ for id_, _, _ in deals],
            "created_at": [created] * len(deals),
            "closed_at": [at for _, at, _ in deals],
            "amount": [1] * len(deals),
            "is_won": [won for _, _, won in deals],
        },
        {"deal_id": integer, "created_at": moment, "closed_at": moment, "amount": integer, "is_won": pa.bool_()},
        formats[1],
    )
    write(
        tmp_path,
        "deal_contacts",
        {"deal_id": [deal for deal, _ in pairs], "contact_id": [contact for _, contact in pairs]},
        {"deal_id": integer, "contact_id": integer},
        formats[0],
    )
    done = attrib_here("check", "--data", tmp_path, "--format", "json", "--today", "2026-04-01", "--no-cache")
    counted = {
        (one["check"], one["about"]): (one["count"], one["total"]) for one in json.loads(done.stdout)["findings"]
    }

    named = [contact for _, contact, _ in touches if contact is not None]
    timed = [at for _, _, at in touches if at is not None]
    known_deals = {deal for deal, _, _ in deals}
    of_deals = {contact for _, contact in pairs if contact is not None}
    last: dict[int, dt.datetime] = {}
    for deal, closed_at, won in deals:
        for owned, contact in pairs:
            if owned == deal and won and closed_at is not None and contact is not None:
                last[contact] = max(last.get(contact, closed_at), closed_at)
    of_converted = [(last[contact], at) for _, contact, at in touches if contact in last]
    late = sum(1 for end, at in of_converted if at is not None and at > end)
    expected = {
        ("touchpoints-without-contact", "touchpoints.contact_id"): (
            len([contact for contact in named if contact not in contacts]),
            len(named),
        ),
        ("untouched-contacts", "contacts.contact_id"): (len(set(contacts) - set(named)), len(contacts)),
        ("contacts-without-touchpoints", "deal_contacts.contact_id"): (len(of_deals - set(named)), len(of_deals)),
        ("unknown-contacts-of-deals", "deal_contacts.contact_id"): (len(of_deals - set(contacts)), len(of_deals)),
        ("unknown-deals", "deal_contacts.deal_id"): (len([1 for d, _ in pairs if d not in known_deals]), len(pairs)),
        ("deals-without-contacts", "deals.deal_id"): (
            len(known_deals - {deal for deal, contact in pairs if contact is not None}),
            len(deals),
        ),
        ("repeated-touchpoints", "touchpoints"): (len(touches) - len({id_ for id_, _, _ in touches}), len(touches)),
        ("unusable-touchpoints", "touchpoints"): (
            len([1 for _, contact, at in touches if contact is None or at is None]),
            len(touches),
        ),
        ("future-dates", "touchpoints.occurred_at"): (len([1 for at in timed if at.year == 2027]), len(timed)),
        ("implausible-dates", "touchpoints.occurred_at"): (len([1 for at in timed if at.year == 1970]), len(timed)),
        ("touchpoints-after-conversion", "touchpoints.occurred_at"): (late, len(of_converted)),
    }  # fmt: skip
    assert {key: counted.get(key) for key in expected} == expected
    at = sorted(at.date() for _, contact, at in touches if contact == 7 and at is not None)
    n = named.count(7)
    busy = n if n / ((at[-1] - at[0]).days + 1) > 50 else 0
    assert counted.get(("absurd-rates", "touchpoints.contact_id"), (0, 0))[0] == busy


def test_machines_are_told_by_all_touchpoints_of_a_contact(tmp_path: Path) -> None:
    rows = [f"1,2025-05-05T10:00:{n % 60:02d}" for n in range(300)] + [f"2,2025-0{1 + n % 9}-05" for n in range(300)]
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\n" + "\n".join(rows) + "\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n1,2025-01-01\n2,2025-01-01\n")
    done = attrib_here("check", "--data", tmp_path, "--format", "json", "--today", "2026-04-01", "--no-cache")
    (found,) = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "absurd-rates"]
    assert (found["count"], found["total"]) == (300, 600)
    assert found["examples"] == [{"place": "touchpoints.csv:2", "value": "1 (300 touchpoints)"}]
