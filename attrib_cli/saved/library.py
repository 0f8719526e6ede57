"""Saved reports and dashboards, as far as the user who runs may see them, and every change of them.

A change takes the locks, reads the files again, decides on what it finds there and replaces each file in one step; so
two processes that save at once both succeed, and a process that is killed leaves the old file or the new one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrib_cli.config.load import Config
from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.names import quoted, saved_name
from attrib_cli.config.schema.names import visibility as read_visibility
from attrib_cli.config.schema.sections import ReportEntry
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.saved.access import NOUNS, Access
from attrib_cli.saved.definitions_file import definitions_of, folders_of, read_definitions
from attrib_cli.saved.locking import locked_folders
from attrib_cli.saved.private import private_path
from attrib_cli.saved.sharing import Sharing
from attrib_cli.saved.transaction import Transaction
from attrib_cli.saved.types import SavedDashboard, SavedReport

__all__ = ["Library", "SavedDashboard", "SavedReport"]

Work = Callable[[Access, Transaction], None]


class Library(Access):
    """What one user may see of a project's definitions and their own, and may do with it; make it with `open`."""

    @classmethod
    def open(cls, config: Config | None, *, user: str, environ: Mapping[str, str], folder: Path) -> Library:
        """Read the definitions of the project of `config`, of `folder` where there is none, and the user's own of it.

        Raises ConfigError, or an ErrorGroup of them, for files that cannot be read.
        """
        path = config.path if config is not None else folder.absolute() / "attrib.yaml"
        project = read_definitions(path) if config is None else definitions_of(config)
        own = read_definitions(private_path(path, environ), private=True)
        return cls(user=user, project=project, own=own)

    # --- reports -----------------------------------------------------------------------------------------------------

    def save_report(
        self,
        saved: SavedReport,
        *,
        force: bool,
        board: SavedDashboard | None = None,
        over: ReportEntry | None = None,
    ) -> None:
        """Write a report, with `force` over one of its name that the user may change; on `board`, where one is given.

        The board is written with it in one step: made where it is missing, with the report put at its end otherwise.
        Private ones go into the user's own file. Raises UsageError where the name is taken or cannot be one, the user
        may not change what is there, or it is no more what it was (`over`); ConfigError and AttribError where the file
        cannot be changed.
        """
        _check_name(saved.name, "reports")
        saved = dataclasses.replace(saved, visibility=_checked_sharing(saved.visibility, saved.access))

        def work(now: Access, change: Transaction) -> None:
            if over is not None and now.report(saved.name).definition != over:
                hint = "`attrib saved show` says what it is now; `attrib edit` goes on with your text."
                place = now.report(saved.name).place
                raise UsageError(f"somebody else changed {quoted(saved.name)} meanwhile", hint=hint, place=place)
            store = Sharing(view=now, change=change)
            on = None if board is None else store.board_to_join(board)
            shared = saved if on is None else dataclasses.replace(saved, visibility=on.visibility, access=on.access)
            store.report(shared, force=force)
            if board is not None and on is not None and (board.place == "" or saved.name not in on.reports):
                joined = dataclasses.replace(on, reports=tuple(dict.fromkeys((*on.reports, saved.name))))
                store.dashboard(joined, force=True, new=(saved.name,))

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

        def work(now: Access, change: Transaction) -> None:
            file = now.file_to_change("reports", name)
            for held in now.files() if file is now.project else (now.own,):
                for board in now.boards_to_change(held, name):
                    if not now.changes(held, "dashboards", board):
                        raise UsageError(
                            f"the report {quoted(name)} is on a dashboard that you may not change",
                            hint="Ask its owner to take it off first.",
                        )
                    rest = [one for one in held.dashboards[board].reports or () if one != name]
                    change.put_key(held, "dashboards", board, "reports", rest)
            change.drop(file, "reports", name)

        self._change(work)

    # --- dashboards --------------------------------------------------------------------------------------------------

    def save_dashboard(self, board: SavedDashboard, *, force: bool) -> None:
        """Write a dashboard, with `force` over one of its name that the user may change.

        Reports that come onto it must be seen by the user. One of the user's own that comes onto a shared dashboard
        moves into the project's file with it, for it takes the dashboard's visibility. Raises as `save_report` does.
        """
        _check_name(board.name, "dashboards")
        board = dataclasses.replace(board, visibility=_checked_sharing(board.visibility, board.access))

        def work(now: Access, change: Transaction) -> None:
            Sharing(view=now, change=change).dashboard(board, force=force)

        self._change(work, private=board.visibility == "private")

    def rearrange_dashboard(self, name: str, reports: Callable[[SavedDashboard], Sequence[str]]) -> SavedDashboard:
        """Give a dashboard the `reports` that are made of it as it stands at that moment; return it as it is then.

        So two processes that put a report on it at once both do. Raises as `save_dashboard` does.
        """
        done: list[SavedDashboard] = []

        def work(now: Access, change: Transaction) -> None:
            now.file_to_change("dashboards", name)
            board = now.dashboard(name)
            board = dataclasses.replace(board, reports=tuple(reports(board)))
            Sharing(view=now, change=change).dashboard(board, force=True)
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

        def work(now: Access, change: Transaction) -> None:
            file = now.file_to_change("dashboards", name)
            for report in file.dashboards[name].reports or ():
                if report in file.reports:
                    Sharing(view=now, change=change).keep_visibility(file, report, without=name)
            change.drop(file, "dashboards", name)

        self._change(work)

    # --- how it is done ----------------------------------------------------------------------------------------------

    def _rename(self, section: str, name: str, new: str) -> None:
        _check_name(new, section)

        def work(now: Access, change: Transaction) -> None:
            file = now.file_to_change(section, name)
            now.check_free(section, new, file)
            change.rename(file, section, name, new)
            if section == "dashboards":
                return
            for held in now.files() if file is now.project else (now.own,):
                for board in held.boards_with(name) if file is now.project else now.boards_to_change(held, name):
                    reports = [new if one == name else one for one in held.dashboards[board].reports or ()]
                    change.put_key(held, "dashboards", board, "reports", reports)

        self._change(work)

    def _change(self, work: Work, *, private: bool = False) -> None:
        """Do some work on the files as they are now, under their locks, and write them."""
        project, own = self.project.path, self.own.path
        with locked_folders(folders_of(*(self.files() if private or own.parent.is_dir() else (self.project,)))):
            now = Access(user=self.user, project=read_definitions(project), own=read_definitions(own, private=True))
            change = Transaction(now)
            work(now, change)
            after = change.write()
        self.project, self.own = after.project, after.own


def _checked_sharing(visibility: str, access: str) -> str:
    """Return a visibility as it stands in a file; raises UsageError where one of the two is none."""
    if access not in ("view", "edit"):
        hint = did_you_mean(access, ("view", "edit")) or "Give view or edit."
        raise UsageError(f"there is no access '{access}'", hint=hint, place="--access")
    try:
        return read_visibility(visibility)
    except WrongValue as error:
        raise UsageError(error.message, hint=error.hint, place="--visibility") from None


def _check_name(name: str, section: str) -> None:
    try:
        saved_name(name)
    except WrongValue as error:
        raise UsageError(error.message, hint=error.hint, place=f"the {NOUNS[section]}'s name") from None
