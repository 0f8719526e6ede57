"""How long the program takes to start, beside what it imports: two bounds, measured in one run.

Whole processes in turn, A B C D A B C D, so that a slow minute of the machine meets them all. What is compared is the
processor time of the fastest run of each, which other programs disturb least; the wall clock stands beside it. All is
compiled to bytecode first, as an installed program is.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time

ATTRIB = ("-m", "attrib_cli")
PROGRAMS = {
    "import typer": ("-c", "import typer"),
    "attrib --help": (*ATTRIB, "--help"),
    "import typer, pydantic, duckdb; connect": ("-c", "import typer, pydantic, duckdb; duckdb.connect()"),
    "attrib report --data (no configuration)": (*ATTRIB, "report", "--data", "examples/data", "--format", "csv"),
    "attrib report --config attrib.yaml": (*ATTRIB, "report", "--config", "examples/attrib.yaml", "--format", "csv"),
    "attrib report --demo": (*ATTRIB, "report", "--demo", "--format", "csv"),
}
BOUNDS = (
    ("attrib --help", "import typer", 1.5),
    ("attrib report --demo", "import typer, pydantic, duckdb; connect", 1.6),
)


def run(arguments: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds of processor and of wall clock that Python takes with these arguments."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    """Measure and print a table, and the two bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    for arguments in PROGRAMS.values():
        run(arguments)  # writes the bytecode, warms the caches
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, arguments in PROGRAMS.items():
            taken[name].append(run(arguments))
    print("| program | processor, s | wall clock, s |\n| --- | ---: | ---: |")
    best = {name: tuple(map(min, zip(*times, strict=True))) for name, times in taken.items()}
    for name, (processor, wall) in best.items():
        print(f"| `{name}` | {processor:.3f} | {wall:.3f} |")
    print()
    for name, base, bound in BOUNDS:
        processor, wall = (best[name][at] / best[base][at] for at in (0, 1))
        print(f"`{name}`: {processor:.2f} times `{base}` (wall clock {wall:.2f}); to be within {bound}")


if __name__ == "__main__":
    main()
