"""Headers of a file against the columns of a table: which is which, what is missing, what is there twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from attrib_cli.engine.errors import SourceError, did_you_mean
from attrib_cli.engine.source_spec import TableSource
from attrib_cli.engine.sources.catalogue import ROW, folded, known_table


def trimmed(header: Iterable[str]) -> tuple[str, ...]:
    """Return headers without surrounding blanks; a nameless column is called by its position."""
    return tuple(name.strip().strip("\ufeff").strip() or f"column_{i}" for i, name in enumerate(header, 1))


def distinct(header: Sequence[str]) -> tuple[tuple[str, ...], dict[str, tuple[int, int]]]:
    """Return headers of which none is there twice, whatever its case, named as DuckDB does: `Type`, `Type_1`.

    With them come those that were, in lower case, with the numbers of their first two columns from 1.
    """
    columns: dict[str, list[int]] = {}
    named: dict[str, str] = {}
    for column, name in enumerate(header, 1):
        count = len(columns.setdefault(name.casefold(), []))
        columns[name.casefold()].append(column)
        while (free := f"{name}_{count}" if count else name).casefold() in named:
            count += 1
        named[free.casefold()] = free
    repeated = {name: (found[0], found[1]) for name, found in columns.items() if len(found) > 1}
    return tuple(named.values()), repeated


def familiar(source: TableSource, header: Sequence[str]) -> int:
    """Count how many of the table's known or mapped columns `header` has: the measure of a delimiter guess."""
    known = {folded(name) for name in (*known_table(source.table).kinds, *source.columns.values())}
    return len(known & {folded(name) for name in header})


def match(
    source: TableSource,
    header: Sequence[str],
    *,
    label: str,
    line: int | None = 1,
    repeated: Mapping[str, tuple[int, int]] = MappingProxyType({}),
) -> dict[str, int]:
    """Return where each column of the table is in a file, by name: mapped, known, then all others in file order.

    A mapped column is the file's header of the mapping. A known one is the header of its name, else the only one
    that differs from it just in case, blanks, ``_`` or ``-``. Other headers keep their own name, unless a mapping
    took that name. Required columns may be missing here (`missing` tells). Raises SourceError for a mapped or known
    column with two candidates, of which `repeated` has those that are called alike.
    """
    place = label if line is None else f"{label}:{line}"
    positions: dict[str, int] = {}
    for name, wanted in source.columns.items():
        found = find_header(header, wanted, place, repeated)
        if found is not None:
            positions[name] = found
    taken = set(positions.values())
    for name in known_table(source.table).kinds:
        if name not in source.columns:
            free = [own if i not in taken else "" for i, own in enumerate(header)]
            found = find_header(free, name, place, repeated)
            if found is not None:
                positions[name] = found
    taken = set(positions.values())
    names = {name.casefold() for name in (*positions, *source.columns)}
    for i, own in enumerate(header):
        if i in taken or own.casefold() in names:
            continue
        positions[f"{own} (file)" if own.casefold() == ROW else own] = i
    return positions


def missing(source: TableSource, found: Iterable[str], header: Sequence[str], *, label: str) -> SourceError | None:
    """Return the error for required columns that a file lacks, with what was found and how to map them, or None."""
    have = set(found)
    required = known_table(source.table).required
    absent = [name for name in required if name not in have]
    if not absent:
        return None
    names = " and ".join(f"'{name}'" for name in absent)
    listed = ", ".join(f"'{name}'" for name in header) or "none"
    noun = "column" if len(absent) == 1 else "columns"
    hints = []
    free = [name for name in header if name not in have] or list(header)
    for name in absent:
        nearest = _nearest(name, free)
        if nearest is not None:
            hints.append(f'{name}: "{nearest}"')
    example = ", ".join(hints) or f'{absent[0]}: "Header in the file"'
    lead = "the nearest headers can be mapped" if hints else "map the header that holds it"
    return SourceError(
        f"required {noun} {names} of {source.table} missing; found: {listed}",
        place=label,
        hint=f"{lead} in attrib.yaml, under sources: {source.table}: columns: {{{example}}}",
    )


def unmapped(source: TableSource, headers: Iterable[str], found: Iterable[str]) -> SourceError | None:
    """Return the error for a mapping to headers that no file of the table has, or None."""
    have = set(found)
    for name, wanted in source.columns.items():
        if name not in have:
            known = list(dict.fromkeys(headers))
            return SourceError(
                f"{source.table} has no header '{wanted}', to which `columns:` maps '{name}'",
                place=source.place,
                hint=did_you_mean(wanted, known) or "found: " + ", ".join(f"'{header}'" for header in known),
            )
    return None


def refuse_duplicates(header: Sequence[str], place: str) -> None:
    """Raise SourceError where a header is there twice, whatever its case."""
    _, repeated = distinct(header)
    for name in header:
        refuse_repeated(name, repeated, place)


def refuse_repeated(
    name: str, repeated: Mapping[str, tuple[int, int]], place: str | None, file: str | None = None
) -> None:
    """Raise SourceError where a header that something is asked of is one of the `repeated` ones.

    `file` is where it stands, where `place` is that of who asks.
    """
    if (columns := repeated.get(name.casefold())) is not None:
        first, second = columns
        raise SourceError(
            f"the header '{name}' is there twice{f' in {file}' if file else ''}, as columns {first} and {second}",
            place=place,
            hint="give the columns different names",
        )


def find_header(
    header: Sequence[str],
    wanted: str,
    place: str,
    repeated: Mapping[str, tuple[int, int]] = MappingProxyType({}),
) -> int | None:
    """Return where a header is: written alike, else the only one that differs in case, blanks, ``_`` or ``-`` alone.

    Raises SourceError for two of those.
    """
    close = [i for i, name in enumerate(header) if name and folded(name) == folded(wanted)]
    exact = [i for i in close if header[i] == wanted]
    for i in exact or close:
        refuse_repeated(header[i], repeated, place)
    if exact:
        return exact[0]
    if len(close) > 1:
        names = " and ".join(f"'{header[i]}'" for i in close)
        raise SourceError(
            f"both {names} could be '{wanted}'",
            place=place,
            hint=f'say which in attrib.yaml: columns: {{{wanted}: "{header[close[0]]}"}}',
        )
    return close[0] if close else None


def _nearest(name: str, header: Sequence[str]) -> str | None:
    close = difflib.get_close_matches(folded(name), [folded(own) for own in header], n=1, cutoff=0.6)
    for own in header:
        if close and folded(own) == close[0]:
            return own
    words = [word[:5] for word in name.split("_") if word not in ("id", "at", "on")]
    if name.endswith(("_at", "_on")):
        words += ["date", "time"]
    return next((own for word in words for own in header if word in folded(own)), None)
