"""Which engine gathers the journeys: the one that was typed, else the configuration's, else the session's own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.resources import ENGINES, EngineChoice, Resources

if TYPE_CHECKING:
    from attrib_cli.engine.backends.cluster import Cluster
    from attrib_cli.engine.backends.interface import Backend


def chosen_backend(typed: EngineChoice, written: EngineChoice, limits: Resources, *, loud: bool) -> Backend | None:
    """Return the engine that was `typed`, else `written` in the configuration; None for the session's own.

    `limits` are what each of its workers may take, and `loud` lets it say what it does. Raises UsageError, before
    anything is read, for an engine that is not installed, and for options of one that is not used.
    """
    choice = typed.over(written)
    for option, given in (("--master", typed.master), ("--spark-remote", typed.remote), ("--shards", typed.shards)):
        able = [engine.name for engine in ENGINES.values() if option in engine.options]
        if given is not None and choice.name not in able:
            raise UsageError(f"this is about {' and '.join(able)}", hint=f"Add --engine {able[0]}.", place=option)
    if choice.name is None or ENGINES[choice.name].cluster is None:
        return None
    from attrib_cli.engine.backends.cluster import ClusterBackend

    return ClusterBackend(cluster=_cluster(choice, loud=loud), shards=choice.shards, resources=limits)


def _cluster(choice: EngineChoice, *, loud: bool) -> Cluster:
    """Return the cluster of an engine that has one; raises UsageError where it is not installed."""
    module, _, function = str(ENGINES[str(choice.name)].cluster).partition(":")
    made = getattr(importlib.import_module(f"attrib_cli.engine.backends.{module}"), function)(choice, loud=loud)
    return cast("Cluster", made)
