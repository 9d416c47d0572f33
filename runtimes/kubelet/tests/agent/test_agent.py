"""The agent in this process, on the in-memory service."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.agent.claim import claimed
from runtimes.kubelet.agent.manifests import ManifestFolder
from runtimes.kubelet.agent.reconcile import Reconciler
from runtimes.kubelet.tests.agent.house import BOTH, FOREVER
from runtimes.kubelet.tests.builders import with_meta

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.sync import PodSyncResult
    from runtimes.kubelet.tests.agent.house import House


def test_a_manifest_starts_its_pod_and_its_removal_ends_it(house: House) -> None:
    path = house.write()
    house.agent()

    house.until(lambda: set(house.running()) == BOTH)
    path.unlink()
    house.until(lambda: not house.pods() and not house.recorded())


def test_a_change_restarts_only_the_container_that_changed(house: House) -> None:
    house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    house.write(app="sleep 99999")
    after = house.until(
        lambda: (
            now
            if set(now := house.running()) == BOTH and now["web/app"] != before["web/app"]
            else {}
        )
    )

    assert after["web/side"] == before["web/side"]
    assert len(house.recorded()) == 1


def test_a_container_that_ends_is_restarted(house: House) -> None:
    house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    house.bench.service.stop_container(before["web/app"], 0)

    house.until(lambda: house.running().get("web/app") not in {None, before["web/app"]})
    assert house.running()["web/side"] == before["web/side"]


def test_another_agent_finds_everything_as_it_was(house: House) -> None:
    house.write()
    house.agent().end()
    house.agents.clear()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})
    house.agents.pop().end()

    house.agent()
    house.write("other")
    house.until(lambda: {"other/app", "other/side"} <= set(house.running()))

    assert {name: house.running()[name] for name in BOTH} == before
    assert [pod.metadata.name for pod in house.recorded()] == ["other", "web"]


def test_a_manifest_that_went_while_no_agent_ran_ends_its_pod(house: House) -> None:
    path = house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)
    agent.end()
    house.agents.clear()
    path.unlink()

    house.agent()

    house.until(lambda: not house.pods() and not house.recorded())


def test_a_pod_whose_removal_was_cut_off_comes_back_with_its_manifest(house: House) -> None:
    path = house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})
    house.agents.pop().end()
    (record,) = house.recorded()
    house.bench.store.mark_deleted(record.metadata.uid, removal=True)
    assert path.exists()

    house.agent()

    after = house.until(
        lambda: now if set(now := house.running()) == BOTH and now != before else {}
    )
    assert not set(before.values()) & set(after.values())


def test_a_pod_that_has_ended_stays_so_until_its_manifest_changes(house: House) -> None:
    house.write(app="exit 0", side="exit 0", policy="Never")
    house.agent()
    first = house.until(
        lambda: (
            [one.id for pod in house.pods() for one in pod.containers]
            if not house.running()
            and len(house.pods()) == 1
            and len(house.pods()[0].containers) == 2
            else []
        )
    )
    house.write("other")
    house.until(lambda: "other/app" in house.running())
    assert {one.id for pod in house.pods() for one in pod.containers} >= set(first)

    house.write(policy="Never")

    house.until(lambda: set(house.running()) >= BOTH)


def test_a_corrected_manifest_is_applied_to_a_pod_whose_syncs_only_crash(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, crashed = house.bench.runtime.sync_pod, threading.Event()

    def crash(pod: v1.Pod, *rest: Any, **named: Any) -> PodSyncResult:  # noqa: ANN401 - passed on
        if "wrong" in str(pod.spec):
            crashed.set()
            raise KeyError("wrong")
        return sync(pod, *rest, **named)

    monkeypatch.setattr(house.bench.runtime, "sync_pod", crash)
    house.write(app="wrong")
    house.agent()
    assert crashed.wait(30)
    (record,) = house.recorded()

    house.write()

    house.until(lambda: set(house.running()) == BOTH)
    assert [pod.metadata.uid for pod in house.recorded()] == [record.metadata.uid]


def test_a_bad_file_stops_nothing(house: House) -> None:
    path = house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    path.write_text("kind: [")
    house.write("other")
    house.until(lambda: "other/app" in house.running())

    assert {name: house.running().get(name) for name in BOTH} == before


def test_a_folder_that_is_away_ends_nothing_and_another_takes_its_place(house: House) -> None:
    house.write()
    agent = house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    house.folder.rename(house.folder.with_name("away"))
    house.until(lambda: agent.reports and agent.reports[-1])
    shutil.copytree(house.folder.with_name("away"), house.folder.with_name("another"))
    house.folder.with_name("another").rename(house.folder)
    house.until(lambda: not agent.reports[-1])
    house.write("more")
    house.until(lambda: "more/app" in house.running())

    assert before.items() <= house.running().items()


def test_pods_go_on_when_the_agent_ends_unless_it_was_told_to_end_them(house: House) -> None:
    house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)
    agent.end()
    assert set(house.running()) == BOTH
    house.agents.clear()

    agent = house.agent(stop_pods=True)
    house.until(house.recorded)
    house.write("other")
    house.until(lambda: "other/app" in house.running())
    agent.end()
    house.agents.clear()

    assert house.pods() == []


def test_a_pod_whose_record_another_process_removed_ends_and_is_made_anew(house: House) -> None:
    house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})
    (record,) = house.recorded()

    house.bench.store.remove(record.metadata.uid)

    house.until(lambda: record.metadata.uid not in {pod.uid for pod in house.pods()})
    after = house.until(lambda: now if set(now := house.running()) == BOTH else {})
    assert not set(before.values()) & set(after.values())


def test_a_record_that_went_without_an_event_is_noticed_and_a_broken_one_is_left(
    house: House,
) -> None:
    store = house.bench.store
    gone, broken = (store.apply(with_meta(_pod(), uid="", name=name)).pod for name in ("a", "b"))
    store.remove(gone.metadata.uid)
    (house.bench.config.root / "pods" / broken.metadata.uid / "pod.json").write_text("{")
    reconciler = Reconciler(store, ManifestFolder(house.folder))

    found = reconciler.reconcile({}, {gone.metadata.uid, broken.metadata.uid})

    assert found.renewed == [gone.metadata.uid]


def test_no_run_takes_a_pod_that_an_agent_keeps(house: House) -> None:
    house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)

    assert house.bench.store.claim("default", "web") is None
    agent.end()
    house.agents.clear()
    assert house.bench.store.claim("default", "web") is not None


def test_a_pod_that_another_process_drives_is_left_to_it(house: House) -> None:
    claim = house.bench.store.claim("default", "web")
    assert claim is not None
    house.write()
    house.write("other")
    house.agent()
    house.until(lambda: "other/app" in house.running())
    assert [pod.metadata.name for pod in house.recorded()] == ["other"]

    claim.release()

    house.until(lambda: set(house.running()) >= BOTH)


CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{colour: {colour}}}
"""


def test_files_of_a_config_map_change_with_its_manifest(house: House) -> None:
    house.bench.runtime = house.bench.another(house.bench.store.objects)
    objects = house.folder / "a.yaml"
    objects.write_text(CONFIG.format(colour="red"))
    mounting = house.write().read_text().replace(
        "  containers:",
        "  volumes: [{name: v, configMap: {name: settings}}]\n  containers:",
    ).replace("name: app,", "name: app, volumeMounts: [{name: v, mountPath: /v}],")  # fmt: skip
    (house.folder / "web.yaml").write_text(mounting)
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})
    (record,) = house.recorded()
    colour = layout.pod_folders(house.bench.config, record).contents("v") / "colour"
    assert colour.read_text() == "red"

    objects.write_text(CONFIG.format(colour="blue"))

    house.until(lambda: colour.read_text() == "blue")
    assert house.running() == before


def test_what_has_no_record_is_ended(house: House) -> None:
    asked = house.bench.worker
    lost = asked(_pod()).sync().pod
    (house.bench.config.root / "pods" / lost.metadata.uid / "pod.json").unlink()

    house.agent()

    house.until(lambda: not house.pods())


def test_what_has_a_broken_record_is_left_alone(house: House) -> None:
    broken = house.bench.worker(_pod()).sync().pod
    (house.bench.config.root / "pods" / broken.metadata.uid / "pod.json").write_text("{")
    house.write("other")

    house.agent()
    house.until(lambda: "other/app" in house.running())

    assert "web/app" in house.running()


def _pod() -> v1.Pod:
    from runtimes.kubelet.tests.bench import script
    from runtimes.kubelet.tests.builders import pod

    return pod(script(FOREVER))


def test_an_agent_that_never_lives_long_keeps_house_all_the_same(house: House) -> None:
    worker = house.bench.worker(_pod())
    worker.sync()
    (log,) = house.bench.config.log_root.glob("*/*/0.log")
    log.write_text("x" * (11 << 20))

    house.agent()

    house.until(lambda: len(list(log.parent.iterdir())) == 2)


def test_a_slow_pod_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    start = house.bench.service.run_pod_sandbox

    def slow(config: cri.PodSandboxConfig, handler: str = "") -> str:
        if config.metadata.name == "slow":
            free.wait(20)
        return start(config, handler)

    monkeypatch.setattr(house.bench.service, "run_pod_sandbox", slow)
    house.write("slow")
    house.agent()
    house.write("web")
    try:
        house.until(lambda: set(house.running()) == BOTH)
    finally:
        free.set()
    house.until(lambda: "slow/app" in house.running())


def test_one_agent_keeps_a_folder(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    other.mkdir()

    with claimed(tmp_path, root, "fake"):
        for folder, place in ((tmp_path, tmp_path / "root 2"), (other, root)):
            refusal = pytest.raises(errors.FailedPrecondition, match="another agent")
            with refusal, claimed(folder, place, "fake"):
                pass
    with claimed(tmp_path, root, "fake"):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    refusal = pytest.raises(errors.NotFound, match="make it first")
    with refusal, claimed(tmp_path / "gone", tmp_path, "fake"):
        pass
