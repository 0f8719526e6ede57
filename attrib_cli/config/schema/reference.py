"""What the keys of `attrib.yaml` are, for editors (JSON Schema), for messages and for the documentation."""

from __future__ import annotations

import ast
import functools
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import get_args, get_origin, get_type_hints

from attrib_cli.config.schema.sections import File
from attrib_cli.config.schema.types import Keys
from attrib_cli.config.yaml_text import KeyPath


@dataclass(frozen=True, kw_only=True)
class Section:
    """One mapping of known keys: its heading (``models.NAME``), what it is, and its keys with what each one is."""

    heading: str
    description: str
    keys: tuple[tuple[str, str], ...]


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of the configuration, each key with its docstring as description."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(File).json_schema()
    docstrings = _docstrings()
    for cls in _classes(File):
        part = schema if cls is File else schema["$defs"][cls.__name__]
        for key, about in docstrings[cls.__name__].items():
            part["properties"][key]["description"] = about
        if cls.any_of:
            part["anyOf"] = [{"required": [key]} for key in cls.any_of]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "attrib.yaml"}


def schema_text() -> str:
    """Return the JSON Schema as it stands in a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def sections() -> tuple[Section, ...]:
    """Return all mappings of known keys, the file itself first, then in the order in which they are mentioned."""
    docstrings = _docstrings()
    return tuple(
        Section(
            heading=cls.heading,
            description=inspect.getdoc(cls) or "",
            keys=tuple((key, docstrings[cls.__name__][key]) for key in field_names(cls)),
        )
        for cls in _classes(File)
    )


def explanations(cls: type[Keys]) -> Mapping[str, str]:
    """Return what each key of a mapping is, in order."""
    docstrings = _docstrings()[cls.__name__]
    return {key: docstrings[key] for key in field_names(cls)}


@functools.cache
def _docstrings() -> Mapping[str, Mapping[str, str]]:
    """Return the docstring of every key by class and key: the text right below a field, as it stands in the source."""
    return {
        cls.__name__: {key: about for base in reversed(cls.__mro__) for key, about in _below_fields(base, cls).items()}
        for cls in _classes(File)
    }


def _below_fields(base: type, cls: type[Keys]) -> Mapping[str, str]:
    """Return the docstrings of the fields that `base` adds to `cls`, by key."""
    if not issubclass(base, Keys) or base is Keys:
        return {}
    (tree,) = ast.parse(inspect.getsource(base)).body
    return {
        cls.key(field.target.id): below.value.value
        for field, below in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ())
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(below.value.value, str)
    }


def markdown() -> str:
    """Return the reference of all keys, a table for each mapping, as it stands in docs/configuration.md."""
    blocks = []
    for section in sections():
        title = f"`{section.heading}`" if section.heading else "Top level"
        rows = "\n".join(
            f"| `{key}` | {' '.join(about.split()).replace('|', chr(92) + '|')} |" for key, about in section.keys
        )
        blocks.append(f"### {title}\n\n{section.description}\n\n| key | meaning |\n|---|---|\n{rows}\n")
    return "\n".join(blocks)


def keys_at(path: KeyPath) -> type[Keys] | None:
    """Return the class of the mapping at `path`, None where a value of another kind stands."""
    found: type[Keys] | None = File
    names: object = None
    for part in path:
        if found is not None:
            kind = _fields(found).get(str(part))
        else:
            kind, names = names, None
        found, names = _inside(kind)
        if found is None and names is None:
            return None
    return found


def field_names(cls: type[Keys]) -> tuple[str, ...]:
    """Return the keys of a mapping, in order."""
    return tuple(_fields(cls))


def _classes(cls: type[Keys]) -> tuple[type[Keys], ...]:
    def walk(start: type[Keys]) -> Iterator[type[Keys]]:
        yield start
        for kind in _fields(start).values():
            found, names = _inside(kind)
            if found is None and names is not None:
                found, _ = _inside(names)
            if found is not None:
                yield from walk(found)

    return tuple(dict.fromkeys(walk(cls)))


def _fields(cls: type[Keys]) -> Mapping[str, object]:
    hints = get_type_hints(cls)
    return {cls.key(field.name): hints[field.name] for field in fields(cls)}


def _inside(kind: object) -> tuple[type[Keys] | None, object]:
    """Return the class of a field's mapping, or that of the values of a mapping by name or a list."""
    for part in (kind, *get_args(kind)):
        if isinstance(part, type) and issubclass(part, Keys):
            return part, None
        origin = get_origin(part)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return None, get_args(part)[1]
        if origin is tuple and _inside(get_args(part)[0])[0] is not None:
            return None, get_args(part)[0]
    return None, None
