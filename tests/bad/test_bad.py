"""Every broken file leads to one message, with its place: nothing is read wrong, and nothing ends in a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from files import BAD, Bad

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.errors import AttribError, ErrorGroup
from attrib_cli.engine.sources import open_tables


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def test_there_are_at_least_a_hundred_each_once() -> None:
    assert len({bad.name for bad in BAD}) == len(BAD) >= 100


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_broken_file_leads_to_its_message(bad: Bad, tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    (tmp_path / f"{bad.table}.{bad.ending}").write_bytes(bad.data)
    lines = ["# A configuration,", "# with some lines", "# before its sources", "version: 1", "", "sources:"]
    lines += [f"  {bad.table}:", f"    path: {bad.table}.{bad.ending}"]
    lines += [f"    {key}: '{value}'" for key, value in bad.options.items()]
    lines += ["    columns:", *(f"      {key}: {value}" for key, value in bad.columns.items())] if bad.columns else []
    config = tmp_path / "attrib.yaml"
    config.write_text("\n".join(lines) + "\n")
    with pytest.raises(AttribError) as caught:
        loaded = load_config(config)
        open_tables(con, config_sources(loaded), loaded.settings, needed=[bad.table])  # type: ignore[list-item]
    error = first(caught.value)
    said = f"{error.message} {error.hint or ''}"
    assert bad.says and bad.says in said
    assert error.hint, "what to do is said"
    assert (error.place or "").endswith(bad.place)
    assert not re.search(r"\w+(Error|Exception)\b", said)
    assert "duckdb" not in said.casefold()


def first(error: AttribError) -> AttribError:
    return first(error.errors[0]) if isinstance(error, ErrorGroup) else error
