"""The parts of a workbook's file: read, changed one by one, and written with all others as they were.

Only what is changed is written anew, so that drawings, styles, slicers and whatever else a workbook has stay byte
for byte. The order and the days of the parts are those of no clock, so that the same parts give the same file.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, SourceError, UsageError

if TYPE_CHECKING:
    from lxml.etree import _Element

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TYPES = "[Content_Types].xml"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MOST = 1024 * 1024 * 1024
"""So many bytes a workbook may have unpacked."""


def parse(data: bytes) -> _Element:
    """Return XML as a tree that loads nothing and expands nothing; raises UsageError where lxml is not installed."""
    try:
        from lxml import etree
    except ImportError:
        raise UsageError(
            "filling a template needs the package lxml, which is not installed",
            hint="Install it with: pip install 'attrib-cli[template]'",
            place="--template",
        ) from None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(data, parser)


def escaped(text: str) -> str:
    """Return a text as XML can hold it and Excel reads it: what XML cannot have as ``_x0001_``."""
    kept = _ESCAPED.sub(lambda match: f"_x005F{match[0]}", text)
    return _ILLEGAL.sub(lambda match: f"_x{ord(match[0]):04X}_", kept)


def unescaped(text: str) -> str:
    """Return the text that `escaped` made another one of."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


@dataclass(kw_only=True)
class Package:
    """The file of a workbook by its parts; those that were read as trees are written from them."""

    place: str
    parts: dict[str, bytes]
    _trees: dict[str, _Element] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str) -> Package:
        """Read a workbook; raises SourceError where it is none, or is damaged, and UsageError for one with macros."""
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(info.file_size for info in archive.infolist()) > _MOST:
                    raise SourceError("the template is too large", place=path)
                parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        except OSError as error:
            raise SourceError(f"the template cannot be read: {error.strerror or error}", place=path) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            hint = "Save it as an Excel workbook (.xlsx), without a password."
            raise SourceError("the template is no workbook, or a damaged one", hint=hint, place=path) from error
        if _TYPES not in parts or "xl/workbook.xml" not in parts:
            raise SourceError("the template is no Excel workbook", hint="Save it as .xlsx.", place=path)
        if "xl/vbaProject.bin" in parts:
            raise UsageError("the template has macros, which an .xlsx has not", hint="Save it as .xlsx.", place=path)
        return cls(place=path, parts=parts)

    def tree(self, name: str) -> _Element:
        """Return a part as a tree, which is written in its place; raises SourceError for one that is no XML."""
        if name not in self._trees:
            try:
                self._trees[name] = parse(self.parts[name])
            except (KeyError, SyntaxError) as error:
                raise SourceError(f"the template is damaged: {name} cannot be read", place=self.place) from error
        return self._trees[name]

    def related(self, name: str) -> dict[str, str]:
        """Return the parts that a part refers to, by the ids that it has for them."""
        folder, file = posixpath.split(name)
        relations = f"{folder}/_rels/{file}.rels"
        if relations not in self.parts:
            return {}
        found = {}
        for one in self.tree(relations).iter(_RELATION):
            if one.get("TargetMode") != "External":
                target = str(one.get("Target"))
                found[str(one.get("Id"))] = posixpath.normpath(
                    target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                )
        return found

    def sheets(self) -> dict[str, str]:
        """Return the parts of the worksheets by their names, in their order."""
        parts = self.related("xl/workbook.xml")
        found = {}
        for one in self.tree("xl/workbook.xml").iter(f"{MAIN}sheet"):
            part = parts.get(str(one.get(_ID)), "")
            if part.startswith("xl/worksheets/"):
                found[str(one.get("name"))] = part
        return found

    def named(self, pattern: str) -> Iterator[str]:
        """Yield the names of the parts that match a regular expression."""
        return (name for name in self.parts if re.fullmatch(pattern, name))

    def as_workbook(self) -> None:
        """Let the file be computed anew when it is opened, and be a workbook even if it was a template's file."""
        workbook = self.tree("xl/workbook.xml")
        found = workbook.find(f"{MAIN}calcPr")
        if found is None:
            before = [workbook.find(MAIN + name) for name in ("definedNames", "externalReferences", "sheets")]
            last = next(one for one in before if one is not None)
            found = parse(f'<calcPr xmlns="{MAIN[1:-1]}"/>'.encode())
            last.addnext(found)
        found.set("fullCalcOnLoad", "1")
        for one in self.tree(_TYPES).iter():
            if one.get("PartName") == "/xl/workbook.xml":
                one.set("ContentType", _WORKBOOK)
        self._without("xl/calcChain.xml")

    def _without(self, name: str) -> None:
        """Take a part out, and what refers to it."""
        if self.parts.pop(name, None) is None:
            return
        self._trees.pop(name, None)
        for one in list(self.tree(_TYPES)):
            if one.get("PartName") == f"/{name}":
                self.tree(_TYPES).remove(one)
        relations = self.tree("xl/_rels/workbook.xml.rels")
        for one in list(relations):
            if str(one.get("Target")).endswith(posixpath.basename(name)):
                relations.remove(one)

    def bytes(self) -> bytes:
        """Return the file."""
        from lxml import etree

        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            for name, data in self.parts.items():
                tree = self._trees.get(name)
                changed = tree is not None and etree.tostring(tree) != etree.tostring(parse(data))
                if changed:
                    written = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
                    out.writestr(zipfile.ZipInfo(name), written, zipfile.ZIP_DEFLATED)
                else:
                    out.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return made.getvalue()


def too_little_room(what: str, cell: str, place: str) -> AttribError:
    """Return the error of a table that would grow over something."""
    hint = "Leave room below the table, or put what stands there beside or above it."
    return AttribError(f"{what} needs more rows than it has room for: {cell} is not empty", hint=hint, place=place)
