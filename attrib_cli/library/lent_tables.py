"""Tables of other libraries that `attrib.report` is given: each as an Arrow table, or an error that says why not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_HINT = "Give a file, or a table of pandas, polars, Arrow or DuckDB."


def arrow_table(name: str, table: object) -> pa.Table:
    """Return a table of any library as an Arrow table, with an index that has a name as columns.

    `name` is that of the table. Raises UsageError for what is no table, and for one that cannot be read.
    """
    place = f"tables[{name!r}]"
    try:
        made = _converted(table)
    except Exception as error:  # each library raises errors of its own
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"the table cannot be read: {reason}", hint=_HINT, place=place) from None
    if made is None:
        raise UsageError(f"{type(table).__name__} is no table", hint=_HINT, place=place)
    twice = [column for column, count in Counter(made.column_names).items() if count > 1]
    if twice:
        raise UsageError(
            f"there are several columns '{twice[0]}'", hint="Rename all but one, or leave them out.", place=place
        )
    if not made.column_names:
        raise UsageError("the table has no columns", hint="Give an empty table with its columns.", place=place)
    return made


def _converted(table: object) -> pa.Table | None:
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    if type(table).__module__.startswith("pandas"):
        return _of_pandas(table) if type(table).__name__ == "DataFrame" else None
    collected = table.collect() if hasattr(table, "collect") else table
    for way in ("to_arrow_table", "to_arrow", "__arrow_c_stream__"):
        if hasattr(collected, way):
            return pa.table(collected) if way == "__arrow_c_stream__" else pa.table(getattr(collected, way)())
    return None


def _of_pandas(frame: pd.DataFrame) -> pa.Table:
    """Return a data frame column by column: what Arrow has no type for, such as mixed values, as text."""
    import pyarrow as pa

    columns = [str(column) for column in frame.columns]
    series = [frame.iloc[:, i] for i in range(len(columns))]
    for i, level in enumerate(frame.index.names):
        if level is not None and str(level) not in columns:
            columns.append(str(level))
            series.append(frame.index.get_level_values(i).to_series())
    return pa.Table.from_arrays([_column(one) for one in series], names=columns)


def _column(values: pd.Series) -> pa.Array:
    import pyarrow as pa

    if not str(values.dtype).startswith(("period", "complex", "Sparse")):
        try:
            found: pa.Array = pa.array(values, from_pandas=True)
        except (pa.ArrowException, OverflowError, TypeError):
            pass  # values of several types, or larger than any number of Arrow
        else:
            return found
    missing = values.isna()
    return pa.array([None if gone else _text(one) for one, gone in zip(values, missing, strict=True)], pa.string())


def _text(value: object) -> str:
    """Return a value as a file would have it; a whole number as one, even among fractions."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
