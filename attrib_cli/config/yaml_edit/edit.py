"""Change one entry of a YAML text and leave every other character as it is.

The parser's marks say where a key and its value stand; only what lies between is replaced. The result is read again
and compared with what it should say before anyone gets it, so a form of writing that is not foreseen here ends in an
error and not in a damaged file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeGuard

from attrib_cli.config.yaml_edit.items import is_list_of_texts, with_items
from attrib_cli.config.yaml_edit.places import (
    BREAK,
    BREAKS,
    after_entry,
    composed,
    first_break,
    is_flow,
    next_line,
    pairs_to,
    value_end,
)
from attrib_cli.config.yaml_edit.writing import INDENT, Value, block, inline, plain, scalar
from attrib_cli.config.yaml_text import Tree, dotted, read_document
from attrib_cli.engine.errors import AttribError, ConfigError

if TYPE_CHECKING:
    import yaml

Path = tuple[str, ...]

_DOCUMENT_END = re.compile(r"^(\.\.\.|---)", re.MULTILINE)
_BLANKS = re.compile(r"(?:[ \t]*(?:\r\n|[\n\r\x85\u2028\u2029]))*")


def put(text: str, path: Path, value: Value, name: str) -> str:
    """Return `text` with the key at `path` having `value`; what stands on the way to it is made where it is missing.

    Of a mapping only the keys that differ are touched, of a list of texts only the items that do. `name` is the file's,
    for the ConfigError where the text is written in a form that cannot be changed in place.
    """
    before = read_document(text, name).tree
    return _checked(_put(text, path, value, name), _with(before, path, plain(value)), path, name)


def drop(text: str, path: Path, name: str) -> str:
    """Return `text` without the key at `path`, which is there."""
    before = read_document(text, name).tree
    return _checked(_drop(text, path), _without(before, path), path, name)


def rename(text: str, path: Path, new: str, name: str) -> str:
    """Return `text` with the last key of `path`, which is there, called `new`."""
    before = read_document(text, name).tree
    key, _ = pairs_to(text, path)[-1]
    start, end = key.start_mark.index, key.end_mark.index
    wanted = _without(_with(before, (*path[:-1], new), _at(before, path)), path)
    return _checked(text[:start] + scalar(new) + text[end:], wanted, path, name)


def _checked(text: str, wanted: Tree, path: Path, name: str) -> str:
    hint = "Write it as plain lines of `key: value`, then try again. Nothing was changed."
    refused = ConfigError(f"{dotted(path)}: it is written in a form that cannot be changed in place", hint=hint)
    refused.place = name
    try:
        document = read_document(text, name)
    except AttribError:
        raise refused from None
    if document.problems or _without_empty(document.tree) != _without_empty(wanted):
        raise refused
    return text


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines_at(text: str, index: int, lines: list[str]) -> str:
    """Return `text` with whole lines put in at the start of a line, or at the end of a text without a last break."""
    newline = first_break(text)
    before = text[:index]
    if before and before[-1] not in BREAKS:
        before += newline
    return before + "".join(line + newline for line in lines) + text[index:]


def _section_atvalue_end(text: str, end: int, lines: list[str]) -> str:
    """Return `text` with lines at its end, a blank one before them unless it would belong to the value before."""
    kept = end == len(text) and text[-1:] in BREAKS
    last = BREAK.split(text)[-2:]
    blank = [] if kept or not text or last == ["", ""] else [""]
    return _lines_at(text, len(text), [*blank, *lines])


# --- changing ----------------------------------------------------------------------------------------------------


def _put(text: str, path: Path, value: Value, file: str) -> str:
    import yaml

    pairs = pairs_to(text, path)
    if len(pairs) == len(path):
        return _replaced(text, path, value, file)
    node = pairs[-1][1] if pairs else composed(text)
    for part in reversed(path[len(pairs) + 1 :]):
        value = {part: value}
    key = path[len(pairs)]
    if isinstance(node, yaml.MappingNode) and is_flow(node):
        pair = f"{scalar(key)}: {inline(value)}"
        if not node.value:
            index = node.start_mark.index + 1
            return f"{text[:index]}{pair}{'' if text[index] == '}' else ' '}{text[index:]}"
        index = value_end(text, node.value[-1][1])
        return f"{text[:index]}, {pair}{text[index:]}"
    if isinstance(node, yaml.MappingNode):
        column = node.value[0][0].start_mark.column
        if not pairs and not _DOCUMENT_END.search(text, value_end(text, node)):
            return _section_atvalue_end(text, value_end(text, node), block(key, value, column))
        return _lines_at(text, after_entry(text, value_end(text, node), column), block(key, value, column))
    if not pairs:
        return _section_atvalue_end(text, 0, block(key, value, 0))
    return _replaced(text, path[: len(pairs)], {key: value}, file)


def _replaced(text: str, path: Path, value: Value, file: str) -> str:
    """Return `text` with another value for a key that is there."""
    import yaml

    pairs = pairs_to(text, path)
    key, node = pairs[-1]
    if isinstance(value, Mapping) and value and isinstance(node, yaml.MappingNode) and node.value:
        return _merged(text, path, value, file)
    colon = text.index(":", key.end_mark.index) + 1
    column = key.start_mark.column
    if isinstance(node, yaml.SequenceNode) and is_list_of_texts(node) and _is_list(value):
        return with_items(text, node, colon, value)
    start, end = node.start_mark.index, value_end(text, node)
    in_flow = any(map(is_flow, _above(text, path)))
    if in_flow or not (isinstance(value, Mapping) and value):
        if isinstance(node, yaml.CollectionNode) and not is_flow(node) and "\n" in text[colon:start]:
            first = start - node.start_mark.column
            return f"{text[:colon]} {inline(value)}{text[colon:first]}{text[next_line(text, end) :]}"
        if start == end:
            return f"{text[:colon]} {inline(value)}{text[colon:]}"
        return f"{text[:start]}{inline(value)}{text[end:]}"
    emptied = text[:colon] + text[colon:start].rstrip(" ") + text[end:]
    lines = [line for name, one in value.items() for line in block(name, one, column + INDENT)]
    return _lines_at(emptied, next_line(emptied, colon), lines)


def _is_list(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _above(text: str, path: Path) -> list[yaml.Node | None]:
    return [composed(text), *(node for _, node in pairs_to(text, path)[:-1])]


def _merged(text: str, path: Path, value: Mapping[str, Value], file: str) -> str:
    """Return `text` with the keys of a mapping made those of `value`, one by one, so that equal ones stay as they are.

    New keys come before old ones are dropped, so that the mapping is never without any on the way.
    """
    old = _at(read_document(text, file).tree, path)
    known = old if isinstance(old, dict) else {}
    for name, one in value.items():
        if name not in known or known[name] != plain(one):
            text = _put(text, (*path, name), one, file)
    for name in known:
        if name not in value:
            text = _drop(text, (*path, name))
    return text


def _drop(text: str, path: Path) -> str:
    key, node = pairs_to(text, path)[-1]
    above = _above(text, path)[-1]
    start, end = key.start_mark.index, value_end(text, node)
    if not is_flow(above):
        column = key.start_mark.column
        return text[: start - column] + text[after_entry(text, end, column) :]
    following = re.compile(r"\s*,\s*").match(text, end)
    if following:
        return text[:start] + text[following.end() :]
    return re.sub(r",\s*$", "", text[:start]) + text[end:]


# --- what it should say ------------------------------------------------------------------------------------------


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _with(tree: Tree, path: Path, value: Tree) -> Tree:
    known = dict(tree) if isinstance(tree, dict) else {}
    known[path[0]] = value if len(path) == 1 else _with(known.get(path[0]), path[1:], value)
    return known


def _without(tree: Tree, path: Path) -> Tree:
    known = dict(tree) if isinstance(tree, dict) else {}
    if len(path) == 1:
        del known[path[0]]
    else:
        known[path[0]] = _without(known.get(path[0]), path[1:])
    return known


def _without_empty(tree: Tree) -> Tree:
    """Return a tree with mappings that have nothing in them as nothing, which is what they mean."""
    if isinstance(tree, dict):
        return {key: _without_empty(value) for key, value in tree.items()} or None
    return tree
