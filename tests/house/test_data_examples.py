"""The examples of docs/data.md: the files and the configuration that it shows give the rows that it shows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from attrib_cli.config.load import load_config
from attrib_cli.config.table_sources import config_sources
from attrib_cli.engine.sources import open_tables

DOCS = Path(__file__).parents[2] / "docs" / "data.md"


@dataclass
class Example:
    """Files by name, a configuration, and the rows of its tables, in the order of the configuration."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    config: str = ""
    results: list[str] = field(default_factory=list)


def examples() -> Iterator[Example]:
    """The examples below each heading that has results."""
    text = DOCS.read_text(encoding="utf-8")
    for section in re.split(r"^#{2,3} ", text, flags=re.MULTILINE):
        found = Example(title=section.partition("\n")[0])
        for kind, name, body in re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```", section, re.MULTILINE | re.DOTALL):
            if kind == "yaml":
                found.config = body
            elif name == "result":
                found.results.append(body)
            elif name:
                found.files[name] = body
        if found.results:
            yield found


def shown(value: object) -> str:
    return "" if value is None else str(value.replace(microsecond=0) if isinstance(value, dt.datetime) else value)


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.title)
def test_what_is_shown_is_what_comes_out(
    example: Example, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    for name, text in {**example.files, "attrib.yaml": example.config}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = load_config(tmp_path / "attrib.yaml")
    tables = open_tables(connection, config_sources(config), config.settings, needed=list(config.sources))
    assert len(example.results) == len(config.sources)
    for result, name in zip(example.results, config.sources, strict=True):
        header, *expected = csv.reader(io.StringIO(result))
        columns = ", ".join(f'"{column}"' for column in header)
        rows = connection.execute(f"SELECT {columns} FROM {tables[name].relation} ORDER BY source_row").fetchall()
        assert [[shown(value) for value in row] for row in rows] == expected
