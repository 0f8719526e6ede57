"""Paths against brute force: every journey walked in Python, and their sums against the report's."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import random
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here

from attrib_cli.engine import ReportSpec, discover, run
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.journey_paths import PathTable, find_paths
from attrib_cli.engine.path_answers import QUESTIONS, Transform
from attrib_cli.engine.session import open_session
from attrib_cli.engine.source_spec import Filter
from attrib_cli.output.values import plain_number

CHANNELS = ("Email", "Paid", "Direct", "")
START = dt.datetime(2026, 1, 1)
Journeys = dict[str, tuple[list[tuple[dt.datetime, str]], dt.datetime | None]]


def made(folder: Path, seed: int, contacts: int = 60) -> Journeys:
    """Write contacts, some of them never created, with their touchpoints; return each one's touches and creation."""
    draw = random.Random(seed)
    journeys: Journeys = {}
    for number in range(contacts):
        created = START + dt.timedelta(hours=draw.randrange(24 * 90)) if draw.random() < 0.6 else None
        touches = sorted(
            (START + dt.timedelta(seconds=draw.randrange(86400 * 90)), draw.choice(CHANNELS))
            for _ in range(draw.randrange(6))
        )
        journeys[f"c{number}"] = (touches, created)
    rows = [
        f"{contact},{when:%Y-%m-%dT%H:%M:%SZ},{channel}" for contact, (t, _) in journeys.items() for when, channel in t
    ]
    (folder / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n" + "\n".join(rows) + "\n")
    known = [f"{c},{created:%Y-%m-%dT%H:%M:%SZ}" for c, (_, created) in journeys.items() if created]
    (folder / "contacts.csv").write_text("contact_id,created_at\n" + "\n".join(known) + "\n")
    return journeys


def walked(journeys: Journeys) -> list[tuple[tuple[str, ...], bool, dt.timedelta | None]]:
    """Every journey as its channels, whether it converted, and how long it took to do so."""
    found = []
    for touches, created in journeys.values():
        kept = [(when, channel) for when, channel in touches if created is None or when <= created]
        if created is None and not kept:
            continue
        path = tuple(channel or "(no channel)" for _, channel in kept)
        found.append((path, created is not None, created - kept[0][0] if created and kept else None))
    return found


UNCHANGED = Transform()


def asked(folder: Path, question: str, transform: Transform = UNCHANGED) -> PathTable:
    with open_session(discover(str(folder))) as session:
        return find_paths(session, ReportSpec(type="contact-create", by=("channel",)), question, transform)


def changed(path: tuple[str, ...], transform: Transform) -> tuple[str, ...]:
    if transform.collapse:
        path = tuple(step for i, step in enumerate(path) if i == 0 or step != path[i - 1])
    if transform.distinct:
        path = tuple(dict.fromkeys(path))
    if transform.first:
        path = path[: transform.first]
    return path[-transform.last :] if transform.last else path


@pytest.mark.parametrize(
    "transform",
    [
        Transform(),
        Transform(collapse=True),
        Transform(distinct=True),
        Transform(collapse=True, first=3, last=2),
        Transform(last=1),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_paths_are_those_that_were_walked(tmp_path: Path, seed: int, transform: Transform) -> None:
    journeys = walked(made(tmp_path, seed))
    all_, converted = Counter(), Counter()  # type: Counter[str], Counter[str]
    for path, is_conversion, _ in journeys:
        text = " > ".join(changed(path, transform)) or "(unattributed)"
        all_[text] += 1
        converted[text] += is_conversion
    found = asked(tmp_path, "top", transform)
    assert {row[0]: (row[1], row[2]) for row in found.rows} == {text: (converted[text], n) for text, n in all_.items()}
    for _, conversions, count, rate in found.rows:
        assert rate == (Decimal(str(conversions)) / Decimal(str(count))).quantize(Decimal("0.000001"))


def test_steps_days_and_their_deciles(tmp_path: Path) -> None:
    journeys = walked(made(tmp_path, 3))
    lengths = Counter(len(path) for path, _, _ in journeys)
    assert {row[0]: row[2] for row in asked(tmp_path, "length").rows} == lengths
    days = Counter(lag.days for _, converted, lag in journeys if converted and lag is not None)
    found = asked(tmp_path, "lag")
    assert {row[0]: row[1] for row in found.rows if row[0] is not None and row[1]} == days
    ordered = sorted(days.elements())
    middle = ordered[-(-len(ordered) * 5 // 10) - 1]
    assert found.facts[0].startswith(f"median {middle} days")


@pytest.mark.parametrize(
    "transform", [Transform(), Transform(distinct=True, last=2), Transform(collapse=True, first=2)]
)
def test_who_opens_assists_and_closes(tmp_path: Path, transform: Transform) -> None:
    roles: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    together: Counter[str] = Counter()
    for whole, converted, _ in walked(made(tmp_path, 4)):
        path = changed(whole, transform)
        together[" + ".join(sorted(set(path))) or "(unattributed)"] += converted
        for state in set(path) if converted else ():
            counts = roles[state]
            for i, holds in enumerate(
                (path[0] == state, state in path[:-1], path[-1] == state, set(path) == {state}, True)
            ):
                counts[i] += holds
    found = asked(tmp_path, "assists", transform)
    assert {row[0]: list(row[1:6]) for row in found.rows} == roles
    assert {row[0]: row[2] for row in asked(tmp_path, "overlaps", transform).rows} == together


def test_what_follows_what(tmp_path: Path) -> None:
    flows: Counter[tuple[int, str, str]] = Counter()
    for path, _, _ in walked(made(tmp_path, 5)):
        for i, state in enumerate(path):
            flows[i + 1, state, path[i + 1] if i + 1 < len(path) else "(end)"] += 1
    found = asked(tmp_path, "flow")
    assert {(row[0], row[1], row[2]): row[4] for row in found.rows} == flows


@pytest.mark.parametrize("question", ["top", "length", "lag", "overlaps"])
def test_conversions_and_value_are_those_of_the_report(question: str) -> None:
    sources = discover(str(Path(__file__).parents[2] / "examples" / "data"))
    report = run(ReportSpec(by=("channel",)), sources)
    with open_session(sources) as session:
        found = find_paths(session, ReportSpec(by=("channel",)), question, Transform())
    assert (found.totals["conversions"], found.totals["revenue"]) == (report.summary.conversions, report.totals[0][2])


def test_filters_pick_journeys_or_are_refused() -> None:
    sources = discover(str(Path(__file__).parents[2] / "examples" / "data"))
    enterprise = ReportSpec(by=("channel",), where=(Filter(column="segment", op="=", values=("Enterprise",)),))
    with open_session(sources) as session:
        found = find_paths(session, enterprise, "top", Transform())
        assert found.conversions == run(enterprise, sources).summary.conversions
        with pytest.raises(UsageError, match="a path is no credit"):
            find_paths(session, ReportSpec(by=("channel",), campaigns=("Spring Launch",)), "top", Transform())
        with pytest.raises(UsageError, match="paths do not answer 'tops'"):
            find_paths(session, ReportSpec(by=("channel",)), "tops", Transform())


def test_the_command_line_writes_the_columns_and_merges_small_paths() -> None:
    done = attrib_here("paths", "--demo", "--last-steps", "1", "--min-share", "10%", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["path", "conversions", "revenue", "journeys", "rate"]
    assert rows[-1]["path"] == "(other)"
    assert all(int(row["conversions"]) >= 4.1 for row in rows[:-1])
    assert sum(Decimal(row["revenue"]) for row in rows) == Decimal("1133227.32")
    assert "note: the last step · paths below 10% of the conversions as (other)\n" in done.stderr
    what_is_done = ("--distinct", "--leave-out", "Direct", "--non-converting", "off")
    table = attrib_here("paths", "assists", "--demo", *what_is_done, "-f", "table").stdout
    assert "Assisted per closed" in table
    assert "without the step Direct · each step where it stands first · journeys without conversion left out" in table
    wrong = attrib_here("paths", "--demo", "--min-share", "x")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    for unused in (("lag", "--distinct"), ("assists", "--min-share", "1%")):
        assert attrib_here("paths", *unused, "--demo").returncode == 2
    assert set(QUESTIONS) == {"top", "length", "lag", "assists", "overlaps", "flow"}


def test_paths_are_the_same_in_pieces_streamed_and_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many journeys are put together at once, and whether rows are held or not."""
    made(tmp_path, 11)
    spec = ReportSpec(type="contact-create", by=("channel",))
    with open_session(discover(tmp_path)) as session:
        whole = find_paths(session, spec, "top", UNCHANGED)
        few = find_paths(session, spec, "top", UNCHANGED, most=3)
        monkeypatch.setattr("attrib_cli.engine.walked_journeys._PIECE", 7)
        monkeypatch.setattr("attrib_cli.engine.walked_journeys._BATCH", 3)
        monkeypatch.setattr("attrib_cli.engine.path_answers._BATCH", 5)
        streamed = find_paths(session, spec, "top", UNCHANGED, stream=True)
        texts = [tuple(cell if isinstance(cell, str) else plain_number(cell) for cell in row) for row in whole.rows]
        assert streamed.texts is not None
        assert list(streamed.texts) == texts
        assert find_paths(session, spec, "lag", UNCHANGED).totals == whole.totals == few.totals
    assert few.rows == tuple(whole.rows)[:3]
    assert few.left == len(tuple(whole.rows)) - 3


@pytest.mark.parametrize("ids", ["none", "numbers", "texts"])
def test_steps_of_one_moment_go_by_id_and_then_by_row(tmp_path: Path, ids: str) -> None:
    """Ids that stand twice, that are missing, or that are no numbers."""
    draw = random.Random(ids)
    named = {"none": [""], "numbers": ["", "1", "2", "7", str(2**63 - 1), "-3"], "texts": ["", "a", "B", "10", "9"]}[
        ids
    ]
    rows = [
        (
            f"c{draw.randrange(40)}",
            f"2025-01-{draw.randint(1, 2):02}T00:00:00Z",
            draw.choice(CHANNELS),
            draw.choice(named),
        )
        for _ in range(160)
    ]
    (tmp_path / "touchpoints.csv").write_text(
        "contact_id,occurred_at,channel,touchpoint_id\n" + "".join(",".join(row) + "\n" for row in rows)
        if ids != "none"
        else "contact_id,occurred_at,channel\n" + "".join(",".join(row[:3]) + "\n" for row in rows)
    )
    contacts = "".join(f"c{n},{'2025-02-01' if n % 3 else ''}\n" for n in range(40))
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n" + contacts)

    def order(step: tuple[int, tuple[str, str, str, str]]) -> tuple[object, ...]:
        number, (_, moment, _, id_) = step
        whole = id_.lstrip("-").isdigit()
        return moment, id_ == "", not whole, int(id_) if whole else 0, id_ if not whole else "", number

    journeys: dict[str, list[str]] = defaultdict(list)
    for _, (contact, _, channel, _) in sorted(enumerate(rows), key=order):
        journeys[contact].append(channel or "(no channel)")
    wanted = Counter(" > ".join(path) for path in journeys.values())
    wanted["(unattributed)"] += sum(n % 3 > 0 and f"c{n}" not in journeys for n in range(40))
    assert Counter({row[0]: row[2] for row in asked(tmp_path, "top").rows}) == +wanted


def test_steps_are_left_out_of_paths_that_have_others(tmp_path: Path) -> None:
    """Snowplow's remove_if_not_all and remove_if_last_and_not_all, alone, together and with its other transforms."""
    journeys = walked(made(tmp_path, 5))

    def removed(path: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
        return tuple(step for step in path if step not in names) or path

    def stripped(path: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
        kept = list(path)
        while kept and kept[-1] in names:
            kept.pop()
        return tuple(kept) or path

    for without, last, others in (
        (("direct",), (), Transform()),
        ((), ("Direct", "Paid"), Transform()),
        (("Paid",), ("Email",), Transform(collapse=True, last=2)),
    ):
        transform = dataclasses.replace(others, without=without, without_last=last)
        wanted: Counter[str] = Counter()
        for path, _, _ in journeys:
            left = stripped(removed(path, {name.capitalize() for name in without}), set(last))
            wanted[" > ".join(changed(left, others)) or "(unattributed)"] += 1
        assert {row[0]: row[2] for row in asked(tmp_path, "top", transform).rows} == wanted
    closed = {row[0]: row[3] for row in asked(tmp_path, "assists", Transform(without_last=("Direct",))).rows}
    ends = Counter(stripped(path, {"Direct"})[-1] for path, converted, _ in journeys if converted and path)
    assert closed == {name: ends[name] for name in closed}
    with pytest.raises(UsageError, match="no path has a step 'Diret'") as refused:
        asked(tmp_path, "top", Transform(without=("Diret",)))
    assert "Direct" in str(refused.value.hint)


def test_a_step_to_leave_out_where_there_are_no_steps_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel\nc,2026-03-01,Email\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc,2026-02-01\n")
    with pytest.raises(UsageError, match="no path has a step 'Email'") as refused:
        asked(tmp_path, "top", Transform(without=("Email",)))
    assert refused.value.hint == "No journey here has an interaction: leave it out."


def test_paths_become_what_snowplow_says_of_its_transforms(tmp_path: Path) -> None:
    """The example of its documentation: A, B, A, A."""
    steps = "".join(f"c,2026-01-0{day},{state}\n" for day, state in enumerate("ABAA", 1))
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at,channel\n" + steps)
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc,2026-02-01\n")
    for transform, wanted in (
        (Transform(), "A > B > A > A"),
        (Transform(collapse=True), "A > B > A"),
        (Transform(distinct=True), "A > B"),
        (Transform(without_last=("A",)), "A > B"),
        (Transform(without=("A",)), "B"),
    ):
        assert [row[0] for row in asked(tmp_path, "top", transform).rows] == [wanted]


def test_paths_and_credit_are_those_of_a_recorded_run_of_snowplow(tmp_path: Path) -> None:
    """Its attribution package on its own test events: path summary, first, last, linear and position-based credit."""
    recorded = json.loads((Path(__file__).parents[1] / "recorded" / "snowplow.json").read_text())
    journeys = [(path, revenue) for path, revenue in recorded["conversions"]]
    journeys += [(path, None) for path, times in recorded["non_conversions"].items() for _ in range(times)]
    touches = [
        f"c{n},2026-01-01T00:{minute:02},{channel}"
        for n, (path, _) in enumerate(journeys)
        for minute, channel in enumerate(path.split(" > "))
    ]
    deals = [f"{n},c{n},2026-01-02,2026-01-03,{revenue},true" for n, (_, revenue) in enumerate(journeys) if revenue]
    for table, head, lines in (
        ("touchpoints", "contact_id,occurred_at,channel", touches),
        ("deals", "deal_id,contact_id,created_at,closed_at,amount,is_won", deals),
    ):
        (tmp_path / f"{table}.csv").write_text("\n".join((head, *lines)) + "\n")

    def answer(*words: str) -> list[dict[str, str]]:
        done = attrib_here(*words, "--data", str(tmp_path), "--type", "revenue", "--collapse", "repeats", "-f", "csv")
        return list(csv.DictReader(io.StringIO(done.stdout)))

    found = {row["path"]: row for row in answer("paths")}
    assert found.keys() == recorded["path_summary"].keys()
    for path, (conversions, others, revenue) in recorded["path_summary"].items():
        row = found[path]
        assert [int(row["conversions"]), int(row["journeys"])] == [conversions, conversions + others]
        assert Decimal(row["revenue"]) == Decimal(revenue)
    models = ("first", "last", "linear", "first=40 last=40 rest=20")
    rows = answer("report", "--by", "channel", "--model", "first,last,linear", "--weights", "first=40,last=40,rest=20")
    credit = {(row["channel"], row["model"]): row["revenue"] for row in rows}
    assert {model for _, model in credit} == {*models}
    for channel, figures in recorded["credit"].items():
        for model, figure in zip(models, figures, strict=True):
            assert abs(Decimal(credit.get((channel, model), "0")) - Decimal(figure)) <= Decimal("0.000001")
