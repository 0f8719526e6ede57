"""Definitions that move between the user's own file and the project's: processes that are killed on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from attrib_cli.app import run as attrib
from attrib_cli.config.load import load_config
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.saved import definitions_file
from attrib_cli.saved.library import Library, SavedDashboard, SavedReport
from attrib_cli.saved.private import private_path
from attrib_cli.terminal.console import Console

MOVES = {
    "out": ("private", ["save", "r", "--visibility", "everyone", "--by", "month", "--force"]),
    "in": ("everyone", ["save", "r", "--visibility", "private", "--by", "month", "--force"]),
    "board": ("private", ["dashboard", "create", "b", "r"]),
    "board out": ("private", ["dashboard", "create", "own", "r", "other", "--force"]),
    "board in": ("everyone", ["dashboard", "create", "own", "--visibility", "private", "--force"]),
}


def opened(folder: Path, user: str = "ann") -> Library:
    path = folder / "attrib.yaml"
    config = load_config(path) if path.exists() else None
    return Library.open(config, user=user, environ={"XDG_CONFIG_HOME": str(folder / user)}, folder=folder)


def files(folder: Path) -> dict[str, object]:
    """What stands in both files, by the shortest words for it."""
    own = private_path(folder / "attrib.yaml", {"XDG_CONFIG_HOME": str(folder / "ann")})
    return {
        where: (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}
        for where, path in (("own", own), ("project", folder / "attrib.yaml"))
    }


def begin(folder: Path, visibility: str) -> None:
    (folder / "attrib.yaml").write_text("# mine\nversion: 1\n")
    made = opened(folder)
    for name in ("r", "other"):
        entry = ReportEntry(by=("channel",))
        made.save_report(SavedReport(name=name, definition=entry, owner="ann", visibility=visibility), force=False)
    board = SavedDashboard(name="own", reports=("r",), owner="ann", visibility=visibility)
    made.save_dashboard(board, force=False)
    if visibility == "everyone":  # a report cannot leave a shared dashboard for the user's own file
        made.save_dashboard(replace(made.dashboard("own"), reports=()), force=True)


def run(folder: Path, arguments: list[str], *, writes: int) -> int:
    """Run the program in a process of its own, which is killed when it has written so many files, right before another.

    Returns its exit code, or less than 0 where it was killed.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left, real = writes, definitions_file.write_file

    def write_file(path: str, chunks: Iterable[bytes], *, mode: int = 0o666) -> None:
        nonlocal left
        if path.endswith(".yaml") and not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= path.endswith(".yaml")
        real(path, chunks, mode=mode)

    code = 70
    try:
        definitions_file.write_file = write_file
        os.chdir(folder)
        environ = {"XDG_CONFIG_HOME": str(folder / "ann"), "ATTRIB_USER": "ann"}
        code = attrib(arguments, Console.in_memory(environ=environ))
    finally:
        os._exit(code)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_that_is_killed_loses_nothing_and_is_mended_by_the_next_save(move: str, tmp_path: Path) -> None:
    visibility, arguments = MOVES[move]
    before: dict[str, object] = {}
    for writes in range(5):
        folder = tmp_path / str(writes)
        folder.mkdir()
        begin(folder, visibility)
        before = before or files(folder)
        killed = run(folder, arguments, writes=writes)
        assert killed in (0, -signal.SIGKILL)
        found = opened(folder)
        assert sorted(one.name for one in found.reports()) == ["other", "r"]
        assert "own" in [one.name for one in found.dashboards()]
        assert found.report("r").definition.by in (("channel",), ("month",))

        assert run(folder, ["save", "new"], writes=9) == 0  # any other save mends it
        now = files(folder)
        for section in ("reports", "dashboards"):
            own, project = (set(now[where].get(section) or {}) for where in ("own", "project"))  # type: ignore[attr-defined]
            assert not own & project
        assert sorted(one.name for one in opened(folder).reports()) == ["new", "other", "r"]

        assert run(folder, arguments, writes=9) in (0, 2)  # what was asked for can be asked for again
        assert opened(folder).report("r").definition.by == (("month",) if "--by" in arguments else ("channel",))
        if killed == 0:
            assert writes > 1
            return
    pytest.fail("more writes than there should be")


def test_what_others_have_under_a_name_of_ones_own_stays(tmp_path: Path) -> None:
    """Two of one name are only one thing where both are the user's and mean the same."""
    begin(tmp_path, "private")
    for owner, by in (("bo", "channel"), ("ann", "month")):
        text = f"version: 1\nreports:\n  r: {{by: {by}, owner: {owner}}}\n"
        (tmp_path / "attrib.yaml").write_text(text)
        opened(tmp_path).save_report(SavedReport(name=f"n-{owner}", definition=ReportEntry()), force=False)
        assert (tmp_path / "attrib.yaml").read_text().startswith(text)
        assert opened(tmp_path).report("r").private
        opened(tmp_path).delete_report(f"n-{owner}")
    mine = opened(tmp_path).report("r")
    opened(tmp_path).save_report(replace(mine, visibility="everyone"), force=True)
    assert not opened(tmp_path).report("r").private
    assert opened(tmp_path).report("r").definition.by == ("channel",)
