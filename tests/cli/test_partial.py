"""``attrib partial`` and ``report --partials``: the bytes of one run, in every format, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Attrib

ASKED = ("--demo", "--by", "channel", "--model", "all", "--today", "2026-10-01")


@pytest.fixture
def parts(attrib: Attrib, tmp_path: Path) -> str:
    for number in (1, 2):
        done = attrib("partial", *ASKED, "--shard", f"{number}/2", "--output", tmp_path / f"part-{number}.parquet")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return str(tmp_path / "part-*.parquet")


def test_parts_put_together_are_the_bytes_of_one_run(attrib: Attrib, parts: str) -> None:
    for format in ("csv", "table"):
        whole = attrib("report", *ASKED, "--format", format)
        together = attrib("report", *ASKED, "--format", format, "--partials", parts)
        assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)


def test_what_does_not_belong_together_is_refused(attrib: Attrib, parts: str) -> None:
    Path(parts.replace("*", "2")).unlink()
    for args, said in (
        ((*ASKED, "--partials", parts), "shard 2 of 2 is missing"),
        ((*ASKED, "--lookback", "30d", "--partials", parts), "of another report"),
        ((*ASKED, "--partials", "nothing-*.parquet"), "no file matches 'nothing-*.parquet'"),
    ):
        done = attrib("report", *args)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    wrong = attrib("partial", *ASKED, "--shard", "3/2", "--output", "x.parquet")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "'3/2' is no shard" in wrong.stderr
