"""Where a definition is written and what it says there: whose it is, who sees it, and what moves with it."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

from attrib_cli.config.schema.names import quoted
from attrib_cli.config.schema.sections import DashboardEntry, ReportEntry
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.saved.access import Access, taken
from attrib_cli.saved.definitions_file import DefinitionsFile, shared_of
from attrib_cli.saved.transaction import Transaction
from attrib_cli.saved.types import SavedDashboard, SavedReport
from attrib_cli.saved.visibility import Shared

Entry = TypeVar("Entry", ReportEntry, DashboardEntry)


@frozen
class Sharing:
    """Writes definitions into the change of a view, each of them checked against what the user may do."""

    view: Access
    change: Transaction

    def report(self, saved: SavedReport, *, force: bool) -> None:
        """Write a report, with `force` over one of its name; one whose visibility changes may move."""
        view, name = self.view, saved.name
        private = saved.visibility == "private"
        target = view.own if private else view.project
        there = view.found("reports", name)
        owner: str | None = saved.owner or view.user
        own = (saved.visibility, saved.access)
        if there is None or not force:
            view.check_free("reports", name, target)
        elif ("reports", name) in there.checked.wrong:
            if not view.may_replace_wrong(there, "reports", name):
                raise there.checked.wrong["reports", name]
        else:
            view.file_to_change("reports", name)
            owner = self._owner_after(saved.owner, there.reports[name].owner, private=private)
            boards = there.boards_with(name)
            if there is target and not private and boards:
                old = shared_of(there, there.reports[name])
                own = (old.visibility, old.access)
        self._write("reports", name, there, target, sharing(saved.definition, owner, *own))

    def dashboard(self, board: SavedDashboard, *, force: bool, new: tuple[str, ...] = ()) -> None:
        """Write a dashboard, with `force` over one of its name; `new` are reports that are written with it.

        A report of the user's own that comes onto a shared dashboard moves into the project's file.
        """
        view, private = self.view, board.visibility == "private"
        target = view.own if private else view.project
        there = view.found("dashboards", board.name)
        owner: str | None = board.owner or view.user
        before: tuple[str, ...] = ()
        if there is None or not force:
            view.check_free("dashboards", board.name, target)
        else:
            view.file_to_change("dashboards", board.name)
            owner = self._owner_after(board.owner, there.dashboards[board.name].owner, private=private)
            before = there.dashboards[board.name].reports or ()
        for name in board.reports:
            if name not in before and name not in new:
                view.file_of("reports", name)
            if not private and name not in new and view.has_own("reports", name):
                self._publish(name, board)
        if there is target:
            for name in before:
                if name not in board.reports and name in target.reports:
                    self.keep_visibility(target, name, without=board.name)
        entry = DashboardEntry(reports=board.reports, description=board.description)
        self._write("dashboards", board.name, there, target, sharing(entry, owner, board.visibility, board.access))

    def board_to_join(self, board: SavedDashboard) -> SavedDashboard:
        """Return a board as it is now; one without a place is new."""
        view = self.view
        if board.place == "":
            view.check_free("dashboards", board.name, view.own if board.visibility == "private" else view.project)
            return board
        view.file_to_change("dashboards", board.name)
        return view.dashboard(board.name)

    def keep_visibility(self, file: DefinitionsFile, name: str, *, without: str) -> None:
        """Write down who sees a report that leaves a dashboard and is on no other, so that no more people do."""
        if file.private or set(file.boards_with(name)) != {without}:
            return
        shared, entry = self.view.shared(file, name), file.reports[name]
        owner = entry.owner or file.dashboards[without].owner
        kept = sharing(entry, owner, shared.visibility, shared.access)
        own = Shared.of(entry.owner, entry.visibility, entry.access)
        if sharing(entry, owner, own.visibility, own.access) != kept:
            self.change.put(file, "reports", name, kept)

    def _write(
        self, section: str, name: str, there: DefinitionsFile | None, target: DefinitionsFile, entry: Entry
    ) -> None:
        """Write an entry into a file, and take it out of the other one where it stands there."""
        if there is None or there is target:
            self.change.put(target, section, name, entry)
            return
        old: Entry | None = (there.reports if section == "reports" else there.dashboards).get(name)  # type: ignore[assignment]
        self._check_move(section, name, there, target, entry.owner)
        private = sharing(entry if there.private or old is None else old, self.view.user, "private", "edit")
        if target.private:
            self.change.move_in(section, name, before=private, private=entry)
        else:
            self.change.move_out(section, name, private=private, shared=entry)

    def _check_move(
        self, section: str, name: str, there: DefinitionsFile, target: DefinitionsFile, owner: str | None
    ) -> None:
        user = self.view.user
        if target.has(section, name):
            entries = target.reports if section == "reports" else target.dashboards
            entry = entries.get(name)
            own = self.view.has_own(section, name) if target.private else entry is not None and entry.owner == user
            if not own:
                raise taken(name)
        if target.private:
            if owner != user:
                hint = "Clone it, and make that private."
                raise UsageError(f"only {owner} can make {quoted(name)} private", hint=hint)
            if section == "reports" and there.boards_with(name):
                raise UsageError(
                    f"the report {quoted(name)} is on a dashboard, whose visibility it takes",
                    hint="Take it off first, with `attrib dashboard remove`.",
                )

    def _owner_after(self, wanted: str | None, before: str | None, *, private: bool) -> str | None:
        """Return whose an entry is once it is saved over: only the owner gives it away, and what is private has one."""
        owner = wanted if before in (None, self.view.user) else before
        return owner or (self.view.user if private else None)

    def _publish(self, name: str, board: SavedDashboard) -> None:
        """Move a report of the user's own into the project's file, with the visibility of a dashboard."""
        view = self.view
        if view.project.has("reports", name):
            if view.sees(view.project, "reports", name):
                return
            raise UsageError(f"the name {quoted(name)} is taken", hint="Rename your report first.")
        entry = view.own.reports[name]
        self.change.put(view.project, "reports", name, sharing(entry, view.user, board.visibility, board.access))
        self.change.drop(view.own, "reports", name)


def sharing(entry: Entry, owner: str | None, visibility: str, access: str) -> Entry:
    """Return an entry with the keys that say who sees it; those that would only say what holds anyway are left out."""
    return dataclasses.replace(
        entry,
        owner=owner,
        visibility=None if visibility == "everyone" else visibility,
        access="view" if access == "view" else None,
    )
