"""How long it takes to check and to read data, beside DuckDB scanning and loading the same files.

    python benchmarks/reading.py --journeys 400000 --rounds 3

Whole processes in turn, A B C A B C, so that a slow minute of the machine meets them all; what is compared is the
processor time (user and system) of the fastest run of each, which other programs disturb least. The data are those of
`generate.py`, as Parquet and as CSV.

- `scan`: Python and DuckDB, which decodes every value of every column once (`scan.py` says why sums).
- `load`: Python and DuckDB, `CREATE TABLE AS FROM read_csv(...)` of all files.
- `read`: our reader alone, on all columns of all files: its count of records, its rules for dates and numbers.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from generate import Size, make

TABLES = ("touchpoints", "contacts", "deals", "deal_contacts")
SCAN = """
import duckdb, sys
folder, suffix = sys.argv[1:]
moments = {"touchpoints": ["occurred_at"], "contacts": ["created_at"], "deals": ["created_at", "closed_at"]}
numbers = {"touchpoints": ["touchpoint_id", "contact_id"], "contacts": ["contact_id"],
           "deals": ["deal_id", "amount", "is_won::INTEGER"], "deal_contacts": ["deal_id", "contact_id"]}
texts = {"touchpoints": ["campaign_id", "channel", "interaction_type", "asset_type"]}
for table, summed in numbers.items():
    items = [f"sum({one})" for one in summed] + [f"sum(epoch_us({one}))" for one in moments.get(table, [])]
    items += [f"max({one})" for one in texts.get(table, [])]
    duckdb.sql(f"SELECT {', '.join(items)} FROM '{folder}/{table}.{suffix}'").fetchall()
"""
LOAD = """
import duckdb, sys
for table in sys.argv[2:]:
    duckdb.execute(f"CREATE TABLE {table} AS FROM read_csv('{sys.argv[1]}/{table}.csv')")
"""
READ = """
import sys
from attrib_cli.engine.backends.duckdb import connection
from attrib_cli.engine.sources import open_tables
from attrib_cli.engine.sources.discover import discover
from attrib_cli.engine.settings import Settings
sources = discover(sys.argv[1])
with connection() as con:
    open_tables(con, sources, Settings(), needed=sys.argv[2:])
"""
REPORT = ("report", "--by", "channel", "--model", "linear", "--format", "csv")


def as_csv(folder: Path) -> Path:
    """Return a folder with the tables of another as CSV, made now if it is not there yet."""
    import duckdb

    other = folder.with_name(f"{folder.name}-csv")
    if not other.exists():
        half = other.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        for table in TABLES:
            duckdb.execute(f"COPY (FROM '{folder}/{table}.parquet') TO '{half}/{table}.csv'")
        half.rename(other)
    return other


def processor(arguments: tuple[str, ...], environ: Mapping[str, str]) -> float:
    """Return the seconds of processor that Python takes with these arguments."""
    with tempfile.TemporaryFile() as err:
        child = subprocess.Popen([sys.executable, *arguments], env=environ, stdout=subprocess.DEVNULL, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            err.seek(0)
            raise SystemExit(f"{arguments[:3]} ended with {child.returncode}: {err.read().decode()}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journeys", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    parquet = make(Size(journeys=asked.journeys))
    csv = as_csv(parquet)
    with tempfile.TemporaryDirectory() as cache:
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environ |= {"XDG_CACHE_HOME": cache}
        attrib = ("-m", "attrib_cli")
        programs: dict[str, tuple[str, ...]] = {
            "scan, Parquet": ("-c", SCAN, str(parquet), "parquet"),
            "check, Parquet": (*attrib, "check", "--data", str(parquet)),
            "scan, CSV": ("-c", SCAN, str(csv), "csv"),
            "check, CSV": (*attrib, "check", "--data", str(csv), "--no-cache"),
            "load, CSV": ("-c", LOAD, str(csv), *TABLES),
            "read, CSV": ("-c", READ, str(csv), *TABLES),
            "report, CSV, not kept": (*attrib, *REPORT, "--data", str(csv), "--no-cache"),
            "report, CSV, first, which keeps": (*attrib, *REPORT, "--data", str(csv)),
            "report, CSV, every later one": (*attrib, *REPORT, "--data", str(csv)),
            "report, Parquet": (*attrib, *REPORT, "--data", str(parquet)),
        }
        best = dict.fromkeys(programs, float("inf"))
        for turn in range(asked.rounds + 1):  # the first writes bytecode and warms the caches
            for name, arguments in programs.items():
                if name.endswith("which keeps"):
                    shutil.rmtree(cache)
                    Path(cache).mkdir()
                taken = processor(arguments, environ)
                best[name] = min(best[name], taken) if turn else best[name]
    print(f"{asked.journeys * 5:,} touchpoints, processor time of the fastest of {asked.rounds} runs")
    print("\n| program | seconds |\n| --- | ---: |")
    for name, seconds in best.items():
        print(f"| {name} | {seconds:.2f} |")
    print("\n| goal | limit | measured | met |\n| --- | ---: | ---: | --- |")
    for name, base, limit in (
        ("check, Parquet", "scan, Parquet", 2.0),
        ("check, CSV", "scan, CSV", 2.0),
        ("read, CSV", "load, CSV", 1.5),
        ("report, CSV, not kept", "load, CSV", 1.5),
        ("report, CSV, first, which keeps", "load, CSV", 1.5),
        ("report, CSV, every later one", "report, Parquet", 1.3),
    ):
        ratio = best[name] / best[base]
        met = "yes" if ratio <= limit else "**no**"
        print(f"| {name}, against {base} | {limit} x | {ratio:.2f} x | {met} |")


if __name__ == "__main__":
    main()
