"""Path, path length, steps and days as columns of reports, against the tables of paths and across commands.

Every cell of random reports by them, and filtered on them, is held against brute force in
`properties/test_engine_reference.py` and `test_fitted_reports.py`, whose cases draw them.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here

from attrib_cli.engine import ReportSpec, Settings, discover
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.journey_paths import find_paths
from attrib_cli.engine.path_answers import Transform
from attrib_cli.engine.session import Session, open_session
from attrib_cli.engine.source_spec import Filter

EXAMPLE = Path(__file__).parents[2] / "examples" / "data"
LABELS = {"path": "top", "path_length": "length", "lag_days": "lag", "steps": "length"}


@pytest.fixture(scope="module")
def example() -> Session:  # type: ignore[misc]
    with open_session(discover(EXAMPLE), Settings()) as session:
        yield session


def rows(*arguments: str | Path) -> list[dict[str, str]]:
    done = attrib_here("report", *arguments, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("contact-create", "path"), ("contact-create", "lag_days"), ("deal-create", "steps"),
     *(("revenue", name) for name in LABELS)],
)  # fmt: skip
def test_rows_are_those_of_the_tables_of_paths(example: Session, kind: str, name: str) -> None:
    """A conversion is in one row whole, so that every rule gives what the table of paths counts."""
    spec = ReportSpec(type=kind, by=(name,), models=("first", "linear", "time-decay"), where=_some(kind))
    found = example.run(spec)
    transform = Transform(collapse=name == "steps")
    table = find_paths(example, ReportSpec(type=kind, by=("channel",), where=_some(kind)), LABELS[name], transform)
    at = table.columns.index("conversions")
    wanted = {"(unattributed)" if row[0] is None else str(row[0]): row[at] for row in table.rows if row[at]}
    column = [c.name for c in found.columns].index("contacts" if kind == "contact-create" else "deals")
    for model in spec.models:
        assert {row[0]: row[column] for row in found.rows if row[1] == model} == wanted
    assert sum(wanted.values()) == found.summary.conversions


def _some(kind: str) -> tuple[Filter, ...]:
    return (Filter(column="lifecycle_stage", op="!=", values=("lead",)),) if kind == "contact-create" else ()


def test_a_filter_on_journeys_picks_the_same_ones_in_reports_and_paths(example: Session) -> None:
    """Journeys without conversion too, of which data-driven models learn."""
    where = (Filter(column="steps", op=">=", values=("2",)), Filter(column="path", op="~", values=("webinar",)))
    table = find_paths(example, ReportSpec(by=("channel",), where=where), "top", Transform())
    every = find_paths(example, ReportSpec(by=("channel",)), "top", Transform())

    def fits(path: str) -> bool:
        changes = sum(a != b for a, b in zip(path.split(" > "), path.split(" > ")[1:], strict=False))
        return changes >= 1 and "webinar" in path.lower()

    assert sorted(table.rows) == sorted(row for row in every.rows if fits(str(row[0])))
    report = example.run(ReportSpec(by=("channel",), models=("linear", "markov"), where=where))
    assert report.summary.conversions == table.conversions > 0


def test_numbers_come_in_order_and_what_has_no_interactions_last() -> None:
    lengths = [int(row["path_length"]) for row in rows("--demo", "--by", "path_length")]
    assert lengths == sorted(lengths) and lengths[0] == 0
    days = [row["lag_days"] for row in rows("--demo", "--by", "lag_days", "--limit", "3")]
    assert days[-2:] == ["(other)", "(unattributed)"] and [int(day) for day in days[:-2]] == sorted(map(int, days[:-2]))


def test_a_row_is_explained_and_carried_into_ledger_page_and_json(tmp_path: Path) -> None:
    ways = rows("--demo", "--by", "path,path_length")
    short = min(ways, key=lambda row: (int(row["path_length"]) or 99, row["path"]))
    explained = attrib_here(
        *("explain", "report", "--demo", "--by", "path,path_length", "--row", short["path"]),
        *("--row", short["path_length"], "--format", "json"),
    )
    behind = json.loads(explained.stdout, parse_float=Decimal)["conversions"]
    assert sum(Decimal(one["credit"]["linear"]) for one in behind) == Decimal(short["revenue"])
    ledger = attrib_here("export", "--demo", "--ledger", "--by", "path", "-f", "csv", "-o", tmp_path / "ledger.csv")
    assert ledger.returncode == 0, ledger.stderr
    lines = list(csv.DictReader((tmp_path / "ledger.csv").open(encoding="utf-8")))
    assert sum(Decimal(line["linear_credit"]) for line in lines if line["path"] == short["path"]) == Decimal(
        short["revenue"]
    )
    few = ("--where", f"path_length<={max(int(short['path_length']), 4)}")
    page = attrib_here("report", "--demo", "--by", "path", *few, "-o", tmp_path / "page.html")
    assert page.returncode == 0, page.stderr
    assert short["path"].replace(">", "&gt;") in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "path", "--measure", "spend"), "'spend' cannot be cut by path"),
        (("--by", "path_lenght"), "Did you mean 'path_length'?"),
        (("--eligible", "steps=2",), "is about steps, which is not the interaction's"),
        (("--where", "path=Emial > Direct"), "Did you mean 'Email'?"),
        (("--where", "path_length>=many"), "which is not a number"),
        (("--by", "path", "--model", "markov", "--confidence", "90%"), "no intervals by path"),
    ],
)  # fmt: skip
def test_what_journeys_cannot_say_is_refused_by_name(arguments: tuple[str, ...], said: str) -> None:
    done = attrib_here("report", "--demo", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_column_of_the_same_name_is_told_apart(tmp_path: Path) -> None:
    """Nobody's column becomes another figure in silence."""
    (tmp_path / "touchpoints.csv").write_text(
        "contact_id,occurred_at,channel,path\nc1,2026-01-01,Email,/a\nc1,2026-01-02,Paid,/b\n"
    )
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-01-03\n")
    asked = ("-t", "contact-create", "--data", tmp_path)
    refused = attrib_here("report", *asked, "--by", "path")
    assert refused.returncode == 2
    assert "Say which: journey.path or touchpoint.path." in refused.stderr
    assert {row["touchpoint.path"] for row in rows(*asked, "--by", "touchpoint.path")} == {"/a", "/b"}
    assert [row["journey.path"] for row in rows(*asked, "--by", "journey.path")] == ["Email > Paid"]


def test_without_channels_there_is_a_length_and_no_path(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\nc1,2026-01-01\nc1,2026-01-02\n")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-01-03\n")
    asked = ("-t", "contact-create", "--data", tmp_path)
    assert [row["path_length"] for row in rows(*asked, "--by", "path_length")] == ["2"]
    assert "no column channel" in attrib_here("report", *asked, "--by", "path").stderr


def test_paths_need_no_tie_break_but_that_of_journeys(tmp_path: Path) -> None:
    """At one moment the id decides, whole numbers before texts, whatever the order of the rows."""
    (tmp_path / "touchpoints.csv").write_text(
        "touchpoint_id,contact_id,occurred_at,channel\nb,c1,2026-01-01,B\n10,c1,2026-01-01,Ten\n9,c1,2026-01-01,Nine\n"
    )
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-01-03\n")
    found = rows("-t", "contact-create", "--data", tmp_path, "--by", "path", "--model", "last")
    assert [row["path"] for row in found] == ["Nine > Ten > B"]


def test_filters_on_journeys_stand_in_a_reconciliation() -> None:
    """Deals that they leave out have a step of their own, and the steps sum."""
    done = attrib_here("reconcile", "attributed", "closed", "--demo", "--where", "path_length>=20", "-f", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout, parse_float=Decimal)
    steps = {one["reason"]: one for one in found["steps"]}
    assert found["from"]["amount"] + sum(one["amount"] for one in found["steps"]) == found["to"]["amount"]
    shorter = rows("--demo", "--by", "path_length", "--where", "path_length<20")
    assert steps["filtered-deals"]["amount"] == sum(Decimal(row["revenue"]) for row in shorter)


def test_they_stand_beside_what_looks_at_earlier_conversions() -> None:
    """New or returning, and cycles of repeat conversions, are found before journeys are measured."""
    plain = rows("--demo", "--by", "path_length")
    both = rows("--demo", "--by", "path_length,new_or_returning")
    assert sum(Decimal(r["deals"]) for r in both) == sum(Decimal(r["deals"]) for r in plain)
    assert rows("--demo", "--by", "path_length", "--where", "new_or_returning=new", "--where", "steps>=2")


def test_an_empty_report_says_that_a_filter_on_journeys_left_nothing() -> None:
    done = attrib_here("report", "--demo", "--where", "path_length>=1000")
    assert done.returncode == 0
    assert "`path_length>=1000` leaves 0 of" in done.stderr


def test_states_of_journeys_are_no_columns_of_them(example: Session) -> None:
    with pytest.raises(UsageError, match="no state of a journey"):
        example.run(ReportSpec(models=("markov",), estimation=_states("path")))


def _states(name: str):  # type: ignore[no-untyped-def]
    from attrib_cli.engine.spec import EstimationSpec

    return EstimationSpec(states=(name,))
