"""What workers of a cluster do, without one: the bytes of the embedded engine, its notes and its errors."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from cluster_here import ClusterHere
from conftest import WriteData, examples
from fitted_cases import fitted
from hypothesis import given
from hypothesis import strategies as st
from in_process import attrib_here
from own_conversions import as_conversions, of_deals
from strategies import build

from attrib_cli.engine import AttribError, ReportSpec, SourceMap, discover, open_session
from attrib_cli.engine.backends import blocks, pieces, tasks
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.backends.pieces import Piece
from attrib_cli.engine.buckets import CATALOGUE as BUCKETS
from attrib_cli.engine.measures import CATALOGUE as MEASURES
from attrib_cli.engine.partial import identity
from attrib_cli.engine.resources import Resources
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import EstimationSpec, Game
from attrib_cli.reporting import engines

DEMO = Path(__file__).parents[2] / "examples" / "data"
PERFORMANCE = (
    *("influenced_contacts", "new_contacts_first_touch", "new_contacts_last_touch"),
    *("closed_deals", "influenced_revenue"),
)
ALL = ("all", "markov", "shapley")


def outcome(spec: ReportSpec, sources: SourceMap, settings: Settings, backend: ClusterBackend | None) -> object:
    """Everything of a report that people see, or what it is refused with."""
    try:
        with open_session(sources, settings, shared=False, threads=1, backend=backend) as session:
            report = session.run(spec)
    except AttribError as error:
        return f"{type(error).__name__}: {error} {error.hint}"
    return (report.columns, report.rows, report.totals, report.summary, report.notes, report.sql)


def same(spec: ReportSpec, sources: SourceMap, settings: Settings, shards: int = 3) -> object:
    whole = outcome(spec, sources, settings, None)
    assert outcome(spec, sources, settings, ClusterBackend(cluster=ClusterHere(), shards=shards)) == whole
    return whole


@examples(4)
@given(seed=st.integers(0, 2**64), shards=st.sampled_from((1, 2, 5)))
def test_rules(seed: int, shards: int, write_data: WriteData) -> None:
    case = build(seed, crowded=seed % 2 == 0)
    sure = EstimationSpec(confidence=Decimal("0.9")) if seed % 3 else EstimationSpec()
    same(replace(case.spec(), estimation=sure), discover(write_data(case.data, case.style)), case.settings(), shards)


@examples(3)
@given(seed=st.integers(0, 2**64), transitions=st.integers(0, 4))
def test_data_driven_models(seed: int, transitions: int, write_data: WriteData) -> None:
    case = build(seed, crowded=True)
    fit, fit_spec = fitted(case)
    spec = dataclasses.replace(case.spec(), models=(*fit.models, "linear"), estimation=fit_spec)
    if not transitions:
        spec = dataclasses.replace(spec, transitions=True, models=("markov",), campaigns=(), measures=())
    same(spec, discover(write_data(case.data, case.style)), case.settings())


@examples(3)
@given(seed=st.integers(0, 2**64), of=st.sampled_from(["deal", "contact"]), performed=st.booleans())
def test_conversions_of_the_configuration(seed: int, of: str, performed: bool, write_data: WriteData) -> None:
    """Their contacts are on several shards, and so are the deals that they name."""
    case = of_deals(seed)
    sources, settings, spec = as_conversions(case, write_data(case.data, case.style), of=of)
    cycles: Literal["whole", "separate"] = "separate" if seed % 2 else "whole"
    spec = dataclasses.replace(spec, cycles=cycles, by=(*spec.by[:1], "new_or_returning"))
    if performed:
        measures = ("conversions", *PERFORMANCE)
        spec = dataclasses.replace(spec, by=("channel",), campaigns=(), where=(), measures=measures)
    elif seed % 3 == 0:
        spec = dataclasses.replace(spec, models=("linear", "markov"), eligible=(), campaigns=())
    same(spec, sources, settings)


@examples(3)
@given(seed=st.integers(0, 2**64))
def test_what_came_before_a_conversion(seed: int, write_data: WriteData) -> None:
    """Cycles, and new or returning contacts, follow from conversions that other workers have."""
    case = build(seed, crowded=True)
    one = "returning" if seed % 2 else "new"
    where = (Filter(column="new_or_returning", op="=", values=(one,)),) if seed % 3 else ()
    spec = dataclasses.replace(case.spec(), cycles="separate", where=(*case.spec().where, *where))
    if seed % 5 == 0:
        spec = dataclasses.replace(spec, type="revenue", more_types=("deal-create", "contact-create"), measures=())
    same(spec, discover(write_data(case.data, case.style)), case.settings())


@pytest.mark.parametrize(
    "spec",
    [
        ReportSpec(models=ALL, by=("campaign", "month"), measures=("revenue", "spend", "roi", "conversions_touched")),
        ReportSpec(type="contact-create", models=ALL, by=("campaign",), measures=("contacts", *PERFORMANCE)),
        ReportSpec(type="revenue", models=("first",), by=("channel",), measures=PERFORMANCE),
        ReportSpec(by=("channel",), campaigns=("nobody",)),
        ReportSpec(by=("channel",), where=(Filter(column="channel", op="=", values=("Emial",)),)),
        ReportSpec(by=("channel",), where=(Filter(column="asset_type", op="=", values=("x",)),), allow_empty=True),
    ],
    ids=["spend", "contacts", "performance", "no campaign", "no channel", "empty"],
)
def test_the_examples(spec: ReportSpec) -> None:
    same(spec, discover(str(DEMO)), Settings())


def test_a_page_carries_what_it_computes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_cluster", lambda choice, loud: ClusterHere())
    asked = ("report", "--demo", "--by", "channel", "--model", "first,linear", "--today", "2026-10-01", "-f", "html")
    whole = attrib_here(*asked)
    found = attrib_here(*asked, "--engine", "ray", "--shards", "2")
    assert (found.returncode, found.stdout, found.stderr) == (0, whole.stdout, whole.stderr)


def test_files_and_row_groups_are_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interactions of one time stand in several files and row groups, in the order of which they count."""
    import duckdb

    monkeypatch.setattr(pieces, "ROWS", 2048)
    dice = random.Random(7)
    lines = [(f"c{dice.randrange(40)}", f"2026-01-{dice.randrange(1, 4):02}", dice.choice("abc")) for _ in range(9000)]
    (tmp_path / "deals.csv").write_text(
        "deal_id,contact_id,created_at,closed_at,amount,is_won\n"
        + "".join(f"{n},c{n % 40},2026-01-01,2026-01-{n % 5 + 1:02},{n}.01,true\n" for n in range(60))
    )
    for format in ("csv", "parquet"):
        folder = tmp_path / format / "touchpoints"
        folder.mkdir(parents=True)
        (tmp_path / format / "deals.csv").symlink_to(tmp_path / "deals.csv")
        for part in range(3):
            text = "".join(",".join(line) + "\n" for line in lines[part * 3000 : (part + 1) * 3000])
            file = folder / f"part-{part}.csv"
            file.write_text("contact_id,occurred_at,channel\n" + text)
            if format == "parquet":
                with duckdb.connect() as con:
                    con.execute(
                        f"COPY (SELECT contact_id, CAST(occurred_at AS TIMESTAMP) AS occurred_at, channel"
                        f" FROM read_csv('{file}', all_varchar = true)) TO '{folder}/part-{part}.parquet'"
                        " (FORMAT parquet, ROW_GROUP_SIZE 2048)"
                    )
                file.unlink()
        same(ReportSpec(models=("all",), by=("channel",)), discover(tmp_path / format), Settings())
        long = (Filter(column="path_length", op=">=", values=("50",)),)  # what only the workers can tell
        whole = same(ReportSpec(by=("channel",), where=long), discover(tmp_path / format), Settings())
        assert isinstance(whole, tuple) and len(whole[1]) > 1


def test_what_is_wrong_with_data_is_told_as_here(tmp_path: Path) -> None:
    """Text that its first rows do not decide, or decide wrongly, and values that cannot be read."""
    start = "contact_id,occurred_at,channel\n" + "c1,05/01/2026,a\n" * 200
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\nc2,2026-02-01\n")
    for rest in ("c2,31/01/2026,b\n", "c2,yesterday,b\n", "c2,2026-01-31\n", 'c2,"2026-01-31,b\n', ""):
        (tmp_path / "touchpoints.csv").write_text(start + rest)
        said = same(ReportSpec(type="contact-create", by=("channel",)), discover(tmp_path), Settings(), 2)
        assert isinstance(said, str) == (rest != "c2,31/01/2026,b\n")


def test_ids_that_do_not_match_are_told_as_here(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(
        "contact_id,created_at\n" + "".join(f"C-{n},2026-06-01\n" for n in range(30))
    )
    (tmp_path / "touchpoints.csv").write_text(
        "contact_id,occurred_at,channel\n" + "".join(f"c-{n},2026-01-01,a\n" for n in range(30))
    )
    said = same(ReportSpec(type="contact-create", by=("channel",)), discover(tmp_path), Settings())
    assert "would match if they were written alike" in str(said)


@pytest.mark.parametrize(
    ("kind", "models", "game"),
    [("revenue", ("markov",), "rates"), ("contact-create", ("shapley",), "ordered")],
)
def test_intervals(kind: str, models: tuple[str, ...], game: Game) -> None:
    """Replicates are drawn by the ids of journeys, so that it is no matter where each journey is counted."""
    fit = EstimationSpec(game=game, confidence=Decimal("0.9"), seed=3)
    spec = ReportSpec(type=kind, models=models, by=("channel",), estimation=fit)
    columns = same(spec, discover(str(DEMO)), Settings(), 2)[0]  # type: ignore[index]
    assert "low" in {column.name.rpartition("_")[2] for column in columns}


def test_what_workers_cannot_read_is_sent_to_them(tmp_path: Path) -> None:
    """A zip of a table: its copy is on this machine alone."""
    import zipfile

    for name in ("deals.csv", "deal_contacts.csv", "contacts.csv"):
        (tmp_path / name).symlink_to(DEMO / name)
    with zipfile.ZipFile(tmp_path / "touchpoints.zip", "w") as packed:
        packed.write(DEMO / "touchpoints.csv", "touchpoints.csv")
    same(ReportSpec(models=("all",), by=("channel",)), discover(tmp_path), Settings())


@dataclasses.dataclass(frozen=True, kw_only=True)
class OlderWorkers(ClusterHere):
    """A cluster whose workers have another version than the one that the report begins with."""

    def shuffle(self, packed: bytes, pieces: Sequence[Piece], shards: int, *, keep: bool) -> object:
        job: tasks.Reading = blocks.unpacked(packed)
        newer = blocks.packed(dataclasses.replace(job, version="9.9"))
        return super().shuffle(newer, pieces, shards, keep=keep)


def test_workers_of_another_version_are_refused() -> None:
    backend = ClusterBackend(cluster=OlderWorkers(), shards=2)
    said = str(outcome(ReportSpec(by=("channel",)), discover(str(DEMO)), Settings(), backend))
    assert "a worker has attrib" in said
    assert "and here is 9.9" in said


@pytest.mark.parametrize("kind", ["revenue", "contact-create"])
def test_a_request_is_the_same_in_every_process(kind: str) -> None:
    """Whatever the entries of the catalogues hold: it travels, and its identity has no addresses of this process."""
    spec = ReportSpec(type=kind, models=ALL, by=("channel", *(bucket.name for bucket in BUCKETS)))
    with open_session(discover(str(DEMO))) as session:
        request = session.prepare(spec)
        every = tuple(measure for measure in MEASURES if measure.fits(request.report_type))
        request = dataclasses.replace(request, measures=every)
        assert " at 0x" not in identity(request)
        tables = {name: dataclasses.replace(table, places=None) for name, table in request.tables.items()}
        request = dataclasses.replace(request, tables=tables)
        sent = tasks.Gathering(
            request=request, round="credit", shards=1, unordered=frozenset(), whole={}, resources=Resources()
        )
        found: tasks.Gathering = blocks.unpacked(blocks.packed(sent))
        assert identity(found.request) == identity(request)
