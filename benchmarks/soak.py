"""Load and soak: many reports at once, exports in a row, a day of cron, and a hundred million rows.

    python benchmarks/soak.py                                all of it, as long as that takes
    python benchmarks/soak.py --case exports --times 200     one case, shorter
    python benchmarks/soak.py --case cron --minutes 6
    python benchmarks/soak.py --write                        also puts the table into benchmarks/README.md

None may fail, and nothing may grow: the memory of a process, its open files, temporary files, the cache of tables, and
processes that stay. Each case has a home, a cache and a folder for temporary files of its own.

``together``: as many reports as asked at once, on one set of data; all print the same bytes.
``exports``: exports one after the other in one process, as a server or a notebook would run them: csv, xlsx, Parquet, a
page, and the ledger in turn. What the process holds after a tenth of them is compared with what it holds at the end.
``cron``: four exports an hour, around the clock, each a process of its own, in as many minutes as asked.
``large``: a report of nine models over a hundred million interactions, beside a scan of the columns that it reads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generate import Size

HERE = Path(__file__).parent
README = HERE / "README.md"
START, END = "<!-- soak: written by soak.py -->", "<!-- end of soak -->"
ATTRIB = (sys.executable, "-m", "attrib_cli")
ASKED = ("--by", "channel", "--model", "all", "--today", "2026-11-24")
FORMATS = ("csv", "xlsx", "parquet", "html")
A_DAY = 96
"""Exports of a day, four an hour."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a process and its folders hold: MiB in memory, open files, temporary files, files and MiB of the cache."""

    memory: float
    handles: int
    temporary: int
    cached: int
    cache: float

    def words(self) -> str:
        """Return it in words."""
        return (
            f"{self.memory:.0f} MiB, {self.handles} open files, {self.temporary} temporary files,"
            f" {self.cached} files of {self.cache:.0f} MiB in the cache"
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A case that was run: what it was, how long it took, and what was seen; `failed` says what must not be."""

    case: str
    seconds: float
    seen: str
    failed: str = ""


@contextmanager
def places() -> Iterator[dict[str, str]]:
    """Yield an environment with a home, a cache and a folder for temporary files of its own."""
    with tempfile.TemporaryDirectory() as root:
        for name in ("home", "cache", "tmp", "out"):
            Path(root, name).mkdir()
        yield {
            **os.environ,
            "HOME": f"{root}/home",
            "XDG_CACHE_HOME": f"{root}/cache",
            "TMPDIR": f"{root}/tmp",
            "SOAK_OUT": f"{root}/out",
        }


def held(environment: Mapping[str, str]) -> Held:
    """Return what this process and the folders of `environment` hold."""
    status = Path("/proc/self/status").read_text()
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    cache = [path for path in Path(environment["XDG_CACHE_HOME"]).rglob("*") if path.is_file()]
    return Held(
        memory=memory / 1024,
        handles=len(list(Path("/proc/self/fd").iterdir())),
        temporary=len(list(Path(environment["TMPDIR"]).rglob("*"))),
        cached=len(cache),
        cache=sum(path.stat().st_size for path in cache) / 2**20,
    )


def generated(journeys: int) -> Path:
    """Return the folder of data with ten percent converting, made in another process."""
    options = ("--journeys", str(journeys), "--converting", "10")
    subprocess.run((sys.executable, str(HERE / "generate.py"), *options), check=True, stdout=subprocess.DEVNULL)
    return Size(journeys=journeys).folder


def together(asked: argparse.Namespace) -> Outcome:
    """Run reports at once."""
    folder = generated(asked.journeys)
    with places() as environment:
        begun = time.perf_counter()
        running = [
            subprocess.Popen(
                (*ATTRIB, "report", "--data", str(folder), *ASKED, "--format", "csv"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=HERE.parent,
            )
            for _ in range(asked.at_once)
        ]
        printed = [one.communicate() for one in running]
        seconds = time.perf_counter() - begun
        left = len(list(Path(environment["TMPDIR"]).rglob("*")))
    codes = [one.returncode for one in running]
    different = len({out for out, _ in printed})
    failed = (
        "" if not any(codes) and different == 1 and left == 0 else f"codes {codes}, {different} answers, {left} left"
    )
    seen = f"{different} answer of {len(printed[0][0])} bytes, {left} temporary files left"
    return Outcome(
        case=f"{asked.at_once} reports at once, 1 million interactions each", seconds=seconds, seen=seen, failed=failed
    )


def exports(asked: argparse.Namespace) -> Outcome:
    """Run exports in one process, which is another one: this one has had other data in memory."""
    folder = generated(asked.journeys // 10)
    with places() as environment:
        begun = time.perf_counter()
        command = (sys.executable, __file__, "--in-a-row", str(asked.times), str(folder))
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, cwd=HERE.parent, check=False)
        seconds = time.perf_counter() - begun
    case = f"{asked.times:,} exports in a row in one process"
    if done.returncode:
        return Outcome(case=case, seconds=seconds, seen="", failed=f"ended with {done.returncode}")
    early, late = (Held(**json.loads(line)) for line in done.stdout.decode().splitlines()[-2:])
    grown = [
        late.memory > 1.1 * early.memory + 8,
        late.handles > early.handles,
        late.temporary > early.temporary,
        late.cached > early.cached,
    ]
    seen = f"after a tenth: {early.words()}; at the end: {late.words()}"
    return Outcome(case=case, seconds=seconds, seen=seen, failed="something grew" if any(grown) else "")


def in_a_row(times: int, folder: str) -> None:
    """Run exports in this process, and print what it holds after a tenth of them and at the end."""
    from attrib_cli.app import run

    out = Path(os.environ["SOAK_OUT"])
    for number in range(times):
        ledger = number % 5 == 4
        format = "parquet" if ledger else FORMATS[number % 5]
        more = ("--ledger", "--model", "linear") if ledger else ASKED
        path = str(out / f"{number % 5}.{format}")
        code = run(
            ["export", "--data", folder, *more, "--format", format, "--output", path, "--name", "soak", "--quiet"]
        )
        if code:
            raise SystemExit(f"export {number} ended with {code}")
        if number + 1 in (max(times // 10, 5), times):
            print(json.dumps(vars(held(os.environ))), flush=True)


def cron(asked: argparse.Namespace) -> Outcome:
    """Run a day's exports, evenly over the minutes; those that run late overlap with the next."""
    folder = generated(asked.journeys // 10)
    gap = asked.minutes * 60 / A_DAY
    with places() as environment:
        out = Path(environment["SOAK_OUT"])
        begun, running = time.perf_counter(), []
        for number in range(A_DAY):
            time.sleep(max(0.0, begun + number * gap - time.perf_counter()))
            format = FORMATS[number % len(FORMATS)]
            path = str(out / f"{number % 8}.{format}")
            command = (
                *ATTRIB,
                "export",
                "--data",
                str(folder),
                *ASKED,
                "-f",
                format,
                "-o",
                path,
                "--name",
                "cron",
                "--quiet",
            )
            running.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, cwd=HERE.parent))
        codes = [one.wait() for one in running if one.communicate()]
        seconds = time.perf_counter() - begun
        left = len(list(Path(environment["TMPDIR"]).rglob("*")))
        hidden = [path.name for path in out.iterdir() if path.name.startswith(".")]
        files, log = (
            len(list(out.iterdir())),
            sum(p.stat().st_size for p in Path(environment["HOME"]).rglob("*") if p.is_file()),
        )
    failed = "" if not any(codes) and not left and not hidden else f"codes {codes}, left: {left}, {hidden}"
    seen = f"{files} files, {left} temporary files left, {log / 1024:.0f} KiB of messages and locks in the home folder"
    return Outcome(
        case=f"{A_DAY} exports of a day's cron in {asked.minutes:g} minutes", seconds=seconds, seen=seen, failed=failed
    )


def large(asked: argparse.Namespace) -> Outcome:
    """Run a report over many rows, beside a scan, once each."""
    from measure import Program, in_turn

    size = Size(journeys=asked.large)
    folder = generated(asked.large)
    models = "first,last,linear,u-shaped,w-shaped,full-path,time-decay,j-shaped,inverse-j-shaped"
    report = (*ATTRIB, "report", "--data", str(folder), "--by", "channel", "--model", models, "--format", "csv")
    scan = (sys.executable, str(HERE / "scan.py"), str(folder), "revenue")
    programs = [
        Program(name="scan", kind="yardstick", models="", command=scan),
        Program(name="attrib", kind="ours", models=models, command=report),
    ]
    begun = time.perf_counter()
    first, second = in_turn(programs, 1, HERE.parent, warm=False)
    seen = (
        f"{second.seconds:.0f} s and {second.mebibytes:.0f} MiB at its peak; the scan {first.seconds:.0f} s"
        f" ({second.seconds / first.seconds:.1f} x)"
    )
    case = f"nine models over {size.interactions:,} interactions"
    return Outcome(case=case, seconds=time.perf_counter() - begun, seen=seen)


CASES: Mapping[str, Callable[[argparse.Namespace], Outcome]] = {
    "together": together,
    "exports": exports,
    "cron": cron,
    "large": large,
}


def table(outcomes: Sequence[Outcome]) -> str:
    """The results as Markdown."""
    lines = ["| case | seconds | seen | failed |", "| --- | ---: | --- | --- |"]
    for one in outcomes:
        lines.append(f"| {one.case} | {one.seconds:.0f} | {one.seen} | {one.failed or 'nothing'} |")
    return "\n".join(lines)


def main() -> None:
    """Run the cases and print Markdown; ends with 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--journeys", type=int, default=200_000, help="of the data, a tenth of it for exports and cron")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--times", type=int, default=1000, help="exports in a row")
    parser.add_argument("--minutes", type=float, default=60, help="for a day's worth of cron")
    parser.add_argument("--large", type=int, default=20_000_000, help="journeys of the large data, five rows each")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    asked = parser.parse_args()
    outcomes = []
    for name in asked.case or CASES:
        outcomes.append(CASES[name](asked))
        print(table(outcomes[-1:]).splitlines()[-1], flush=True)
    if asked.write:
        from run import machine

        load = f"The machine had a load of {os.getloadavg()[0]:.0f} at the end of it, on {os.cpu_count()} cores."
        text = f"{machine(None)}\n\n{table(outcomes)}\n\n{load}"
        before, rest = README.read_text(encoding="utf-8").split(START)
        README.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    if any(one.failed for one in outcomes):
        raise SystemExit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-a-row"]:
        in_a_row(int(sys.argv[2]), sys.argv[3])
    else:
        main()
