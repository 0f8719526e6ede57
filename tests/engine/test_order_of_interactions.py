"""Interactions of one moment whose ids are text are ordered in full, at once where the first touchpoints show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, discover, request_data, session
from attrib_cli.engine.report import Report

TOUCHPOINTS = """touchpoint_id,contact_id,occurred_at,channel
b,1,2026-01-01,Email
a,1,2026-01-01,Social
c,1,2026-01-02,Direct
"""


def gathered(folder: Path) -> tuple[Report, int]:
    """The report, and how often its interactions were gathered."""
    spec = ReportSpec(type="contact-create", models=("first", "last"), by=("channel",), measures=("contacts",))
    with session.open_session(discover(folder), shared=False) as opened:
        report = opened.run(spec)
    return report, [name for name, _ in report.timings].count("gathering the interactions")


def test_equal_moments_are_ordered_by_id_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS, encoding="utf-8")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n1,2026-01-03\n", encoding="utf-8")
    once, times = gathered(tmp_path)
    assert times == 1
    assert {(row[0], row[1]): row[2] for row in once.rows} == {
        ("Social", "first"): 1,
        ("Social", "last"): 0,
        ("Direct", "first"): 0,
        ("Direct", "last"): 1,
    }
    monkeypatch.setattr(request_data, "_SAMPLE", 1)
    spread, times = gathered(tmp_path)
    assert times == 1, "what the first touchpoints do not show, all of some contacts do"
    monkeypatch.setattr(session, "often_alike", lambda con, request: False)
    twice, times = gathered(tmp_path)
    assert times == 2, "what these do not show, the cube does"
    assert [name for name, _ in twice.timings].count("finding the conversions") == 1
    assert twice.rows == spread.rows == once.rows


def test_ids_of_different_moments_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS.replace("a,1,2026-01-01", "a,1,2026-01-01 12:00"), "utf-8")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\n1,2026-01-03\n", encoding="utf-8")
    report, times = gathered(tmp_path)
    assert times == 1
    assert {row[0] for row in report.rows} == {"Email", "Direct"}
