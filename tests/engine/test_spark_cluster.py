"""A standalone Spark cluster on loopback, one worker of which is killed in the middle, and Spark Connect.

It takes minutes and starts several Java processes, so it runs only when asked for:

    ATTRIB_SPARK_CLUSTER=1 python -m pytest -n 0 tests/engine/test_spark_cluster.py
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest
from test_cluster import DEMO, outcome

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.backends import pieces
from attrib_cli.engine.backends.cluster import ClusterBackend
from attrib_cli.engine.backends.spark import SparkCluster
from attrib_cli.engine.backends.spark_session import SparkPlace
from attrib_cli.engine.resources import Resources
from attrib_cli.engine.settings import Settings

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    "ATTRIB_SPARK_CLUSTER" not in os.environ,
    reason="A SPARK CLUSTER WITH A KILLED WORKER WAS NOT TRIED (ATTRIB_SPARK_CLUSTER=1 tries it)",
)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def process(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A class of Spark as a process with a group of its own, killed at the end if it lives."""
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    with log.open("wb") as out:
        started = subprocess.Popen(
            [str(home / "bin" / "spark-class"), *arguments], env=env, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield started
    finally:
        kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing answers at port {port}")


def make_data(folder: Path) -> None:
    """800,000 interactions of 20,000 contacts, and 4,000 deals, one of which has a third of all interactions."""
    with duckdb.connect() as con:
        for name, query in {
            "touchpoints": "SELECT range AS touchpoint_id,"
            " CASE WHEN range % 3 = 0 THEN 0 ELSE range % 20000 END AS contact_id,"
            " TIMESTAMP '2026-01-01' + to_seconds(range) AS occurred_at, 'c' || range % 7 AS channel"
            " FROM range(800000)",
            "deals": "SELECT range AS deal_id, range AS contact_id, TIMESTAMP '2026-01-01' AS created_at,"
            " TIMESTAMP '2026-01-05' AS closed_at, CAST(range + 0.25 AS DECIMAL(18, 2)) AS amount, true AS is_won"
            " FROM range(4000)",
        }.items():
            con.execute(f"COPY ({query}) TO '{folder}/{name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 50000)")


def test_a_worker_is_killed_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    make_data(tmp_path)
    monkeypatch.setattr(pieces, "ROWS", 50_000)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    sources, spec = discover(tmp_path), ReportSpec(models=("all", "markov"), by=("channel",))
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    with ExitStack() as held:
        ports = ("--host", "127.0.0.1", "--webui-port", "0")
        held.enter_context(process(f"{deploy}.master.Master", *ports, "--port", str(port), log=tmp_path / "master.log"))
        wait_for(port)
        workers = [
            held.enter_context(
                process(
                    *(f"{deploy}.worker.Worker", *ports, "--cores", "1", "--memory", "1g"),
                    *("--work-dir", str(tmp_path / f"work{n}"), address),
                    log=tmp_path / f"worker{n}.log",
                )
            )
            for n in range(2)
        ]
        builder = SparkSession.builder.master(address).config("spark.executor.memory", "512m")
        builder = builder.config("spark.executorEnv.PYTHONPATH", str(ROOT)).config("spark.ui.enabled", "false")
        builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        session = builder.getOrCreate()
        session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "16")
        held.callback(session.stop)
        tracker = session.sparkContext.statusTracker()
        killed = threading.Event()

        def watch() -> None:
            """Kill the second worker once it has work: blocks are read, and gathering has begun."""
            while not killed.is_set():
                stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
                if any(one is not None and one.numTasks == 16 and one.numCompletedTasks >= 3 for one in stages):
                    kill(workers[1])
                    killed.set()
                time.sleep(0.01)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        backend = ClusterBackend(
            cluster=SparkCluster(place=SparkPlace()), shards=16, resources=Resources(memory="200MB")
        )
        found = outcome(spec, sources, Settings(), backend)
        assert killed.is_set(), "the report was done before a worker could be killed"
        killed.set()
    assert workers[1].returncode == -signal.SIGKILL
    assert found == outcome(spec, sources, Settings(), None)


def test_spark_connect(tmp_path: Path) -> None:
    port = free_port()
    with process(
        "org.apache.spark.deploy.SparkSubmit",
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]"),
        *("--conf", f"spark.connect.grpc.binding.port={port}", "--conf", "spark.ui.enabled=false", "spark-internal"),
        log=tmp_path / "connect.log",
    ):
        wait_for(port)
        asked = [sys.executable, "-m", "attrib_cli", "report", "--data", str(DEMO), "--by", "channel,month"]
        asked += ["--model", "all,markov", "--format", "csv"]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        remote = ["--engine", "spark", "--spark-remote", f"sc://127.0.0.1:{port}", "--shards", "3"]
        runs = [subprocess.run([*asked, *more], env=env, capture_output=True, check=False) for more in ([], remote)]
    assert [run.returncode for run in runs] == [0, 0], runs[1].stderr.decode()
    assert (runs[1].stdout, runs[1].stderr) == (runs[0].stdout, runs[0].stderr)
