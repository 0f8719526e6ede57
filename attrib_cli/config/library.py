"""Saved reports and dashboards, as far as the user who runs may see them, and every change of them.

A change takes the locks, reads the files again, decides on what it finds there and replaces each file in one step; so
two processes that save at once both succeed, and a process that is killed leaves the old file or the new one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from attrib_cli.config.keys import DashboardEntry, ReportEntry
from attrib_cli.config.load import Config
from attrib_cli.config.locking import locked
from attrib_cli.config.private import private_path
from attrib_cli.config.reads import WrongValue, saved_name
from attrib_cli.config.reads import visibility as read_visibility
from attrib_cli.config.saved import SavedDashboard, SavedReport
from attrib_cli.config.shelf import Draft, Shelf, folders_of, read_shelf, shared_of
from attrib_cli.config.visibility import Shared
from attrib_cli.engine.errors import AttribError, UsageError, did_you_mean

__all__ = ["Library", "SavedDashboard", "SavedReport"]

Entry = TypeVar("Entry", ReportEntry, DashboardEntry)
_NOUNS = {"reports": "report", "dashboards": "dashboard"}
_LISTS = {"reports": "attrib saved list", "dashboards": "attrib dashboard list"}


class Library:
    """What one user may see of a project's definitions and their own; make it with `open`."""

    def __init__(self, *, user: str, project: Shelf, own: Shelf) -> None:
        self.user = user
        self.project = project
        self.own = own

    @classmethod
    def open(cls, config: Config | None, *, user: str, environ: Mapping[str, str], folder: Path) -> Library:
        """Read the definitions of the project of `config`, of `folder` where there is none, and the user's own of it.

        Raises ConfigError, or an ErrorGroup of them, for files that cannot be read.
        """
        project = config.path if config is not None else folder.absolute() / "attrib.yaml"
        own = private_path(project, environ)
        return cls(user=user, project=read_shelf(project), own=read_shelf(own, private=True))

    # --- what there is -----------------------------------------------------------------------------------------------

    def reports(self) -> tuple[SavedReport, ...]:
        """Return the reports that the user sees, their own first where two have one name; broken ones are left out."""
        found: dict[str, SavedReport] = {}
        for shelf in self._shelves():
            for name, entry in shelf.reports.items():
                if name not in found and self.sees(shelf, "reports", name):
                    found[name] = self._report(shelf, name, entry)
        return tuple(found.values())

    def report(self, name: str) -> SavedReport:
        """Return a report; raises UsageError where there is none that the user sees, ConfigError for a broken one."""
        shelf = self._shelf_of("reports", name)
        return self._report(shelf, name, shelf.reports[name])

    def dashboards(self) -> tuple[SavedDashboard, ...]:
        """Return the dashboards that the user sees, their own first where two have one name."""
        found: dict[str, SavedDashboard] = {}
        for shelf in self._shelves():
            for name, entry in shelf.dashboards.items():
                if name not in found and self.sees(shelf, "dashboards", name):
                    found[name] = _dashboard(shelf, name, entry)
        return tuple(found.values())

    def dashboard(self, name: str) -> SavedDashboard:
        """Return a dashboard; raises as `report` does."""
        shelf = self._shelf_of("dashboards", name)
        return _dashboard(shelf, name, shelf.dashboards[name])

    def broken(self) -> tuple[tuple[str, AttribError], ...]:
        """Return what is wrong with entries that the user sees, with ``report 'x'`` in front."""
        return tuple(
            (f"{_NOUNS[section]} '{name}'", error)
            for shelf in self._shelves()
            for (section, name), error in shelf.checked.wrong.items()
            if self.sees(shelf, section, name)
        )

    def boards_with(self, name: str) -> tuple[str, ...]:
        """Return the dashboards on which the user sees a report."""
        return tuple(board.name for board in self.dashboards() if name in board.reports)

    def may_change(self, saved: SavedReport | SavedDashboard) -> bool:
        """Whether the user may change or delete a definition that they see."""
        section = "reports" if isinstance(saved, SavedReport) else "dashboards"
        return self._changes(self.own if saved.private else self.project, section, saved.name)

    # --- reports -----------------------------------------------------------------------------------------------------

    def save_report(self, saved: SavedReport, *, force: bool, board: SavedDashboard | None = None) -> None:
        """Write a report, with `force` over one of its name that the user may change; on `board`, where one is given.

        The board is written with it in one step: made where it is missing, with the report put at its end otherwise.
        Private ones go into the user's own file. Raises UsageError where the name is taken or cannot be one, or the
        user may not change what is there, ConfigError and AttribError where the file cannot be changed.
        """
        _checked_name(saved.name, "reports")
        saved = dataclasses.replace(saved, visibility=_checked_sharing(saved.visibility, saved.access))

        def work(now: Library, draft: _Drafts) -> None:
            on = None if board is None else now._board_to_join(board)
            shared = saved if on is None else dataclasses.replace(saved, visibility=on.visibility, access=on.access)
            now._write_report(shared, draft, force=force)
            if board is not None and on is not None and (board.place == "" or saved.name not in on.reports):
                joined = dataclasses.replace(on, reports=tuple(dict.fromkeys((*on.reports, saved.name))))
                now._write_dashboard(joined, draft, force=True, new=(saved.name,))

        self._change(work, private="private" in (saved.visibility, board and board.visibility))

    def rename_report(self, name: str, new: str) -> None:
        """Give a report another name, on the dashboards too that it is on."""
        self._rename("reports", name, new)

    def clone_report(self, name: str, new: str) -> None:
        """Save a copy of a report under a new name; it belongs to the user and is on no dashboard."""
        saved = self.report(name)
        self.save_report(dataclasses.replace(saved, name=new, owner=self.user), force=False)

    def delete_report(self, name: str) -> None:
        """Delete a report and take it off its dashboards, each of which the user must be free to change."""

        def work(now: Library, draft: _Drafts) -> None:
            shelf = now._shelf_to_change("reports", name)
            for held in now._shelves() if shelf is now.project else (now.own,):
                for board in held.boards_with(name):
                    if not now._changes(held, "dashboards", board):
                        raise UsageError(
                            f"the report '{name}' is on a dashboard that you may not change",
                            hint="Ask its owner to take it off first.",
                        )
                    rest = [one for one in held.dashboards[board].reports or () if one != name]
                    draft.of(held).put_key("dashboards", board, "reports", rest)
            draft.of(shelf).drop("reports", name)

        self._change(work)

    # --- dashboards --------------------------------------------------------------------------------------------------

    def save_dashboard(self, board: SavedDashboard, *, force: bool) -> None:
        """Write a dashboard, with `force` over one of its name that the user may change.

        Reports that come onto it must be seen by the user. One of the user's own that comes onto a shared dashboard
        moves into the project's file with it, for it takes the dashboard's visibility. Raises as `save_report` does.
        """
        _checked_name(board.name, "dashboards")
        board = dataclasses.replace(board, visibility=_checked_sharing(board.visibility, board.access))

        def work(now: Library, draft: _Drafts) -> None:
            now._write_dashboard(board, draft, force=force)

        self._change(work, private=board.visibility == "private")

    def rearrange_dashboard(self, name: str, reports: Callable[[SavedDashboard], Sequence[str]]) -> SavedDashboard:
        """Give a dashboard the `reports` that are made of it as it stands at that moment; return it as it is then.

        So two processes that put a report on it at once both do. Raises as `save_dashboard` does.
        """
        done: list[SavedDashboard] = []

        def work(now: Library, draft: _Drafts) -> None:
            now._shelf_to_change("dashboards", name)
            board = now.dashboard(name)
            board = dataclasses.replace(board, reports=tuple(reports(board)))
            now._write_dashboard(board, draft, force=True)
            done.append(board)

        self._change(work)
        return done[0]

    def rename_dashboard(self, name: str, new: str) -> None:
        """Give a dashboard another name."""
        self._rename("dashboards", name, new)

    def clone_dashboard(self, name: str, new: str) -> None:
        """Save a copy of a dashboard under a new name; it belongs to the user and shows the same reports."""
        board = self.dashboard(name)
        self.save_dashboard(dataclasses.replace(board, name=new, owner=self.user, place=""), force=False)

    def delete_dashboard(self, name: str) -> None:
        """Delete a dashboard; its reports stay in the library, seen by whoever saw them on it."""

        def work(now: Library, draft: _Drafts) -> None:
            shelf = now._shelf_to_change("dashboards", name)
            for report in shelf.dashboards[name].reports or ():
                if report in shelf.reports:
                    now._keep_visibility(shelf, report, draft, without=name)
            draft.of(shelf).drop("dashboards", name)

        self._change(work)

    # --- how it is done ----------------------------------------------------------------------------------------------

    def _shelves(self) -> tuple[Shelf, Shelf]:
        return self.own, self.project

    def _report(self, shelf: Shelf, name: str, entry: ReportEntry) -> SavedReport:
        shared = self._shared(shelf, name)
        return SavedReport(
            name=name,
            definition=entry,
            owner=shared.owner,
            visibility=shared.visibility,
            access=shared.access,
            private=shelf.private,
            place=shelf.place("reports", name),
        )

    def _shared(self, shelf: Shelf, name: str, *, without: str | None = None) -> Shared:
        """Return what holds for a report: on dashboards of its file theirs, the most open where there are several."""
        own = shared_of(shelf, shelf.reports[name])
        boards = [shared_of(shelf, shelf.dashboards[board]) for board in shelf.boards_with(name) if board != without]
        if shelf.private or not boards:
            return own
        order = sorted(boards, key=lambda one: (one.visibility != "everyone", not one.seen(self.user, shelf.teams)))
        return dataclasses.replace(order[0], owner=own.owner)

    def _boards(self, shelf: Shelf, name: str) -> Iterator[Shared]:
        return (shared_of(shelf, shelf.dashboards[board]) for board in shelf.boards_with(name))

    def sees(self, shelf: Shelf, section: str, name: str) -> bool:
        """Whether the user sees an entry of a file, right or wrong."""
        if shelf.private:
            return True
        if (section, name) in shelf.checked.wrong:
            return self._sees_wrong(shelf, section, name)
        if section == "dashboards":
            return shared_of(shelf, shelf.dashboards[name]).seen(self.user, shelf.teams)
        own, boards = shared_of(shelf, shelf.reports[name]), list(self._boards(shelf, name))
        if own.owner == self.user or not boards:
            return own.seen(self.user, shelf.teams)
        return any(board.seen(self.user, shelf.teams) for board in boards)

    def _sees_wrong(self, shelf: Shelf, section: str, name: str) -> bool:
        """Whether the user sees an entry that is wrong, by those of its keys that are right; if in doubt, not."""
        tree = shelf.document.tree
        entries = tree.get(section) if isinstance(tree, dict) else None
        entry = entries.get(name) if isinstance(entries, dict) else None
        if not isinstance(entry, dict):
            return True
        owner, visibility = entry.get("owner"), entry.get("visibility")
        if isinstance(owner, str) and owner == self.user:
            return True
        try:
            seen_by = None if visibility is None else read_visibility(visibility)
        except WrongValue:
            return owner is None
        return Shared.of(None, seen_by, None).seen(self.user, shelf.teams)

    def _changes(self, shelf: Shelf, section: str, name: str) -> bool:
        if shelf.private:
            return True
        if (section, name) in shelf.checked.wrong:
            return False
        entry = shelf.dashboards[name] if section == "dashboards" else shelf.reports[name]
        own = shared_of(shelf, entry)
        boards = [] if section == "dashboards" else list(self._boards(shelf, name))
        if own.owner == self.user or not boards:
            return own.changed(self.user, shelf.teams)
        return any(board.changed(self.user, shelf.teams) for board in boards)

    def _found(self, section: str, name: str) -> Shelf | None:
        """Return the file with the entry of this name that the user sees."""
        return next((s for s in self._shelves() if s.has(section, name) and self.sees(s, section, name)), None)

    def _shelf_of(self, section: str, name: str) -> Shelf:
        shelf = self._found(section, name)
        if shelf is None:
            seen = [one.name for one in (self.reports() if section == "reports" else self.dashboards())]
            what = f"`{_LISTS[section]}` lists those there are." if seen else f"No {_NOUNS[section]} is saved yet."
            raise UsageError(f"there is no {_NOUNS[section]} '{name}'", hint=did_you_mean(name, seen) or what)
        if (section, name) in shelf.checked.wrong:
            raise shelf.checked.wrong[section, name]
        return shelf

    def _shelf_to_change(self, section: str, name: str) -> Shelf:
        shelf = self._shelf_of(section, name)
        if not self._changes(shelf, section, name):
            raise UsageError(
                f"you may view the {_NOUNS[section]} '{name}', but not change it",
                hint="`attrib saved clone` makes a copy of your own." if section == "reports" else "Clone it.",
                place=shelf.place(section, name),
            )
        return shelf

    def _check_free(self, section: str, name: str, target: Shelf) -> None:
        """Raise UsageError where a new entry cannot have this name in a file, seen by the user or not."""
        there = self._found(section, name)
        if there is not None:
            raise UsageError(
                f"there is a {_NOUNS[section]} '{name}' already",
                hint="Choose another name, or give --force to save over it.",
                place=there.place(section, name),
            )
        if target.has(section, name):
            raise UsageError(f"the name '{name}' is taken", hint="Choose another name.")

    def _write_report(self, saved: SavedReport, draft: _Drafts, *, force: bool) -> None:
        private = saved.visibility == "private"
        target = self.own if private else self.project
        there = self._found("reports", saved.name)
        owner: str | None = saved.owner or self.user
        own = (saved.visibility, saved.access)
        if there is None or not force:
            self._check_free("reports", saved.name, target)
        else:
            if (("reports", saved.name)) not in there.checked.wrong:
                self._shelf_to_change("reports", saved.name)
                owner = self._owner_after(saved.owner, there.reports[saved.name].owner, private=private)
                boards = there.boards_with(saved.name)
                if there is target and not private and boards:
                    old = shared_of(there, there.reports[saved.name])
                    own = (old.visibility, old.access)
            elif not self._may_replace(there, "reports", saved.name):
                raise there.checked.wrong["reports", saved.name]
            if there is not target:
                self._leave("reports", saved.name, there, target, draft, owner)
        entry = _sharing(saved.definition, owner, *own)
        draft.of(target).put("reports", saved.name, entry)

    def _owner_after(self, wanted: str | None, before: str | None, *, private: bool) -> str | None:
        """Return whose an entry is once it is saved over: only the owner gives it away, and what is private has one."""
        owner = wanted if before in (None, self.user) else before
        return owner or (self.user if private else None)

    def _may_replace(self, shelf: Shelf, section: str, name: str) -> bool:
        """Whether the user may replace an entry that is wrong: their own, or one without an owner."""
        tree = shelf.document.tree
        entries = tree.get(section) if isinstance(tree, dict) else None
        entry = entries.get(name) if isinstance(entries, dict) else None
        return shelf.private or not isinstance(entry, dict) or entry.get("owner") in (None, self.user)

    def _leave(self, section: str, name: str, there: Shelf, target: Shelf, draft: _Drafts, owner: str | None) -> None:
        """Take an entry out of the file that it moves away from."""
        if target.has(section, name):
            raise UsageError(f"the name '{name}' is taken", hint="Choose another name.")
        if target.private:
            if owner != self.user:
                raise UsageError(f"only {owner} can make '{name}' private", hint="Clone it, and make that private.")
            if section == "reports" and there.boards_with(name):
                raise UsageError(
                    f"the report '{name}' is on a dashboard, whose visibility it takes",
                    hint="Take it off first, with `attrib dashboard remove`.",
                )
        draft.of(there).drop(section, name)

    def _board_to_join(self, board: SavedDashboard) -> SavedDashboard:
        """Return a board as it is now; one without a place is new."""
        if board.place == "":
            self._check_free("dashboards", board.name, self.own if board.visibility == "private" else self.project)
            return board
        self._shelf_to_change("dashboards", board.name)
        return self.dashboard(board.name)

    def _write_dashboard(
        self, board: SavedDashboard, draft: _Drafts, *, force: bool, new: tuple[str, ...] = ()
    ) -> None:
        private = board.visibility == "private"
        target = self.own if private else self.project
        there = self._found("dashboards", board.name)
        owner: str | None = board.owner or self.user
        before: tuple[str, ...] = ()
        if there is None or not force:
            self._check_free("dashboards", board.name, target)
        else:
            self._shelf_to_change("dashboards", board.name)
            owner = self._owner_after(board.owner, there.dashboards[board.name].owner, private=private)
            before = there.dashboards[board.name].reports or ()
            if there is not target:
                self._leave("dashboards", board.name, there, target, draft, owner)
        for name in board.reports:
            if name not in before and name not in new:
                self._shelf_of("reports", name)
            if not private and name not in new and self.own.has("reports", name):
                self._publish(name, board, draft)
        if there is target:
            for name in before:
                if name not in board.reports and name in target.reports:
                    self._keep_visibility(target, name, draft, without=board.name)
        entry = DashboardEntry(reports=board.reports, description=board.description)
        entry = _sharing(entry, owner, board.visibility, board.access)
        draft.of(target).put("dashboards", board.name, entry)

    def _publish(self, name: str, board: SavedDashboard, draft: _Drafts) -> None:
        """Move a report of the user's own into the project's file, with the visibility of a dashboard."""
        if self.project.has("reports", name):
            if self.sees(self.project, "reports", name):
                return
            raise UsageError(f"the name '{name}' is taken", hint="Rename your report first.")
        entry = _sharing(self.own.reports[name], self.user, board.visibility, board.access)
        draft.of(self.project).put("reports", name, entry)
        draft.of(self.own).drop("reports", name)

    def _keep_visibility(self, shelf: Shelf, name: str, draft: _Drafts, *, without: str) -> None:
        """Write down who sees a report that leaves a dashboard and is on no other, so that no more people do."""
        if shelf.private or set(shelf.boards_with(name)) != {without}:
            return
        shared, entry = self._shared(shelf, name), shelf.reports[name]
        owner = entry.owner or shelf.dashboards[without].owner
        kept = _sharing(entry, owner, shared.visibility, shared.access)
        if _sharing(entry, owner, *_said(entry)) != kept:
            draft.of(shelf).put("reports", name, kept)

    def _rename(self, section: str, name: str, new: str) -> None:
        _checked_name(new, section)

        def work(now: Library, draft: _Drafts) -> None:
            shelf = now._shelf_to_change(section, name)
            now._check_free(section, new, shelf)
            draft.of(shelf).rename(section, name, new)
            if section == "dashboards":
                return
            for held in now._shelves() if shelf is now.project else (now.own,):
                for board in held.boards_with(name):
                    reports = [new if one == name else one for one in held.dashboards[board].reports or ()]
                    draft.of(held).put_key("dashboards", board, "reports", reports)

        self._change(work)

    def _change(self, work: Callable[[Library, _Drafts], None], *, private: bool = False) -> None:
        """Do some work on the files as they are now, under their locks, and write them."""
        shelves = [self.project, *([self.own] if private or self.own.path.parent.is_dir() else [])]
        with locked(folders_of(*shelves)):
            now = Library(
                user=self.user,
                project=read_shelf(self.project.path),
                own=read_shelf(self.own.path, private=True),
            )
            drafts = _Drafts(now)
            work(now, drafts)
            drafts.write()
        self.project, self.own = read_shelf(self.project.path), read_shelf(self.own.path, private=True)


class _Drafts:
    """The drafts of a change, made when they are first touched."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.drafts: dict[Path, Draft] = {}

    def of(self, shelf: Shelf) -> Draft:
        """Return the draft of a file."""
        if shelf.path not in self.drafts:
            self.drafts[shelf.path] = Draft(shelf, project=self.library.project.path)
        return self.drafts[shelf.path]

    def write(self) -> None:
        """Write all; one that only loses entries comes last, so that a kill in between doubles one and loses none."""
        for draft in sorted(self.drafts.values(), key=lambda draft: draft.loses):
            draft.write()


def _dashboard(shelf: Shelf, name: str, entry: DashboardEntry) -> SavedDashboard:
    shared = shared_of(shelf, entry)
    return SavedDashboard(
        name=name,
        reports=entry.reports or (),
        description=entry.description,
        owner=shared.owner,
        visibility=shared.visibility,
        access=shared.access,
        private=shelf.private,
        place=shelf.place("dashboards", name),
    )


def _said(entry: ReportEntry) -> tuple[str, str]:
    own = Shared.of(entry.owner, entry.visibility, entry.access)
    return own.visibility, own.access


def _sharing(entry: Entry, owner: str | None, visibility: str, access: str) -> Entry:
    """Return an entry with the keys that say who sees it; those that would only say what holds anyway are left out."""
    return dataclasses.replace(
        entry,
        owner=owner,
        visibility=None if visibility == "everyone" else visibility,
        access="view" if access == "view" else None,
    )


def _checked_sharing(visibility: str, access: str) -> str:
    """Return a visibility as it stands in a file; raises UsageError where one of the two is none."""
    if access not in ("view", "edit"):
        hint = did_you_mean(access, ("view", "edit")) or "Give view or edit."
        raise UsageError(f"there is no access '{access}'", hint=hint, place="--access")
    try:
        return read_visibility(visibility)
    except WrongValue as error:
        raise UsageError(error.message, hint=error.hint, place="--visibility") from None


def _checked_name(name: str, section: str) -> None:
    try:
        saved_name(name)
    except WrongValue as error:
        raise UsageError(error.message, hint=error.hint, place=f"the {_NOUNS[section]}'s name") from None
