"""Who may see and who may change a definition: courtesy within a shared file, not secrecy.

Whoever may read the file can read all of it with any editor; what is to be kept from somebody belongs into a file that
they may not open. This only decides what the program shows and does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attrib_cli.engine.frozen import frozen


@frozen
class Shared:
    """Whose a definition is, who sees it, and what they may do: as in the file, with what holds where it is silent."""

    owner: str | None
    visibility: str
    access: str

    @classmethod
    def of(cls, owner: str | None, visibility: str | None, access: str | None) -> Shared:
        """Return what holds for an entry: everyone may see and edit it unless it says otherwise."""
        return cls(owner=owner, visibility=visibility or "everyone", access=access or "edit")

    def owned(self, user: str) -> bool:
        """Whether a user may do everything with it: what has no owner belongs to everyone."""
        return self.owner is None or self.owner == user

    def seen(self, user: str, teams: Mapping[str, Collection[str]]) -> bool:
        """Whether a user may see it; nobody is in a team that does not exist."""
        if self.owner == user or self.visibility == "everyone":
            return True
        whom, _, listed = self.visibility.partition(":")
        names = listed.split(",")
        if whom == "users":
            return user in names
        return whom == "teams" and any(user in teams.get(name, ()) for name in names)

    def changed(self, user: str, teams: Mapping[str, Collection[str]]) -> bool:
        """Whether a user may change it."""
        return self.owner == user or (self.access == "edit" and self.seen(user, teams))
