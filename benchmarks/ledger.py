"""Measures what a ledger of ten times the rows needs: time, and peak memory of the whole process.

    python benchmarks/ledger.py                 1 million and 10 million interactions
    python benchmarks/ledger.py --small 100000 --format parquet

The data are those of `generate.py`, with every journey converting, so that each interaction is a row.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import Size
from measure import Program, in_turn

HERE = Path(__file__).parent
MODELS = "first,last,linear,u-shaped,time-decay"


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


def main() -> None:
    """Measures both sizes in turn and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=200_000, help="journeys of the small data set, five rows each")
    parser.add_argument("--format", default="csv", choices=["csv", "tsv", "jsonl", "parquet"])
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    sizes = [Size(journeys=asked.small * times, converting=100) for times in (1, 10)]
    for size in sizes:
        generate(size)
    with tempfile.TemporaryDirectory() as folder:
        results = in_turn([program(size, asked.format, Path(folder)) for size in sizes], asked.rounds, HERE.parent)
    print(f"| ledger as {asked.format} | seconds | peak MiB |\n|---|---:|---:|")
    for result in results:
        print(f"| {result.program.name} | {result.seconds:.1f} | {result.mebibytes:.0f} |")


if __name__ == "__main__":
    main()
