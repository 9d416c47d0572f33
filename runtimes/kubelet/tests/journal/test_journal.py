from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.journal.entry import JournalEntry, decode, encode, folded
from runtimes.kubelet.journal.journal import Journal, PodJournal
from runtimes.kubelet.journal.kubernetes import event_list
from runtimes.kubelet.tests.builders import UID, pod

if TYPE_CHECKING:
    from runtimes.core.pod import v1

HOUR_NS = 3600 * 10**9


class Clock:
    def __init__(self) -> None:
        self.now_ns = 10**18

    def __call__(self) -> int:
        self.now_ns += 1
        return self.now_ns


def _known(uid: str) -> v1.Pod | None:
    return pod() if uid == UID else None


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "fake", _known, now_ns=Clock())


def _started(message: str = "Started container app", uid: str = UID) -> Event:
    return Event(pod_uid=uid, reason=EventReason.STARTED, message=message, container="app")


def test_what_one_process_noted_another_reads(journal: Journal, tmp_path: Path) -> None:
    journal.record(_started())

    (entry,) = Journal(tmp_path, "fake", _known).of_pod(UID)

    assert (entry.reason, entry.message, entry.container) == (
        "Started",
        "Started container app",
        "app",
    )
    assert Journal(tmp_path, "other", _known).of_pod(UID) == []


def test_equal_events_are_one_with_a_count_and_its_times(journal: Journal) -> None:
    journal.record(_started())
    journal.record(_started("another"))
    journal.record(_started())

    other, twice = journal.of_pod(UID)

    assert (other.message, other.count) == ("another", 1)
    assert twice.count == 2
    assert (twice.first_ns, twice.last_ns) == (other.first_ns - 1, other.last_ns + 1)


def test_events_of_a_pod_that_was_never_recorded_are_nobodys(journal: Journal) -> None:
    journal.record(_started(uid="unknown"))

    assert journal.all() == []


def test_a_long_journal_keeps_its_counts_and_its_newest_entries(journal: Journal) -> None:
    for number in range(400):
        journal.record(_started("again"))
        journal.record(_started(f"{number} {'x' * 1000}"))

    entries = journal.of_pod(UID)

    assert 100 <= len(entries) < 400
    assert entries[-1].message.startswith("399 ")
    assert next(one.count for one in entries if one.message == "again") == 400


def test_a_long_message_is_cut(journal: Journal) -> None:
    journal.record(_started("x" * 5000))

    (entry,) = journal.of_pod(UID)

    assert len(entry.message) == 1024


def test_a_broken_line_costs_only_itself(journal: Journal, tmp_path: Path) -> None:
    journal.record(_started())
    (path,) = (tmp_path / "events/fake").iterdir()
    path.write_bytes(b'{"reason": "St\n\xff\xfe\n' + path.read_bytes())

    assert [one.reason for one in journal.of_pod(UID)] == ["Started"]


def test_a_line_that_was_cut_short_swallows_no_other(journal: Journal, tmp_path: Path) -> None:
    journal.record(_started("whole"))
    (path,) = (tmp_path / "events/fake").iterdir()
    path.write_bytes(path.read_bytes() + b'{"reason": "Star')

    journal.record(_started("next"))
    journal.record(_started("last"))

    assert [one.message for one in journal.of_pod(UID)] == ["whole", "next", "last"]
    assert path.read_bytes().count(b"\n") == 4


def test_a_grown_journal_that_cannot_be_read_is_left_alone(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record(_started("x" * 1000))
    (path,) = (tmp_path / "events/fake").iterdir()
    path.write_bytes(path.read_bytes() * 300)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", Mock(side_effect=OSError("bad sector")))
        journal.record(_started("one more"))

    assert [one.count for one in journal.of_pod(UID)] == [300, 1]


def test_a_grown_journal_keeps_its_rights(journal: Journal, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        journal.record(_started("x" * 1000))
        (path,) = (tmp_path / "events/fake").iterdir()
        path.write_bytes(path.read_bytes() * 300)
        journal.record(_started("one more"))
    finally:
        os.umask(before)

    assert path.stat().st_size < 10_000
    assert path.stat().st_mode & 0o777 == 0o640


def test_only_what_is_asked_for_is_read(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.record(_started())
    meta = pod().metadata
    (tmp_path / "events/fake/other_pod_1.jsonl").touch()
    read = Mock(return_value=b"")
    monkeypatch.setattr(Path, "read_bytes", read)

    def found(namespace: str | None, *names: str) -> list[str]:
        return [one.uid for one in journal.all(namespace, names)]

    assert found(meta.namespace) == found(None, meta.name) == found(None, "x", UID) == [UID]
    assert found("other", meta.name) == found(None, "nobody") == []
    assert read.call_count == 3


def test_a_foreign_file_stops_nothing(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "events/fake").mkdir(parents=True)
    (tmp_path / "events/fake/notes.jsonl").touch()

    journal.record(_started())

    assert [one.uid for one in journal.all()] == [UID]


def test_a_message_that_is_no_text_is_noted_all_the_same(journal: Journal) -> None:
    journal.record(_started("exited: \udcff"))

    assert [one.message for one in journal.of_pod(UID)] == ["exited: ?"]


def test_a_full_disk_stops_nothing(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "events").write_text("a file where the folder should be")

    journal.record(_started())

    assert "note Started of pod" in caplog.text


def test_events_stay_an_hour_after_their_pod_is_gone(tmp_path: Path) -> None:
    pods = {UID: pod()}
    clock = Clock()
    journal = Journal(tmp_path, "fake", pods.get, now_ns=clock)
    journal.record(_started())
    (path,) = (tmp_path / "events/fake").iterdir()
    os.utime(path, ns=(clock.now_ns, clock.now_ns))
    pods["new"] = pods.pop(UID)

    clock.now_ns += HOUR_NS - 10**9
    journal.record(_started(uid="new"))
    assert [one.uid for one in journal.all()] == [UID, "new"]
    (path.parent / f".{path.name}.abcd").touch()

    clock.now_ns += 2 * 10**9
    assert [one.uid for one in journal.all()] == ["new"]
    pods["newer"] = pods["new"]
    clock.now_ns += 120 * 10**9
    journal.record(_started(uid="newer"))
    assert not [one.name for one in path.parent.iterdir() if UID in one.name]


def _write(root: Path, name: str) -> None:
    journal = Journal(root, "fake", _known)
    for _ in range(100):
        journal.record(_started("shared"))
        journal.record(_started(f"{name} {'x' * 1000}"))
        journal.record(_started(f"{name} {os.urandom(500).hex()}"))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, str(n))) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(50)

    entries = Journal(tmp_path, "fake", _known).of_pod(UID)

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert next(one.count for one in entries if one.message == "shared") == 300


ENTRIES = st.lists(
    st.builds(
        JournalEntry,
        reason=st.sampled_from(["Started", "Killing"]),
        message=st.text(max_size=3),
        container=st.sampled_from(["", "app"]),
        count=st.integers(1, 5),
        first_ns=st.integers(0, 50),
        last_ns=st.integers(50, 99),
    ),
    max_size=12,
)


@given(ENTRIES)
def test_folding_keeps_the_count_and_is_done_once(entries: list[JournalEntry]) -> None:
    once = folded(entries)

    assert sum(one.count for one in once) == sum(one.count for one in entries)
    assert folded(once) == once
    assert decode(encode(once)) == once


def test_kubernetes_json_names_pod_container_and_count() -> None:
    entry = JournalEntry(
        reason="BackOff",
        message="Back-off restarting failed container app in pod web_default(1)",
        container="app",
        warning=True,
        count=3,
        first_ns=1_700_000_000 * 10**9,
        last_ns=1_700_000_060 * 10**9,
    )

    found = event_list([PodJournal("default", "web", "1", [entry])], "node")

    assert found["kind"] == "EventList"
    items = found["items"]
    assert isinstance(items, list)
    (event,) = items
    assert event["type"] == "Warning"
    assert event["involvedObject"]["fieldPath"] == "spec.containers{app}"
    assert (event["count"], event["firstTimestamp"], event["lastTimestamp"]) == (
        3,
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:14:20Z",
    )
