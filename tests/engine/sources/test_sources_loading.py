"""How far a load is: per cent, never back, and nothing where nobody looks."""

from __future__ import annotations

import re
import threading

import duckdb
import pytest

from attrib_cli.engine.sources import loading


class Connection:
    """Says what it is told to say about how far a query is, and when it has said all."""

    def __init__(self, found: list[float]) -> None:
        self.found = found
        self.said_all = threading.Event()

    def execute(self, query: str) -> None:
        assert query.startswith("SET enable_progress_bar")

    def query_progress(self) -> float:
        if not self.found:
            self.said_all.set()
            return -1.0
        return self.found.pop(0)


def test_the_per_cent_done_is_told_and_does_not_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "INTERVAL", 0.001)
    told: list[str] = []
    connection = Connection([-1.0, 0.0, 3.7, 40.2, 12.0, 99.9])
    with loading.telling_how_far(connection, "reading touchpoints", told.append):  # type: ignore[arg-type]
        assert connection.said_all.wait(60)
    assert list(dict.fromkeys(told)) == [f"reading touchpoints, {n} %" for n in (3, 40, 99)]
    assert told == sorted(told, key=lambda text: int(text.split()[2]))


def test_of_files_whose_size_is_known_the_rate_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "INTERVAL", 0.001)
    told: list[str] = []
    connection = Connection([40.0])
    with loading.telling_how_far(connection, "reading", told.append, size=10**9):  # type: ignore[arg-type]
        assert connection.said_all.wait(60)
    assert re.fullmatch(r"reading, 40 %, [\d,]+ MB/s", told[0])


def test_the_engine_says_how_far_it_is_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect() as connection:
        with loading.telling_how_far(connection, "reading", lambda text: None):
            connection.execute("SELECT count(*) FROM range(1000)").fetchall()
        assert isinstance(connection.query_progress(), float)
    assert capfd.readouterr() == ("", "")
