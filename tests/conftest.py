"""Fixtures that tests share, and how hard the property tests try.

Property tests are derandomised by default, so that a run means the same everywhere. ``ATTRIB_TEST_PROFILE=explore``
draws new cases every time, and twenty-five times as many.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import gc
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings
from in_process import attrib_here
from kept_commands import keep_commands
from kept_engines import keep_engines
from program import clean_environment, run_bytes
from reference import Data, Row, Value

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
for _name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
    os.environ.pop(_name, None)  # else processes compile the whole program again, or cannot be forks (`program`)
keep_commands()
keep_engines()
gc.set_threshold(50_000)  # reports leave few cycles, and what is collected of tests is much to look through
ROOT = Path(__file__).resolve().parent.parent
EXPLORE = os.environ.get("ATTRIB_TEST_PROFILE") == "explore"
INSTANTS = ("occurred_at", "created_at", "closed_at", "from", "until", "associated_at")

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=_CHECKS)
settings.register_profile("explore", deadline=None, print_blob=True, suppress_health_check=_CHECKS)
settings.load_profile("explore" if EXPLORE else "ci")


def pytest_collection_finish() -> None:
    """Let nothing look again through the modules and the tests, which stay to the end."""
    gc.freeze()


def examples(number: int) -> settings:
    """Settings of a property test that tries `number` cases, twenty-five times as many when exploring.

    Hypothesis does not shrink: cases come from seeds, and are made small row by row instead (`strategies.minimal`).
    """
    return settings(
        max_examples=number * 25 if EXPLORE else number, phases=[Phase.explicit, Phase.reuse, Phase.generate]
    )


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a data set is written: `naive` times are wall clock times of `zone`, `offset` ones say their offset."""

    format: Literal["csv", "parquet"] = "csv"
    times: Literal["naive", "offset", "utc"] = "utc"
    zone: str = "UTC"


class WriteData(Protocol):
    def __call__(self, data: Data, style: Style = Style()) -> Path: ...


class Attrib(Protocol):
    def __call__(
        self, *args: str | Path, stdin: bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...


def columns_of(rows: tuple[Row, ...]) -> list[str]:
    """The columns of a table, in the order in which they first come."""
    return list(dict.fromkeys(name for row in rows for name in row))


HEADERS = {
    "touchpoints": "contact_id occurred_at campaign_id channel asset_type interaction_type asset_title",
    "contacts": "contact_id created_at lifecycle_stage segment",
    "deals": "deal_id created_at closed_at amount is_won pipeline segment contact_id",
    "deal_contacts": "deal_id contact_id",
    "campaigns": "campaign_id name owner",
    "campaign_assets": "asset_type asset campaign_id from until",
}
"""Headers of tables without rows."""


def as_text(value: Value, style: Style) -> str:
    """A value as it stands in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        if style.times == "utc":
            return value.astimezone(dt.UTC).isoformat(sep="T").replace("+00:00", "Z")
        local = value.astimezone(ZoneInfo(style.zone))
        return (local.replace(tzinfo=None) if style.times == "naive" else local).isoformat(sep=" ")
    return str(value)


def write_csv(path: Path, columns: list[str], rows: tuple[Row, ...], style: Style) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([as_text(row.get(name), style) for name in columns] for row in rows)


def write_parquet(path: Path, columns: list[str], rows: tuple[Row, ...], style: Style) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def field(name: str) -> tuple[pa.Array, pa.DataType]:
        values = [row.get(name) for row in rows]
        if name in INSTANTS:
            if style.times == "naive":
                local = [v and v.astimezone(ZoneInfo(style.zone)).replace(tzinfo=None) for v in values]
                return pa.array(local, pa.timestamp("us"))
            return pa.array(values, pa.timestamp("us", tz="UTC" if style.times == "utc" else style.zone))
        if any(isinstance(value, Decimal) for value in values) or name == "amount":
            return pa.array(values, pa.decimal128(18, 2))
        if name == "is_won":
            return pa.array(values, pa.bool_())
        if any(isinstance(value, int) for value in values):
            return pa.array(values, pa.int64())
        return pa.array(values, pa.string())

    pq.write_table(pa.table({name: field(name) for name in columns}), path)


@pytest.fixture(scope="session")
def write_data(tmp_path_factory: pytest.TempPathFactory) -> WriteData:
    """Write a data set as CSV or Parquet into a new folder and return the folder."""
    base, numbers = tmp_path_factory.mktemp("data"), count()

    def write(data: Data, style: Style = Style()) -> Path:
        folder = base / str(next(numbers))
        folder.mkdir()
        to_file: Callable[[Path, list[str], tuple[Row, ...], Style], None]
        to_file = write_csv if style.format == "csv" else write_parquet
        for name, rows in data.tables().items():
            to_file(folder / f"{name}.{style.format}", columns_of(rows) or HEADERS[name].split(), rows, style)
        return folder

    return write


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, in UTC."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


@pytest.fixture
def attrib(tmp_path_factory: pytest.TempPathFactory) -> Attrib:
    """Run the command line in an empty folder and return what it did: in a process of its own where that may matter.

    That is where it reads standard input, or has an environment of its own.
    """

    def run(
        *args: str | Path, stdin: bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        folder = tmp_path_factory.mktemp("cwd")
        if stdin is None and env is None:
            with contextlib.chdir(folder):
                return attrib_here(*args)
        done = run_bytes(args, stdin=stdin, cwd=folder, env=clean_environment(**(env or {})))
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
