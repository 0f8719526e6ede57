"""Measures `attrib` against the yardstick, against its peers and against its goals; prints Markdown.

    python benchmarks/run.py                                  without peers
    python benchmarks/run.py --peers-python PEERS/bin/python  with polars, pandas and ChannelAttribution
    python benchmarks/run.py --write                          also puts the tables into benchmarks/README.md

The data is made on the first run and kept (`generate.py`); the yardstick is `scan.py`.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import io
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generate import Size
from measure import Failed, Program, Result, in_turn

HERE = Path(__file__).parent
ROOT = HERE.parent
README = HERE / "README.md"
BEGIN, END = "<!-- results: written by run.py -->", "<!-- end of results -->"

FIVE = "first,last,linear,u-shaped,time-decay"
NINE = "first,last,linear,u-shaped,w-shaped,full-path,time-decay,j-shaped,inverse-j-shaped"
CONTACT = "first,last,linear,u-shaped,time-decay,j-shaped,inverse-j-shaped"
COMMON = "first,last,linear"
MEMORY = 600

WALK_MEMORY = 1024
"""What data-driven models may take, in MiB."""

MILLION = Size(journeys=1_000_000, converting=10)
ALL_CONVERT = Size(journeys=1_000_000, converting=100)
SMALL = Size(journeys=200_000, converting=10)
LARGE = Size(journeys=2_000_000, converting=10)
GIANT = Size(journeys=1_800_000, converting=10, giant=1_000_000)
HUNDRED = Size(journeys=1_000_000, converting=10, channels=100)


def scan(size: Size, kind: str) -> Program:
    """The yardstick on a data set."""
    return Program(
        name="DuckDB scan",
        kind="yardstick",
        models="",
        command=(sys.executable, str(HERE / "scan.py"), str(size.folder), kind),
    )


def attrib(size: Size, kind: str, models: str, measures: str, name: str = "attrib", *more: str) -> Program:
    """A report by channel, as a whole process."""
    options = ("--type", kind, "--model", models, "--by", "channel", "--measure", measures, "--format", "csv", *more)
    command = (sys.executable, "-m", "attrib_cli", "report", "--data", str(size.folder), *options)
    return Program(name=name, kind="ours", models=models, command=command)


def revenue(size: Size, models: str, name: str = "attrib") -> Program:
    """The main job: revenue and deals by channel."""
    return attrib(size, "revenue", models, "revenue,deals", name)


def fitted(size: Size, model: str, name: str, *more: str) -> Program:
    """The main job with a model that is estimated from the journeys, those without conversion included."""
    return attrib(size, "revenue", model, "revenue,deals", name, *more)


def peer(python: str, name: str, size: Size, models: str, job: str = "") -> Program:
    """The main job, or one of the scripts for another one, done with another package."""
    script = HERE / "peers" / f"{job}with_{name.lower()}.py"
    return Program(name=name, kind="peer", models=models, command=(python, str(script), str(size.folder), models))


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A limit on a figure that follows from the results of a case."""

    text: str
    limit: float
    unit: str
    figure: Callable[[Sequence[Result]], float]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Programs that are measured in turn, and what is asked of them; `sizes` are the data sets they read."""

    key: str
    title: str
    programs: tuple[Program, ...]
    goals: tuple[Goal, ...]
    sizes: tuple[Size, ...] = ()
    yardstick: bool = True
    memory: int = MEMORY


def ratio(text: str, limit: float, over: int, under: int) -> Goal:
    """A limit on how much more of the processors one program takes than another, by their places in the case."""
    return Goal(text=text, limit=limit, unit="x", figure=lambda r: r[over].processor / r[under].processor)


def seconds(text: str, limit: float) -> Goal:
    """A limit on the time of the case's first program."""
    return Goal(text=text, limit=limit, unit="s", figure=lambda r: r[0].seconds)


def main_job(key: str, size: Size, limit: float, peers_python: str | None) -> Case:
    """Five models on a million journeys, with the peers where they are installed."""
    programs = [scan(size, "revenue"), revenue(size, FIVE)]
    if peers_python:
        programs += [peer(peers_python, name, size, FIVE) for name in ("polars", "pandas")]
        programs += [peer(peers_python, "ChannelAttribution", size, COMMON)]
    return Case(
        key=key,
        title=f"revenue, 5 million interactions in 1 million journeys, {size.converting} % converting",
        programs=tuple(programs),
        goals=(ratio(f"five models, {size.converting} % converting, against the scan", limit, 1, 0),),
        sizes=(size,),
    )


def estimated(peers_python: str | None) -> tuple[Case, ...]:
    """Data-driven models, which look at every journey."""
    others = ("ChannelAttribution", "MAM", "mta") if peers_python else ()
    return (
        Case(
            key="estimated",
            title="data-driven models of revenue, 1 million journeys, 20 channels, 10 % converting",
            programs=(
                scan(MILLION, "revenue"),
                fitted(MILLION, "markov", "attrib, Markov, order 1"),
                fitted(MILLION, "markov", "attrib, Markov, order 3", "--order", "3"),
                fitted(MILLION, "shapley", "attrib, Shapley"),
                *(peer(peers_python or "", name, MILLION, "markov", "markov_") for name in others),
            ),
            goals=(
                ratio("Markov of order 1, against the scan", 5, 1, 0),
                ratio("Markov of order 3, against the scan", 15, 2, 0),
                ratio("Shapley, against the scan", 2, 3, 0),
            ),
            sizes=(MILLION,),
            memory=WALK_MEMORY,
        ),
        Case(
            key="hundred-channels",
            title="Markov of order 1, 1 million journeys, 100 channels",
            programs=(scan(HUNDRED, "revenue"), fitted(HUNDRED, "markov", "attrib, Markov, order 1")),
            goals=(ratio("Markov of order 1 with 100 channels, against the scan", 8, 1, 0),),
            sizes=(HUNDRED,),
            memory=WALK_MEMORY,
        ),
    )


def cases(peers_python: str | None) -> tuple[Case, ...]:
    """Everything that is measured."""
    python_attrib = (sys.executable, "-m", "attrib_cli")
    example = ("--data", str(ROOT / "examples" / "data"), "--campaign", "Spring Launch", "--type", "revenue")
    return (
        main_job("ten-percent", MILLION, 1.5, peers_python),
        main_job("all-convert", ALL_CONVERT, 6, peers_python),
        Case(
            key="nine-models",
            title="revenue, 10 million interactions, 10 % converting",
            programs=(scan(LARGE, "revenue"), revenue(LARGE, NINE), revenue(LARGE, "linear")),
            goals=(
                ratio("nine models over 10 million interactions, against the scan", 2.2, 1, 0),
                ratio("nine models, against one (linear)", 1.4, 1, 2),
            ),
            sizes=(LARGE,),
        ),
        Case(
            key="contact-create",
            title="contact-create, 10 million interactions, a third of them in journeys",
            programs=(scan(LARGE, "contact-create"), attrib(LARGE, "contact-create", CONTACT, "contacts")),
            goals=(ratio("contact-create, all of its models, against the scan", 4.5, 1, 0),),
            sizes=(LARGE,),
        ),
        Case(
            key="growth",
            title="revenue, five models, 10 % converting",
            programs=(
                revenue(SMALL, FIVE, "attrib, 1 million interactions"),
                revenue(LARGE, FIVE, "attrib, 10 million"),
                revenue(GIANT, FIVE, "attrib, 10 million, 1 million of them of one deal"),
            ),
            goals=(
                ratio("10 million interactions, against 1 million", 10, 1, 0),
                ratio("10 million with a deal of 1 million interactions, against 1 million", 10, 2, 0),
            ),
            sizes=(SMALL, LARGE, GIANT),
            yardstick=False,
        ),
        *estimated(peers_python),
        Case(
            key="help",
            title="`attrib --help`",
            programs=(Program(name="attrib", kind="ours", models="", command=(*python_attrib, "--help")),),
            goals=(seconds("`attrib --help`", 0.2),),
            yardstick=False,
        ),
        Case(
            key="example",
            title="a report on the example data",
            programs=(
                Program(name="attrib", kind="ours", models="linear", command=(*python_attrib, "report", *example)),
            ),
            goals=(seconds("a report on the example data", 0.6),),
            yardstick=False,
        ),
    )


def credited(printed: str) -> dict[tuple[str, str], tuple[float | None, float]]:
    """(channel, model) -> revenue (None where a program has none) and deals, of one program's CSV."""
    rows = csv.DictReader(io.StringIO(printed))
    return {
        (row["channel"], row["model"]): (float(row["revenue"]) if row["revenue"] else None, float(row["deals"]))
        for row in rows
    }


def agreement(results: Sequence[Result]) -> Iterable[str]:
    """How far a peer's figures are from those of attrib, at most, over the channels and models that both have."""
    peers = [result for result in results if result.program.kind == "peer"]
    if not peers:
        return
    ours = next(credited(result.printed) for result in results if result.program.kind == "ours")
    for result in peers:
        theirs = credited(result.printed)
        channels = {channel for channel, _ in theirs}
        missing = {channel for channel, _ in ours if not channel.startswith("(")} ^ channels
        money = max(
            (abs(a - b) for key, (a, _) in theirs.items() if a is not None and (b := ours[key][0]) is not None),
            default=None,
        )
        deals = max(abs(value[1] - ours[key][1]) for key, value in theirs.items())
        of_money = "" if money is None else f"{money:.6f} of revenue and "
        models = result.program.models.replace(",", ", ")
        note = f"; channels that only one of them has: {', '.join(sorted(missing))}" if missing else ""
        yield f"{result.program.name} ({models}): at most {of_money}{deals:.6f} deals apart{note}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int]) -> str:
    """A Markdown table; `right` are the columns that are aligned to the right."""
    rule = ["---:" if place in right else "---" for place in range(len(header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def measurements(case: Case, results: Sequence[Result]) -> Iterable[Sequence[str]]:
    """The rows of one case."""
    for place, result in enumerate(results):
        count = len(result.program.models.split(",")) if result.program.models else 0
        yield (
            case.title if place == 0 else "",
            result.program.name,
            str(count) if count else "",
            f"{result.processor:.2f}",
            f"{result.processor / results[0].processor:.2f}" if case.yardstick else "",
            f"{result.seconds:.2f}",
            f"{result.spread[0]:.2f} to {result.spread[1]:.2f}",
            f"{result.seconds / results[0].seconds:.2f}" if case.yardstick else "",
            f"{result.mebibytes:.0f}",
        )


def goals(measured: Sequence[tuple[Case, Sequence[Result]]]) -> Iterable[Sequence[str]]:
    """The limits and what came out."""
    for case, results in measured:
        for goal in case.goals:
            figure = goal.figure(results)
            yield goal.text, f"{goal.limit:g} {goal.unit}", f"{figure:.2f} {goal.unit}", _verdict(figure <= goal.limit)
    for limit, what in ((MEMORY, "rules"), (WALK_MEMORY, "data-driven models")):
        ours = [
            result.mebibytes
            for case, results in measured
            if case.memory == limit
            for result in results
            if result.program.kind == "ours"
        ]
        if ours:
            yield f"peak memory, {what}", f"{limit} MiB", f"{max(ours):.0f} MiB", _verdict(max(ours) <= limit)


def _verdict(met: bool) -> str:
    return "yes" if met else "**no**"


def machine(peers_python: str | None) -> str:
    """The machine and the versions, in a sentence or two."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line.split(":", 1)[1].strip() for line in information.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = {name: importlib.metadata.version(name) for name in ("duckdb", "pyarrow")}
    if peers_python:
        peers = ("polars", "pandas", "ChannelAttribution", "marketing-attribution-models", "mta")
        code = "import importlib.metadata as m, sys; print(*(m.version(n) for n in sys.argv[1:]))"
        found = subprocess.run([peers_python, "-c", code, *peers], capture_output=True, text=True, check=True)
        versions |= dict(zip(peers, found.stdout.split(), strict=True))
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{dt.date.today():%-d %B %Y}: {cpu}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}, {listed}."
    )


def page(measured: Sequence[tuple[Case, Sequence[Result]]], rounds: int, peers_python: str | None) -> str:
    """Everything that is printed, as Markdown."""
    header = (
        "case",
        "program",
        "models",
        "processor, s",
        "x scan",
        "clock, s",
        "fastest to slowest",
        "x scan",
        "peak MiB",
    )
    rows = [row for case, results in measured for row in measurements(case, results)]
    parts = [
        machine(peers_python)
        + f" {rounds} whole processes of each, in turn: least time of processors, median of the clock, highest peak.",
        table(header, rows, right=(2, 3, 4, 5, 6, 7, 8)),
        table(("goal", "limit", "measured", "met"), goals(measured), right=(1, 2)),
    ]
    agreed = [f"- {case.title}: {line}." for case, results in measured for line in agreement(results)]
    if agreed:
        parts.append("How far the figures are apart, from the same data:\n\n" + "\n".join(agreed))
    return "\n\n".join(parts)


def write(text: str) -> None:
    """Puts the results between the markers of the README."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    """Makes the data, measures the cases asked for and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each program runs; 7 by default")
    parser.add_argument("--peers-python", help="the Python of the environment that requirements.txt is installed in")
    parser.add_argument(
        "--case", action="append", help="only this case: " + ", ".join(case.key for case in cases(None))
    )
    parser.add_argument("--write", action="store_true", help="put the results into benchmarks/README.md")
    options = parser.parse_args()
    python = str(Path(options.peers_python).absolute()) if options.peers_python else None
    measured = []
    for case in cases(python):
        if options.case and case.key not in options.case:
            continue
        for size in case.sizes:  # in a process of its own: what it allocates must not count for what is measured
            make = ("--journeys", str(size.journeys), "--converting", str(size.converting), "--giant", str(size.giant))
            make += ("--channels", str(size.channels))
            subprocess.run([sys.executable, str(HERE / "generate.py"), *make], check=True, stdout=subprocess.DEVNULL)
        print(f"{case.key}: {len(case.programs)} programs, {options.rounds} rounds", file=sys.stderr)
        try:
            measured.append((case, in_turn(case.programs, options.rounds, ROOT)))
        except Failed as error:
            sys.exit(str(error))
    text = page(measured, options.rounds, python)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
