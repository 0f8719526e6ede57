"""``attrib partial`` and ``report --partials``: the bytes of one run, in every format, and what is refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from command import DATA
from in_process import attrib_here

from attrib_cli.system.atomic_files import write_files

ASKED = ("--demo", "--by", "channel", "--model", "all", "--today", "2026-10-01")


def test_parts_put_together_are_the_bytes_of_one_run(tmp_path: Path) -> None:
    for number in (1, 2):
        done = attrib_here("partial", *ASKED, "--shard", f"{number}/2", "--output", tmp_path / f"part-{number}.parquet")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    parts = tmp_path / "part-*.parquet"
    for format in ("csv", "table"):
        whole = attrib_here("report", *ASKED, "--format", format)
        together = attrib_here("report", *ASKED, "--format", format, "--partials", parts)
        assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)
    (tmp_path / "part-2.parquet").unlink()
    for args, said in (
        (("report", *ASKED, "--partials", parts), "shard 2 of 2 is missing"),
        (("report", *ASKED, "--lookback", "30d", "--partials", parts), "of another report"),
        (("report", *ASKED, "--partials", "nothing-*.parquet"), "no file matches 'nothing-*.parquet'"),
        (("partial", *ASKED, "--shard", "3/2", "--output", "x.parquet"), "'3/2' is no shard"),
        (("partial", *ASKED, "--shard", "1/2", "--output", tmp_path / "x.csv"), "Call it "),
    ):
        done = attrib_here(*args)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_several_types_have_a_part_each(tmp_path: Path) -> None:
    asked = ("--demo", "--type", "deal-create,revenue", "--measure", "deals,amount,revenue,spend", "--by", "campaign")
    whole = attrib_here("report", *asked, "--format", "csv")
    for number in (1, 2):
        done = attrib_here("partial", *asked, "--shard", f"{number}/2", "-o", tmp_path)
        assert done.returncode == 0, done.stderr
    together = attrib_here("report", *asked, "--format", "csv", "--partials", tmp_path / "*.parquet")
    assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)
    (tmp_path / "revenue-credit-2-of-2.parquet").unlink()
    for command, said in (
        (("report", *asked, "--partials", tmp_path / "*.parquet"), "shard 2 of 2 is missing"),
        (("partial", *asked, "-o", tmp_path / "one.parquet"), "make a folder"),
    ):
        done = attrib_here(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration of a board, and the parts of its reports in the folder ``parts``."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "attrib.yaml").write_text(BOARD)
    (folder / "parts").mkdir()
    asked = ("--config", folder / "attrib.yaml", "--today", "2026-10-01", "--dashboard", "Monday")
    for number in (1, 2):
        done = attrib_here("partial", *asked, "--shard", f"{number}/2", "-o", folder / "parts")
        assert done.returncode == 0, done.stderr
    assert len(list((folder / "parts").iterdir())) == 2 * 3, "reports that need the same part have one"
    return folder


def test_a_board_of_parts_is_the_board(folder: Path) -> None:
    """Its touchpoints may be elsewhere, or gone: only the reason why a report is empty is then not known to its end."""
    gone = folder / "gone.yaml"
    gone.write_text(BOARD.replace("/touchpoints.csv", "/gone.csv"))
    asked = ("dashboard", "show", "Monday", "--today", "2026-10-01", "--config")
    for format, config in (("table", folder / "attrib.yaml"), ("json", gone)):
        whole = attrib_here(*asked, folder / "attrib.yaml", "--format", format)
        together = attrib_here(*asked, config, "--format", format, "--partials", folder / "parts/*.parquet")
        assert (together.returncode, together.stdout, together.stderr) == (0, whole.stdout, whole.stderr)
    refused = attrib_here(*asked, gone, "--format", "json")
    assert refused.returncode == 3
    assert "gone.csv" in refused.stderr
    more = ("--campaign", "Spring Launch", "--partials", folder / "parts/*.parquet")
    cut = attrib_here(*asked, folder / "attrib.yaml", *more)
    assert cut.returncode == 2
    assert "of another report" in cut.stderr


def test_an_export_of_parts_is_the_export(folder: Path, tmp_path: Path) -> None:
    board = ("--config", folder / "attrib.yaml", "--today", "2026-10-01")
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


STEPS = ("fsync", "link", "replace")
"""What the system is asked to do for each file, in this order."""


def write_killed(folder: Path, files: dict[str, bytes], *, after: int) -> int:
    """Write the files in a process of its own, which is killed right before the step after so many; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = after

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **more: object) -> object:
            nonlocal left
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return real(*args, **more)

        return step

    try:
        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        write_files([(str(folder / name), [content]) for name, content in files.items()])
    finally:
        os._exit(0)


@pytest.mark.parametrize("begun", ["nothing", "old"])
def test_parts_of_which_some_are_written_are_refused(begun: str, tmp_path: Path) -> None:
    """Killed before each step: a finish has the bytes of the old parts, or of the new ones, or names what is amiss."""
    files: dict[str, dict[str, bytes]] = {"nothing": {}}
    said = {"nothing": "no file matches"}
    asked = ("--type", "deal-create,revenue", "--by", "channel", "--data")
    for run, won in (("old", 1), ("new", 2)):
        data = tmp_path / run
        data.mkdir()
        (data / "touchpoints.csv").write_text(
            "contact_id,channel,occurred_at\n1,Email,2026-01-01\n2,Events,2026-01-02\n"
        )
        (data / "deal_contacts.csv").write_text("deal_id,contact_id\n1,1\n2,2\n")
        deals = [f"{n},2026-01-03,2026-01-04,10,true\n" for n in (1, 2)][:won]
        (data / "deals.csv").write_text("".join(["deal_id,created_at,closed_at,amount,is_won\n", *deals]))
        made = tmp_path / f"parts of {run}"
        made.mkdir()
        done = attrib_here("partial", *asked, data, "-o", made)
        assert done.returncode == 0, done.stderr
        files[run] = {file.name: file.read_bytes() for file in sorted(made.iterdir())}
        said[run] = attrib_here("report", *asked, data, "-f", "csv").stdout
    said["half"] = {
        "nothing": "shard 1 of 1 is missing: revenue-credit-1-of-1.parquet, which was computed with deal-create",
        "old": "revenue-credit-1-of-1.parquet and deal-create-credit-1-of-1.parquet were not computed in one run",
    }[begun]
    seen = []
    for after in range(20):
        parts = tmp_path / str(after)
        parts.mkdir()
        write_files([(str(parts / name), [content]) for name, content in files[begun].items()])
        killed = write_killed(parts, files["new"], after=after)
        assert killed in (0, -signal.SIGKILL)
        finish = ("report", *asked, tmp_path / "new", "-f", "csv", "--partials", parts / "*.parquet")
        done = attrib_here(*finish)
        assert done.returncode in (0, 2)
        seen += [name for name, text in said.items() if done.stdout == text or text in done.stderr]
        if killed == 0:
            break
    assert seen == [*[begun] * 5, "half", "new", "new"]
    half = tmp_path / "5"
    assert attrib_here("partial", *asked, tmp_path / "new", "-o", half).returncode == 0
    assert {file.name: file.read_bytes() for file in half.glob("*.parquet")} == files["new"]
