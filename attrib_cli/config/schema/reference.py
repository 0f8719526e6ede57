"""What the keys of `attrib.yaml` are, for editors (JSON Schema), for messages and for the documentation."""

from __future__ import annotations

import ast
import functools
import inspect
import json
from collections.abc import Mapping
from itertools import pairwise

from attrib_cli.config.schema.kinds import Kind, Listed, Named, Value, classes_below, keys_of
from attrib_cli.config.schema.sections import File
from attrib_cli.config.schema.types import Keys
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import Settings


@frozen
class Section:
    """One mapping of known keys: its heading (``models.NAME``), what it is, and its keys with what each one is."""

    heading: str
    description: str
    keys: tuple[tuple[str, str], ...]


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of the configuration, each key with its docstring as description."""
    whole = {cls.__name__: _mapping_schema(cls) for cls in classes_below(File)}
    root = whole.pop(File.__name__)
    root |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "attrib.yaml", "$defs": whole}
    return root


def _mapping_schema(cls: type[Keys]) -> dict[str, object]:
    """Return the JSON Schema of a mapping of known keys, where an optional one may be written without a value."""
    about = _docstrings()[cls.__name__]
    properties: dict[str, object] = {}
    for written, key in keys_of(cls).items():
        below = _schema_of(key.below)
        if not key.required:
            either = below["anyOf"] if tuple(below) == ("anyOf",) else None
            below = {"anyOf": [*(either if isinstance(either, list) else [below]), {"type": "null"}], "default": None}
        properties[written] = {**below, "description": about[written]}
    required = [written for written, key in keys_of(cls).items() if key.required]
    return {
        "type": "object",
        "description": inspect.getdoc(cls) or "",
        "properties": properties,
        **({"required": required} if required else {}),
        **({"anyOf": [{"required": [key]} for key in cls.any_of]} if cls.any_of else {}),
        "additionalProperties": False,
    }


def _schema_of(below: Kind) -> dict[str, object]:
    if isinstance(below, Value):
        return dict(below.reads.schema)
    if isinstance(below, Named):
        named = {"propertyNames": dict(below.name.schema)}
        return {"type": "object", **named, "additionalProperties": _schema_of(below.each)}
    if isinstance(below, Listed):
        return {"type": "array", "items": _schema_of(below.each), "minItems": 1}
    keys: dict[str, object] = {"$ref": f"#/$defs/{below.keys.__name__}"}
    return keys if below.short is None else {"anyOf": [{"type": "string", "pattern": "\\S"}, keys]}


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
        for cls in classes_below(File)
    )


def explanations(cls: type[Keys]) -> Mapping[str, str]:
    """Return what each key of a mapping is, in order."""
    docstrings = _docstrings()[cls.__name__]
    return {key: docstrings[key] for key in field_names(cls)}


@functools.cache
def _docstrings() -> Mapping[str, Mapping[str, str]]:
    """Return the docstring of every key by class and key: the text right below a field, as it stands in the source."""
    found: dict[str, Mapping[str, str]] = {}
    for cls in classes_below(File):
        bases = [base for base in reversed(cls.__mro__) if issubclass(base, Keys) and base is not Keys]
        of = [*((Settings,) if cls is File else ()), *bases]
        found[cls.__name__] = {cls.key(name): about for base in of for name, about in _below_fields(base).items()}
    return found


def _below_fields(base: type) -> Mapping[str, str]:
    """Return the docstrings of the fields of a class itself, by their names."""
    (tree,) = ast.parse(inspect.getsource(base)).body
    return {
        field.target.id: below.value.value
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


def field_names(cls: type[Keys]) -> tuple[str, ...]:
    """Return the keys of a mapping, in order."""
    return tuple(keys_of(cls))
