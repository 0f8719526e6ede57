"""One report in three ways: on this machine, from partials, and on Spark with the cores of this machine.

    python benchmarks/scale.py --write

Revenue by channel under nine models. All three must have the same bytes. Partials are computed one after the other, as
one machine would for want of others: the longest of them is what as many machines would take.
Spark is started cold, as a command line starts it, and then asked again, warm, in the same process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from generate import Size, make

README = Path(__file__).parent / "README.md"
START, END = "<!-- scale: written by scale.py -->", "<!-- end of scale -->"
JOURNEYS = (200_000, 2_000_000)
SHARDS = 4
ASKED = ("--by", "channel", "--model", "all", "--format", "csv")
ATTRIB = (sys.executable, "-m", "attrib_cli")


def timed(*arguments: str) -> tuple[float, bytes]:
    """Return the seconds that a command took, and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parent.parent)
    return time.perf_counter() - begun, done.stdout


def here(folder: Path) -> tuple[float, bytes]:
    """The report on this machine, the quicker of two."""
    return min(timed(*ATTRIB, "report", "--data", str(folder), *ASKED) for _ in range(2))


def partials(folder: Path) -> tuple[list[float], float, bytes]:
    """The seconds of each partial, those of the finish, and the report."""
    with tempfile.TemporaryDirectory() as parts:
        seconds = []
        for number in range(1, SHARDS + 1):
            shard = ("--shard", f"{number}/{SHARDS}", "--output", f"{parts}/{number}.parquet")
            asked = ("partial", "--data", str(folder), *ASKED[:4], *shard)
            seconds.append(timed(*ATTRIB, *asked)[0])
        finish, found = timed(*ATTRIB, "report", "--data", str(folder), *ASKED, "--partials", f"{parts}/*.parquet")
    return seconds, finish, found


def on_spark(folder: Path) -> tuple[float, float, bytes]:
    """The seconds of the first report on Spark and of the second, and the report."""
    with tempfile.NamedTemporaryFile() as found:
        _, printed = timed(sys.executable, __file__, "--spark", str(folder), found.name)
        first, second = map(float, printed.split())
        return first, second, Path(found.name).read_bytes()


def run_spark(folder: str, out: str) -> None:
    """Write the report twice in one process with Spark; print the seconds of each."""
    from attrib_cli.app import run

    for _ in range(2):
        begun = time.perf_counter()
        asked = ["report", "--data", folder, *ASKED, "--engine", "spark", "--output", out, "--quiet"]
        if code := run(asked):
            raise SystemExit(code)
        print(time.perf_counter() - begun)


def rows(journeys: int) -> str:
    """Return the row of the table for so many journeys; raises SystemExit where figures differ."""
    folder = make(Size(journeys=journeys))
    alone, whole = here(folder)
    parts, finish, together = partials(folder)
    first, second, shuffled = on_spark(folder)
    digests = {hashlib.sha256(found).hexdigest() for found in (whole, together, shuffled)}
    if len(digests) != 1:
        raise SystemExit("the reports differ")
    cells = [f"{alone:.1f}", f"{sum(parts) + finish:.1f} ({(sum(parts) + finish) / alone:.1f} x)"]
    cells += [f"{max(parts) + finish:.1f} ({(max(parts) + finish) / alone:.1f} x)"]
    cells += [f"{first:.1f} ({first / alone:.1f} x)", f"{second:.1f} ({second / alone:.1f} x)"]
    return f"| {Size(journeys=journeys).interactions:,} | " + " | ".join(cells) + " |"


def main() -> None:
    """Measure, print the table, and put it into README where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    parser.add_argument("--spark", nargs=2, metavar=("FOLDER", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.spark:
        run_spark(*given.spark)
        return
    head = (
        f"| interactions | one machine, s | {SHARDS} partials, one by one | on {SHARDS} machines | Spark, cold | warm |"
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyarrow", "pyspark"))
    said = f"{dt.date.today():%-d %B %Y}: {os.cpu_count()} cores; {versions}."
    lines = [said, "", head, "| ---: | ---: | ---: | ---: | ---: | ---: |", *map(rows, JOURNEYS)]
    load = os.getloadavg()[0]
    lines += ["", f"The machine had a load of {load:.0f} at the end of it, on {os.cpu_count()} cores."]
    text = "\n".join(lines)
    print(text)
    if given.write:
        old = README.read_text()
        before, after = old[: old.index(START) + len(START)], old[old.index(END) :]
        README.write_text(f"{before}\n\n{text}\n\n{after}")


if __name__ == "__main__":
    main()
