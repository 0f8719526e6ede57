"""Files of an older form, brought to the one that this program reads, step by step.

A step changes the text in place, so that comments and order survive it; it is taken in memory when a file is read and
reaches the disk with the first save.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrib_cli.config.yaml_text import Tree, read_document

Step = Callable[[str, str], str]
"""From the text of a file and its name to the text of the version after it; the version itself is written for it."""

STEPS: Sequence[Step] = ()
"""The step from version 1 to 2 comes first, and so on; version 1 is the one that is read, so there is none yet."""


def upgraded(text: str, name: str, steps: Sequence[Step] = STEPS) -> str:
    """Return the text of a file in the newest form; one that is newer still stays, for the check to refuse."""
    if not steps:
        return text
    from attrib_cli.config.yaml_edit.edit import put

    version = _version(read_document(text, name).tree)
    for number, step in enumerate(steps[version - 1 :], start=version + 1):
        text = put(step(text, name), ("version",), number, name)
    return text


def _version(tree: Tree) -> int:
    written = tree.get("version") if isinstance(tree, dict) else None
    return int(written) if isinstance(written, str) and written.isdecimal() and int(written[:9]) > 0 else 1
