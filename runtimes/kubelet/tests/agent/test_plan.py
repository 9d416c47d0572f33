"""The folder against the records, row by row."""

from __future__ import annotations

from dataclasses import replace as with_fields

from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.agent.manifests import Given, Scan
from runtimes.kubelet.agent.plan import Folder, FolderPlan, plan_folder
from runtimes.kubelet.agent.stamp import stamp
from runtimes.kubelet.store.pods import marked_deleted
from runtimes.kubelet.tests.builders import UID, container, pod, with_meta

POD = with_meta(pod(), uid="")
GIVEN = Given(POD, "web.yaml")
READ = Scan(files=frozenset({"web.yaml"}))
WEB = Folder("/etc/pods", READ, {("default", "web"): GIVEN})
EMPTY = Folder("/etc/pods", Scan(), {})
RECORD = with_meta(stamp(POD, "web.yaml", "/etc/pods"), uid=UID)
CHANGED = replace(RECORD, spec=replace(RECORD.spec, containers=(container(image="old"),)))


def test_a_new_pod_is_applied_and_says_where_it_came_from() -> None:
    (applied,) = plan_folder(WEB, []).apply

    assert applied.metadata.annotations == {
        "kubernetes.io/config.source": "file",
        "runtimes.kubelet/manifest": "/etc/pods/web.yaml",
    }


def test_an_unchanged_pod_is_kept() -> None:
    plan = plan_folder(WEB, [RECORD])

    assert (plan.keep, plan.apply, plan.remove) == ((RECORD,), (), ())


def test_debug_containers_are_no_change() -> None:
    debugged = replace(
        RECORD,
        spec=replace(RECORD.spec, ephemeral_containers=(v1.EphemeralContainer(name="debug"),)),
    )

    assert plan_folder(WEB, [debugged]).keep == (debugged,)


def test_a_changed_pod_is_applied_and_one_that_ended_is_made_anew() -> None:
    running = plan_folder(with_fields(WEB, seen={UID}), [CHANGED])
    over = plan_folder(with_fields(WEB, seen={UID}, ended={UID}), [CHANGED])

    assert (len(running.apply), running.remove) == (1, ())
    assert (over.apply, over.remove) == ((), (CHANGED,))


def test_a_changed_pod_is_looked_at_before_it_is_decided_on() -> None:
    assert plan_folder(WEB, [CHANGED]) == FolderPlan(undecided=(CHANGED,))


def test_a_pod_whose_removal_was_cut_off_is_removed_though_its_manifest_is_back() -> None:
    stopped = marked_deleted(RECORD, None, "2026-01-01T00:00:00Z")
    cut_off = marked_deleted(RECORD, None, "2026-01-01T00:00:00Z", removal=True)

    assert plan_folder(WEB, [stopped]).keep == (stopped,)
    assert plan_folder(WEB, [cut_off]).remove == (cut_off,)


def test_a_pod_whose_manifest_is_gone_is_removed() -> None:
    assert plan_folder(EMPTY, [RECORD]).remove == (RECORD,)


def test_a_pod_whose_manifest_is_broken_is_kept() -> None:
    broken = with_fields(EMPTY, scan=Scan(problems={"web.yaml": "not a pod"}))

    assert plan_folder(broken, [RECORD]).keep == (RECORD,)


def test_nothing_is_removed_while_the_folder_cannot_be_read() -> None:
    plan = plan_folder(with_fields(EMPTY, scan=Scan(readable=False)), [RECORD])

    assert (plan.keep, plan.remove) == ((RECORD,), ())


def test_a_pod_that_somebody_applied_by_hand_is_not_taken_over() -> None:
    by_hand = with_meta(pod(), uid=UID)

    plan = plan_folder(WEB, [by_hand])

    ((given, why),) = plan.refused
    assert given is GIVEN
    assert "applied by hand" in why
    assert not plan.apply


def test_pods_of_others_are_left_alone() -> None:
    elsewhere = with_meta(stamp(POD, "web.yaml", "/other"), uid=UID, name="other")
    by_hand = with_meta(pod(), uid="x", name="mine")

    plan = plan_folder(EMPTY, [elsewhere, by_hand])

    assert (plan.keep, plan.remove) == ((), ())
