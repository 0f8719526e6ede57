"""Values as YAML text that reads back as what went in, here and in any other program that reads YAML.

Whatever some YAML version could take for something else than a text (`NO`, `on`, `12:30`, `1e3`) stands in quotes, and
whatever has a line break or an unusual character in double quotes with escapes, so that a value is always one line.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Decimal
from typing import TypeAlias

from attrib_cli.config.schema.types import Keys
from attrib_cli.config.yaml_text import Tree

Value: TypeAlias = "str | int | Sequence[Value] | Mapping[str, Value]"
"""What is written: texts as texts, numbers and true or false as such."""

INDENT = 2

_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"))
_PLAIN = re.compile(r"(?:[^\W\d_]|[0-9]+(?=[^\W\d_]+$))[\w ./+=<-]*(?<! )")
_SINGLE = re.compile(r"[ -~\u00a1-\u1fff\u2030-\u205e\u2070-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\U00010000-\U000dffff]*")


def inline(value: Value) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(inline, value)) + "]"


def block(key: str, value: Value, column: int) -> list[str]:
    """Return the lines of a key with its value, mappings one key a line, `column` blanks before each line."""
    start = " " * column + scalar(key) + ":"
    if isinstance(value, Mapping) and value:
        return [start, *(line for name, one in value.items() for line in block(name, one, column + INDENT))]
    return [f"{start} {inline(value)}"]


def scalar(text: str) -> str:
    """Return a text as a YAML scalar, plain where nothing could take it for something else."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS and text.isprintable():
        return text
    if _SINGLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in "\n\t\r":
        return json.dumps(char)[1:-1]
    if _SINGLE.fullmatch(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def plain(value: Value) -> Tree:
    """Return a value as `read_document` gives it back: numbers as the texts that they are written as."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return inline(value)
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value]


def value_of(tree: Tree) -> Value:
    """Return what `read_document` gave as a value to write; nothing becomes an empty text."""
    if isinstance(tree, dict):
        return {key: value_of(one) for key, one in tree.items()}
    if isinstance(tree, list):
        return [value_of(one) for one in tree]
    return tree or ""


def written(entry: Keys) -> dict[str, Value]:
    """Return the keys of an entry that have a value, as they stand in a file, in the order of the reference."""
    found: dict[str, Value] = {}
    for field in dataclasses.fields(entry):
        value: object = getattr(entry, field.name)
        if value is not None:
            found[entry.key(field.name)] = _value(value)
    return found


def _value(value: object) -> Value:
    if isinstance(value, str | int):
        return value
    if isinstance(value, dt.timedelta):
        return _duration(value)
    if isinstance(value, Decimal):  # the one number with decimals in a definition is a confidence
        return f"{(value * 100).normalize():f}%"
    if isinstance(value, tuple):
        texts = [str(item) for item in value]
        return texts[0] if len(texts) == 1 and "," not in texts[0] else texts
    raise TypeError(f"{type(value).__name__} has no form in the file")


def _duration(length: dt.timedelta) -> str:
    if not length % dt.timedelta(days=1):
        return f"{length // dt.timedelta(days=1)}d"
    hours = (Decimal(length // dt.timedelta(microseconds=1)) / 3_600_000_000).quantize(Decimal("1e-12"), ROUND_UP)
    return f"{hours.normalize():f}h"
