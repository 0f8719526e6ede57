"""Reports on real Spark, two workers of this machine, beside the embedded engine: the same bytes.

One session serves the whole file. Without pyspark or Java nothing here is tried, which the end of the run says.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import WriteData
from in_process import attrib_here
from strategies import build
from test_cluster import DEMO, PERFORMANCE, outcome

from attrib_cli.engine import ReportSpec, discover, open_session
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.backends.spark import SparkCluster
from attrib_cli.engine.backends.spark_session import SparkPlace, spark_session
from attrib_cli.engine.settings import Settings

PLACE = SparkPlace(master="local[2]")


@pytest.fixture(scope="module", autouse=True)
def spark() -> Iterator[None]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("SPARK WAS NOT TRIED: there is no pyspark (pip install -e '.[spark]')")
    if shutil.which("java") is None:
        pytest.skip("SPARK WAS NOT TRIED: there is no Java (apt-get install default-jre-headless)")
    session = spark_session(PLACE)
    yield
    session.stop()


def same(spec: ReportSpec, folder: Path, settings: Settings) -> None:
    sources = discover(folder)
    backend = ClusterBackend(cluster=SparkCluster(place=PLACE), shards=3)
    assert outcome(spec, sources, settings, backend) == outcome(spec, sources, settings, None)


@pytest.mark.parametrize("seed", [3, 8])
def test_random_data(seed: int, write_data: WriteData) -> None:
    case = build(seed, crowded=True)
    same(case.spec(), write_data(case.data, case.style), case.settings())


def test_performance_of_contacts() -> None:
    measures = ("contacts", *PERFORMANCE)
    same(ReportSpec(type="contact-create", models=("all",), measures=measures), DEMO, Settings())


def test_all_models_on_the_command_line(tmp_path: Path) -> None:
    asked = ("--data", DEMO, "--by", "campaign", "--model", "all,markov,shapley", "--today", "2026-10-01")
    asked = (
        *asked,
        "--confidence",
        "90%",
        "--measure",
        "revenue,spend,roi,conversions_touched",
        "--format",
        "csv",
        "-o",
    )
    whole = attrib_here("report", *asked, tmp_path / "whole.csv")
    shuffled = attrib_here("report", *asked, tmp_path / "spark.csv", "--engine", "spark", "--shards", "2")
    assert (shuffled.returncode, shuffled.stderr) == (0, whole.stderr)
    assert (tmp_path / "spark.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_conversions_that_a_worker_does_not_have(tmp_path: Path) -> None:
    """Of a configuration, beside those of deals, in cycles, of new and returning contacts; the ledger of them too."""
    (tmp_path / "orders.csv").write_text(
        "Order,At,Deal,Total\n"
        + "".join(f"o{n},2026-0{n % 6 + 1}-11,{501 + n % 40},{n}.5\n" for n in range(90))
        + "lost,2026-03-01,,7\n"
    )
    sources = "".join(f"  {file.stem}: {file}\n" for file in sorted(DEMO.glob("*.csv")))
    own = "  order: {path: orders.csv, key: Order, moment: At, deal: Deal, value: Total}\n"
    (tmp_path / "attrib.yaml").write_text(f"sources:\n{sources}conversions:\n{own}")
    asked = ("--config", tmp_path / "attrib.yaml", "--today", "2026-10-01", "--cycles", "separate")
    report = ("report", *asked, "--type", "order,revenue", "--by", "channel,new_or_returning", "--format", "csv")
    whole, shuffled = attrib_here(*report), attrib_here(*report, "--engine", "spark", "--shards", "3")
    assert (shuffled.returncode, shuffled.stdout, shuffled.stderr) == (0, whole.stdout, whole.stderr)
    assert "returning" in whole.stdout
    same_ledger(tmp_path, ("export", *asked, "--type", "order", "--ledger", "--model", "linear,u-shaped"))


def same_ledger(folder: Path, asked: tuple[str | Path, ...]) -> None:
    import pyarrow.parquet as pq

    for name, more in (("one", ()), ("parts", ("--engine", "spark", "--shards", "2"))):
        done = attrib_here(
            *asked, "--name", "credits", "-f", "parquet", *more, "-o", folder / name, environ={"HOME": str(folder)}
        )
        assert done.returncode == 0, done.stderr
    one, parts = (sorted(map(str, pq.read_table(folder / name).to_pylist())) for name in ("one", "parts"))
    assert (one, len(list((folder / "parts").iterdir()))) == (parts, 2)


def test_a_ledger_in_parts(tmp_path: Path) -> None:
    same_ledger(tmp_path, ("export", "--demo", "--ledger", "--model", "linear,w-shaped"))


def test_a_worker_says_where_data_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\n")
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\nc1,2026-01-01\nc1\n")
    asked = ("report", "--data", tmp_path, "--type", "contact-create", "--by", "month")
    done = attrib_here(*asked, "--engine", "spark")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", attrib_here(*asked).stderr)
    assert "touchpoints.csv:3" in done.stderr


def test_tables_that_spark_reads(tmp_path: Path) -> None:
    """Tables of a catalogue, and files by Spark's own reader, have no order of rows, and the same figures."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    assert session is not None
    (tmp_path / "files").mkdir()
    sources = []
    for name in ("touchpoints", "contacts", "deals", "deal_contacts", "campaigns"):
        file = tmp_path / "files" / f"{name}.parquet"
        with open_session(discover(DEMO)) as here:
            rows = here.con.sql(f"SELECT * FROM read_csv('{DEMO}/{name}.csv') ORDER BY random()")
            rows.write_parquet(str(file))
        if name == "touchpoints":
            sources.append(f"  touchpoints: 'spark:parquet.`{file}`'")
        else:
            session.read.parquet(str(file)).createOrReplaceTempView(name)
            sources.append(f"  {name}: 'spark:{name}'")
    (tmp_path / "attrib.yaml").write_text("sources:\n" + "\n".join(sources) + "\n")
    asked = ("--by", "channel,campaign", "--model", "all", "--today", "2026-10-01", "--format", "csv")
    lake = ("report", *asked, "--config", tmp_path / "attrib.yaml")
    whole = attrib_here("report", *asked, "--data", tmp_path / "files")
    found = attrib_here(*lake, "--engine", "spark", "--shards", "2")
    assert (found.returncode, found.stdout, found.stderr) == (0, whole.stdout, whole.stderr)
    here = attrib_here(*lake)
    assert here.returncode == 3
    assert "is a table that Spark reads" in here.stderr
