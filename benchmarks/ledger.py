"""Measures what a ledger of ten times the rows needs: time, and peak memory of the whole process.

    python benchmarks/ledger.py                          1 million and 10 million interactions, as csv, parquet and xlsx
    python benchmarks/ledger.py --small 20000 --format csv
    python benchmarks/ledger.py --write                  also puts the table into benchmarks/README.md

The data are those of `generate.py`, with every journey converting, so that each interaction is a row; those that never
earn credit are none. As xlsx it is an eighth of that, 1.1 million rows: still more than one sheet holds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generate import Size
from measure import Program, Result, in_turn
from run import machine

HERE = Path(__file__).parent
README = HERE / "README.md"
BEGIN, END = "<!-- ledger: written by ledger.py -->", "<!-- end of ledger -->"
MODELS = "first,last,linear,u-shaped,time-decay"
FORMATS = ("csv", "parquet", "xlsx")
GROWTH = 1.1
"""The most that peak memory may grow by, from the small ledger to the large one."""

RANGE = 1_000_000
"""Interactions that are gathered at once: a ledger of fewer needs less memory, and says nothing of growth."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The ledgers of one format that are measured in turn, small and large, and what came of them."""

    format: str
    sizes: Sequence[Size]
    results: Sequence[Result]

    @property
    def telling(self) -> bool:
        """Whether both are long enough to be compared."""
        return all(size.interactions >= RANGE for size in self.sizes)

    @property
    def growth(self) -> float:
        """How much more memory the large one takes."""
        small, large = (result.mebibytes for result in self.results)
        return large / small


def program(size: Size, format: str, folder: Path) -> Program:
    """The export of a data set's ledger, as a whole process."""
    out = folder / f"ledger-{size.journeys}.{format}"
    options = ("--ledger", "--data", str(size.folder), "--model", MODELS, "--format", format, "--output", str(out))
    command = (sys.executable, "-m", "attrib_cli", "export", *options, "--quiet")
    return Program(name=f"{size.interactions:,} interactions", kind="ours", models=MODELS, command=command)


def generate(size: Size) -> None:
    """Makes a data set in another process: what this one has had in memory would count into its children's peaks."""
    options = ("--journeys", str(size.journeys), "--converting", str(size.converting))
    subprocess.run((sys.executable, str(HERE / "generate.py"), *options), check=True, stdout=subprocess.DEVNULL)


def measured(format: str, small: int, rounds: int) -> Pair:
    """Measures a format: a ledger, and one ten times as long."""
    first = small // 8 if format == "xlsx" else small
    sizes = [Size(journeys=journeys, converting=100) for journeys in (first, 10 * first)]
    for size in sizes:
        generate(size)
    with tempfile.TemporaryDirectory() as folder:
        programs = [program(size, format, Path(folder)) for size in sizes]
        return Pair(format=format, sizes=sizes, results=in_turn(programs, rounds, HERE.parent, warm=False))


def table(pairs: Sequence[Pair]) -> str:
    """The results as Markdown."""
    lines = ["| ledger, five models | | seconds | peak MiB |", "| --- | --- | ---: | ---: |"]
    for pair in pairs:
        for result in pair.results:
            lines.append(f"| {pair.format} | {result.program.name} | {result.seconds:.0f} | {result.mebibytes:.0f} |")
    lines += ["", "| goal | limit | measured | met |", "| --- | ---: | ---: | --- |"]
    for pair in pairs:
        if not pair.telling:
            continue
        met = "yes" if pair.growth <= GROWTH else "**no**"
        goal = f"peak memory of ten times the rows as {pair.format}"
        lines.append(f"| {goal} | {GROWTH} x | {pair.growth:.2f} x | {met} |")
    return "\n".join(lines)


def main() -> None:
    """Measures both sizes in turn and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=200_000, help="journeys of the small data set, five rows each")
    parser.add_argument("--format", action="append", choices=["csv", "tsv", "jsonl", "parquet", "xlsx"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    asked = parser.parse_args()
    pairs = [measured(format, asked.small, asked.rounds) for format in asked.format or FORMATS]
    text = f"{machine(None)} Whole processes, highest peak memory (`ru_maxrss`).\n\n{table(pairs)}"
    print(text)
    if asked.write:
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
