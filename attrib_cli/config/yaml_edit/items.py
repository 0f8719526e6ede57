"""Change the items of a list within a YAML text: those that stay keep their form, their place and their comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.config.yaml_edit.places import BREAKS, first_break, is_flow, line_end, next_line, value_end
from attrib_cli.config.yaml_edit.writing import Value, inline, plain

if TYPE_CHECKING:
    import yaml

Edit: TypeAlias = tuple[int, int, str]
"""The start and the end of a piece of the text, and what comes in its place."""

_BETWEEN = re.compile(r"(?:[\s\x85\u2028\u2029]|#[^\n\r\x85\u2028\u2029]*)*")


def is_list_of_texts(node: yaml.Node) -> bool:
    """Whether a node is a list that has items, all of them texts."""
    import yaml

    return (
        isinstance(node, yaml.SequenceNode)
        and bool(node.value)
        and all(isinstance(item, yaml.ScalarNode) for item in node.value)
    )


def with_items(text: str, node: yaml.SequenceNode, colon: int, new: Sequence[Value]) -> str:
    """Return `text` with a list of texts, whose key's colon ends at `colon`, having the items `new`."""
    edits = list(_in_flow(text, node, new) if is_flow(node) else _in_lines(text, node, new))
    if not new and not is_flow(node):
        edits.append((colon, colon, " []"))
    for start, end, piece in sorted(edits, reverse=True):
        text = text[:start] + piece + text[end:]
    return text


def _steps(node: yaml.SequenceNode, new: Sequence[Value]) -> Iterator[tuple[int, Value | None, bool]]:
    """Yield what becomes of items: the place of an old one, a value, and whether it comes before that place.

    A value replaces the item there, or comes in before it; None takes the item out.
    """
    old, wanted = [item.value for item in node.value], [plain(value) for value in new]
    matcher = SequenceMatcher(None, list(map(repr, old)), list(map(repr, wanted)), autojunk=False)
    for what, first, end, begin, stop in matcher.get_opcodes():
        if what == "equal":
            continue
        both = min(end - first, stop - begin)
        for i in range(both):
            yield first + i, new[begin + i], False
        for i in range(first + both, end):
            yield i, None, False
        for j in range(begin + both, stop):
            yield first + both, new[j], True


def _in_lines(text: str, node: yaml.SequenceNode, new: Sequence[Value]) -> Iterator[Edit]:
    """Yield the edits of a list with an item a line."""
    column, newline = node.start_mark.column, first_break(text)
    dashes, ends = [], []
    at = node.start_mark.index
    for item in node.value:
        at = _after_blanks(text, at)
        dashes.append(at)
        at = value_end(text, item)
        ends.append(at)
    added: dict[int, str] = {}
    for place, value, before in _steps(node, new):
        if before:
            index = dashes[0] - column if not place else next_line(text, ends[place - 1])
            added[index] = added.get(index, "") + f"{' ' * column}- {inline(value or '')}{newline}"
        elif value is None:
            yield dashes[place] - column, next_line(text, ends[place]), ""
        else:
            yield node.value[place].start_mark.index, ends[place], inline(value)
    for index, lines in added.items():
        without = index == len(text) and text[-1] not in BREAKS
        yield index, index, newline + lines.removesuffix(newline) if without else lines


def _in_flow(text: str, node: yaml.SequenceNode, new: Sequence[Value]) -> Iterator[Edit]:
    """Yield the edits of a list in brackets."""
    starts = [item.start_mark.index for item in node.value]
    ends = [value_end(text, item) for item in node.value]
    commas = [_after_blanks(text, end) for end in ends]
    last = len(ends) - 1
    gone, added = set(), dict[int, list[str]]()
    for place, value, before in _steps(node, new):
        if before:
            added.setdefault(place, []).append(inline(value or ""))
        elif value is None:
            gone.add(place)
        else:
            yield starts[place], ends[place], inline(value)
    for place, values in added.items():
        pieces = ", ".join(values)
        yield (starts[0], starts[0], f"{pieces}, ") if not place else (ends[place - 1], ends[place - 1], f", {pieces}")
    kept = max((place for place in range(last + 1) if place not in gone), default=None)
    for place in gone:
        if text[commas[place]] == ",":
            yield from _taken_out(text, starts[place], ends[place], commas[place])
        else:
            yield starts[place], ends[place], ""
            if kept is not None:
                yield commas[kept], commas[kept] + 1, ""


def _taken_out(text: str, start: int, end: int, comma: int) -> Iterator[Edit]:
    """Yield the edits that take out an item with the comma after it, and its line where nothing else is on it."""
    if comma != end:
        yield start, end, ""
        yield comma, comma + 1, ""
        return
    after = comma + 1
    while text[after] == " ":
        after += 1
    line = start
    while line and text[line - 1] == " ":
        line -= 1
    if next_line(text, line) == line and line_end(text, after) == after:
        yield line, next_line(text, after), ""
    else:
        joined = text[after] == "#" and text[start - 1] not in " \n"
        yield start, comma + 1 if joined else after, ""


def _after_blanks(text: str, index: int) -> int:
    """Return where blanks, line breaks and comments end."""
    found = _BETWEEN.match(text, index)
    return found.end() if found else index
