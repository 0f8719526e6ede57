"""What `attrib paths` costs beside a linear report of the same journeys, in processor time, and in how much memory.

    python benchmarks/paths.py --write

Processor time depends little on who else uses the machine. Where all journeys convert, a report and paths look at the
same interactions. Where one in ten does, a report looks at these alone, and so may paths; beside them stand those with
the journeys that did not convert, nine times as many, and paths under a limit of memory.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from generate import Size, make

README = Path(__file__).parent / "README.md"
START, END = "<!-- paths: written by paths.py -->", "<!-- end of paths -->"
ALL = Size(journeys=1_000_000, converting=100)
TENTH = Size(journeys=2_000_000, converting=10)
LIMIT = "600MB"
REPORT = ("report", "--type", "revenue", "--model", "linear", "--by", "channel", "-f", "csv")
ALONE = ("--non-converting", "off")
CASES = (
    (ALL, "linear report by channel", REPORT),
    (ALL, "`paths length`", ("paths", "length", "-f", "csv")),
    (ALL, "`paths lag`", ("paths", "lag", "-f", "csv")),
    (ALL, "`paths`, for reading", ("paths", "-f", "table")),
    (ALL, "`paths`, csv of all", ("paths", "-f", "csv")),
    (TENTH, "linear report by channel", REPORT),
    (TENTH, "`paths length`, journeys that convert", ("paths", "length", *ALONE, "-f", "csv")),
    (TENTH, "`paths`, journeys that convert, for reading", ("paths", *ALONE, "-f", "table")),
    (TENTH, "`paths`, journeys that convert, csv of all", ("paths", *ALONE, "-f", "csv")),
    (TENTH, "`paths length`, all journeys", ("paths", "length", "-f", "csv")),
    (TENTH, "`paths`, all journeys, csv of all", ("paths", "-f", "csv")),
    (TENTH, f"the same within `--memory {LIMIT}`", ("paths", "-f", "csv", "--memory", LIMIT)),
)


def measured(size: Size, arguments: tuple[str, ...]) -> tuple[float, float, int]:
    """Return the processor seconds, the highest memory in MiB, and the rows printed of one run."""
    command = [sys.executable, "-m", "attrib_cli", *arguments, "--data", str(size.folder), "--no-cache"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=README.parent.parent)
    assert process.stdout is not None
    lines = sum(1 for _ in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, lines - 1


def main() -> None:
    """Measure every case, print the table, and write it into the README if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    lines = [f"{dt.date.today():%-d %B %Y}: 2 cores that others used too. The least of {options.rounds}."]
    size, first = None, 0.0
    for of, name, arguments in CASES:
        if of != size:
            make(of)
            size, first = of, 0.0
            lines += [
                "",
                f"{of.interactions:,} interactions, {of.converting} % of {of.journeys:,} journeys converting:",
                "",
                "| | processor seconds | x the report | peak MiB | rows |",
                "| --- | ---: | ---: | ---: | ---: |",
            ]
        seconds, memory, rows = min(measured(of, arguments) for _ in range(options.rounds))
        first = first or seconds
        lines.append(f"| {name} | {seconds:.1f} | {seconds / first:.2f} | {memory:.0f} | {rows:,} |")
        print(lines[-1], flush=True)
    if options.write:
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition(START)
        _, _, after = rest.partition(END)
        README.write_text(f"{before}{START}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
