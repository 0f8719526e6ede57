"""What a report says where its tables do not join, through the command line; ids of each case are made here."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from in_process import attrib_here as attrib

from attrib_cli.engine import join_checks
from attrib_cli.engine.ids import difference, looks

NUMBERS = [str(51004840 + i) for i in range(12)]
MACHINE_FORMATS = ("csv", "json", "jsonl", "tsv", "markdown")


def table(path: Path, header: str, rows: Sequence[Sequence[str]]) -> None:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., Path]:
    """Write twelve won deals, each with one contact, and touchpoints of the ids given; return the folder."""

    def write(touched: Sequence[str], contacts: Sequence[str] = NUMBERS, campaign: str = "c1", **more: str) -> Path:
        deals = [f"d{i}" for i in range(len(contacts))]
        table(tmp_path / "deals.csv", "deal_id,created_at,closed_at,amount,is_won", [
            (deal, "2026-01-01", "2026-02-01", "100", "true") for deal in deals
        ])  # fmt: skip
        table(tmp_path / "deal_contacts.csv", "deal_id,contact_id", list(zip(deals, contacts, strict=True)))
        table(tmp_path / "touchpoints.csv", "contact_id,occurred_at,channel,campaign_id", [
            (f'"{id_}"', "2025-12-01", "Email", campaign) for id_ in touched
        ])  # fmt: skip
        for name, text in more.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def warnings(stderr: str) -> str:
    return "\n".join(line for line in stderr.splitlines() if line.startswith("warning: "))


CASES = {
    "e-mail against number": (
        [f"p{i}@example.com" for i in range(12)],
        NUMBERS,
        ["0 of 12 contacts of the deals have a touchpoint", "e-mail addresses ('p0@example.com', 'p10@example.com', "],
    ),
    "case": (["@Acme", *NUMBERS[1:]], ["@acme", *NUMBERS[1:]], ["'@Acme' for '@acme' (differ in case only)"]),
    "a list in one cell": (
        ["51004840;51004841", *NUMBERS[2:]],
        NUMBERS,
        ["10 of 12 contacts", "'51004840;51004841' for '51004840' (a list with ';')"],
    ),
    "a list on the other side": (NUMBERS, [f"{NUMBERS[0]}|7", *NUMBERS[1:]], ["a list with '|'"]),
    "a wrong column": (["2026-01-02"] * 12, NUMBERS, ["touchpoints has what looks like dates ('2026-01-02')"]),
    "leading zeros": ([f"00{NUMBERS[0]}", *NUMBERS[1:]], NUMBERS, ["'0051004840' for '51004840' (leading zeros)"]),
    "floats": ([f"{NUMBERS[0]}.0", *NUMBERS[1:]], NUMBERS, ["'51004840.0' for '51004840' (a number with '.0')"]),
}


@pytest.mark.parametrize("case", CASES)
def test_ids_that_do_not_match_are_warned_of_with_what_they_look_like(case: str, data: Callable[..., Path]) -> None:
    touched, contacts, said = CASES[case]
    done = attrib("report", "--data", data(touched, contacts), "--by", "channel", "-f", "csv")
    assert done.returncode == 0
    for text in said:
        assert text in warnings(done.stderr)
    assert "attrib.yaml" in done.stderr


def test_ids_that_match_are_not_warned_of(data: Callable[..., Path]) -> None:
    folder = data(NUMBERS[:9])
    assert not warnings(attrib("report", "--data", folder, "--by", "channel").stderr)


def test_a_touchpoints_file_of_only_a_header_is_warned_of_in_every_format(
    data: Callable[..., Path], tmp_path: Path
) -> None:
    folder = data([])
    for format in MACHINE_FORMATS:
        assert "touchpoints has no rows (touchpoints.csv only a header)" in attrib(
            "report", "--data", folder, "--by", "channel", "-f", format
        ).stderr.replace("\n", " ")


def test_warnings_about_joins_stand_in_files_too(data: Callable[..., Path], tmp_path: Path) -> None:
    folder, said = data(CASES["case"][0], CASES["case"][1]), "differ in case only"
    names = [tmp_path / f"out.{ending}" for ending in ("md", "txt", "parquet", "xlsx")]
    for name in names:
        format = {"txt": ("-f", "table")}.get(name.suffix[1:], ())
        attrib("report", "--data", folder, "--by", "channel", "-o", name, *format)
    assert said in names[0].read_text(encoding="utf-8")
    assert said in names[1].read_text(encoding="utf-8").replace("\n", " ")
    assert said.encode() in b"".join((pq.read_metadata(names[2]).metadata or {}).values())
    with zipfile.ZipFile(names[3]) as workbook:
        assert any(said.encode() in workbook.read(name) for name in workbook.namelist())


def test_a_ledger_warns_like_its_report(data: Callable[..., Path]) -> None:
    folder = data(CASES["case"][0], CASES["case"][1])
    assert "differ in case only" in attrib("export", "--ledger", "--data", folder, "-o", "-").stderr


def test_deals_whose_ids_differ_are_told(data: Callable[..., Path]) -> None:
    folder = data(NUMBERS)
    file = folder / "deal_contacts.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("\nd", "\nD"), encoding="utf-8")
    said = warnings(attrib("report", "--data", folder, "--by", "channel").stderr)
    assert "0 of 12 deals have contacts" in said
    assert "'D0' for 'd0' (differ in case only)" in said
    table(file, "deal_id,contact_id", [(f"{i}", id_) for i, id_ in enumerate(NUMBERS)])
    said = warnings(attrib("report", "--data", folder, "--by", "channel").stderr)
    assert "deal_contacts has numbers ('0', '1', '10'), deals has 'd0', 'd1', 'd10'" in said


def test_campaign_ids_without_a_campaign_are_told(data: Callable[..., Path]) -> None:
    folder = data(NUMBERS, campaigns="campaign_id,name\n701,Spring\n")
    said = warnings(attrib("report", "--data", folder).stderr)
    assert "12 of 12 interactions with a campaign name one that campaigns does not have" in said
    assert "'c1'" in said and "'701'" in said
    (folder / "campaigns.csv").write_text("campaign_id,name\nC1,Spring\n", encoding="utf-8")
    assert "'c1' for 'C1' (differ in case only)" in warnings(attrib("report", "--data", folder).stderr)
    (folder / "campaigns.csv").write_text("campaign_id,name\nc1,Spring\n", encoding="utf-8")
    assert not warnings(attrib("report", "--data", folder).stderr)


def test_touchpoints_of_unknown_contacts_are_told_where_contacts_are_what_converts(data: Callable[..., Path]) -> None:
    contacts = "contact_id,created_at\n" + "".join(f"{id_},2026-01-01\n" for id_ in NUMBERS)
    strange = [f"anonymous-{i}" for i in range(40)]
    folder = data([*NUMBERS[:11], *strange], contacts=NUMBERS)
    (folder / "contacts.csv").write_text(contacts, encoding="utf-8")
    said = warnings(attrib("report", "--data", folder, "--by", "channel", "-t", "contact-create").stderr)
    assert "11 of 51 touchpoints are of a contact that contacts has: touchpoints has 'anonymous-0'" in said


def test_a_part_that_is_lost_is_told_where_touchpoints_are_of_nobody(data: Callable[..., Path]) -> None:
    spoilt = [f"x{id_}" for id_ in NUMBERS[9:]]
    said = warnings(attrib("report", "--data", data([*NUMBERS[:9], *spoilt]), "--by", "channel").stderr)
    assert "9 of 12 contacts of the deals have a touchpoint: touchpoints has 'x5100" in said


def test_the_threshold_is_configurable(data: Callable[..., Path], tmp_path: Path) -> None:
    folder = data([*NUMBERS[:9], "nobody"])
    config = tmp_path / "attrib.yaml"
    for written, warned in (("80%", True), ("0.75", False), ("0%", False)):
        config.write_text(f"warn_below:\n  contacts: {written}\n", encoding="utf-8")
        done = attrib("report", "--config", config, "--data", folder, "--by", "channel")
        assert ("9 of 12 contacts of the deals have a touchpoint" in done.stderr) is warned, written
    config.write_text("warn_below:\n  contacts: 120%\n", encoding="utf-8")
    done = attrib("report", "--config", config, "--data", folder, "--by", "channel")
    assert done.returncode == 2 and "attrib.yaml:2" in done.stderr


def test_a_few_conversions_without_touchpoints_are_no_news_where_the_table_joins(data: Callable[..., Path]) -> None:
    folder = data(NUMBERS[:9])
    done = attrib("report", "--data", folder, "--by", "channel", "--where", "deal_id=d11")
    assert "(unattributed)" in done.stdout and not warnings(done.stderr)


def test_strict_takes_warnings_for_errors_and_writes_nothing(data: Callable[..., Path], tmp_path: Path) -> None:
    folder, config = data(CASES["case"][0], CASES["case"][1]), tmp_path / "attrib.yaml"
    config.write_text(
        f"reports:\n  mine: {{by: channel, data: '{folder}'}}\ndashboards:\n  board: {{reports: [mine]}}\n",
        encoding="utf-8",
    )
    out, state = tmp_path / "out.csv", {"XDG_STATE_HOME": str(tmp_path / "state")}
    data_ = ("--data", folder, "--by", "channel")
    for command in (
        ("report", *data_, "-o", out),
        ("report", *data_),
        ("export", *data_, "-o", out),
        ("export", "--ledger", *data_, "-o", out),
        ("export", "mine", "--config", config, "-o", out),
        ("dashboard", "show", "board", "--config", config),
        ("dashboard", "export", "board", "--config", config, "-o", out),
        ("dashboard", "open", "board", "--config", config, "-o", out),
    ):
        done = attrib(*command, "--strict", environ=state)
        assert done.returncode == 4, (command, done.stderr)
        assert "error: " in done.stderr and "differ in case only" in done.stderr
        assert not done.stdout and not out.exists()
    assert attrib("report", *data_).returncode == 0


def test_strict_leaves_reports_without_warnings_alone(data: Callable[..., Path], tmp_path: Path) -> None:
    folder, state = data(NUMBERS), {"XDG_STATE_HOME": str(tmp_path / "state")}
    table(folder / "contacts.csv", "contact_id,created_at", [(id_, "2025-12-01") for id_ in NUMBERS])
    for command in ("report",), ("export", "-o", tmp_path / "a.csv"), ("export", "--ledger", "-m", "last", "-o", "-"):
        done = attrib(*command, "--data", folder, "--by", "channel", "--strict", environ=state)
        assert done.returncode == 0, done.stderr


def test_a_report_without_rows_can_be_a_failure(data: Callable[..., Path]) -> None:
    asked = ("report", "--data", data(NUMBERS), "--by", "channel", "--period", "2001", "-f", "csv")
    assert attrib(*asked).returncode == 0
    done = attrib(*asked, "--fail-on-empty")
    assert done.returncode == 4 and "nothing to report" in done.stderr
    assert done.stdout == "channel,model,revenue,deals,interactions,share\n"


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("a,b", "b", "a list with ','"),
        ("1,234", "1234", "commas between thousands"),
        ("[7]", "7", "quotes or brackets around one"),
        (" x", "x", "leading blanks"),
        ("0035g00000ABCdE", "0035g00000ABCdEAAW", "15 against 18 characters of Salesforce"),
    ],
)
def test_how_two_ids_differ(one: str, other: str, said: str) -> None:
    assert difference(one, other) == said == difference(other, one)


def test_what_ids_look_like() -> None:
    assert looks(["a@b.de", "c@d.de", "7"]) == "e-mail addresses"
    assert looks(["1.23E+09"]) == "numbers as a spreadsheet shortens them"
    assert looks(["Ann", "Bo"]) is None
    assert looks([]) is None


@pytest.mark.parametrize("touched", [0, 250, 264, 300])
@pytest.mark.parametrize("strangers", [0, 2_000])
def test_samples_of_large_tables_say_what_all_of_them_says(
    touched: int, strangers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 300 contacts 255 have to have a touchpoint, and of touchpoints every other one has to be of a contact."""
    table(tmp_path / "contacts.csv", "contact_id,created_at", [(str(i), "2026-01-01") for i in range(300)])
    ids = [*range(touched), *(10_000 + i for i in range(strangers))] or [20_000]
    day = "2026-02-01"  # after the conversion: nothing is attributed, so that there is cause to look
    table(tmp_path / "touchpoints.csv", "contact_id,occurred_at,channel", [(str(i), day, "Email") for i in ids])
    said = []
    for whole in (200_000, 10):
        monkeypatch.setattr(join_checks, "WHOLE", whole)
        monkeypatch.setattr(join_checks, "SAMPLE", 100)
        done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--by", "channel", "-f", "csv")
        assert done.returncode == 0
        said.append(warnings(done.stderr))
    assert said[0] == said[1]
    assert ("contacts reported have a touchpoint" in said[0]) == (touched < 255 and (strangers > 0 or touched == 0))
