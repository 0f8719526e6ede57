"""A change of the project's file and the user's own, in an order in which nothing is lost on the way.

A definition that moves from one file to the other is for a moment in both, with one meaning: a process that is killed
then leaves two of it and never none, and `View` knows such a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from attrib_cli.config.keys import DashboardEntry, ReportEntry
from attrib_cli.config.shelf import Draft, Shelf
from attrib_cli.config.view import View
from attrib_cli.config.writing import Value

Entry: TypeAlias = ReportEntry | DashboardEntry
Step: TypeAlias = Callable[[Draft], None]


class Change:
    """What is to be done to both files. The user's own is written first, then the project's, then the own again.

    What comes into the own file, or is changed in it, belongs into its first writing; what leaves it into its last.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._first: list[Step] = []
        self._project: list[Step] = []
        self._last: list[Step] = []
        for section, name in sorted(view.own.left):
            self._first.append(partial(Draft.drop, section=section, name=name))

    def put(self, shelf: Shelf, section: str, name: str, entry: Entry) -> None:
        """Write an entry."""
        self._of(shelf).append(lambda draft: draft.put(section, name, entry))

    def put_key(self, shelf: Shelf, section: str, name: str, key: str, value: Value) -> None:
        """Write one key of an entry."""
        self._of(shelf).append(lambda draft: draft.put_key(section, name, key, value))

    def rename(self, shelf: Shelf, section: str, name: str, new: str) -> None:
        """Give an entry another name."""
        self._of(shelf).append(lambda draft: draft.rename(section, name, new))

    def drop(self, shelf: Shelf, section: str, name: str) -> None:
        """Delete an entry."""
        steps = self._last if shelf.private else self._project
        steps.append(lambda draft: draft.drop(section, name))

    def move_out(self, section: str, name: str, *, private: Entry, shared: Entry) -> None:
        """Move an entry of the user's own into the project's file: what it becomes, first as theirs alone."""
        self.put(self.view.own, section, name, private)
        self.put(self.view.project, section, name, shared)
        self.drop(self.view.own, section, name)

    def move_in(self, section: str, name: str, *, before: Entry, private: Entry) -> None:
        """Move an entry of the project's file into the user's own: as it was, and only then what it becomes."""
        self.put(self.view.own, section, name, before)
        self.drop(self.view.project, section, name)
        self._last.append(lambda draft: draft.put(section, name, private))

    def write(self) -> None:
        """Work out all that is to be written, which may raise what `Draft` raises, and then write it."""
        first = self._draft(self.view.own, self._first)
        drafts = (first, self._draft(self.view.project, self._project), self._draft(first.after(), self._last))
        for draft in drafts:
            draft.after()
        for draft in drafts:
            draft.write()

    def _of(self, shelf: Shelf) -> list[Step]:
        return self._first if shelf.private else self._project

    def _draft(self, shelf: Shelf, steps: Sequence[Step]) -> Draft:
        draft = Draft(shelf, project=self.view.project.path)
        for step in steps:
            step(draft)
        return draft
