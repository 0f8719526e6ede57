"""A change of the project's file and the user's own, in an order in which nothing is lost on the way.

A definition that moves from one file to the other is for a moment in both, with one meaning: a process that is killed
then leaves two of it and never none, and `Access` knows such a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from attrib_cli.config.schema.sections import DashboardEntry, ReportEntry
from attrib_cli.config.yaml_edit.writing import Value
from attrib_cli.saved.access import Access
from attrib_cli.saved.definitions_file import DefinitionsFile, FileEdit

Entry: TypeAlias = ReportEntry | DashboardEntry
Step: TypeAlias = Callable[[FileEdit], None]


class Transaction:
    """What is to be done to both files. The user's own is written first, then the project's, then the own again.

    What comes into the own file, or is changed in it, belongs into its first writing; what leaves it into its last.
    """

    def __init__(self, view: Access) -> None:
        self.view = view
        self._first: list[Step] = []
        self._project: list[Step] = []
        self._last: list[Step] = []
        for section, name in sorted(view.own.left):
            self._first.append(partial(FileEdit.drop, section=section, name=name))

    def put(self, file: DefinitionsFile, section: str, name: str, entry: Entry) -> None:
        """Write an entry."""
        self._of(file).append(lambda edit: edit.put(section, name, entry))

    def put_key(self, file: DefinitionsFile, section: str, name: str, key: str, value: Value) -> None:
        """Write one key of an entry."""
        self._of(file).append(lambda edit: edit.put_key(section, name, key, value))

    def rename(self, file: DefinitionsFile, section: str, name: str, new: str) -> None:
        """Give an entry another name."""
        self._of(file).append(lambda edit: edit.rename(section, name, new))

    def drop(self, file: DefinitionsFile, section: str, name: str) -> None:
        """Delete an entry."""
        steps = self._last if file.private else self._project
        steps.append(lambda edit: edit.drop(section, name))

    def move_out(self, section: str, name: str, *, private: Entry, shared: Entry) -> None:
        """Move an entry of the user's own into the project's file: what it becomes, first as theirs alone."""
        self.put(self.view.own, section, name, private)
        self.put(self.view.project, section, name, shared)
        self.drop(self.view.own, section, name)

    def move_in(self, section: str, name: str, *, before: Entry, private: Entry) -> None:
        """Move an entry of the project's file into the user's own: as it was, and only then what it becomes."""
        self.put(self.view.own, section, name, before)
        self.drop(self.view.project, section, name)
        self._last.append(lambda edit: edit.put(section, name, private))

    def write(self) -> Access:
        """Work out all that is to be written, which may raise what `FileEdit` raises, then write it; return it."""
        first = self._edited(self.view.own, self._first)
        edits = (first, self._edited(self.view.project, self._project), self._edited(first.after(), self._last))
        for edit in edits:
            edit.after()
        for edit in edits:
            edit.write()
        return Access(user=self.view.user, project=edits[1].after(), own=edits[2].after())

    def _of(self, file: DefinitionsFile) -> list[Step]:
        return self._first if file.private else self._project

    def _edited(self, file: DefinitionsFile, steps: Sequence[Step]) -> FileEdit:
        edit = FileEdit(file, project=self.view.project.path)
        for step in steps:
            step(edit)
        return edit
