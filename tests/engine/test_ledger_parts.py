"""The ledger of a cluster: parts with the rows of one ledger, and with the credits of the report."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections import Counter, defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cluster_here import ClusterHere
from conftest import WriteData, examples
from hypothesis import given
from hypothesis import strategies as st
from in_process import attrib_here
from reference import OF_JOURNEY
from strategies import build

from attrib_cli.engine import ReportSpec, SourceMap, discover, open_session
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.ledger import open_ledger, open_ledger_parts
from attrib_cli.engine.notes import Note
from attrib_cli.engine.report import Summary
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.output.ledger import write_csv
from attrib_cli.output.registry import WriteOptions
from attrib_cli.reporting import engines

DEMO = Path(__file__).parents[2] / "examples" / "data"


def whole(spec: ReportSpec, sources: SourceMap, settings: Settings) -> tuple[list[str], Summary, tuple[Note, ...]]:
    with open_session(sources, settings, shared=False) as session, open_ledger(session, spec) as ledger:
        lines = b"".join(write_csv(ledger, WriteOptions())).decode().splitlines()
        return lines, ledger.summary(), ledger.notes


def in_parts(
    spec: ReportSpec, sources: SourceMap, settings: Settings, shards: int
) -> tuple[list[str], Summary, tuple[Note, ...]]:
    backend, found = ClusterBackend(cluster=ClusterHere(), shards=shards), defaultdict(bytes)
    write = partial(write_csv, options=WriteOptions())
    with (
        open_session(sources, settings, shared=False, backend=backend) as session,
        open_ledger_parts(session, spec, write) as ledger,
    ):
        for number, piece in ledger.pieces:
            found[number] += piece
        parts = [found[number].decode().splitlines() for number in sorted(found)]
        assert sorted(found) == list(range(1, ledger.count + 1))
        assert ledger.rows() == sum(len(part) - 1 for part in parts)
        return [parts[0][0], *(line for part in parts for line in part[1:])], ledger.summary(), ledger.notes


@examples(3)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from((1, 2, 5)))
def test_rows_are_those_of_one_ledger(seed: int, shards: int, write_data: WriteData) -> None:
    case = build(seed, crowded=seed % 2 == 0)
    spec = dataclasses.replace(case.spec(), measures=(), sort=(), limit=None)
    by = tuple(name for name in spec.by if name not in OF_JOURNEY)  # refused, see below
    where = tuple(one for one in spec.where if one.column not in OF_JOURNEY)
    spec = dataclasses.replace(spec, by=by, where=where)
    sources = discover(write_data(case.data, case.style))
    lines, *rest = whole(spec, sources, case.settings())
    found, *told = in_parts(spec, sources, case.settings(), shards)
    assert (found[0], sorted(found[1:]), told) == (lines[0], sorted(lines[1:]), rest)


@pytest.mark.parametrize(
    "spec", [ReportSpec(by=("path",)), ReportSpec(where=(Filter(column="steps", op="=", values=("2",)),))]
)
def test_what_journeys_say_is_refused_by_name(spec: ReportSpec) -> None:
    """The conversions of parts are known before their journeys are."""
    with pytest.raises(UsageError, match=r"before journeys say (path|steps)"):
        in_parts(spec, discover(str(DEMO)), Settings(), 2)


@pytest.mark.parametrize(
    ("kind", "measure", "models"), [("revenue", "revenue", ("markov",)), ("contact-create", "contacts", ("shapley",))]
)
def test_credits_of_data_driven_models_sum_to_the_report(kind: str, measure: str, models: tuple[str, ...]) -> None:
    spec = ReportSpec(
        type=kind, models=models, by=("channel",), estimation=EstimationSpec(states=("channel",), game="rates")
    )
    sources = discover(str(DEMO))
    lines, *rest = whole(spec, sources, Settings())
    found, *told = in_parts(spec, sources, Settings(), 3)
    assert (told, len(found)) == (rest, len(lines))
    sums: Counter[tuple[str, str]] = Counter()
    for row in csv.DictReader(io.StringIO("\n".join(found))):
        for model in models:
            sums[row["channel"] or "(unattributed)", model] += Decimal(row[f"{model}_credit"])  # type: ignore[assignment]
    with open_session(sources) as session:
        report = session.run(dataclasses.replace(spec, measures=(measure,)))
    wanted = {(str(row[0]), str(row[1])): row[2] for row in report.rows}
    assert {key: value for key, value in sums.items() if value} == {k: v for k, v in wanted.items() if v}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--engine ray` runs in this process."""
    monkeypatch.setattr(engines, "_cluster", lambda choice, loud: ClusterHere())


ASKED = ("export", "--demo", "--ledger", "--model", "all", "--engine", "ray", "--name", "credits")


@pytest.mark.usefixtures("here")
def test_an_export_is_a_folder_of_parts(tmp_path: Path) -> None:
    """A second export replaces all parts of the first, of which there were more."""
    env = {"HOME": str(tmp_path)}
    folder = tmp_path / "ledger.parquet"
    for shards in ("3", "2"):
        done = attrib_here(*ASKED, "-o", folder, "--shards", shards, environ=env)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert sorted(path.name for path in folder.iterdir()) == [f"part-0000{n}-of-00002.parquet" for n in (1, 2)]
    assert sorted(path.name for path in tmp_path.iterdir() if "attrib" in path.name) == []
    one = tmp_path / "one.parquet"
    assert attrib_here(*ASKED[:5], "--name", "credits", "-o", one, environ=env).returncode == 0
    table, parts = pq.read_table(one), pq.read_table(folder)
    assert sorted(map(str, parts.to_pylist())) == sorted(map(str, table.to_pylist()))
    counted = [int(pq.read_metadata(path).metadata[b"attrib.conversions"]) for path in folder.iterdir()]
    assert sum(counted) == int(pq.read_metadata(one).metadata[b"attrib.conversions"])
    assert f"wrote {folder} ({table.num_rows:,} rows" in done.stderr


@pytest.mark.usefixtures("here")
def test_what_a_cluster_does_not_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.parquet").write_text("kept")
    (tmp_path / "file.parquet").write_text("kept")
    for more, said in (
        (("-o", tmp_path / "ledger.csv"), "as a folder of parquet parts"),
        (("-o", "-", "-f", "parquet"), "is a folder"),
        (("-o", tmp_path / "file.parquet"), "this is a file"),
        (("-o", tmp_path / "ledger.parquet", "--email", "a@example.com"), "which no mail or message takes"),
    ):
        done = attrib_here(*ASKED, *more, environ={"HOME": str(tmp_path)})
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert said in done.stderr
    assert (tmp_path / "file.parquet").read_text() == (tmp_path / "taken" / "mine.parquet").read_text() == "kept"
