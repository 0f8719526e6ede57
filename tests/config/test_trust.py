"""Whose configuration is followed: another user's only where it is named or its folder is trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attrib_cli.app import run
from attrib_cli.config import trust
from attrib_cli.terminal.console import Console

OTHER = 4321
WORDS = "belongs to user 4321 and not to you, so it is not followed"


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration of another user in the folder above the working directory."""
    path = tmp_path / "shared" / "attrib.yaml"
    (path.parent / "below").mkdir(parents=True)
    path.write_text("currency: SEK\nreports: {r: {output: /nowhere/of/mine}}\n")
    if os.geteuid() == trust.ROOT:
        os.chown(path, OTHER, OTHER)
    else:
        monkeypatch.setattr(trust, "ROOT", -1)
        monkeypatch.setattr(trust, "_name", lambda _: f"user {OTHER}")
        monkeypatch.setattr(trust.os, "geteuid", lambda: OTHER)
    monkeypatch.chdir(path.parent / "below")
    return path


def attrib(tmp_path: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    console = Console.in_memory(environ={"HOME": str(tmp_path / "home"), **more})
    code = run(list(arguments), console)
    return code, console.output().decode(), console.messages()


def test_a_configuration_of_somebody_else_is_refused_by_every_command_that_finds_it(
    theirs: Path, tmp_path: Path
) -> None:
    for arguments in (
        *(["config", "show"], ["config", "validate"], ["config", "schema", "--install"], ["models"], ["periods"]),
        *(["report", "r"], ["report", "--data", "."], ["export", "r", "--email", "a@b.example"], ["saved", "list"]),
        *(["save", "x", "--demo"], ["dashboard", "list"], ["schedule", "r", "--cron", "@daily"]),
    ):
        code, output, said = attrib(tmp_path, *arguments)
        assert code == 2 and WORDS in said and str(theirs) in said and "ATTRIB_TRUST" in said, (arguments, said)
        assert output == ""
    assert "SEK" in theirs.read_text() and sorted(p.name for p in theirs.parent.iterdir()) == ["attrib.yaml", "below"]


def test_it_is_followed_where_it_is_named_or_its_folder_is_trusted(theirs: Path, tmp_path: Path) -> None:
    shown = ["config", "show", "-f", "csv"]
    for arguments, more in (
        ([*shown, "--config", str(theirs)], {}),
        (shown, {"ATTRIB_CONFIG": str(theirs)}),
        (shown, {"ATTRIB_TRUST": f"/elsewhere{os.pathsep}{theirs.parent}"}),
        (shown, {"ATTRIB_TRUST": str(tmp_path)}),
        (shown, {"ATTRIB_TRUST": "*"}),
    ):
        code, output, said = attrib(tmp_path, *arguments, **more)
        assert code == 0 and "currency,SEK," in output, (arguments, more, said)
    for trusted in ("", "shared", str(theirs.parent / "below"), f"{theirs.parent}2"):
        assert attrib(tmp_path, *shown, ATTRIB_TRUST=trusted)[0] == 2
    own = tmp_path / "home" / ".config" / "attrib" / "trusted"
    own.parent.mkdir(parents=True)
    own.write_text("# of colleagues\n~/other\n")
    assert attrib(tmp_path, *shown)[0] == 2
    own.write_text(f"# of colleagues\n{theirs.parent}\n")
    assert attrib(tmp_path, *shown)[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator gives files away")
def test_links_are_judged_by_both_ends_and_sudo_by_who_called(theirs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("currency: SEK\n")
    theirs.unlink()
    theirs.symlink_to(mine)
    assert attrib(tmp_path, "config", "show")[0] == 0
    os.chown(theirs, OTHER, OTHER, follow_symlinks=False)
    assert attrib(tmp_path, "config", "show")[0] == 2
    assert attrib(tmp_path, "config", "show", SUDO_UID=str(OTHER))[0] == 0
