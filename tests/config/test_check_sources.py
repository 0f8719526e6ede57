"""``attrib config validate --sources``: files are opened, and the headers that the mapping names are looked for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import Attrib

CONFIG = """\
version: 1
sources:
  touchpoints:
    path: touches
    missing_columns: empty
    columns:
      contact_id: Contact ID
      occurred_at: When
      channel: Chanel
  contacts:
    path: contacts.parquet
    columns:
      contact_id: Record ID
      created_at: Created
      lifecycle_stage: Stage
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "touches").mkdir()
    (tmp_path / "touches" / "a.csv").write_text("Contact ID,When\n1,2026-01-01\n")
    (tmp_path / "touches" / "b.csv").write_text("Contact ID,When,Channel\n1,2026-01-01,Email\n")
    query = 'SELECT 1 AS "Record ID", DATE \'2026-01-01\' AS "Created", \'lead\' AS "Stage"'
    duckdb.sql(f"COPY ({query}) TO '{tmp_path / 'contacts.parquet'}'")
    (tmp_path / "attrib.yaml").write_text(CONFIG.replace("Chanel", "channel"))
    return tmp_path


def test_what_fits_is_said_table_by_table_and_only_on_request(folder: Path, attrib: Attrib) -> None:
    done = attrib("config", "validate", folder / "attrib.yaml", "--sources")
    assert done.returncode == 0, done.stderr
    lines = ["touchpoints: 3 columns in 2 files", "contacts: 3 columns in 1 file"]
    assert done.stderr.splitlines()[:2] == lines and done.stderr.splitlines()[2].startswith("all is well: ")
    (folder / "contacts.parquet").unlink()
    assert attrib("config", "validate", folder / "attrib.yaml").returncode == 0


def test_headers_that_no_file_has_are_said_with_their_lines_all_at_once(folder: Path, attrib: Attrib) -> None:
    wrong = CONFIG.replace("Record ID", "Recrd").replace("Created", "Made on")
    (folder / "attrib.yaml").write_text(wrong)
    done = attrib("config", "validate", folder / "attrib.yaml", "--sources")
    assert done.returncode == 2 and done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert [error.split("attrib.yaml:")[1] for error in errors] == [
        "9: sources.touchpoints.columns.channel: there is no header 'Chanel' in any of the 2 files",
        "13: sources.contacts.columns.contact_id: there is no header 'Recrd' in the file",
        "14: sources.contacts.columns.created_at: there is no header 'Made on' in the file",
    ]
    assert "Did you mean 'Channel'?" in done.stderr and "'Record ID'" in done.stderr


def test_files_that_are_missing_or_lack_a_column_are_said(folder: Path, attrib: Attrib) -> None:
    (folder / "touches" / "a.csv").write_text("Contact ID\n1\n")
    (folder / "contacts.parquet").unlink()
    done = attrib("config", "validate", folder / "attrib.yaml", "--sources")
    assert done.returncode == 3
    assert "required column 'occurred_at' of touchpoints missing" in done.stderr and "contacts.parquet" in done.stderr
    (folder / "attrib.yaml").write_text("version: 1\n")
    done = attrib("config", "validate", folder / "attrib.yaml", "--sources")
    assert done.returncode == 2 and "names no sources" in done.stderr
