"""The script and the style of a page: files of the package in one piece, allowed by their hashes alone."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

SCRIPTS = (
    "numbers.js",
    "days.js",
    "cells.js",
    "credits.js",
    "finish.js",
    "figures.js",
    "charts.js",
    "asked.js",
    "answers.js",
    "view.js",
)
"""In the order in which each needs the ones before it."""


@cache
def script() -> str:
    """Return the whole script of a page."""
    return "\n".join(_read(name) for name in SCRIPTS)


@cache
def style() -> str:
    """Return the style of what the script makes."""
    return _read("page.css")


def _read(name: str) -> str:
    return resources.files("attrib_cli.output").joinpath("page", name).read_text(encoding="utf-8")


def policy(scripts: str, styles: str) -> str:
    """Return the Content-Security-Policy of a page that has this script (or none) and this style, and nothing else."""
    allowed = f"script-src '{_hash(scripts)}'; " if scripts else ""
    return f"default-src 'none'; {allowed}style-src '{_hash(styles)}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
