"""Files, settings and requests that are valid but unusual, or wrong in a way that must be said."""

from __future__ import annotations

import csv
import io
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Attrib

TOUCHPOINTS = "contact_id,occurred_at,channel\nc1,2026-05-01,Email\n"
CREATED = ("-t", "contact-create", "--by", "channel", "-f", "csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\n")
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS)
    return tmp_path


def configured(folder: Path, text: str = "", **touchpoints: object) -> Path:
    source = json.dumps({"path": "touchpoints.csv", **touchpoints})
    path = folder / "attrib.yaml"
    path.write_text(f"{text}\nsources:\n  contacts: contacts.csv\n  touchpoints: {source}\n")
    return path


def channels(text: str) -> dict[str, Decimal]:
    found = csv.DictReader(io.StringIO(text, newline=""))
    return {row["channel"]: Decimal(row["contacts"]) for row in found}


@pytest.mark.parametrize("size", [1 << 17, 300_000])
def test_a_long_cell_near_the_top_hides_no_header(folder: Path, attrib: Attrib, size: int) -> None:
    note = "\n".join(["Dear; all,"] * (size // 10))
    text = f'contact_id,occurred_at,channel,note\nc1,2026-05-01,Email,"{note}"\nc1,2026-05-02,Email,x\n'
    (folder / "touchpoints.csv").write_text(text)
    done = attrib("report", "--data", folder, *CREATED)
    assert channels(done.stdout) == {"Email": 1}, done.stderr


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (f"Campaign report\n{TOUCHPOINTS}", "line 2 looks like the header"),
        (f"Campaign report\nfrom 2026-01-01, all\n\n{TOUCHPOINTS}", "line 4 looks like the header"),
        (f"Report;x\n{TOUCHPOINTS.replace(',', ';')}", "line 2 looks like the header"),
        ('{"contact_id": "c1", "occurred_at": "2026-05-01"}\n', "this looks like JSON"),
        ("Campaign report\nnothing\n", "the first line must name the columns"),
    ],
)
def test_lines_before_the_header_are_said_to_be_so(folder: Path, attrib: Attrib, text: str, hint: str) -> None:
    (folder / "touchpoints.csv").write_text(text)
    done = attrib("report", "--data", folder, *CREATED)
    assert (done.returncode, done.stdout) == (3, "")
    assert hint in done.stderr
    assert "can be mapped" not in done.stderr


@pytest.mark.parametrize("where", ["data", "config", "parts", "glob", "nameless"])
def test_a_pipe_is_refused_and_not_waited_for(folder: Path, attrib: Attrib, where: str) -> None:
    (folder / "touchpoints.csv").unlink()
    name = {"parts": "touchpoints/a.csv", "nameless": "pipe"}.get(where, "touchpoints.csv")
    (folder / name).parent.mkdir(exist_ok=True)
    os.mkfifo(folder / name)
    path = {"glob": "touch*.csv", "nameless": "pipe"}.get(where, "touchpoints.csv")
    options = ("--data", folder) if where in ("data", "parts") else ("--config", configured(folder, path=path))
    done = attrib("report", *options, *CREATED)
    assert (done.returncode, done.stdout) == (3, "")
    assert "a pipe or a device, where a file is needed" in done.stderr
    assert "--data -" in done.stderr


def test_folders_inside_a_folder_of_parts_are_not_left_out_in_silence(folder: Path, attrib: Attrib) -> None:
    (folder / "touchpoints.csv").unlink()
    for name in ("touchpoints/a.csv", "touchpoints/2026/05/b.csv"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(TOUCHPOINTS)
    done = attrib("report", "--data", folder, *CREATED)
    assert (done.returncode, done.stdout) == (3, "")
    assert "touchpoints: '2026/05/b.csv' is in a folder inside a folder of parts" in done.stderr
    done = attrib("report", "--config", configured(folder, path="touchpoints/**/*.csv"), *CREATED)
    assert channels(done.stdout) == {"Email": 1}, done.stderr


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "posix/Europe/Berlin", "right/UTC", "../etc/passwd"])
def test_time_zones_that_only_a_system_has_are_refused(folder: Path, attrib: Attrib, zone: str) -> None:
    done = attrib("report", "--config", configured(folder, f"timezone: {zone}"), *CREATED)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"attrib.yaml:1: timezone: there is no time zone '{zone}'" in done.stderr


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Honolulu", "UTC"])
@pytest.mark.parametrize("compare", [False, True])
def test_periods_to_the_ends_of_the_calendar(folder: Path, attrib: Attrib, zone: str, compare: bool) -> None:
    ends = ("--from", "0001-01-01", "--to", "9999-12-31")
    more = ("--compare", "previous-year") if compare else ()
    done = attrib("report", "--config", configured(folder, f"timezone: {zone}"), *CREATED, *ends, *more)
    if compare:
        assert done.returncode == 2, done.stderr
    else:
        assert channels(done.stdout) == {"Email": 1}, done.stderr


@pytest.mark.parametrize("encoding", ["punycode", "idna", "rot13"])
def test_codecs_that_no_text_file_has_are_refused(folder: Path, attrib: Attrib, encoding: str) -> None:
    done = attrib("report", "--config", configured(folder, encoding=encoding), *CREATED)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there is no encoding '{encoding}'" in done.stderr


def test_all_measures_leave_out_those_that_need_a_table_that_is_not_there(tmp_path: Path, attrib: Attrib) -> None:
    (tmp_path / "touchpoints.csv").write_text(TOUCHPOINTS)
    row = "d1,c1,2026-05-02,2026-05-03,100,true\n"
    (tmp_path / "deals.csv").write_text(f"deal_id,contact_id,created_at,closed_at,amount,is_won\n{row}")
    done = attrib("report", "--data", tmp_path, "--by", "channel", "--measure", "all", "-f", "csv")
    assert done.returncode == 0, done.stderr
    header = done.stdout.splitlines()[0].split(",")
    assert "influenced_revenue" in header
    assert not {"new_contacts_first_touch", "new_contacts_last_touch"} & set(header)
    done = attrib("report", "--data", tmp_path, "--by", "channel", "--measure", "new_contacts_first_touch")
    assert done.returncode == 3
    assert "contacts" in done.stderr


@pytest.mark.parametrize(("name", "key"), [("Spring", "7"), ("spring", "7"), ("Autumn", "x1"), ("x1", "x1")])
def test_campaigns_are_found_where_some_ids_are_numbers_and_others_text(
    tmp_path: Path, attrib: Attrib, name: str, key: str
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    touches = {"contact_id": ["c1"], "occurred_at": ["2026-05-01"], "campaign_id": pa.array([7])}
    pq.write_table(pa.table(touches), tmp_path / "touchpoints.parquet")
    (tmp_path / "contacts.csv").write_text("contact_id,created_at\nc1,2026-06-01\n")
    (tmp_path / "campaigns.csv").write_text("campaign_id,name\n7,Spring\nx1,Autumn\n")
    done = attrib("report", "--data", tmp_path, "-t", "contact-create", "--campaign", name, "-f", "csv")
    assert done.returncode == 0, done.stderr
    found = [row["campaign"] for row in csv.DictReader(io.StringIO(done.stdout))]
    assert found == (["Spring"] if key == "7" else [])


def test_the_library_lists_its_names_and_takes_no_text_letter_by_letter() -> None:
    import attrib_cli.engine as engine

    assert set(engine.__all__) <= set(dir(engine))
    for name in ("models", "by", "measures", "sort", "campaigns"):
        with pytest.raises(TypeError, match=f"{name} is a tuple: {name}=\\('linear',\\)"):
            engine.ReportSpec(**{name: "linear"})  # type: ignore[arg-type]
    assert engine.ReportSpec(models=["linear"]).models == ("linear",)  # type: ignore[arg-type]
