"""Reports on Ray, on two cores of this machine, beside the embedded engine; without ray nothing here is tried."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import attrib_here
from test_cluster import DEMO


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[None]:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("RAY WAS NOT TRIED: there is no ray (pip install -e '.[ray]')")
    import ray

    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False, logging_level="ERROR")
    yield
    ray.shutdown()


def test_all_models_on_the_command_line(tmp_path: Path) -> None:
    asked = ("--data", DEMO, "--by", "campaign,month", "--model", "all,markov", "--today", "2026-10-01")
    whole = attrib_here("report", *asked, "--format", "csv")
    shuffled = attrib_here("report", *asked, "--format", "csv", "--engine", "ray", "--shards", "2")
    assert (shuffled.returncode, shuffled.stdout, shuffled.stderr) == (0, whole.stdout, whole.stderr)


def test_a_worker_says_where_data_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\n")
    (tmp_path / "touchpoints.csv").write_text("contact_id,occurred_at\nc1,2026-01-01\nc1\n")
    asked = ("report", "--data", tmp_path, "--type", "contact-create", "--by", "month")
    done = attrib_here(*asked, "--engine", "ray", "--shards", "1")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", attrib_here(*asked).stderr)


def test_conversions_of_the_configuration() -> None:
    asked = ("report", "--demo", "--type", "meeting-booked", "--by", "month", "--cycles", "separate", "-f", "csv")
    whole = attrib_here(*asked)
    shuffled = attrib_here(*asked, "--engine", "ray", "--shards", "2")
    assert whole.stdout.count("\n") > 2
    assert (shuffled.returncode, shuffled.stdout, shuffled.stderr) == (0, whole.stdout, whole.stderr)
