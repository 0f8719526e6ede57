"""The columns of the tables at hand, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from attrib_cli.engine.source_spec import ALL_TABLES, TableName
from attrib_cli.engine.sources.table import TableHead


class Heads(Mapping[TableName, TableHead]):
    """The columns of every table at hand, by name.

    Those of the specification are read together, so that all that is wrong with them is said at once; the table of a
    conversion of the configuration is read when it is asked for, as most reports are not about it. Whatever reads
    raises what `look` raises, which returns the columns of some tables.
    """

    def __init__(
        self, names: Collection[TableName], look: Callable[[Collection[TableName]], Mapping[TableName, TableHead]]
    ) -> None:
        self._names = tuple(names)
        self._look = look
        self._found: dict[TableName, TableHead] = {}

    def read(self, names: Collection[TableName]) -> None:
        """Read the columns of these tables and those of the specification, where they are at hand."""
        wanted = [name for name in self._names if name in ALL_TABLES or name in names]
        missing = [name for name in wanted if name not in self._found]
        if missing:
            self._found.update(self._look(missing))

    def __getitem__(self, name: TableName) -> TableHead:
        """Return the columns of a table."""
        if name in self._names:
            self.read((name,))
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        """Whether a table is at hand, which reads nothing."""
        return name in self._names

    def __iter__(self) -> Iterator[TableName]:
        """Yield the names of the tables."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many tables there are."""
        return len(self._names)
