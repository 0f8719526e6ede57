"""Exports that are known: how they are recognised, what their columns mean; one file each in `attrib_cli/shapes`."""

from __future__ import annotations

import functools
import itertools
import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sources.catalogue import folded

FOLDER = Path(__file__).parents[1] / "shapes"
DICTIONARY = "dictionary.yaml"
_PART = re.compile(r"(?m)^( *)\{(\w+)\}$")
FILE = "{file}"
"""What the queries of shapes call the file itself."""

Rules = Mapping[str, object]
"""What the configuration says of a column: ``{header: Amount, number: money}``.

In a shape ``else`` has the rules of the column for files in which the headers are missing or empty.
"""


@frozen
class ShapeEvents:
    """The events of an export, of which some may be conversions: a query as that of a table, and what its columns are.

    `kind` is the column that says which event it is. `options` are keys of the source, such as ``earliest``.
    """

    kind: str
    sql: str
    columns: Mapping[str, Rules]
    options: Mapping[str, object]


@frozen
class ShapeTable:
    """A table that comes out of an export: its columns with their rules, and the headers it cannot do without.

    `options` are keys of the source beside its columns, such as ``where``; `sql` a query in place of the file, with
    ``{file}`` for its name, and ``{header?}`` for a column that files may lack.
    `events` are what conversions can be made of.
    """

    table: str
    columns: Mapping[str, Rules]
    needs: tuple[str, ...] = ()
    options: Mapping[str, object]
    sql: str | None = None
    events: ShapeEvents | None = None


@frozen
class Shape:
    """One kind of file of one system.

    A file is of it where it has one of the names of each of its `headers`, without case, blanks, ``_`` and ``-``:
    HubSpot writes ``Record ID`` in its exports, and ``hs_object_id`` in its API. `get` is how it is got out of the
    system, `seen` where its headers were looked up, `settings` what else the configuration should say, such as
    ``won: all``. `about` says what people should know.
    """

    name: str
    system: str
    title: str
    get: str
    seen: str
    headers: tuple[tuple[str, ...], ...]
    tables: tuple[ShapeTable, ...]
    settings: Mapping[str, object]
    about: str = ""

    def fits(self, headers: Sequence[str]) -> bool:
        """Whether a file with these headers is of this shape."""
        return len(self.known_by(headers)) == len(self.headers)

    def known_by(self, headers: Sequence[str]) -> tuple[str, ...]:
        """Return those of a file's headers by which it is known, as the file writes them."""
        have = {folded(header): header for header in reversed(headers)}
        found = (next((have[folded(name)] for name in names if folded(name) in have), None) for names in self.headers)
        return tuple(header for header in found if header is not None)

    @property
    def whole(self) -> bool:
        """Whether rows depend on others of the export: it is asked which person a browser is, or what a session is."""
        asked = [lookup for table in self.tables for rules in table.columns.values() if (lookup := rules.get("lookup"))]
        return any(table.sql is not None for table in self.tables) or any(FILE in str(lookup) for lookup in asked)


@frozen
class Dictionary:
    """What columns are called in files of no known shape: by table and column the headers, the likeliest first.

    `times` are those of the time of day of a date, `kinds` those of what kind of conversion something is, `nouns` the
    words for a row of a table, which may stand before what a column is called: ``Deal - Status``, ``Order Date``.
    `marks` are those of columns of yes and no that say which touchpoints are conversions.
    `people` and `companies` are words in the headers of columns that say whose something is, `staff` those that say of
    which colleague. `changed` and `copied` are words for the moment in which a row was changed, or copied between
    programs, `urls` for addresses of pages; `periods` begin the headers of weeks and months.
    """

    kinds: tuple[str, ...]
    marks: tuple[str, ...]
    people: tuple[str, ...]
    companies: tuple[str, ...]
    staff: tuple[str, ...]
    changed: tuple[str, ...]
    copied: tuple[str, ...]
    urls: tuple[str, ...]
    periods: tuple[str, ...]
    times: tuple[str, ...]
    nouns: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, Mapping[str, tuple[str, ...]]]


@functools.cache
def shapes() -> tuple[Shape, ...]:
    """Return the known shapes, those with most headers to recognise them by first."""
    found = [_shape(path) for path in sorted(FOLDER.glob("*.yaml")) if path.name != DICTIONARY]
    return tuple(sorted(found, key=lambda shape: (-len(shape.headers), shape.name)))


def fitting(headers: Sequence[str]) -> list[Shape]:
    """Return the shapes of which a file with these headers may be, the likeliest first."""
    found = [shape for shape in shapes() if shape.fits(headers)]
    have = {header.casefold() for header in headers}  # in which `_` counts: StageName is no stage_name
    return sorted(found, key=lambda one: -len({name.casefold() for name in itertools.chain(*one.headers)} & have))


@functools.cache
def dictionary() -> Dictionary:
    """Return the dictionary of headers."""
    read = _read(FOLDER / DICTIONARY)
    tables = _mapping(read["tables"])
    return Dictionary(
        times=texts(read["times"]),
        kinds=texts(read["kinds"]),
        marks=texts(read["marks"]),
        people=texts(read["people"]),
        companies=texts(read["companies"]),
        staff=texts(read["staff"]),
        changed=texts(read["changed"]),
        copied=texts(read["copied"]),
        urls=texts(read["urls"]),
        periods=texts(read["periods"]),
        nouns={table: texts(_mapping(entry).get("nouns", [])) for table, entry in tables.items()},
        files={table: texts(_mapping(entry).get("files", [])) for table, entry in tables.items()},
        headers={
            table: {column: texts(names) for column, names in _mapping(_mapping(entry)["columns"]).items()}
            for table, entry in tables.items()
        },
    )


@functools.cache
def known_headers() -> frozenset[str]:
    """Return every header that a shape or the dictionary knows, folded: by them a header line is told from others."""
    found = {folded(header) for shape in shapes() for header in itertools.chain(*shape.headers)}
    for shape in shapes():
        for table in shape.tables:
            named = [one for rules in table.columns.values() for one in (rules, otherwise(rules)) if one is not None]
            found |= {folded(header) for rules in named for header in headers_of(rules)}
    for columns in dictionary().headers.values():
        found |= {folded(header) for names in columns.values() for header in names}
    return frozenset(found)


def headers_of(rules: Rules) -> tuple[str, ...]:
    """Return the headers that a column's rules name."""
    return texts(rules.get("header", []))


def otherwise(rules: Rules) -> Rules | None:
    """Return the rules of a column in files that do not have its headers; None for none."""
    return _mapping(rules["else"]) if "else" in rules else None


def _shape(path: Path) -> Shape:
    """Return the shape of a file; one that is `like` another has its keys, parts and tables but for those of its own.

    ``{name}`` on a line of a query stands for the text of that name among the `parts`, which name others likewise.
    """
    read = _read(path)
    if "like" in read:
        other = _read(path.with_name(f"{_text(read, 'like')}.yaml"))
        both = {key: {**_mapping(other.get(key, {})), **_mapping(read.get(key, {}))} for key in ("parts", "tables")}
        read = {**other, **read, **both}
    parts = {name: str(text) for name, text in _mapping(read.get("parts", {})).items()}
    tables = [
        ShapeTable(
            table=table,
            columns={column: _rules(rules) for column, rules in _mapping(_mapping(entry)["columns"]).items()},
            needs=texts(_mapping(entry).get("needs", [])),
            options={k: v for k, v in _mapping(entry).items() if k not in ("columns", "needs", "sql", "events")},
            sql=_query(entry, parts) or None,
            events=_events(_mapping(_mapping(entry)["events"]), parts) if "events" in _mapping(entry) else None,
        )
        for table, entry in _mapping(read["tables"]).items()
    ]
    return Shape(
        name=path.stem,
        system=_text(read, "system"),
        title=_text(read, "title"),
        get=_text(read, "get"),
        seen=_text(read, "seen"),
        about=_text(read, "about"),
        headers=_alternatives(read["headers"]),
        tables=tuple(tables),
        settings=_mapping(read.get("settings", {})),
    )


def _events(entry: Mapping[str, object], parts: Mapping[str, str]) -> ShapeEvents:
    return ShapeEvents(
        kind=_text(entry, "kind"),
        sql=_query(entry, parts),
        columns={column: _rules(rules) for column, rules in _mapping(entry["columns"]).items()},
        options={key: value for key, value in entry.items() if key not in ("kind", "sql", "columns")},
    )


def _query(entry: object, parts: Mapping[str, str]) -> str:
    """Return the query of an entry with its parts in their places, indented as these are."""
    text = _text(entry, "sql")
    while found := next((one for one in _PART.finditer(text) if one[2] in parts), None):
        part = textwrap.indent(parts[found[2]].rstrip("\n"), found[1])
        text = f"{text[: found.start()]}{part}{text[found.end() :]}"
    return text


def _read(path: Path) -> Mapping[str, object]:
    import yaml

    # All shapes are read by every `attrib init`: the loader in C, where there is one, takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return _mapping(yaml.load(path.read_text(encoding="utf-8"), loader))  # noqa: S506


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"a mapping, not {value!r}")
    return {str(key): one for key, one in value.items()}


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of an entry that is one text or a list of them."""
    return (value,) if isinstance(value, str) else tuple(map(str, value)) if isinstance(value, list) else ()


def _alternatives(value: object) -> tuple[tuple[str, ...], ...]:
    """Return the names of each header of a list, in which one of several names is a list itself."""
    return tuple(map(texts, value)) if isinstance(value, list) else ()


def _text(entry: object, key: str) -> str:
    return " ".join(str(_mapping(entry).get(key, "")).split()) if key != "sql" else str(_mapping(entry).get(key, ""))


def _rules(value: object) -> Rules:
    return _mapping(value) if isinstance(value, dict) else {"header": value}
