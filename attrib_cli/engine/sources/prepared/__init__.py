"""Sources whose rows are more than files: filtered, given values by rules, united, or asked for by a query.

The way of a row: the text of a file (`files`), or of several sources; which rows count (`rows`); the value of each
column (`values`); then types, as for every text. Each row keeps where it comes from.
"""

from attrib_cli.engine.sources.prepared.layout import prepared_head
from attrib_cli.engine.sources.prepared.opening import open_prepared

__all__ = ["open_prepared", "prepared_head"]
