"""The JSON Schema says what the program says, as far as a schema can: an editor and `config validate` do not differ."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from conftest import examples
from hypothesis import given
from jsonschema import Draft202012Validator
from test_config import MISTAKES, json_like

from attrib_cli.config.schema.reference import json_schema
from attrib_cli.config.validate import check_entries
from attrib_cli.config.yaml_text import read_document
from attrib_cli.engine.errors import AttribError

ROOT = Path(__file__).parents[2]
SCHEMA = Draft202012Validator(json_schema())


class Editor(yaml.SafeLoader):
    """YAML 1.2 as editors read it: numbers, true and false and nothing are such, all else is text."""


Editor.yaml_implicit_resolvers = {}
for tag, form, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{form})$"), list(first))


def accepted(text: str) -> bool:
    """Whether the program takes a file, all of its entries included."""
    try:
        document = read_document(text, "attrib.yaml")
        return not document.problems and not check_entries(document).wrong
    except AttribError:
        return False


def valid(text: str) -> bool:
    """Whether an editor has nothing to say about a file."""
    return SCHEMA.is_valid(read_by_editor(text))


def read_by_editor(text: str) -> object:
    """What a file is to an editor: in JSON all keys are texts."""
    return json.loads(json.dumps(yaml.load(text, Editor) or {}))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "examples" / "attrib.yaml").read_text(),
        *re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text(), re.DOTALL),
        "reports: {r: {by: [NO, on, 12:30, 1e3], model: linear, limit: 3, from: 2026-01-01, to: today, demo: true}}",
        "reports: {1: {campaign: 2026, description: 1.5, visibility: 'users:a,b', access: view, owner: 7}}",
        "dashboards: {d: {reports: r}, e: {reports: [1, a]}}\nteams: {1: [a, 2], b: c}",
        "notifications: {max_attachment: 10 MB, smtp: {host: h, port: 25, starttls: no, from: a@b.c}}",
        "fiscal_year_starts_in: Apr\nweek_starts_on: Sunday\ncurrency: usd",
        "reports:\n  r: {display: Line, excel_safe: Yes}",
        "defaults: {lookback: 90 days, half_life: 1.5d, compare: previous-year, period: 2026, measure: all}",
    ],
)
def test_what_the_program_takes_an_editor_takes(text: str) -> None:
    assert accepted(text)
    assert valid(text), [error.message for error in SCHEMA.iter_errors(read_by_editor(text))]


@examples(60)
@given(json_like)
def test_no_file_that_the_program_takes_is_marked(tree: object) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True)
    if accepted(text):
        assert valid(text)


BEYOND = (
    # names of other things: time zones, encodings, models, report types, periods, measures
    "timezone: europe/berlin2",
    "timezone: Europe",
    "timezone: ../etc/passwd",
    "sources: {deals: {path: x, encoding: utf-9}}",
    "sources: {deals: {path: x, encoding: base64}}",
    "defaults: {model: [linear, liner]}",
    "defaults: {type: revenu}",
    "defaults: {period: last-mnth}",
    "defaults: {measure: [share, revenu]}",
    # names that only differ in case, or are taken
    "currency: USD\nexchange_rates: {EUR: 2, eur: 2}",
    "models: {Position_Based: {rest: 1}}",
    "models: {FIRST INTERACTION: {rest: 1}}",
    "models: {All: {rest: 1}}",
    "models: {'a,b': {rest: 1}}",
    "models:\n  my-own: {rest: 1}\n  My_Own: {rest: 1}",
    # keys that depend on each other
    "exchange_rates: {EUR: 2}",
    "currency: USD\nexchange_rates:\n  USD: 2",
    "models: {c: {weights: {first: 0}}}",
    "models: {c: {rest: 1, half_life: 14d}}",
    # which table it is
    "sources: {deals: {path: d.csv, separator: '->'}}",
    # more digits than are kept
    "models: {c: {rest: 0.0000001}}",
)
"""The mistakes that no schema can tell, each of them: an editor has to mark every other one."""


@pytest.mark.parametrize(("text", "message", "hint"), MISTAKES)
def test_what_the_program_refuses_an_editor_marks(text: str, message: str, hint: str) -> None:
    assert not accepted(text)
    assert valid(text) == (text in BEYOND), message


def test_only_mistakes_are_excused() -> None:
    assert set(BEYOND) <= {text for text, _, _ in MISTAKES}
