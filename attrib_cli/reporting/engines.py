"""Which engine gathers the journeys: the one that was typed, else the configuration's, else the session's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.resources import EngineChoice, Resources

if TYPE_CHECKING:
    from attrib_cli.engine.backends.interface import Backend


def chosen_backend(typed: EngineChoice, written: EngineChoice, limits: Resources, *, loud: bool) -> Backend | None:
    """Return the engine that was `typed`, else `written` in the configuration; None for the session's own.

    `limits` are what each of its workers may take, and `loud` lets it say what it does. Raises UsageError, before
    anything is read, for an engine that is not installed, and for options of one that is not used.
    """
    choice = typed.over(written)
    if choice.name != "spark":
        for option, given in (
            ("--master", typed.master),
            ("--spark-remote", typed.remote),
            ("--shards", typed.shards),
        ):
            if given is not None:
                raise UsageError("this is about Spark", hint="Add --engine spark.", place=option)
        return None
    from attrib_cli.engine.backends.cluster import ClusterBackend
    from attrib_cli.engine.backends.spark import SparkCluster
    from attrib_cli.engine.backends.spark_session import SparkPlace, check_installed

    place = SparkPlace(master=choice.master, remote=choice.remote, loud=loud)
    check_installed(place)
    return ClusterBackend(cluster=SparkCluster(place=place), shards=choice.shards, resources=limits)
