"""YAML as the plain text that stands in it, with the line of every key.

YAML's own types are not applied: `NO`, `on`, `12:30`, `2026-01` and `1e3` stay what was written, and each key of the
configuration says itself how its text is read. Repeated keys, tags, anchors and aliases are refused: the first would
lose a value in silence, the others serve no purpose here but to surprise.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrib_cli.engine.errors import ConfigError
from attrib_cli.engine.frozen import frozen

if TYPE_CHECKING:
    import yaml

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"
KeyPath: TypeAlias = tuple[str | int, ...]

LARGEST = 1 << 20
"""Bytes that a configuration may have: far more than anyone writes, and little enough to be read at once."""

DEEPEST = 32
"""Levels that a configuration may have."""

_READ_APART = re.compile(r"\?|[|>][-+0-9]*#")
"""What libyaml takes and the parser in Python refuses: a question mark within braces, a comment right behind a `|`."""

_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_TAGS = (None, "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_QUOTE = "Put text that has YAML's own characters in it into quotes."
_SYNTAX_HINTS = (
    ("'\\t'", "Indent with blanks; YAML does not allow tabs there."),
    ("cannot start any token", "Put text that begins with %, @ or ` into quotes: date_format: '%d/%m/%Y'."),
    ("mapping values are not allowed", "Put text that has ': ' in it into quotes, or correct the indentation above."),
    ("while scanning a quoted scalar", "A quote is opened and never closed."),
    ("expected <block end>", "Look at the indentation here and on the lines above: entries of one level line up."),
    ("could not find expected ':'", "Every entry is `key: value`, with a blank after the colon."),
)


@frozen
class Document:
    """What a file says: its tree of texts, the line of each key and list item, and what is wrong with its YAML.

    `unreadable` are the keys whose value is not what was meant, so that nothing more is to be said about it.
    """

    name: str
    tree: Tree
    lines: Mapping[KeyPath, int]
    problems: tuple[ConfigError, ...]
    unreadable: frozenset[KeyPath]

    def place(self, path: KeyPath) -> str:
        """Return ``attrib.yaml:12`` for a key, or for the nearest key above it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines[path]}" if path in self.lines else self.name


def dotted(path: KeyPath) -> str:
    """Return a key path as it is shown: ``models.custom.weights.first``; ``defaults.where[0]`` is the first item."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
            continue
        shown += ("." if shown else "") + (part if re.fullmatch(r"[\w-]+", part) else _quoted(part))
    return shown


def _quoted(key: str) -> str:
    import json

    return json.dumps(key, ensure_ascii=False)


def read_text(path: Path, name: str) -> str:
    """Return the text of a configuration file; whatever keeps it from being read raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"the configuration cannot be read: {reason}", place=name, hint="Check --config.") from None
    if len(data) > LARGEST:
        raise ConfigError(f"the file is larger than {LARGEST >> 10} KiB", place=name, hint="Is it a configuration?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"the file is not UTF-8: byte 0x{data[error.start]:02x}",
            place=f"{name}:{line}",
            hint="Save it as UTF-8 in your editor.",
        ) from None


@functools.lru_cache(maxsize=16)
def read_document(text: str, name: str) -> Document:
    """Return what the YAML `text` of the file called `name` says; text that is no YAML raises `ConfigError`.

    One and the same text is parsed once in a run, and nobody changes the tree. libyaml parses it where it is there and
    finds nothing wrong; what is wrong is said as the parser in Python finds it.
    """
    return _parsed_by_libyaml(text, name) or _parsed(text, name)


def _parsed_by_libyaml(text: str, name: str) -> Document | None:
    """Return what libyaml reads; None where it is absent, something is wrong, or the two parsers may differ.

    They do about tabs, about what ends a line, and about what `_READ_APART` finds.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", None)
    if loader is None or not text.replace("\n", "").isprintable() or _READ_APART.search(text):
        return None
    builder = _Builder(yaml.parse(text, Loader=loader), name)
    try:
        tree = builder.document()
    except (yaml.YAMLError, ConfigError, ValueError, OverflowError):
        return None
    return None if builder.problems else builder.said(tree)


def _parsed(text: str, name: str) -> Document:
    """Return what the parser in Python reads."""
    import yaml

    builder = _Builder(yaml.parse(text, Loader=yaml.SafeLoader), name)
    try:
        return builder.said(builder.document())
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"the character U+{ord(text[error.position]):04X} is not allowed in YAML",
            place=f"{name}:{line}",
            hint='Delete it, or write it as an escape between double quotes: "\\u0007".',
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, name) from None
    except (ValueError, OverflowError):  # an escape beyond Unicode, which the parser passes to chr()
        raise ConfigError('there is no character for an escape such as "\\U..."', place=name, hint=_QUOTE) from None


class _Builder:
    """Builds the tree from parser events, which tell written tags from guessed ones and never expand an alias."""

    def __init__(self, events: Iterator[yaml.Event], name: str) -> None:
        self.events = events
        self.name = name
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[ConfigError] = []
        self.unreadable: set[KeyPath] = set()

    def document(self) -> Tree:
        """Return the tree of the only document, None where the file is empty."""
        import yaml

        tree: Tree = None
        seen = False
        for event in self.events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if seen:
                raise self.error(
                    (), event, "a second document begins", "Delete the line `---`; one file is one document."
                )
            seen = True
            tree = self.value(next(self.events), ())
        return tree

    def said(self, tree: Tree) -> Document:
        """Return the document whose tree was built."""
        return Document(
            name=self.name,
            tree=tree,
            lines=self.lines,
            problems=tuple(self.problems),
            unreadable=frozenset(self.unreadable),
        )

    def value(self, event: yaml.Event, path: KeyPath) -> Tree:
        """Return the tree that begins with `event`, whose last event is then read."""
        import yaml

        if len(path) > DEEPEST:
            raise self.error((), event, f"the file has more than {DEEPEST} levels", "Write it flatter.")
        if isinstance(event, yaml.AliasEvent):
            self.refuse(path, event, f"aliases such as `*{event.anchor}` are not followed")
            return None
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self.refuse(path, event, f"anchors such as `&{event.anchor}` are not followed")
        tag = getattr(event, "tag", None)
        if tag not in _PLAIN_TAGS:
            written = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.refuse(path, event, f"tags such as `{written}` are not followed")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        if not isinstance(event, yaml.ScalarEvent):
            raise self.error(path, event, "something else than YAML's values stands here", _QUOTE)
        self.check_characters(event, path)
        plain = not event.style and event.tag is None
        return None if plain and event.value in _NULLS else event.value

    def sequence(self, path: KeyPath) -> list[Tree]:
        """Return a list, its first event being read already."""
        import yaml

        items: list[Tree] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            place = (*path, len(items))
            self.lines[place] = _line(event)
            items.append(self.value(event, place))
        return items

    def mapping(self, path: KeyPath) -> dict[str, Tree]:
        """Return a mapping, its first event being read already; of repeated keys the first is kept."""
        import yaml

        entries: dict[str, Tree] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(path, event, "this key is not a text")
                self.value(event, (*path, "?"))
                self.value(next(self.events), (*path, "?"))
                continue
            key = event.value
            place = (*path, key)
            self.check_characters(event, place)
            if event.tag not in _PLAIN_TAGS or event.anchor is not None:
                self.refuse(place, event, "a key has no tag and no anchor")
            if key in entries:
                message = f"the key is there twice, on line {self.lines[place]} and on line {line}"
                self.problems.append(self.error(place, event, message, "Delete or rename one of the two."))
                self.skip(next(self.events), place)
                continue
            self.lines[place] = line
            entries[key] = self.value(next(self.events), place)
        return entries

    def check_characters(self, event: yaml.ScalarEvent, path: KeyPath) -> None:
        """Refuse what only an escape can write and no file name, terminal or data base takes."""
        wrong = re.search("[\x00\ud800-\udfff]", event.value)
        if wrong:
            self.refuse(path, event, f"the character U+{ord(wrong[0]):04X} is no text")

    def skip(self, event: yaml.Event, path: KeyPath) -> None:
        """Read a value that is dropped, without its lines replacing those of the value that is kept."""
        _Builder(self.events, self.name).value(event, path)

    def refuse(self, path: KeyPath, event: yaml.Event, message: str) -> None:
        """Note a problem that does not keep the rest of the file from being read."""
        self.problems.append(self.error(path, event, message, _QUOTE))
        self.unreadable.add(path)

    def error(self, path: KeyPath, event: yaml.Event, message: str, hint: str) -> ConfigError:
        """Return the error of an event."""
        prefix = f"{dotted(path)}: " if path else ""
        return ConfigError(prefix + message, place=f"{self.name}:{_line(event)}", hint=hint)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _not_yaml(error: yaml.MarkedYAMLError, name: str) -> ConfigError:
    """Return a parser's error with its line and, for the usual slips, what to do."""
    mark = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.context, error.problem) if part)
    hint = next((hint for words, hint in _SYNTAX_HINTS if words in said), _QUOTE)
    problem = error.problem or error.context or "it cannot be read"
    return ConfigError(f"this is not YAML: {problem}", place=f"{name}:{mark.line + 1}" if mark else name, hint=hint)
