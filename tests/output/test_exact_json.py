"""JSON in pieces: what Python's own reader makes of them, and the same text as in one."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from attrib_cli.output.text.jsontext import ExactJson, exact_json, json_chunks

ITEMS: tuple[ExactJson, ...] = ("a", 'é "x"\n', Decimal("12.340"), 7, True, None, {"of": [Decimal(1), "b"], "none": {}})


@pytest.mark.parametrize("count", [0, 1, len(ITEMS)])
def test_an_array_that_comes_bit_by_bit_is_written_as_one_that_is_there(count: int) -> None:
    items = ITEMS[:count]
    pieces = list(json_chunks({"before": 1, "items": iter(items), "after": [2, 3]}))
    text = exact_json({"before": 1, "items": items, "after": [2, 3]})
    assert "".join(pieces) == text
    assert len(pieces) > count
    assert list(json.loads(text)) == ["before", "items", "after"]
    assert len(json.loads(text)["items"]) == count


@pytest.mark.parametrize("value", [*ITEMS, {}, []])
def test_anything_else_is_written_as_it_is(value: ExactJson) -> None:
    assert "".join(json_chunks(value)) == exact_json(value)
