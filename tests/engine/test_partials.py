"""Reports put together from the partials of shards: the same bytes as one run over all journeys."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import WriteData, examples
from fitted_cases import fitted
from hypothesis import given
from hypothesis import strategies as st
from strategies import build

from attrib_cli.engine import AttribError, DateRange, Report, ReportSpec, SourceMap, discover, open_session
from attrib_cli.engine.backends.duckdb import connection
from attrib_cli.engine.backends.shards import ShardedBackend
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.finishing import finish, with_estimates, with_states
from attrib_cli.engine.gathering import gather
from attrib_cli.engine.partial import Partial, read_partial
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.sharding import restricted, sharded
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.shards import Shard

SHARDS = (1, 2, 7)
PERFORMANCE = (
    *("influenced_contacts", "new_contacts_first_touch", "new_contacts_last_touch"),
    *("closed_deals", "influenced_revenue"),
)


def outcome(spec: ReportSpec, sources: SourceMap, settings: Settings, shards: int | None) -> tuple[object, ...] | str:
    """Everything of a report that people see, or what it is refused with."""
    backend = None if shards is None else ShardedBackend(shards=shards)
    try:
        with open_session(sources, settings, threads=1, backend=backend) as session:
            report = session.run(spec)
    except AttribError as error:
        return f"{type(error).__name__}: {error}"
    return (report.columns, report.rows, report.totals, report.summary, report.warnings, report.sql)


def same(spec: ReportSpec, sources: SourceMap, settings: Settings, shards: Sequence[int] = SHARDS) -> None:
    whole = outcome(spec, sources, settings, None)
    for count in shards:
        assert outcome(spec, sources, settings, count) == whole, f"{count} shards"


@examples(3)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from(SHARDS))
def test_rules_compared_filtered_and_touched(seed: int, shards: int, write_data: WriteData) -> None:
    case = build(seed, crowded=seed % 2 == 0)
    dice = random.Random(seed)
    spec = case.spec()
    if dice.random() < 0.3 and spec.dates.start and spec.dates.end:
        days = (spec.dates.end - spec.dates.start).days + 1
        start = spec.dates.start.toordinal() - days
        before = DateRange(
            start=spec.dates.start.fromordinal(start), end=spec.dates.start.fromordinal(start + days - 1)
        )
        spec = dataclasses.replace(spec, compare="previous-period", compare_dates=before)
    same(spec, discover(write_data(case.data, case.style)), case.settings(), (shards,))


@examples(3)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from(SHARDS), transitions=st.integers(0, 4))
def test_data_driven_models(seed: int, shards: int, transitions: int, write_data: WriteData) -> None:
    case = build(seed, crowded=True)
    fit, fit_spec = fitted(case)
    spec = dataclasses.replace(case.spec(), models=(*fit.models, "linear"), estimation=fit_spec)
    if not transitions:
        spec = dataclasses.replace(spec, transitions=True, models=("markov",), campaigns=(), measures=())
    same(spec, discover(write_data(case.data, case.style)), case.settings(), (shards,))


DEMO = Path(__file__).parents[2] / "examples" / "data"
ALL = ("all", "markov", "shapley")


@pytest.mark.parametrize(
    "spec",
    [
        ReportSpec(type="deal-create", models=ALL, by=("channel", "position"), limit=3),
        ReportSpec(
            models=("all", "shapley"),
            by=("campaign",),
            measures=("revenue", "spend", "influenced_contacts", "conversions_touched", "amount_touched"),
            dates=DateRange(start=dt.date(2026, 1, 1), end=dt.date(2026, 6, 30), label="half"),
            compare="previous-year",
            compare_dates=DateRange(start=dt.date(2025, 1, 1), end=dt.date(2025, 6, 30), label="half"),
        ),
        ReportSpec(by=("campaign",), transitions=True, models=("markov",), estimation=EstimationSpec(order=2)),
    ],
    ids=["positions", "compared", "transitions"],
)
def test_the_examples(spec: ReportSpec) -> None:
    """Those of `test_cluster` are gathered in shards too."""
    same(spec, discover(str(DEMO)), Settings(), (3,))


def test_partials_travel_as_files(tmp_path: Path) -> None:
    spec = ReportSpec(models=("all", "markov"), by=("campaign", "month"), measures=("revenue", "conversions_touched"))
    with open_session(discover(str(DEMO))) as session:
        whole = session.run(spec)
        request = session.prepare(spec)
        for round_, then in (("values", with_states), ("paths", with_estimates), ("credit", finish)):
            partials = []
            for number in range(3):
                folder = tmp_path / f"{round_}{number}"
                folder.mkdir()
                with open_session(discover(str(DEMO))) as worker:
                    own = worker.prepare(spec)
                    states = session.con.sql("FROM known_states").to_arrow_table() if round_ != "values" else ""
                    own = dataclasses.replace(own, known_states=states, estimates=request.estimates)
                    gather(worker.con, sharded(own, number, 3), round_).write(worker.con, folder)
                partials.append(read_partial(folder))
            found = then(session.con, request, partials)
            request = found[0] if isinstance(found, tuple) else found if not isinstance(found, Report) else request
        assert (found.rows, found.totals, found.summary) == (whole.rows, whole.totals, whole.summary)


def test_a_worker_needs_no_more_than_its_shard_has(write_data: WriteData) -> None:
    """Each worker gets only the rows that `restricted` gives it, in a connection of its own."""
    spec = ReportSpec(models=("all", "markov"), by=("campaign",), measures=("revenue", *PERFORMANCE))
    sources = discover(str(DEMO))
    with open_session(sources) as session:
        whole = session.run(spec)
        request = session.prepare(spec)
        partials: dict[str, list[Partial]] = {"values": [], "paths": [], "credit": []}
        held = []
        for round_ in ("values", "paths", "credit"):
            for number in range(4):
                mine = sharded(request, number, 4)
                with connection() as worker:
                    for name, query in restricted(mine).items():
                        rows = session.con.sql(query).to_arrow_table()
                        worker.register("rows", rows)
                        worker.execute(f"CREATE TABLE {name} AS FROM rows")
                        held.append((name, rows.num_rows))
                    tables = {name: dataclasses.replace(t, relation=name) for name, t in mine.tables.items()}
                    own = dataclasses.replace(mine, tables=tables)
                    partials[round_].append(gather(worker, own, round_).to_arrow(worker))
            if round_ == "values":
                request = with_states(session.con, request, partials[round_])
                states = session.con.sql("FROM known_states").to_arrow_table()
                request = dataclasses.replace(request, known_states=states)
            if round_ == "paths":
                request, _ = with_estimates(session.con, request, partials[round_])
        report = finish(session.con, request, partials["credit"])
    assert (report.rows, report.summary, report.warnings) == (whole.rows, whole.summary, whole.warnings)
    assert max(n for name, n in held if name == "touchpoints") < request.tables["touchpoints"].rows


def test_partials_of_another_report_are_refused() -> None:
    with open_session(discover(str(DEMO))) as session:
        one, other = (session.prepare(ReportSpec(models=(name,))) for name in ("linear", "first"))
        partial = gather(session.con, one, "credit").to_arrow(session.con)
        assert finish(session.con, one, [partial]).rows
        with pytest.raises(UsageError, match="not of this report"):
            finish(session.con, other, [partial])
        with pytest.raises(UsageError, match="no partials"):
            finish(session.con, one, [])


def test_the_shard_of_an_id_is_the_same_for_ever() -> None:
    with connection() as con:
        shards = [Shard(number=number, count=7) for number in range(7)]
        for id_ in ("'D-1042'", "42", "NULL", "'é'"):
            found = [shard.number for shard in shards if con.sql(f"SELECT {shard.owns(id_)}").fetchall()[0][0]]
            text = {"NULL": None, "42": "42"}.get(id_, id_.strip("'"))
            wanted = 0 if text is None else int(hashlib.md5(text.encode()).hexdigest()[:12], 16) % 7
            assert found == [wanted]
