"""A definition as a text in the user's editor: every key explained, checked on leaving, kept when it is wrong."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from attrib_cli.config.schema.names import quoted
from attrib_cli.config.schema.reference import explanations
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.config.validate import check_report
from attrib_cli.config.yaml_edit.writing import block, written
from attrib_cli.config.yaml_text import read_document
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.temporary import temporary_folder
from attrib_cli.saved.library import SavedReport
from attrib_cli.saved.private import make_folder
from attrib_cli.system.atomic_files import write_file
from attrib_cli.system.folders import config_folder

_HEAD = """\
# The saved report {name}, {place}.
# Keys without a # hold; take the # away to write another one. Leave without saving to change nothing.
"""


def explained(saved: SavedReport) -> str:
    """Return a definition as a text with every key there is, those that it does not have as comments."""
    keys = written(saved.definition)
    parts = [_HEAD.format(name=quoted(saved.name), place=saved.place)]
    for key, about in explanations(ReportEntry).items():
        comment = textwrap.fill(" ".join(about.split()), 100, initial_indent="# ", subsequent_indent="# ")
        value = "\n".join(block(key, keys[key], 0)) if key in keys else f"# {key}:"
        parts.append(f"{comment}\n{value}\n")
    return "\n".join(parts)


def read_entry(text: str, name: str) -> ReportEntry:
    """Return the definition that a text says; raises ConfigError, or an ErrorGroup of them, with lines of ``NAME``."""
    return check_report(read_document(text, name))


def in_editor(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` as the user leaves it in ``$VISUAL``, else ``$EDITOR``, else vi; only they can read it meanwhile.

    Raises UsageError where there is no such program, AttribError where it fails: nothing is to be changed then.
    """
    asked = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    with temporary_folder() as folder:
        path = folder / "report.yaml"
        path.write_bytes(text.encode())
        try:
            command = shlex.split(asked)
            done = subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the user's own editor
        except (OSError, ValueError, IndexError) as error:
            hint = "Set EDITOR to a program that edits text, such as EDITOR=nano."
            raise UsageError(f"the editor '{asked}' cannot be run: {error}", hint=hint, place="EDITOR") from None
        if done.returncode:
            raise AttribError(f"the editor ended with {done.returncode}", hint="Nothing was changed.", place=asked)
        try:
            return path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise AttribError("the editor left no text in UTF-8", hint="Nothing was changed.", place=asked) from None


class Kept:
    """The text that a user left wrong, kept in their configuration directory until it is right or given up."""

    def __init__(self, saved: SavedReport, project: Path, environ: Mapping[str, str]) -> None:
        key = f"{os.path.realpath(project)}\0{saved.private}\0{saved.name}"
        digest = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:16]
        self.path = config_folder(environ) / "unfinished" / f"{digest}.yaml"
        self._last: str | None = None

    def text(self) -> str | None:
        """Return the text, None where there is none."""
        try:
            self._last = self.path.read_text(encoding="utf-8")
        except OSError:
            self._last = None
        return self._last

    def keep(self, text: str) -> Path:
        """Keep a text, for nobody else to read, and return where; what another edit kept meanwhile stays."""
        make_folder(self.path.parent)
        before = self._last
        if self.text() not in (None, before, text):
            self.path = self.path.with_name(f"{self.path.stem}-{os.getpid()}.yaml")
        write_file(str(self.path), [text.encode()], mode=0o600)
        self._last = text
        return self.path

    def forget(self) -> None:
        """Delete the text."""
        self.path.unlink(missing_ok=True)
