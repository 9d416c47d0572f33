"""What the cache believes: never an answer from before a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from runtimes.dockershim.cache.known import Known

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary


def summary(container_id: str, state: str = "running", created: int = 1) -> ContainerSummary:
    return cast("ContainerSummary", {"Id": container_id, "State": state, "Created": created})


def inspected(container_id: str) -> ContainerInspect:
    return cast("ContainerInspect", {"Id": container_id})


@pytest.fixture
def known() -> Known:
    known = Known()
    known.keep_all([summary("a", created=1), summary("b", created=2)], known.now)
    return known


def test_a_full_list_is_all_there_is_newest_first(known: Known) -> None:
    assert [one["Id"] for one in known.summaries()] == ["b", "a"]

    known.keep_all([summary("c")], known.now)

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
    known.keep_all([summary("a")], asked)
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

    known.keep_all([summary("a", "exited"), summary("b")], known.now)

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
    known.keep_all([summary("a")], known.now)

    assert known.stale() == ()
