"""``--engine``: what is refused before anything is read."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from command import DATA
from in_process import attrib_here


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--engine", "sparc"), "--engine: there is no engine 'sparc'\n  hint: Did you mean 'spark'?"),
        (("--master", "local[2]"), "--master: this is about spark and ray\n  hint: Add --engine spark."),
        (("--engine", "duckdb", "--shards", "8"), "--shards: this is about spark and ray"),
        (("--engine", "spark", "--shards", "none"), "--shards: 'none' is no number of shards"),
        (("--engine", "spark", "--partials", "x.parquet"), "--engine: it was given beside --partials"),
        (("--engine", "spark", "--master", "yarn", "--spark-remote", "sc://h"), "--spark-remote: it was given beside"),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], said: str) -> None:
    done = attrib_here("report", "--demo", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_without_pyspark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "pyspark" else found(name))
    config = tmp_path / "attrib.yaml"
    config.write_text(f"resources:\n  engine: spark\nsources:\n  touchpoints: {DATA}/touchpoints.csv\n")
    for options in (("--demo", "--engine", "spark"), ("--config", str(config))):
        done = attrib_here("report", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert "pyspark is not installed\n  hint: Install it: pip install 'attrib-cli[spark]'" in done.stderr
    here = attrib_here("report", "--config", config, "--engine", "duckdb", "--type", "contact-create")
    assert "pyspark is" not in here.stderr, "what is typed goes over what is written"
