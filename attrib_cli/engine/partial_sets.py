"""Files of partials that one run wrote together: a part for each type, or for each report of a dashboard.

Each of them tells the names of all, and a digest of what is in all. So a finish sees where one is missing, and where
one is of another run: a run that was ended in the middle leaves new files beside old ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from attrib_cli.engine.errors import UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.partial_files import METADATA_KEY, PartFile, TogetherJson, metadata_of
from attrib_cli.engine.quoting import literal, path_literal
from attrib_cli.engine.sql.plan import Round


@frozen
class WrittenPart:
    """A part that was computed: the name that its file is to have, the digest of its request, and its round."""

    name: str
    digest: str
    round: Round
    path: str


def tie_together(parts: Sequence[WrittenPart]) -> None:
    """Write into each of the files, at their `path`, which others it was computed together with; one alone stays."""
    import duckdb

    if len(parts) < 2:
        return
    contents = [hashlib.sha256(Path(part.path).read_bytes()).hexdigest() for part in parts]
    together: TogetherJson = {
        "members": [{"name": part.name, "digest": part.digest, "round": part.round} for part in parts],
        "digest": hashlib.sha256("\n".join(contents).encode()).hexdigest(),
    }
    with duckdb.connect() as con:
        for part in parts:
            about = json.dumps({**json.loads(metadata_of(con, part.path) or "{}"), "together": together})
            untied = Path(part.path).rename(f"{part.path}.untied")
            con.execute(
                f"COPY (FROM read_parquet({path_literal(str(untied))})) TO {literal(part.path)}"
                f" (FORMAT parquet, KV_METADATA {{{METADATA_KEY}: {literal(about)}}})"
            )
            untied.unlink()


def check_sets(parts: Sequence[PartFile], digest: str, round_: Round) -> None:
    """Raise UsageError where a part of this request and round is missing beside those that were computed with it.

    Also where it is of another run than these, so that a set which was half replaced is not taken for one.
    """
    own = [part for part in parts if (part.digest, part.round) == (digest, round_)]
    whole = {part.together.digest for part in own if part.together is not None}
    for part in parts:
        if part.together is None or part.together.digest in whole:
            continue
        name = part.together.members.get((digest, round_))
        if name is None:
            continue
        of_shard = f"shard {part.number} of {part.count}"
        if any((one.name, one.number, one.count) == (name, part.number, part.count) for one in own):
            raise UsageError(
                f"{part.name} and {name} were not computed in one run",
                hint=f"Compute {of_shard} again: its run was ended in the middle, or the data changed.",
                place="--partials",
            )
        raise UsageError(
            f"{of_shard} is missing: {name}, which was computed with {part.name}",
            hint="Give it too; if it is not there, its run was ended in the middle: compute the shard again.",
            place="--partials",
        )
