"""Runs whole processes in turn and takes their time and their peak memory.

This module imports nothing large on purpose: a child starts as a copy of its parent, and Linux counts the parent's
memory into the child's peak.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Program:
    """A command line under a name, with the models it is asked for and whose program it is."""

    name: str
    kind: Literal["yardstick", "ours", "peer"]
    models: str
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Median seconds, least seconds of processor and highest peak memory of all rounds, and what was printed last."""

    program: Program
    seconds: float
    spread: tuple[float, float]
    processor: float
    mebibytes: float
    printed: str


class Failed(Exception):
    """A program that is measured ended with an error."""


def run_once(program: Program, cwd: Path, environment: Mapping[str, str]) -> tuple[float, float, float, str]:
    """Seconds from start to end, those of all processors, peak memory in MiB, and standard output of one run."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(program.command, stdout=out, stderr=err, cwd=cwd, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise Failed(f"{' '.join(program.command)} ended with {process.returncode}:\n{err.read().decode()}")
        peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        return seconds, usage.ru_utime + usage.ru_stime, peak, out.read().decode()


def in_turn(programs: Sequence[Program], rounds: int, cwd: Path, *, warm: bool = True) -> list[Result]:
    """Measures the programs in turn (A B C A B C ...), so that a slow minute of the machine meets them all.

    A first round fills the caches and is not counted, unless the programs take so long that it would not show: `warm`
    says so.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATTRIB_")}
    times: list[list[float]] = [[] for _ in programs]
    processor: list[list[float]] = [[] for _ in programs]
    peaks: list[list[float]] = [[] for _ in programs]
    printed = ["" for _ in programs]
    for turn in range(0 if warm else 1, rounds + 1):
        for number, program in enumerate(programs):
            seconds, used, peak, printed[number] = run_once(program, cwd, environment)
            if turn:
                times[number].append(seconds)
                processor[number].append(used)
                peaks[number].append(peak)
    return [
        Result(
            program=program,
            seconds=statistics.median(times[number]),
            spread=(min(times[number]), max(times[number])),
            processor=min(processor[number]),
            mebibytes=max(peaks[number]),
            printed=printed[number],
        )
        for number, program in enumerate(programs)
    ]
