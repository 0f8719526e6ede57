"""Partials in files: put together they are the report of one run, and what does not belong together is named."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.backends.stored import StoredBackend
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.parts import compute_part
from attrib_cli.engine.report import Report
from attrib_cli.engine.session import open_session
from attrib_cli.engine.source_spec import Filter, SourceMap
from attrib_cli.engine.spec import DateRange, EstimationSpec
from attrib_cli.engine.sql.plan import compile_plan

SOURCES = discover(str(Path(__file__).parents[2] / "examples" / "data"))
VERSION = "1.2.3"
POSITION = Filter(column="position", op="=", values=("middle",))


def parts_of(
    spec: ReportSpec,
    count: int,
    folder: Path,
    name: str = "part",
    known: tuple[str, ...] = (),
    version: str = VERSION,
    sources: SourceMap = SOURCES,
) -> tuple[str, ...]:
    paths = []
    for number in range(1, count + 1):
        path = str(folder / f"{name}-{number}.parquet")
        with open_session(sources, shared=False) as session:
            compute_part(session, spec, path, number=number, count=count, known=known, version=version)
        paths.append(path)
    return tuple(paths)


def report(spec: ReportSpec, paths: tuple[str, ...] | None = None, sources: SourceMap = SOURCES) -> Report:
    backend = None if paths is None else StoredBackend(paths=paths, version=VERSION)
    with open_session(sources, shared=False, stage=paths is None, backend=backend) as session:
        found = session.run(spec)
    return dataclasses.replace(found, sql="", counts=(), timings=())


def test_a_file_whose_name_has_brackets_is_the_one_that_is_read(tmp_path: Path) -> None:
    spec = ReportSpec(by=("channel",))
    (made,) = parts_of(spec, 1, tmp_path)
    path = Path(made).rename(tmp_path / "part[1].parquet")
    (tmp_path / "part1.parquet").write_text("what the name means as a pattern")
    assert report(spec, (str(path),)).rows == report(spec).rows


@pytest.mark.parametrize(
    "spec",
    [
        ReportSpec(models=("linear", "time-decay", "full-path"), measures=("all",)),
        ReportSpec(type="contact-create", by=("month", "channel"), limit=5, sort=("month",)),
    ],
    ids=["revenue", "contacts"],
)
def test_shards_in_files_are_the_report_of_one_run(spec: ReportSpec, tmp_path: Path) -> None:
    assert report(spec, parts_of(spec, 3, tmp_path)) == report(spec)


def test_data_driven_models_go_round_by_round(tmp_path: Path) -> None:
    spec = ReportSpec(by=("channel",), models=("shapley",), estimation=EstimationSpec(confidence=Decimal("0.9")))
    known: tuple[str, ...] = ()
    for name in ("values", "paths", "credit"):
        if known:
            with pytest.raises(UsageError, match="is needed too"):
                report(spec, known)
        known += parts_of(spec, 2, tmp_path, name, known)
    assert report(spec, known) == report(spec)
    with pytest.raises(UsageError, match="all that the report needs"):
        parts_of(spec, 1, tmp_path, "more", known)


def without_touchpoints(sources: SourceMap) -> SourceMap:
    tables = {name: source for name, source in sources.tables.items() if name != "touchpoints"}
    return dataclasses.replace(sources, tables=tables)


@pytest.mark.parametrize(
    "spec",
    [
        ReportSpec(models=("linear", "first"), by=("campaign",), measures=("revenue", "spend", "roi")),
        ReportSpec(
            by=("channel",), campaigns=("spring launch",), where=(Filter(column="asset_type", op="!=", values=("x",)),)
        ),
        ReportSpec(by=("channel",), eligible=(Filter(column="channel", op="=", values=("Email",)),), models=("last",)),
        ReportSpec(by=("channel",), transitions=True, models=("markov",)),
        ReportSpec(type="contact-create", by=("channel",), measures=("contacts", "influenced_contacts")),
    ],
    ids=["spend", "campaign", "eligible", "transitions", "contacts"],
)
def test_a_finish_needs_no_touchpoints(spec: ReportSpec, tmp_path: Path) -> None:
    """Notes about filters and ids are those of one run, by what the files tell of touchpoints."""
    known: tuple[str, ...] = ()
    for name in ("values", "paths") if spec.transitions else ("credit",):
        known += parts_of(spec, 2, tmp_path, name, known)
    assert report(spec, known, without_touchpoints(SOURCES)) == report(spec)


@pytest.mark.parametrize("rows", [40, 250_000])
def test_ids_that_do_not_match_are_told_without_touchpoints(rows: int, tmp_path: Path) -> None:
    """Of many touchpoints a sample is looked at first, by the places of rows, which the files tell as well."""
    with duckdb.connect() as con:
        for table, query in {
            "contacts": "SELECT 'C-' || range AS contact_id, TIMESTAMP '2026-06-01' AS created_at FROM range(40)",
            "touchpoints": "SELECT CASE WHEN range % 40 < 20 THEN 'C-' ELSE 'c-' END || range % 40 AS contact_id,"
            f" TIMESTAMP '2026-01-01' AS occurred_at, 'a' AS channel FROM range({rows})",
        }.items():
            con.execute(f"COPY ({query}) TO '{tmp_path}/{table}.parquet' (FORMAT parquet)")
    sources, spec = discover(tmp_path), ReportSpec(type="contact-create", by=("channel",))
    paths = parts_of(spec, 2, tmp_path, sources=sources)
    whole = report(spec, sources=sources)
    assert report(spec, paths, without_touchpoints(sources)) == whole
    assert "would match if they were written alike" in str(whole.notes)


def test_what_cannot_be_told_without_touchpoints_is_said(tmp_path: Path) -> None:
    """An empty report asks the journeys for the reason."""
    spec = ReportSpec(by=("channel",), lookback=dt.timedelta(seconds=1), models=("last",), where=(POSITION,))
    paths = parts_of(spec, 1, tmp_path)
    assert report(spec, paths) == report(spec)
    here = report(spec, paths, without_touchpoints(SOURCES))
    assert "whether interactions come before them is not known here" in str(here.notes)


def test_a_shard_may_have_a_folder_of_its_own(tmp_path: Path) -> None:
    """Touchpoints cut beforehand, by the rule of the documentation: some of the shards have none at all."""
    spec, count = ReportSpec(by=("channel",), models=("linear", "u-shaped")), 5
    made = {
        "touchpoints": "SELECT range % 3 AS contact_id, 'c' || range % 7 AS channel,"
        " TIMESTAMP '2025-01-01' + to_days(range) AS occurred_at FROM range(20)",
        "deals": "SELECT 'd' || range AS deal_id, TIMESTAMP '2025-01-09' AS created_at, range + 1 AS amount,"
        " TIMESTAMP '2025-01-15' AS closed_at, true AS is_won FROM range(2)",
        "deal_contacts": "SELECT 'd' || range % 2 AS deal_id, range AS contact_id FROM range(3)",
    }
    with duckdb.connect() as con:
        for name, query in made.items():
            con.sql(query).write_parquet(str(tmp_path / f"{name}.parquet"))
            con.execute(f"CREATE TABLE {name} AS FROM '{tmp_path}/{name}.parquet'")
        shard = f"CAST('0x' || substr(md5(CAST(id AS VARCHAR)), 1, 12) AS BIGINT) % {count} + 1"
        con.execute(f"CREATE MACRO shard(id) AS {shard}")
        whole, sizes, paths = discover(tmp_path), [], []
        for number in range(1, count + 1):
            file = tmp_path / f"touchpoints-{number}.parquet"
            con.sql(
                f"FROM touchpoints WHERE shard(contact_id) = {number} OR contact_id IN"
                f" (SELECT contact_id FROM deal_contacts WHERE shard(deal_id) = {number})"
            ).write_parquet(str(file))
            sizes.append(con.sql(f"SELECT count(*) FROM '{file}'").fetchall()[0][0])
            cut = dataclasses.replace(whole.tables["touchpoints"], paths=(str(file),))
            sources = dataclasses.replace(whole, tables={**whole.tables, "touchpoints": cut})
            paths.append(str(tmp_path / f"part-{number}.parquet"))
            with open_session(sources, shared=False, threads=1) as session:
                compute_part(session, spec, paths[-1], number=number, count=count, known=(), version=VERSION)
    assert 0 in sizes and sum(sizes) > 20
    assert report(spec, tuple(paths), without_touchpoints(whole)) == report(spec, sources=whole)


def test_of_files_in_order_a_part_reads_the_row_groups_of_its_days(tmp_path: Path) -> None:
    """DuckDB tells from their statistics which may hold interactions of the conversions at hand."""
    with duckdb.connect() as con:
        for name, query in {
            "touchpoints": "SELECT range * 7919 % 500 AS contact_id, 'a' AS channel,"
            " TIMESTAMP '2025-01-01' + to_minutes(range * 20) AS occurred_at FROM range(20480)",
            "deals": "SELECT range AS deal_id, range AS contact_id, TIMESTAMP '2025-01-01' AS created_at, 5 AS amount,"
            " TIMESTAMP '2025-01-02' + to_days(range % 250) AS closed_at, true AS is_won FROM range(500)",
        }.items():
            con.execute(f"COPY ({query}) TO '{tmp_path}/{name}.parquet' (ROW_GROUP_SIZE 2048)")
    day = dt.date(2025, 6, 1)
    spec = dataclasses.replace(of_days(ReportSpec(by=("channel",)), day, day), lookback=dt.timedelta(days=20))
    with open_session(discover(tmp_path), shared=False) as session:
        whole = session.run(spec)
        plan = compile_plan(session.prepare(spec))
        (step,) = (step for step in plan.steps if step.target.name == "interactions")
        told = session.con.execute(f"EXPLAIN ANALYZE {step.sql}", plan.used(step.sql)).fetchall()
    assert whole.summary.conversions == 2
    scanned = re.findall(r"Row Groups Scanned: (\d+) / 10\b", str(told))
    assert [int(n) <= 2 for n in scanned] == [True]


DAYS = [
    (dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
    (dt.date(2026, 4, 1), dt.date(2026, 4, 1)),
    (dt.date(2026, 4, 2), dt.date(2026, 9, 30)),
]


def of_days(spec: ReportSpec, start: dt.date, end: dt.date) -> ReportSpec:
    return dataclasses.replace(spec, dates=DateRange(start=start, end=end, label="days"))


def test_days_add_up_to_the_period(tmp_path: Path) -> None:
    spec = ReportSpec(by=("campaign",), measures=("default", "conversions_touched", "spend", "roi"))
    paths: tuple[str, ...] = ()
    for start, end in DAYS:
        paths += parts_of(of_days(spec, start, end), 2, tmp_path, f"{start}")
    year = of_days(spec, DAYS[0][0], DAYS[-1][1])
    assert report(year, paths) == report(year)
    for wrong, said in (
        (paths[1:], "shard 1 of 2 is missing of 2026-01-01 to 2026-03-31"),
        (paths[:2] + paths[4:], "conversions of 2026-04-01 are missing"),
        ((*paths, paths[0]), "are both shard 1 of 2"),
        (paths[:4], "conversions of 2026-04-02 to 2026-09-30 are missing"),
    ):
        with pytest.raises(UsageError, match=said):
            report(year, wrong)
    for changed, said in (
        (dataclasses.replace(year, lookback=dt.timedelta(days=9)), "of another report"),
        (of_days(spec, DAYS[0][0], dt.date(2026, 12, 31)), "conversions of 2026-10-01 to 2026-12-31 are missing"),
        (of_days(spec, DAYS[0][0], DAYS[1][1]), r"\S+ is of 2026-04-02 to 2026-09-30"),
    ):
        with pytest.raises(UsageError, match=said):
            report(changed, paths)


def test_what_days_do_not_add_up_to_is_refused(tmp_path: Path) -> None:
    spec = ReportSpec(measures=("revenue", "influenced_contacts"))
    paths: tuple[str, ...] = ()
    for start, end in DAYS:
        paths += parts_of(of_days(spec, start, end), 1, tmp_path, f"{start}")
    with pytest.raises(UsageError, match="influenced_contacts counts whoever did something on several days once"):
        report(of_days(spec, DAYS[0][0], DAYS[-1][1]), paths)


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    spec = ReportSpec()
    paths = parts_of(spec, 2, tmp_path)
    other = parts_of(spec, 3, tmp_path, "third")
    with pytest.raises(UsageError, match=r"third-1.parquet is one of 3 shards, part-1.parquet one of 2"):
        report(spec, (*paths, other[0]))
    old = parts_of(spec, 1, tmp_path, "old", version="0.9")
    with pytest.raises(UsageError, match=r"old-1.parquet was made by attrib 0.9"):
        report(spec, old)
    plain = tmp_path / "plain.parquet"
    duckdb.sql("SELECT 1 AS a").write_parquet(str(plain))
    with pytest.raises(SourceError, match="no partial of a report"):
        report(spec, (str(plain),))
    text = tmp_path / "text.parquet"
    text.write_text("nothing")
    with pytest.raises(SourceError, match="no Parquet file"):
        report(spec, (str(text),))
    with pytest.raises(UsageError, match="no partials"):
        report(spec, ())
