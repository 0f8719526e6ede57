"""Steps of journeys in one pass over sorted interactions: the same as journey by journey, and dropped out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from attrib_cli.engine import ReportSpec, discover
from attrib_cli.engine.data_driven import counting
from attrib_cli.engine.session import open_session
from attrib_cli.engine.spec import EstimationSpec
from attrib_cli.engine.sql.cte import Cte

SOURCES = discover(str(Path(__file__).parents[2] / "examples" / "data"))
sorted_steps, steps = counting.sorted_steps, counting.steps


def counted(spec: ReportSpec) -> list[tuple[object, ...]]:
    with open_session(SOURCES, shared=False) as session:
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
