"""Which engine gathers the journeys: the one that was typed, else the configuration's, else the session's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.resources import EngineChoice, Resources

if TYPE_CHECKING:
    from attrib_cli.engine.backends.cluster import Cluster
    from attrib_cli.engine.backends.interface import Backend


def chosen_backend(typed: EngineChoice, written: EngineChoice, limits: Resources, *, loud: bool) -> Backend | None:
    """Return the engine that was `typed`, else `written` in the configuration; None for the session's own.

    `limits` are what each of its workers may take, and `loud` lets it say what it does. Raises UsageError, before
    anything is read, for an engine that is not installed, and for options of one that is not used.
    """
    choice = typed.over(written)
    for option, given, engines in (
        ("--master", typed.master, ("spark", "ray")),
        ("--spark-remote", typed.remote, ("spark",)),
        ("--shards", typed.shards, ("spark", "ray")),
    ):
        if given is not None and choice.name not in engines:
            raise UsageError(f"this is about {' and '.join(engines)}", hint=f"Add --engine {engines[0]}.", place=option)
    if choice.name not in ("spark", "ray"):
        return None
    from attrib_cli.engine.backends.cluster import ClusterBackend

    return ClusterBackend(cluster=_cluster(choice, loud=loud), shards=choice.shards, resources=limits)


def _cluster(choice: EngineChoice, *, loud: bool) -> Cluster:
    if choice.name == "ray":
        from attrib_cli.engine.backends.ray import RayCluster, check_installed

        check_installed()
        return RayCluster(address=choice.master)
    from attrib_cli.engine.backends import spark_session
    from attrib_cli.engine.backends.spark import SparkCluster

    place = spark_session.SparkPlace(master=choice.master, remote=choice.remote, loud=loud)
    spark_session.check_installed(place)
    return SparkCluster(place=place)
