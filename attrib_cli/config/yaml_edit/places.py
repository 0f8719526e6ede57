"""Where values stand in a YAML text, and where their lines begin and end."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml

BREAKS = "\n\r\x85\u2028\u2029"
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT = re.compile(r"([ ]*)#[^\n\r\x85\u2028\u2029]*")
_BLANKS = re.compile(r"(?:[ \t]*(?:\r\n|[\n\r\x85\u2028\u2029]))*")


@functools.lru_cache(maxsize=4)
def composed(text: str) -> yaml.Node | None:
    """Return the nodes of a text, each of which knows where it stands; nobody changes them."""
    import yaml

    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


def pairs_to(text: str, path: tuple[str, ...]) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """Return the keys and values on the way to `path`, as far as they are there."""
    found = []
    node = composed(text)
    for part in path:
        pair = next(((k, v) for k, v in _items(node) if k.value == part), None)
        if pair is None:
            break
        found.append(pair)
        node = pair[1]
    return found


def _items(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        yield from node.value


def value_end(text: str, node: yaml.Node) -> int:
    """Return where a value really ends: the parser counts the blank lines and comments after a block to it."""
    import yaml

    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        if node.style not in ("|", ">") or "+" in (BREAK.split(text[start:end], maxsplit=1)[0]):
            return end
        return start + len(text[start:end].rstrip(" \t" + BREAKS))
    if is_flow(node) or not node.value:
        return end
    last = node.value[-1]
    return value_end(text, last[1] if isinstance(last, tuple) else last)


def is_flow(node: yaml.Node | None) -> bool:
    """Whether a node is a list or mapping in brackets."""
    import yaml

    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def next_line(text: str, index: int) -> int:
    """Return the start of the first line at or after `index`."""
    if index == 0 or text[index - 1] in BREAKS:
        return index
    found = BREAK.search(text, index)
    return found.end() if found else len(text)


def line_end(text: str, index: int) -> int:
    """Return the end of the line at `index`, its break left out."""
    found = BREAK.search(text, index)
    return found.start() if found else len(text)


def after_entry(text: str, end: int, column: int) -> int:
    """Return the start of the line after an entry whose keys stand at `column`, comments further in being part."""
    index = next_line(text, end)
    while True:
        blanks = _BLANKS.match(text, index)
        comment = _COMMENT.match(text, blanks.end() if blanks else index)
        if comment is None or len(comment[1]) <= column:
            return index
        index = next_line(text, comment.end())


def first_break(text: str) -> str:
    """Return how the lines of a text are broken."""
    found = BREAK.search(text)
    return found[0] if found else "\n"
