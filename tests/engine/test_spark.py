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

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.backends.spark import SparkCluster
from attrib_cli.engine.backends.spark_session import SparkPlace, spark_session
from attrib_cli.engine.spec import Settings

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
    asked = ("--data", DEMO, "--by", "campaign,month", "--model", "all,markov,shapley", "--today", "2026-10-01")
    asked = (*asked, "--measure", "revenue,spend,roi,conversions_touched", "--format", "csv", "-o")
    whole = attrib_here("report", *asked, tmp_path / "whole.csv")
    shuffled = attrib_here("report", *asked, tmp_path / "spark.csv", "--engine", "spark", "--shards", "2")
    assert (shuffled.returncode, shuffled.stderr) == (0, whole.stderr)
    assert (tmp_path / "spark.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_worker_says_where_data_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\n")
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\nc1,2026-01-01\nc1\n")
    asked = ("report", "--data", tmp_path, "--type", "contact-create", "--by", "month")
    done = attrib_here(*asked, "--engine", "spark")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", attrib_here(*asked).stderr)
    assert "touchpoints.csv:3" in done.stderr
