"""Groups of values as dimensions: every row is the sum of the rows of its values, whatever is grouped."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from in_process import attrib_here

from attrib_cli.engine import ReportSpec, Settings, discover
from attrib_cli.engine.session import open_session
from attrib_cli.engine.settings import ValueGroup, ValueGroups
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import EstimationSpec

EXAMPLE = Path(__file__).parents[2] / "examples" / "data"
CASES = {
    "channel": ({"Paid": "paid*|social", "Own": "/e.*/"}, "Other"),
    "campaign": ({"Events": "*summit*|*webinar*", "None": ""}, None),
    "campaign.owner": ({"A to M": "/[a-m].*/"}, "N to Z"),
    "position": ({"edges": "*first*|*last*"}, "inside"),
    "month": ({"spring": "*-03|*-04|*-05"}, None),
    "path_length": ({"none": "0", "short": "/[1-9]|1[0-9]/"}, "long"),
    "path": ({"begins with direct": "direct*"}, "else"),
    "lifecycle_stage": ({"customers": "customer|evangelist"}, "no customers"),
    "amount": ({"five digits": r"/\d{5}(\..*)?/"}, "other amounts"),
}
"""What is grouped, with the groups in order and what becomes of the rest."""


def groups(of: str) -> ValueGroups:
    named, otherwise = CASES[of]
    found = tuple(ValueGroup(name=name, patterns=tuple(text.split("|")) if "/" not in text else (text,))
                  for name, text in named.items())  # fmt: skip
    return ValueGroups(name="grouped", of=of, groups=found, otherwise=otherwise, place="attrib.yaml:2")


def group_of(of: str, shown: str, *, missing: bool) -> str:
    """The group of the text that a row shows, by Python's own patterns."""
    named, otherwise = CASES[of]
    text = "" if missing else shown.lower()
    for name, patterns in named.items():
        whole = [patterns] if "/" in patterns else patterns.split("|")
        for one in whole:
            pattern = one[1:-1] if one.startswith("/") else ".*".join(map(re.escape, one.split("*")))
            if re.fullmatch(pattern, text):
                return name
    if missing:
        return "(unattributed)" if of in ("path",) else "(no grouped)"
    return otherwise or shown


@pytest.mark.parametrize("of", CASES)
def test_rows_are_the_sums_of_those_of_the_values(of: str) -> None:
    kind = "contact-create" if of == "lifecycle_stage" else "revenue"
    counted = "contacts" if kind == "contact-create" else "deals"
    models = ("linear", "u-shaped", "markov") if of == "channel" else ("linear", "u-shaped")
    spec = ReportSpec(
        type=kind, models=models, measures=(counted, "interactions"), estimation=EstimationSpec(states=("channel",))
    )
    with open_session(discover(EXAMPLE), Settings(groups=(groups(of),))) as session:
        plain = session.run(ReportSpec(**{**vars(spec), "by": (of,)}))
        found = session.run(ReportSpec(**{**vars(spec), "by": ("grouped",)}))
    wanted: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for shown, model, credit, interactions in plain.rows:
        text = str(shown)
        no_value = text.startswith("(no ") or (text == "(unattributed)" and of == "path")
        name = text if text in ("(unattributed)", "(no interaction)") and not no_value else group_of(
            of, text, missing=no_value
        )  # fmt: skip
        wanted[name, str(model)][0] += Decimal(str(credit))
        wanted[name, str(model)][1] += Decimal(str(interactions))
    rows = {(str(row[0]), str(row[1])): [Decimal(str(cell)) for cell in row[2:]] for row in found.rows}
    assert rows.keys() == wanted.keys()
    for key, (credit, interactions) in wanted.items():
        assert rows[key][1] == interactions, key
        assert abs(rows[key][0] - credit) <= Decimal("0.00005"), key  # rows are rounded to the last digit each
    assert [sum(r[0] for k, r in rows.items() if k[1] == m) for m in models] == [
        sum(Decimal(str(row[2])) for row in plain.rows if row[1] == m) for m in models
    ]


@pytest.mark.parametrize("of", ["channel", "campaign", "path_length", "month"])
def test_a_filter_on_a_group_is_one_on_its_values(of: str) -> None:
    group = next(iter(CASES[of][0]))
    with open_session(discover(EXAMPLE), Settings(groups=(groups(of),))) as session:
        every = session.run(ReportSpec(by=(of,)))
        values = {str(row[0]) for row in every.rows if group_of(of, str(row[0]), missing=False) == group}
        by_value = session.run(ReportSpec(by=("channel",), where=(Filter(column=of, op="=", values=tuple(values)),)))
        by_group = session.run(ReportSpec(by=("channel",), where=(Filter(column="grouped", op="=", values=(group,)),)))
    assert by_group.rows == by_value.rows
    assert by_group.rows


CONFIG = """version: 1
groups:
  Channel Group:
    of: channel
    values: {Paid: [Paid*], Own: [Email, Webinar]}
    otherwise: Other
  twisted: {of: chanel, values: {A: b}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "attrib.yaml").write_text(CONFIG)
    return tmp_path / "attrib.yaml"


def test_groups_stand_wherever_dimensions_do(config: Path, tmp_path: Path) -> None:
    where = ("--config", config, "--data", EXAMPLE)
    rows = list(csv.DictReader(io.StringIO(attrib_here("report", *where, "--by", "channel-group", "-f", "csv").stdout)))
    assert [row["channel_group"] for row in rows] == ["Other", "Own", "Paid", "(unattributed)"]
    explained = attrib_here("explain", "report", *where, "--by", "channel_group", "--row", "Own", "-f", "json")
    behind = json.loads(explained.stdout, parse_float=Decimal)["conversions"]
    whole = Decimal(rows[1]["revenue"])
    assert abs(sum(Decimal(one["credit"]["linear"]) for one in behind) - whole) < Decimal("0.001")
    done = attrib_here("export", *where, "--ledger", "--by", "channel_group", "-f", "csv", "-o", tmp_path / "l.csv")
    assert done.returncode == 0, done.stderr
    lines = list(csv.DictReader((tmp_path / "l.csv").open(encoding="utf-8")))
    assert {(line["channel"], line["channel_group"]) for line in lines} >= {("Email", "Own"), ("Direct", "Other")}
    assert "Own > Paid" in attrib_here("paths", *where, "--by", "channel_group", "-f", "csv").stdout
    listed = attrib_here("dimensions", *where, "-f", "csv").stdout
    assert '"Groups of channel: Paid, Own, Other"' in listed
    page = attrib_here("report", *where, "--by", "channel_group", "-o", tmp_path / "page.html")
    assert page.returncode == 0, page.stderr
    saved = attrib_here("save", "G", *where, "--by", "channel_group", "--where", "channel_group=Own")
    assert saved.returncode == 0, saved.stderr
    assert attrib_here("report", "G", *where, "-f", "csv").stdout.splitlines()[1].startswith("Own,")


@pytest.mark.parametrize(
    ("changed", "arguments", "said"),
    [
        ("", ("--by", "twisted"), "attrib.yaml:7: the data have no column 'chanel'"),
        ("", ("--by", "twisted"), "Did you mean 'channel'?"),
        ("", ("--by", "chanel_group"), "Did you mean 'Channel Group' or 'channel'?"),
        ("", ("--where", "channel_group=Piad"), "Did you mean 'Paid'?"),
        ("twisted: {of: channel, valeus: {A: b}}", (), "attrib.yaml:7: groups.twisted.valeus: unknown key"),
        ("month: {of: channel, values: {A: b}}", (), "attrib.yaml:7: groups.month: the name is that of the dimension"),
        ("owner: {of: channel, values: {A: b}}", ("--by", "owner"), "'owner' is a dimension already"),
        ("x: {of: channel, values: {A: '/(/'}}", (), "is no regular expression"),
        ("x: {of: channel, values: {}}", (), "there are no groups"),
        ("x: {values: {A: b}}", (), "the key is missing"),
        ("x: {of: channel, values: {A: '/(?!b)c/'}}", ("--by", "x"), "looks around itself"),
    ],
)
def test_mistakes_are_told_with_their_line(config: Path, changed: str, arguments: tuple[str, ...], said: str) -> None:
    if changed:
        config.write_text(CONFIG.replace("twisted: {of: chanel, values: {A: b}}", changed))
    done = attrib_here("report", "--config", config, "--data", EXAMPLE, *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
