"""Spark itself: where it runs, how it is started, what it says, and how a job of it is stopped."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.sources.loading import telling
from attrib_cli.engine.temporary import temporary_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

_UNKNOWN_CORES = 8

INSTALL = "Install it: pip install 'attrib-cli[spark]' (on a cluster, on every worker too)."


@frozen
class SparkPlace:
    """Where Spark runs: the address of a `master`, or of a Spark Connect server (`remote`); else on this machine.

    A session that is active already, as in a notebook or under spark-submit, is used as it is. Spark's own messages
    are kept in a file, unless `loud`.
    """

    master: str | None = None
    remote: str | None = None
    loud: bool = False


def check_installed(place: SparkPlace) -> None:
    """Raise UsageError, before anything is read, where Spark cannot run for want of pyspark or Java."""
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError("pyspark is not installed", hint=INSTALL, place="--engine")
    if "pyspark.sql" in sys.modules:
        from pyspark.sql import SparkSession

        if SparkSession.getActiveSession() is not None:
            return
    if place.remote is None and shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        hint = "Install a Java runtime (17 or newer), or set JAVA_HOME."
        raise UsageError("there is no Java, which Spark runs on", hint=hint, place="--engine")


def spark_session(place: SparkPlace) -> SparkSession:
    """Return the active session, or a new one that ends with the process; raises AttribError where none starts."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")  # about versions of pandas
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    master = place.master or "local[*]"
    builder = SparkSession.builder.appName("attrib")
    if place.remote is not None:
        builder = builder.remote(place.remote)
    else:
        builder = builder.master(master).config("spark.ui.showConsoleProgress", "false")
        if master.startswith("local"):
            builder = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
            builder = builder.config("spark.driver.host", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with _quiet(place), failures(f"Spark does not start at {place.remote or master}"):
        session: SparkSession = builder.getOrCreate()
    # Rows of a shuffle are whole blocks here: few of them fill a batch.
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "16")
    atexit.register(_end, session)
    return session


def cores_of(spark: SparkSession) -> int:
    """Return how many tasks Spark runs at once, or a usual number where it does not say, as through Connect."""
    context = getattr(spark, "_sc", None)
    return _UNKNOWN_CORES if context is None else int(context.defaultParallelism)


def run_stage(
    spark: SparkSession, frame: DataFrame, message: str, progress: Callable[[str], None] | None
) -> Sequence[Row]:
    """Return the rows of a frame, telling `progress` how far Spark is; Ctrl-C cancels what runs.

    Raises AttribError where the job fails for a reason that is not the data's.
    """
    with telling(lambda: _done(spark), message, progress), failures("the Spark job failed"):
        try:
            rows: Sequence[Row] = frame.collect()
        except BaseException:
            _cancel(spark)
            raise
        return rows


def _done(spark: SparkSession) -> int:
    """Return the per cent done of the stages that run; -1 where that is not known."""
    tracker = getattr(getattr(spark, "_sc", None), "statusTracker", lambda: None)()
    if tracker is None:
        return -1
    stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    known = [one for one in stages if one is not None]
    every = sum(one.numTasks for one in known)
    return 100 * sum(one.numCompletedTasks for one in known) // every if every else -1


def _cancel(spark: SparkSession) -> None:
    context = getattr(spark, "_sc", None)
    try:
        if context is not None:
            context.cancelAllJobs()
        else:
            spark.interruptAll()
    except Exception:  # noqa: S110 - whatever ended the job may have ended Spark too
        pass


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Turn what Spark raises within into AttribError with the first line of the cause."""
    try:
        yield
    except AttribError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause = next((line for line in reversed(lines) if "Error: " in line or "Exception: " in line), None)
        raise AttribError(
            f"{what}: {(cause or (lines[0] if lines else type(error).__name__))[:400]}",
            hint="--verbose shows what Spark says.",
        ) from error


@contextmanager
def _quiet(place: SparkPlace) -> Iterator[None]:
    """Let Java be started with a file as its standard error, which is the console's alone."""
    if place.loud or place.remote is not None:
        yield
        return
    # The bridge to Java logs a traceback where Ctrl-C finds it waiting.
    bridge = logging.getLogger("py4j")
    bridge.addHandler(logging.NullHandler())
    bridge.propagate = False
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        log = os.open(temporary_file(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.close(log)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _end(session: SparkSession) -> None:
    with contextlib.suppress(Exception):  # it ended before us
        session.stop()
