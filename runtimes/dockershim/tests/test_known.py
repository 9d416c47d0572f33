"""What the cache believes: never an answer from before a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from runtimes.dockershim.cache.known import Known

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary


def summary(container_id: str, state: str = "running", created: int = 1) -> ContainerSummary:
    return cast("ContainerSummary", {"Id": container_id, "State": state, "Created": created})


def inspected(container_id: str, state: str = "running") -> ContainerInspect:
    said = {"Status": state, "Running": state == "running"}
    return cast("ContainerInspect", {"Id": container_id, "State": said})


def states(known: Known) -> dict[str, str]:
    return {one["Id"]: one["State"] for one in known.summaries()}


@pytest.fixture
def known() -> Known:
    known = Known()
    known.keep_all([summary("a", created=1), summary("b", created=2)], known.now, 0.0)
    return known


def test_a_full_list_is_all_there_is_newest_first(known: Known) -> None:
    assert [one["Id"] for one in known.summaries()] == ["b", "a"]

    known.keep_all([summary("c")], known.now, 0.0)

    assert [one["Id"] for one in known.summaries()] == ["c"]


def test_what_changed_is_asked_about_and_then_settled(known: Known) -> None:
    known.changed("a")
    known.changed("new")
    assert set(known.stale()) == {"a", "new"}
    assert known.summary("a") is None

    known.keep_some(["a", "new"], [summary("a", "exited")], known.now)

    assert known.stale() == ()
    assert [one["State"] for one in known.summaries() if one["Id"] == "a"] == ["exited"]


def test_what_a_short_list_lacks_is_gone(known: Known) -> None:
    known.changed("a")

    known.keep_some(["a"], [], known.now)

    assert [one["Id"] for one in known.summaries()] == ["b"]


def test_a_change_after_the_question_outlives_its_answer(known: Known) -> None:
    known.changed("a")
    asked = known.now
    known.changed("a")

    known.keep_some(["a"], [summary("a")], asked)
    assert known.stale() == ("a",)
    known.keep_all([summary("a")], asked, 0.0)
    assert known.stale() == ("a",)


def test_a_description_is_kept_until_the_container_changes(known: Known) -> None:
    known.keep_inspected("a", inspected("a"), known.now)
    assert known.inspected("a") == inspected("a")

    known.changed("a")

    assert known.inspected("a") is None


def test_a_description_from_before_a_change_is_not_kept(known: Known) -> None:
    asked = known.now
    known.changed("a")

    known.keep_inspected("a", inspected("a"), asked)

    assert known.inspected("a") is None


def test_a_relist_drops_descriptions_that_it_contradicts(known: Known) -> None:
    for one in ("a", "b"):
        known.keep_inspected(one, inspected(one), known.now)

    known.keep_all([summary("a", "exited"), summary("b")], known.now, 0.0)

    assert known.inspected("a") is None
    assert known.inspected("b") == inspected("b")


def test_a_list_that_still_shows_a_dead_container_running_is_not_the_last_word(
    known: Known,
) -> None:
    known.died("a")
    known.keep_some(["a"], [summary("a")], known.now)

    assert known.stale() == ("a",)

    known.keep_some(["a"], [summary("a", state="exited")], known.now)

    assert known.stale() == ()


def test_a_container_that_was_started_again_after_its_end_may_run(known: Known) -> None:
    known.died("a")
    known.started("a")
    known.keep_all([summary("a")], known.now, 0.0)

    assert known.stale() == ()


def test_an_answer_from_before_everything_was_forgotten_does_not_count(known: Known) -> None:
    asked = known.now
    known.clear()

    known.keep_all([summary("a")], asked, 1.0)
    assert (known.summaries(), known.listed_at) == ([], None)

    known.keep_all([summary("b")], known.now, 2.0)
    known.keep_some(["a"], [summary("a")], asked)
    known.keep_inspected("b", inspected("b"), asked)
    assert states(known) == {"b": "running"}
    assert known.inspected("b") is None


@pytest.mark.parametrize("said_by", ["event", "status"])
def test_what_has_ended_is_not_listed_as_running_though_the_list_is_late(
    known: Known, said_by: str
) -> None:
    if said_by == "event":
        known.died("a")
    else:
        known.keep_inspected("a", inspected("a", "exited"), known.now)
    assert states(known)["a"] == "exited"

    known.keep_some(["a"], [summary("a")], known.now)
    assert (states(known)["a"], known.stale()) == ("exited", ("a",))

    known.keep_all([summary("a", "exited")], known.now, 0.0)
    assert (states(known), known.stale()) == ({"a": "exited"}, ())


def test_what_was_started_again_is_listed_as_the_engine_says(known: Known) -> None:
    known.died("a")
    known.started("a")

    known.keep_some(["a"], [summary("a")], known.now)

    assert (states(known)["a"], known.stale()) == ("running", ())


def test_a_description_that_contradicts_the_list_is_not_kept_and_the_list_asks_anew(
    known: Known,
) -> None:
    known.keep_all([summary("a", "created")], known.now, 0.0)

    known.keep_inspected("a", inspected("a"), known.now)

    assert (known.inspected("a"), known.stale()) == (None, ("a",))


def test_nothing_is_kept_of_what_is_gone(known: Known) -> None:
    for number in range(3):
        known.changed(f"gone{number}")
        known.died(f"gone{number}")
    known.keep_some(["gone0"], [], known.now)

    known.keep_all([summary("a")], known.now, 0.0)

    held = [kept for kept in vars(known).values() if isinstance(kept, (dict, set))]
    assert {one for kept in held for one in kept} == {"a"}
