"""Which files this process opens, for tests of how often a command reads what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrib_cli.config.validate import check_text
from attrib_cli.config.yaml_edit.places import composed
from attrib_cli.config.yaml_text import read_document

_watching: list[list[tuple[Path, str]]] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "open" and isinstance(arguments[0], (str, bytes)):
        path = os.fsdecode(arguments[0])
        if path.endswith(".yaml"):
            _watching[-1].append((Path(path).absolute(), str(arguments[1] or "r")))


sys.addaudithook(_note)


@contextmanager
def opened_yaml() -> Iterator[list[tuple[Path, str]]]:
    """Yield a list that gets each YAML file that is opened, with its mode; nothing is known of any at the start."""
    for cache in (read_document, check_text, composed):
        cache.cache_clear()
    found: list[tuple[Path, str]] = []
    _watching.append(found)
    try:
        yield found
    finally:
        _watching.remove(found)
