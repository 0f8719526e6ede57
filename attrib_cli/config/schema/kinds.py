"""What stands below each key of the configuration, and how a tree of texts is read as it: all problems at once.

A key's type says it: a value with its reader (`Reads`), a mapping of known keys (`Keys`), a mapping by names, or a list
of mappings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import TypeAlias, get_args, get_origin

from attrib_cli.config.schema.markers import OrText, Reads, WrongValue, kind
from attrib_cli.config.schema.types import Keys
from attrib_cli.config.yaml_text import KeyPath, Tree, dotted
from attrib_cli.engine.errors import did_you_mean
from attrib_cli.engine.frozen import frozen

Problem: TypeAlias = tuple[KeyPath, WrongValue]


@frozen
class Value:
    """A value that a function reads."""

    reads: Reads


@frozen
class Known:
    """A mapping of known keys; one with a `short` key may be written as a text alone, which is the value of that."""

    keys: type[Keys]
    short: str | None = None


@frozen
class Named:
    """A mapping by names, each of which `name` reads."""

    name: Reads
    each: Kind


@frozen
class Listed:
    """A list of mappings."""

    each: Kind


Kind: TypeAlias = Value | Known | Named | Listed


@frozen
class Key:
    """A key of a mapping: the `field` that has its value, whose type is `hint`."""

    field: str
    hint: object
    required: bool

    @functools.cached_property
    def below(self) -> Kind:
        """What stands below it, found when it is asked for: a file has few of the keys that there are."""
        return _kind(self.hint)


def keys_of(cls: type[Keys]) -> Mapping[str, Key]:
    """Return the keys of a mapping as they are written, in order."""
    if cls not in _FOUND:
        _FOUND[cls] = MappingProxyType(
            {
                cls.key(field.name): Key(field=field.name, hint=field.type, required=field.default is MISSING)
                for field in fields(cls)
            }
        )
    return _FOUND[cls]


_FOUND: dict[object, Mapping[str, Key]] = {}
"""The keys of the classes that were asked for."""


def classes_below(root: type[Keys]) -> tuple[type[Keys], ...]:
    """Return `root` and every mapping of known keys below it, in the order in which they are mentioned."""

    def walk(start: Kind) -> Iterator[type[Keys]]:
        if isinstance(start, Named | Listed):
            yield from walk(start.each)
        elif isinstance(start, Known):
            yield start.keys
            for key in keys_of(start.keys).values():
                yield from walk(key.below)

    return tuple(dict.fromkeys(walk(Known(keys=root))))


def read_tree(root: type[Keys], tree: Tree) -> tuple[Keys | None, list[Problem]]:
    """Return a tree of texts as the class `root`, and nothing wrong; or None, and all that is wrong with it."""
    problems: list[Problem] = []
    read = _read(Known(keys=root), tree, (), problems)
    return (read if isinstance(read, root) and not problems else None), problems


def _read(below: Kind, tree: Tree, path: KeyPath, problems: list[Problem]) -> object:
    """Return what stands at `path` as what it means; adds what is wrong to `problems`."""
    if isinstance(below, Value):
        return _called(below.reads.read, tree, path, problems)
    if isinstance(below, Listed):
        if isinstance(tree, list) and tree:
            return tuple(_read(below.each, item, (*path, i), problems) for i, item in enumerate(tree))
        hint = "Write each on a line of its own below it, behind `- `."
        problems.append(
            (path, WrongValue(f"expected a list, found {'an empty one' if tree == [] else kind(tree)}", hint=hint))
        )
        return None
    if isinstance(below, Known) and below.short is not None and isinstance(tree, str):
        tree = {below.short: tree}
    if not isinstance(tree, dict):
        example = f"{next(iter(keys_of(below.keys)))}: ..." if isinstance(below, Known) else "name: value"
        hint = f"Write `{example}` on a line of its own below it, further to the right."
        problems.append((path, WrongValue(f"expected a mapping, found {kind(tree)}", hint=hint)))
        return None
    return _known(below, tree, path, problems) if isinstance(below, Known) else _named(below, tree, path, problems)


def _known(below: Known, tree: dict[str, Tree], path: KeyPath, problems: list[Problem]) -> object:
    keys, before = keys_of(below.keys), len(problems)
    problems.extend(((*path, key), _unknown(key, below.keys, keys)) for key in tree if key not in keys)
    values: dict[str, object] = {}
    for written, key in keys.items():
        if written in tree:
            value = tree[written]
            optional = value is None and not key.required
            values[key.field] = None if optional else _read(key.below, value, (*path, written), problems)
        elif key.required:
            hint = f"Write `{written}:` below `{dotted(path)}`."
            problems.append(((*path, written), WrongValue("the key is missing", hint=hint)))
    return None if len(problems) > before else _called(lambda _: below.keys(**values), tree, path, problems)


def _named(below: Named, tree: Mapping[str, Tree], path: KeyPath, problems: list[Problem]) -> Mapping[object, object]:
    return {
        _called(below.name.read, name, (*path, name), problems): _read(below.each, value, (*path, name), problems)
        for name, value in tree.items()
    }


def _called(read: Callable[[object], object], tree: Tree, path: KeyPath, problems: list[Problem]) -> object:
    try:
        return read(tree)
    except WrongValue as wrong:
        problems.append((path, wrong))
        return None


def _unknown(written: str, cls: type[Keys], known: Collection[str]) -> WrongValue:
    hint = did_you_mean(written, known) or f"Known {cls.noun}s: {', '.join(known)}."
    return WrongValue(f"unknown {cls.noun}", hint=hint)


def _kind(hint: object) -> Kind:
    """Return what a type says that stands below a key."""
    marks = getattr(hint, "__metadata__", ())
    reads = next((mark for mark in marks if isinstance(mark, Reads)), None)
    if reads is not None:
        return Value(reads=reads)
    if isinstance(hint, type) and issubclass(hint, Keys):
        return Known(keys=hint)
    origin, parts = get_origin(hint), get_args(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Named(name=_reader(parts[0]), each=_kind(parts[1]))
    if origin is tuple:
        return Listed(each=_kind(parts[0]))
    found = _kind(next(part for part in parts if part is not type(None)))
    short = next((mark.key for mark in marks if isinstance(mark, OrText)), None)
    return Known(keys=found.keys, short=short) if short is not None and isinstance(found, Known) else found


def _reader(hint: object) -> Reads:
    found = _kind(hint)
    if not isinstance(found, Value):
        raise TypeError(f"{hint} has no reader, so it can be no name")
    return found.reads
