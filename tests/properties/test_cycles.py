"""Separate cycles of repeat conversions, and the rarer buckets of time, against the brute force on random data."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
from conftest import WriteData, examples
from hypothesis import given
from hypothesis import strategies as st
from in_process import attrib_here
from reference import MORE_BUCKETS
from strategies import Case, build
from test_engine_reference import check

from attrib_cli.engine import discover, open_session
from attrib_cli.engine.backends.shards import ShardedBackend


def held(case: Case, write_data: WriteData, shards: int | None = None) -> None:
    backend = None if shards is None else ShardedBackend(shards=shards)
    sources = discover(write_data(case.data, case.style))
    with open_session(sources, case.settings(), threads=1, backend=backend) as session:
        check(case, session.run(case.spec()))


@examples(6)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from([None, None, 3]))
def test_each_conversion_begins_after_the_previous_one_of_its_contact(
    seed: int, shards: int | None, write_data: WriteData
) -> None:
    """Contacts share deals, and moments are few, so that many are alike."""
    case = build(seed, crowded=seed % 3 == 0)
    held(dataclasses.replace(case, ask=dataclasses.replace(case.ask, separate=True)), write_data, shards)


@examples(4)
@given(seed=st.integers(0, 2**64))
def test_fiscal_years_weekdays_and_hours(seed: int, write_data: WriteData) -> None:
    case, dice = build(seed), random.Random(seed)
    by = (dice.choice(MORE_BUCKETS), dice.choice([*MORE_BUCKETS, "channel"]))
    ask = dataclasses.replace(case.ask, by=tuple(dict.fromkeys(by)), fiscal_year_starts_in=dice.randint(1, 12))
    held(dataclasses.replace(case, ask=ask), write_data)


@examples(5)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from([None, None, 3]))
def test_days_to_conversion_and_new_or_returning(seed: int, shards: int | None, write_data: WriteData) -> None:
    case, dice = build(seed, crowded=seed % 3 == 0), random.Random(seed)
    by = dice.choice(
        [("days_to_conversion",), ("new_or_returning",), ("new_or_returning", "days_to_conversion", "channel")]
    )
    held(dataclasses.replace(case, ask=dataclasses.replace(case.ask, by=by)), write_data, shards)


TABLES = {
    "touchpoints": "touchpoint_id,contact_id,occurred_at,channel\n1,a,2026-01-01,Email\n2,a,2026-01-10,Paid\n"
    "3,a,2026-01-20,Event\n4,b,2026-01-02,Direct\n5,b,2026-01-15,Social\n",
    "deals": "deal_id,created_at,closed_at,amount,is_won\nd1,2026-01-01,2026-01-10,100,true\n"
    "d2,2026-01-01,2026-01-31,200,true\nd3,2026-01-01,2026-01-31,50,true\n",
    "deal_contacts": "deal_id,contact_id\nd1,a\nd2,a\nd2,b\nd3,a\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_by_hand_and_through_every_command(folder: Path) -> None:
    """Contact a buys on 10 January, and twice on the 31st; of b the 31st is the first, so that all of it counts."""
    asked = ("--data", folder, "--cycles", "separate", "-m", "linear")
    done = attrib_here("report", *asked, "--by", "deal_id,channel", "-f", "csv", "--measure", "interactions")
    assert done.returncode == 0, done.stderr
    assert {tuple(line.split(",")[:2]) for line in done.stdout.splitlines()[1:]} == {
        *(("d1", "Email"), ("d1", "Paid")),  # at the moment of the first conversion: it belongs to that one
        *(("d2", "Event"), ("d2", "Direct"), ("d2", "Social")),
        ("d3", "Event"),  # both conversions of the 31st are of one cycle
    }
    later = attrib_here("report", *asked, "--by", "channel", "--from", "2026-01-31", "-f", "csv")
    assert "Email" not in later.stdout  # a conversion before the period ends a cycle all the same
    plain = ("report", "--data", folder, "-m", "linear", "-f", "csv", "--measure", "deals")
    done = attrib_here(*plain, "--by", "new_or_returning")
    assert done.stdout.splitlines()[1:] == ["returning,linear,2", "new,linear,1"]
    done = attrib_here(*plain, "--by", "days_to_conversion", "--where", "new_or_returning=new")
    assert done.stdout.splitlines()[1:] == ["0,linear,0.5", "9,linear,0.5"]
    done = attrib_here(*plain, "--by", "days_to_conversion", "--where", "days_to_conversion>=20")
    assert {line.split(",")[0] for line in done.stdout.splitlines()[1:]} == {"21", "29", "30"}
    refused = attrib_here(*plain, "--by", "channel", "--where", "new_or_returning=retuning")
    assert refused.returncode == 2 and "'returning'" in refused.stderr
    told = attrib_here("explain", "deal", "d2", *asked, "-f", "csv").stdout
    assert "it comes before an earlier conversion of its contact" in told
    assert (
        "repeat conversions: each begins after"
        in attrib_here("report", *asked, "--by", "channel", "-f", "table").stdout
    )
    assert attrib_here("paths", "top", *asked[:-2], "-f", "csv").returncode == 0
    refused = attrib_here("reconcile", "attributed", "closed", *asked)
    assert refused.returncode == 2 and "--cycles" in refused.stderr
    for wrong, said in (("seperate", "separate"),):
        done = attrib_here("report", "--data", folder, "--cycles", wrong)
        assert done.returncode == 2 and said in done.stderr
