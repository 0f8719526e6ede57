"""Beside the reports: completion for the shell that is named, lists of the example data, saves without data."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from conftest import Attrib


@pytest.mark.parametrize(("shell", "word"), [("zsh", "#compdef attrib"), ("bash", "COMPREPLY"), ("fish", "complete ")])
def test_a_completion_is_for_the_shell_that_is_named(shell: str, word: str, attrib: Attrib, tmp_path: Path) -> None:
    for arguments in (["--show-completion", shell], [f"--show-completion={shell}"]):
        done = attrib(*arguments)
        assert done.returncode == 0 and word in done.stdout and "_ATTRIB_COMPLETE" in done.stdout
    done = attrib("--install-completion", shell, env={"HOME": str(tmp_path)})
    assert done.returncode == 0 and done.stderr.startswith(f"installed the completion for {shell} in {tmp_path}")
    place = Path(done.stderr.split(" in ")[1].split(";")[0])
    assert word in place.read_text()


def test_a_shell_that_there_is_no_completion_for_is_said(attrib: Attrib) -> None:
    done = attrib("--show-completion", "zhs")
    assert done.returncode == 2 and done.stdout == "" and "Did you mean 'zsh'?" in done.stderr


def test_lists_of_the_example_data_need_no_configuration(attrib: Attrib) -> None:
    models = {row["model"]: row["kind"] for row in csv.DictReader(attrib("models", "--demo").stdout.splitlines())}
    assert models["pipeline-builder"] == "custom" and models["linear"] == "rule"
    assert "pipeline-builder" not in attrib("models").stdout
    assert attrib("periods", "--demo", "--today", "2026-08-15").stdout.startswith("period,from,to,")
    both = attrib("models", "--demo", "--config", os.devnull)
    assert both.returncode == 2 and "--demo: it was given beside --config" in both.stderr


def test_a_save_after_which_nothing_says_where_the_data_are_warns(attrib: Attrib, tmp_path: Path) -> None:
    own = {"HOME": str(tmp_path)}
    warned = attrib("save", "x", "--by", "channel", "--new-dashboard", "b", env=own)
    assert warned.returncode == 0 and "warning: nothing says where its data are" in warned.stderr
    for kept in (["--demo"], ["--data", "exports"]):
        assert "warning" not in attrib("save", "x", "--by", "channel", *kept, env=own).stderr
