"""``attrib partial`` and ``report --partials``: the bytes of one run, in every format, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import DATA
from conftest import Attrib
from in_process import attrib_here

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


BOARD = f"""\
sources:
  touchpoints: {DATA}/touchpoints.csv
  contacts: {DATA}/contacts.csv
  deals: {DATA}/deals.csv
  deal_contacts: {DATA}/deal_contacts.csv
  campaigns: {DATA}/campaigns.csv
reports:
  Won: {{by: [], period: 2026-Q2}}
  Channels: {{by: channel, model: [first, linear], sort: revenue, limit: 3}}
  Channels again: {{by: channel, model: [first, linear]}}
  Nobody: {{by: channel, period: 1999}}
dashboards:
  Monday: {{reports: [Won, Channels, Channels again, Nobody]}}
"""


@pytest.fixture
def board(tmp_path: Path) -> tuple[str, ...]:
    """The options of a board's data, with the parts of its reports in the folder ``parts``."""
    (tmp_path / "attrib.yaml").write_text(BOARD)
    (tmp_path / "parts").mkdir()
    options = ("--config", str(tmp_path / "attrib.yaml"), "--today", "2026-10-01")
    for number in (1, 2):
        folder = tmp_path / "parts"
        done = attrib_here("partial", *options, "--dashboard", "Monday", "--shard", f"{number}/2", "-o", folder)
        assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "parts").iterdir())) == 2 * 3, "reports that need the same part have one"
    return options


def test_a_board_of_parts_is_the_board(board: tuple[str, ...], tmp_path: Path) -> None:
    asked = ("dashboard", "show", "Monday", *board)
    for format in ("table", "json"):
        whole = attrib_here(*asked, "--format", format)
        together = attrib_here(*asked, "--format", format, "--partials", tmp_path / "parts/*.parquet")
        assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)
    cut = attrib_here(*asked, "--campaign", "Spring Launch", "--partials", tmp_path / "parts/*.parquet")
    assert cut.returncode == 2
    assert "of another report" in cut.stderr


def test_a_board_needs_no_touchpoints(board: tuple[str, ...], tmp_path: Path) -> None:
    """Their file may be elsewhere, or gone: only the reason why a report is empty is then not known to its end."""
    asked = ("dashboard", "show", "Monday", *board, "--format", "json")
    whole = attrib_here(*asked)
    config = tmp_path / "attrib.yaml"
    config.write_text(config.read_text().replace("/touchpoints.csv", "/gone.csv"))
    together = attrib_here(*asked, "--partials", tmp_path / "parts/*.parquet")
    assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)
    refused = attrib_here(*asked)
    assert refused.returncode == 3
    assert "gone.csv" in refused.stderr


def test_an_export_of_parts_is_the_export(board: tuple[str, ...], tmp_path: Path) -> None:
    parts = tmp_path / "export"
    parts.mkdir()
    names = ("Channels", "Nobody")
    for name in names:
        for number in (1, 2):
            file = parts / f"{name}-{number}.parquet"
            assert attrib_here("partial", name, *board, "--shard", f"{number}/2", "-o", file).returncode == 0
    env = {"HOME": str(tmp_path)}
    for folder, more in (("whole", ()), ("together", ("--partials", parts / "*.parquet"))):
        (tmp_path / folder).mkdir()
        given = (*names, *board, "-f", "csv,xlsx", "--name", "Book", "-o", tmp_path / folder, *more)
        done = attrib_here("export", *given, environ=env)
        assert done.returncode == 0, done.stderr
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "together" / path.name).read_bytes() == path.read_bytes()

    asked = ("export", *board, "-o", tmp_path / "refused.csv", "--partials", parts / "*.parquet")
    for more, said in (
        (("Channels",), "Nobody-1.parquet"),
        (("Channels", "--ledger"), "not put together from partials"),
    ):
        refused = attrib_here(*asked, *more, environ=env)
        assert refused.returncode == 2
        assert said in refused.stderr
        assert not (tmp_path / "refused.csv").exists()
