"""Encodings of text files by name."""

from __future__ import annotations

import codecs

_OF_HOSTS = ("punycode", "idna")


def codec_name(name: str) -> str:
    """Return Python's own name of an encoding that text files have; raises LookupError or UnicodeError for others."""
    found = codecs.lookup(name).name
    "".encode(found)
    if found in _OF_HOSTS:
        raise LookupError(f"{found} writes names of hosts, and no text of files")
    return found
