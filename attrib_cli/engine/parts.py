"""Compute one part of a report's journeys, to be put together with the others elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine import resolve
from attrib_cli.engine.backends.stored import StoredBackend
from attrib_cli.engine.clock import Clock
from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.finishing import with_estimates, with_states
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.gathering import Gatherer
from attrib_cli.engine.models import chain_model
from attrib_cli.engine.partial import digest
from attrib_cli.engine.partial_files import PartFile, read_parts, touchpoints_head, write_part
from attrib_cli.engine.sharding import sharded
from attrib_cli.engine.sql.plan import Round
from attrib_cli.engine.touchpoint_values import ASKED, stage_asked

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.spec import ReportSpec


@frozen
class ComputedPart:
    """A part that was written: its round, and what tells its request from others."""

    round: Round
    digest: str


def compute_part(
    session: Session,
    spec: ReportSpec,
    path: str,
    *,
    number: int,
    count: int,
    known: tuple[str, ...],
    version: str,
    alone: bool = True,
    but: Collection[str] = (),
) -> ComputedPart | None:
    """Write the partial of shard `number` of `count`, from 1, into the Parquet file `path`; return what it is.

    Reports of rules have one round. Data-driven models have three, ``values``, ``paths`` and ``credit``: `known` are
    the files of all shards of the rounds before, from which the next one follows. Raises what a report raises, and
    UsageError where the known parts are not those of this report or all rounds are there. A report that is not `alone`
    shares the known parts with others: where all its rounds are there, or where it is one of those in `but` (by their
    digests), nothing is written and the answer is None.
    """
    clock = Clock(session.progress)
    with session.translated():
        if spec.transitions:
            resolve.check_transitions(spec)
        asked = replace(spec, models=(chain_model().name,)) if spec.transitions else spec
        request = session.prepare(asked, clock, of=spec)
        rounds: list[Round] = ["credit"]
        if request.data_driven is not None:
            rounds = ["values", "paths"] if spec.transitions else ["values", "paths", "credit"]
        wanted = digest(request)
        if wanted in but:
            return None
        gathered = _rounds_of(read_parts(session.con, known), wanted, alone=alone)
        left = [round_ for round_ in rounds if round_ not in gathered]
        if not left and not alone:
            return None
        if not left or (alone and known and len(rounds) == 1):
            raise UsageError(
                "the partials given are all that the report needs",
                hint="Finish it: attrib report … --partials.",
                place="--partials",
            )
        stored = StoredBackend(paths=known, version=version).begin(session.con, request, clock)
        if "values" in gathered:
            request = with_states(session.con, request, stored.gather(request, "values"), clock)
        if "paths" in gathered:
            request, _ = with_estimates(session.con, request, stored.gather(request, "paths"), clock)
        own = sharded(request, number - 1, count)
        part = Gatherer(con=session.con, request=own, clock=clock).gather(left[0])
        columns: tuple[str, ...] = ()
        if left[0] == rounds[-1]:
            columns = stage_asked(session.con, own)
            part = replace(part, tables={**part.tables, ASKED: ASKED})
        write_part(
            session.con,
            part,
            request,
            path,
            number=number,
            count=count,
            dates=spec.dates,
            version=version,
            touchpoints=touchpoints_head(session.heads()["touchpoints"], request.tables["touchpoints"], columns),
        )
        return ComputedPart(round=left[0], digest=wanted)


def _rounds_of(parts: tuple[PartFile, ...], wanted: str, *, alone: bool) -> set[Round]:
    if alone and parts and not any(part.digest == wanted for part in parts):
        raise UsageError(
            "the partials given are of another report: other options, settings or columns",
            hint="Give the same options, configuration and sources for every round.",
            place="--partials",
        )
    return {part.round for part in parts if part.digest == wanted}
