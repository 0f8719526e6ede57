"""Tables that are kept: the same figures from them, never stale, private, bounded, of no consequence when broken."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from command import DATA
from in_process import attrib_here

from attrib_cli.engine import ReportSpec, Settings, discover, open_session
from attrib_cli.engine.report import Report
from attrib_cli.engine.source_spec import SourceMap
from attrib_cli.engine.sources import Table, delimited
from attrib_cli.system import source_files, table_cache
from attrib_cli.system.table_cache import TableCache

SPEC = ReportSpec(models=("linear", "u-shaped"), by=("channel",))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the example data whose files are old enough for their times to be trusted."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> TableCache:
    return TableCache(folder=tmp_path / "cache", worth=0)


@pytest.fixture(scope="module")
def fresh() -> tuple[object, ...]:
    """What the example data say without a cache."""
    return figures(answer(DATA, None))


class Count:
    """Counts how often files are read."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, ...]] = []


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    count, own = Count(), delimited.open_csv

    def read(connection: object, head: object, names: Collection[str], *rest: object, **more: object) -> Table:
        count.reads.append((head.name, *sorted(names)))  # type: ignore[attr-defined]
        return own(connection, head, names, *rest, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(delimited, "open_csv", read)
        yield count


def answer(folder: Path, cache: TableCache | None, spec: ReportSpec = SPEC, settings: Settings | None = None) -> Report:
    with open_session(discover(folder), settings, store=cache, shared=False) as session:
        return session.run(spec)


def figures(report: Report) -> tuple[object, ...]:
    return (report.rows, report.totals, report.summary, report.notes)


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the files of a test count as changed long ago."""
    monkeypatch.setattr(source_files, "FRESH", -3600.0)


def test_the_second_report_reads_no_file_and_says_the_same(
    data: Path, cache: TableCache, fresh: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as first:
        assert figures(answer(data, cache)) == fresh
    assert first.reads
    with counted(monkeypatch) as second:
        assert figures(answer(data, cache)) == fresh
    assert not second.reads


def test_other_columns_are_read_once_and_kept_beside_those_that_were(
    data: Path, cache: TableCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(data, cache)
    other = replace(SPEC, by=("asset_title",))
    with counted(monkeypatch) as count:
        assert figures(answer(data, cache, other)) == figures(answer(data, None, other))
    assert [one[0] for one in count.reads][:1] == ["touchpoints"]
    with counted(monkeypatch) as count:
        answer(data, cache)
        answer(data, cache, other)
    assert not count.reads


@pytest.mark.parametrize("trusted", [True, False])
def test_a_file_of_the_same_size_and_time_that_was_changed_is_noticed(
    data: Path, cache: TableCache, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    if trusted:
        settled(monkeypatch)
    answer(data, cache)
    path = data / "deals.csv"
    before = path.stat()
    text = path.read_text()
    path.write_text(text.replace("17952.00", "17953.00", 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert figures(answer(data, cache)) == figures(answer(data, None))


def test_a_file_that_was_only_touched_is_not_read_again(
    data: Path, cache: TableCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    answer(data, cache)
    for path in data.glob("*.csv"):
        os.utime(path)
    with counted(monkeypatch) as count:
        answer(data, cache)
    assert not count.reads
    monkeypatch.setattr(source_files, "digest_of", lambda path: pytest.fail("the times that were seen are remembered"))
    answer(data, cache)


def test_what_is_said_of_a_source_and_the_time_zone_make_another_entry(data: Path, cache: TableCache) -> None:
    answer(data, cache)
    berlin = Settings(timezone="Europe/Berlin")
    assert figures(answer(data, cache, settings=berlin)) == figures(answer(data, None, settings=berlin))
    sources = discover(data)
    mapped = replace(sources.tables["touchpoints"], columns={"channel": "asset_type"})
    changed = SourceMap(tables={**sources.tables, "touchpoints": mapped})
    with open_session(changed, store=cache, shared=False) as one, open_session(changed, shared=False) as other:
        assert one.run(SPEC).rows == other.run(SPEC).rows != answer(data, cache).rows


def test_files_that_are_only_looked_up_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TableCache, "_worth", lambda self, source: True)
    (tmp_path / "t.csv").write_text("mail,at\na@e.example,2026-01-01\n")
    (tmp_path / "c.csv").write_text("contact_id,created_at,mail\n1,2026-01-05,a@e.example\n2,2026-01-05,b@e.example\n")
    (tmp_path / "attrib.yaml").write_text(
        "version: 1\nsources:\n  contacts: c.csv\n  touchpoints:\n    path: t.csv\n    columns:\n"
        "      occurred_at: at\n"
        "      contact_id: {header: mail, lookup: {path: c.csv, key: mail, value: contact_id}}\n"
    )
    environ = {"XDG_CACHE_HOME": str(tmp_path / "user")}
    command = ("report", "--config", tmp_path / "attrib.yaml", "-t", "contacts", "--by", "contact_id")
    before = [attrib_here(*command, environ=environ).stdout for _ in range(2)]
    assert before[0] == before[1] and "\n1,linear,1," in before[0]
    assert list((tmp_path / "user").rglob("*.parquet"))
    (tmp_path / "c.csv").write_text("contact_id,created_at,mail\n1,2026-01-05,b@e.example\n2,2026-01-05,a@e.example\n")
    assert "\n2,linear,1," in attrib_here(*command, environ=environ).stdout


def test_entries_are_the_users_alone(data: Path, cache: TableCache) -> None:
    answer(data, cache)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in cache.folder.iterdir() if path.suffix != ".lock"} == {0o600}
    assert not list(cache.folder.glob("*.part"))


def test_what_was_not_used_for_longest_goes_where_it_is_too_much(data: Path, cache: TableCache) -> None:
    small = replace(cache, most=1)
    answer(data, small)
    assert len(small.entries()) == 1


@pytest.mark.parametrize("damage", ["empty text", "no rows", "a bit", "not a folder"])
def test_a_cache_that_is_broken_is_of_no_consequence(
    data: Path, cache: TableCache, fresh: tuple[object, ...], damage: str
) -> None:
    if damage == "not a folder":
        cache.folder.write_text("")
    else:
        answer(data, cache)
        for path in cache.folder.glob("*.json" if damage == "empty text" else "*.parquet"):
            if damage == "a bit":  # in the middle of the pages, with the times that the file had
                held, times = bytearray(path.read_bytes()), path.stat()
                held[len(held) // 3] ^= 4
                path.write_bytes(held)
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            else:
                path.unlink() if damage == "no rows" else path.write_text("")
    assert figures(answer(data, cache)) == fresh


def test_another_process_that_fills_it_is_not_waited_for(
    data: Path, cache: TableCache, fresh: tuple[object, ...]
) -> None:
    cache.folder.mkdir(mode=0o700)
    from attrib_cli.system.locks import locked

    answer(data, cache)
    names = [path.stem for path in cache.folder.glob("*.json")]
    cache.clear()
    with locked(cache.folder / f"{names[0]}.lock", patience=0) as taken:
        assert taken
        want = figures(answer(data, cache))
    assert want == fresh
    assert names[0] not in {path.stem for path in cache.folder.glob("*.json")}


def test_the_command_shows_and_clears_it_and_no_cache_keeps_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "WORTH", 0)
    monkeypatch.setattr(TableCache, "_worth", lambda self, source: True)
    environ = {"XDG_CACHE_HOME": str(tmp_path / "user")}
    attrib_here("report", "--data", data, "--no-cache", environ=environ)
    assert not (tmp_path / "user").exists()
    assert attrib_here("report", "--data", data, environ=environ).returncode == 0
    shown = attrib_here("cache", "show", "--format", "csv", environ=environ)
    assert "touchpoints,2384," in shown.stdout
    assert str(data / "touchpoints.csv") in shown.stdout
    cleared = attrib_here("cache", "clear", environ=environ)
    assert cleared.returncode == 0 and "removed" in cleared.stderr
    assert attrib_here("cache", "show", "--format", "csv", environ=environ).stdout == ""


def test_converted_tables_have_the_same_figures(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "tables"
    done = attrib_here("convert", out, "--data", data)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {f"{path.stem}.parquet" for path in data.glob("*.csv")}
    for more in (("--model", "all", "--measure", "revenue,spend,roi"), ("-t", "contacts", "--by", "channel")):
        one, other = (attrib_here("report", "--data", folder, *more) for folder in (data, out))
        assert one.stdout == other.stdout and one.returncode == 0
    assert attrib_here("convert", out, "--data", data).returncode == 2
    assert attrib_here("convert", out, "--data", data, "--force").returncode == 0


def test_several_processes_fill_it_at_once(data: Path, tmp_path: Path) -> None:
    """Two runs start together on an empty cache: all say the same, and one whole entry of each table is left."""
    program = (
        "import sys; from pathlib import Path; from attrib_cli.engine import ReportSpec, discover, open_session;"
        "from attrib_cli.system.table_cache import TableCache;"
        "cache = TableCache(folder=Path(sys.argv[2]), worth=0);"
        "session = open_session(discover(sys.argv[1]), store=cache, shared=False);"
        "print(session.__enter__().run(ReportSpec()).rows)"
    )
    command = [sys.executable, "-c", program, str(data), str(tmp_path / "cache")]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert said[0] == said[1] != ""
    left = sorted(path.suffix for path in (tmp_path / "cache").iterdir())
    assert left.count(".json") == left.count(".parquet") >= 3
    assert ".part" not in left
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == said[0]


HOLDING = """
import sys
from pathlib import Path
from attrib_cli.engine import ReportSpec, discover, open_session
from attrib_cli.system.table_cache import TableCache
cache = TableCache(folder=Path(sys.argv[2]), worth=0)
with open_session(discover(sys.argv[1]), store=cache) as session:
    session.run(ReportSpec(models=("linear",)))
    print("opened", flush=True)
    sys.stdin.readline()
    print(session.run(ReportSpec(models=("linear",), by=("channel",))).rows)
"""


@pytest.mark.parametrize("change", ["cleared", "replaced", "changed and replaced"])
def test_a_report_goes_on_while_another_process_clears_or_replaces_what_it_reads(
    data: Path, tmp_path: Path, change: str
) -> None:
    folder = tmp_path / "cache"
    want = answer(data, None, ReportSpec(models=("linear",), by=("channel",))).rows
    cache = TableCache(folder=folder, worth=0)
    answer(data, cache)
    command = [sys.executable, "-c", HOLDING, str(data), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "opened\n"
        if change == "cleared":
            (tmp_path / "attrib").mkdir()
            folder.rename(tmp_path / "attrib" / "tables")
            folder.symlink_to(tmp_path / "attrib" / "tables")
            assert attrib_here("cache", "clear", environ={"XDG_CACHE_HOME": str(tmp_path)}).returncode == 0
            assert not cache.entries()
        if change == "changed and replaced":
            lines = (data / "touchpoints.csv").read_text().splitlines(keepends=True)
            (data / "touchpoints.csv").write_text("".join(lines[: len(lines) // 2]))
        if change != "cleared":
            for path in folder.glob("*.json"):
                path.unlink()
            answer(data, cache)
        said, _ = process.communicate("go on\n", timeout=120)
    assert process.returncode == 0
    assert said.strip() == str(want)
    own = {path for path in folder.glob("*.held") if path.name.split(".")[1] != str(os.getpid())}
    assert not own


def test_links_of_processes_that_were_killed_are_removed(
    data: Path, cache: TableCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(data, cache)
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (left, mine) = (cache.folder / f"key.{pid}.0.held" for pid in (int(ended.stdout), os.getpid()))
    left.write_text("")
    mine.write_text("")
    cache.clear()
    assert left.exists() and mine.exists()
    monkeypatch.setattr(table_cache, "ABANDONED", -3600.0)
    cache.clear()
    assert not left.exists() and mine.exists()


@pytest.mark.parametrize("trouble", ["none", "a full disk", "no links", "files of two headers"])
def test_rows_are_read_right_into_what_is_kept_where_that_can_be(
    data: Path, cache: TableCache, fresh: tuple[object, ...], monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    def refuse(*rest: object, **more: object) -> None:
        raise OSError("not here") if trouble == "no links" else duckdb.IOException("no space left")

    if trouble == "files of two headers":
        parts, whole = data / "touchpoints", data / "touchpoints.csv"
        head, *rows = whole.read_text(encoding="utf-8").splitlines(keepends=True)
        parts.mkdir()
        (parts / "1.csv").write_text(head + "".join(rows[:300]), encoding="utf-8")
        (parts / "2.csv").write_text(head.rstrip("\n") + ",more\n" + "".join(f"{row[:-1]},\n" for row in rows[300:]))
        whole.unlink()
    elif trouble != "none":
        monkeypatch.setattr(*((os, "link") if trouble == "no links" else (delimited, "write_rows")), refuse)
    with counted(monkeypatch) as count:
        found = [answer(data, cache) for _ in range(2)]
    assert [figures(one)[:3] for one in found] == [fresh[:3]] * 2
    again = 2 if trouble == "a full disk" else 1  # what could not be written is read as without a cache
    assert len(count.reads) == again * len(set(count.reads))  # the second time from what is kept
    assert not list(cache.folder.glob("*.part"))
