"""``--notify-when``: what is read, what is refused before anything runs, and what reports meet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_process import attrib_here
from output_reports import compared, empty, nasty

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.report import Report
from attrib_cli.engine.settings import Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.exports.conditions import check_condition, plain_text, read_condition
from attrib_cli.exports.verdict import Verdict, judge

SPEC = ReportSpec(by=("channel",), compare="previous-period", measures=("revenue", "share", "deals"))


def judged(text: str, report: Report) -> Verdict:
    return judge(read_condition(text), {"One": report})


def refused(text: str, spec: ReportSpec = SPEC, names: Sequence[str] = ("One",)) -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_condition(read_condition(text), [(name, spec, Settings()) for name in names])
    assert caught.value.place == "--notify-when" and caught.value.hint
    return caught.value


def test_a_comparison_is_read_in_any_order_of_its_parts() -> None:
    [[one]] = read_condition(
        """cost-per deal change for "Paid search", 2026-03 under W-Shaped in 'My "own"' <= -1,234.5"""
    ).groups
    assert (one.measure, one.change, one.row) == ("cost_per_deal", True, ("Paid search", "2026-03"))
    assert (one.model, one.report, one.operator, one.number) == ("w-shaped", 'My "own"', "<=", Decimal("-1234.5"))
    [[other]] = read_condition("revenue in One for any row under first change ≥ 20 %").groups
    assert (other.any_row, other.row, other.change, other.number) == (True, None, True, Decimal("0.2"))
    [[named]] = read_condition("revenue for 'any' > 0").groups
    assert (named.any_row, named.row) == (False, ("any",))
    [[points]] = read_condition("share change < -5 points").groups
    assert points.number == Decimal("-0.05") and points.in_percent
    groups = read_condition("deals < 1 and revenue < 2 or contacts > 3").groups
    assert [[one.measure for one in group] for group in groups] == [["deals", "revenue"], ["contacts"]]


@pytest.mark.parametrize(
    "text",
    ["", "revenue", "< 3", "revenue <", "revenue < x", "revenue < 3 < 4", "and revenue < 3", "revenue < 3 and",
     "revenue chnge < 3 change change", "revenue for < 3", "revenue in a, b < 3", "revenue for 'a < 3",
     "revenue < -20%x",
     "revenue change change < 2%", "a\x1b[31m", "revenue under first, last > 1"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_condition(text)
    assert caught.value.place == "--notify-when" and "\x1b" not in str(caught.value)


def test_what_the_report_cannot_answer_is_refused_with_what_it_can() -> None:
    assert "'revenue'" in str(refused("revenu < 3").hint)
    assert "revenue, share, deals" in str(refused("roi < 0").hint)
    assert "--compare" in str(refused("revenue change < -20%", replace(SPEC, compare=None)).hint)
    assert "20%" in str(refused("share > 20").hint) or "2,000%" in str(refused("share > 20").hint)
    assert "plain number" in str(refused("revenue change < -20"))
    assert "percentage" in str(refused("revenue < 20%"))
    assert "under first" in str(refused("revenue < 3", replace(SPEC, models=("first", "last"))).hint)
    assert "'last'" in str(refused("revenue under lst < 3", replace(SPEC, models=("first", "last"))).hint)
    assert "Leave out" in str(refused("revenue in Two < 3").hint) or "One" in str(refused("revenue in Two < 3").hint)
    assert "does not say of which report" in str(refused("revenue < 3", names=("One", "Two")))
    assert "cut by nothing" in str(refused("revenue for Email < 3", replace(SPEC, by=())))
    assert "rows have 1" in str(refused("revenue for a, b < 3"))
    for fine in ("revenue change < 0", "share > 20%", "deals = 4", "revenue for any row < 0 and share change < -1pp"):
        check_condition(read_condition(fine), [("One", SPEC, Settings())])


def test_figures_are_compared_exactly_and_the_reason_says_them() -> None:
    report = nasty()
    assert judged("revenue under linear = 10,000", report).met
    verdict = judged("revenue under first for '🎉 日本' > 1000", report)
    assert not verdict.met and verdict.reason == "revenue for 🎉 日本 under first is 1,000, not > 1,000"
    verdict = judged("share under linear for any row >= 40%", report)
    assert verdict.met and verdict.reason == "share under linear is >= 40%: 🎉 日本 40%"
    verdict = judged("share under linear for any row > 40%", report)
    assert not verdict.met and "in none of 7 rows" in verdict.reason
    assert judged("deals under linear > 4 or revenue under first < 10001", report).met
    assert not judged("deals under linear > 4 and revenue under first < 10001", report).met
    assert "\n" not in judged("revenue under linear for 'line\nbreak | pipe\tand tab' < 0", report).reason


def test_a_figure_that_is_missing_counts_as_met_and_says_so() -> None:
    report = compared()
    nothing_before = replace(
        report, totals=[tuple(None if isinstance(c, Decimal) else c for c in row) for row in report.totals]
    )
    verdict = judged("revenue change < -20%", nothing_before)
    assert verdict.met and verdict.reason == "revenue change has no figure: there is nothing before to compare with"
    verdict = judged("revenue for emial < 0", report)
    assert verdict.met and "no such row. Did you mean 'email'?" in verdict.reason
    assert judged("revenue < 0", replace(empty(), totals=())).met
    gone = replace(report, rows=[tuple(None if isinstance(c, Decimal) else c for c in row) for row in report.rows])
    assert judged("revenue change for any row < -20%", gone).met


@given(st.decimals(-(10**9), 10**9, places=6), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
def test_a_number_is_what_it_was_written_as(number: Decimal, operator: str) -> None:
    [[one]] = read_condition(f"revenue {operator} {plain_text(number)}").groups
    assert one.number == number
    assert one.holds(number) == (operator in ("<=", ">=", "="))
    assert one.holds(number + 1) == (operator in (">", ">=", "!="))


CONFIG = "version: 1\nnotifications: {smtp: {host: localhost, port: 9, starttls: no, from: a@b.example}}\n"


def test_nothing_is_sent_unless_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is there: what is sent ends with 5, what is not sent with 0."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "attrib.yaml").write_text(CONFIG)
    environ = {"XDG_STATE_HOME": str(tmp_path), "ATTRIB_SMTP_RETRY_DELAYS": "", "ATTRIB_TODAY": "2026-10-01"}
    data = Path(__file__).parents[2] / "examples" / "data"

    def run(command: str, *arguments: str):
        asked = ("--data", data, "--by", "channel", "--period", "last-quarter", *arguments)
        return attrib_here(command, *asked, environ=environ)

    rows = list(csv.DictReader(io.StringIO(run("report", "-f", "csv").stdout)))
    total = sum(Decimal(row["revenue"]) for row in rows)
    for command, more in (("export", ("--email", "x@y.example")), ("report", ("-f", "csv"))):
        done = run(command, *more, "--notify-when", f"revenue > {total}")
        assert (done.returncode, done.stdout) == (0, "")
        assert f"revenue is {plain_text(total)}, not > {plain_text(total)}" in done.stderr
        done = run(command, *more, "--notify-when", f"revenue >= {total}")
        assert done.returncode == (5 if command == "export" else 0) and "because revenue is" in done.stderr
        assert bool(done.stdout) == (command == "report")
        done = run(command, *more, "--notify-when", "revenue change < -20%")
        assert done.returncode == 2 and "compared with nothing" in done.stderr
    assert (tmp_path / "report.csv").read_text().count("\n") == len(rows) + 1
    done = run("export", "--notify-when", "revenue > 3")
    assert done.returncode == 2 and "nothing is sent" in done.stderr
