"""Steps of journeys in one pass over sorted interactions: the same as journey by journey, and dropped out of order."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.data_driven import counting
from attrib_cli.engine.session import open_session
from attrib_cli.engine.source_spec import SourceMap
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.cte import Cte

SOURCES = discover(str(Path(__file__).parents[2] / "examples" / "data"))
sorted_steps, steps = counting.sorted_steps, counting.steps


def counted(spec: ReportSpec, sources: SourceMap = SOURCES) -> list[tuple[object, ...]]:
    with open_session(sources, shared=False) as session:
        session.run(spec)
        return session.con.execute("SELECT * FROM steps ORDER BY ALL").fetchall()


@pytest.mark.parametrize(("kind", "order"), [("revenue", 1), ("contact-create", 3)])
def test_steps_are_those_of_each_journey(kind: str, order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ReportSpec(type=kind, by=("channel",), models=("markov",), estimation=EstimationSpec(order=order))
    calls: list[str] = []

    def noted(*args: object) -> tuple[Cte, ...]:
        calls.append("journey by journey")
        return steps(*args)  # type: ignore[arg-type]

    def shuffled(*args: object) -> tuple[Cte, ...]:
        found = sorted_steps(*args)  # type: ignore[arg-type]
        return tuple(
            Cte(
                name=part.name,
                grain=part.grain,
                sql=part.sql.replace("ORDER BY w.journey, w.age DESC", "ORDER BY hash(w.age)"),
                materialized=part.materialized,
            )
            for part in found
        )

    monkeypatch.setattr(counting, "steps", noted)
    quick = counted(spec)
    assert not calls
    assert sum(row[3] for row in quick) > 100  # type: ignore[misc]
    monkeypatch.setattr(counting, "sorted_steps", shuffled)
    assert counted(spec) == quick
    assert calls


@pytest.mark.parametrize("ids", ["numbers", "some numbers", "texts", "none"])
def test_steps_of_interactions_of_one_moment_go_by_their_ids(
    ids: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few moments for many interactions, of contacts that convert and others: ids, then rows, say what comes first."""
    chance = random.Random(7)
    id_of = {"numbers": "{n}", "some numbers": "{n}", "texts": "T{n}", "none": ""}[ids]
    lines = ["touchpoint_id,contact_id,occurred_at,channel"]
    for n in chance.sample(range(200), 200):
        id_ = "" if ids == "some numbers" and n % 3 == 0 else id_of.format(n=n)
        lines.append(f"{id_},{chance.randrange(12)},2026-01-0{chance.randint(1, 3)},{chance.choice('ABC')}")
    (tmp_path / "touchpoints.csv").write_text("\n".join(lines) + "\n")
    created = [f"{contact},{'2026-02-01' if contact % 2 else ''}" for contact in range(12)]
    (tmp_path / "contacts.csv").write_text("\n".join(["contact_id,created_at", *created]) + "\n")
    spec = ReportSpec(type="contact-create", by=("channel",), models=("markov",), estimation=EstimationSpec(order=2))
    sources = discover(str(tmp_path))
    quick = counted(spec, sources)
    monkeypatch.setattr(counting, "sorted_steps", no_order)
    assert counted(spec, sources) == quick
    assert sum(row[3] for row in quick) == 200  # type: ignore[misc]


def no_order(*args: object) -> tuple[Cte, ...]:
    """What `sorted_steps` gives, its rows said to be out of order, so that journeys are walked one by one."""
    *parts, last = sorted_steps(*args)  # type: ignore[arg-type]
    sql = last.sql.replace(f"bool_and({counting.IN_ORDER})", "false")
    return (*parts, Cte(name=last.name, grain=last.grain, sql=sql, materialized=last.materialized))
