"""`frozen` makes what dataclass(frozen=True, kw_only=True) makes: a class of each is held against the other."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from functools import cached_property

import pytest

from attrib_cli.engine.frozen import frozen


@frozen
class Ours:
    name: str
    number: int = 1
    made: list[int] = field(default_factory=list)
    told: str = field(default="x", compare=False)
    secret: str = field(default="s", repr=False)
    named: dict[str, int] = field(default_factory=dict, hash=False)

    @cached_property
    def computed(self) -> int:
        return self.number * 2


@dataclass(frozen=True, kw_only=True)
class Generated:
    name: str
    number: int = 1
    made: list[int] = field(default_factory=list)
    told: str = field(default="x", compare=False)
    secret: str = field(default="s", repr=False)
    named: dict[str, int] = field(default_factory=dict, hash=False)


@frozen
class Below(Ours):
    more: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if 13 in self.more:
            raise ValueError("unlucky")


@frozen
class Key:
    name: str
    number: int = 1


@frozen
class Empty:
    """Nothing."""


GIVEN = [
    {"name": "a"},
    {"name": "a", "number": 2},
    {"name": "b", "told": "y"},
    {"name": "a", "secret": "t", "made": [1]},
]


@pytest.mark.parametrize("given", GIVEN)
def test_values_fields_and_text_are_those_of_a_generated_class(given: dict[str, object]) -> None:
    ours, generated = Ours(**given), Generated(**given)  # type: ignore[arg-type]
    assert vars(ours) == vars(generated)
    assert repr(ours) == repr(generated).replace("Generated", "Ours")
    assert is_dataclass(ours) and [f.name for f in fields(ours)] == [f.name for f in fields(generated)]
    assert vars(replace(ours, number=7)) == vars(replace(generated, number=7))


def test_equality_is_that_of_a_generated_class() -> None:
    for one in GIVEN:
        for other in GIVEN:
            assert (Ours(**one) == Ours(**other)) == (Generated(**one) == Generated(**other))  # type: ignore[arg-type]
    assert Ours(name="a") != Below(name="a")
    assert Empty() == Empty() and hash(Empty()) == hash(Empty())


def test_what_is_equal_has_one_hash_and_what_was_computed_is_not_compared() -> None:
    assert {Key(name="a"), Key(name="a", number=1), Key(name="b")} == {Key(name="a"), Key(name="b")}
    one = Ours(name="a")
    assert one.computed == 2 and one == Ours(name="a")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_nothing_is_changed_shared_missing_or_unknown() -> None:
    one = Ours(name="a")
    with pytest.raises(FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert one.made is not Ours(name="a").made
    with pytest.raises(TypeError, match="name"):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="nmae"):
        Ours(name="a", nmae="b")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours("a")  # type: ignore[misc]


def test_classes_below_have_all_fields_and_are_looked_over_when_made() -> None:
    assert Below(name="a", more=(1,)).number == 1
    with pytest.raises(ValueError, match="unlucky"):
        Below(name="a", more=(13,))
    with pytest.raises(ValueError, match="unlucky"):
        replace(Below(name="a"), more=(13,))


def test_copies_and_pickles_are_equal() -> None:
    one = Below(name="a", made=[1], more=(2,))
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
