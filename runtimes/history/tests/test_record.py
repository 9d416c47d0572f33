"""Which eras are run, and which run of them is told."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.history.record import Order, choose, own_kubelet_root, quicker, record
from runtimes.history.story.model import Told
from runtimes.kubelet.volumes.mount import MS_BIND, mount, unmount

if TYPE_CHECKING:
    from pathlib import Path

FAST = Told(era="oci", state="ran", start_ms=50)
SLOW = Told(era="oci", state="ran", start_ms=90)
FAILED = Told(era="oci", state="failed", why="no")


def test_eras_come_in_the_order_of_time_whatever_the_order_of_asking() -> None:
    assert [era.name for era in choose(["oci", "docker"])] == ["docker", "oci"]
    assert [era.name for era in choose(())] == [
        "docker", "rkt", "dockershim", "rktshim", "cri-dockerd", "cri", "oci",
    ]  # fmt: skip


def test_an_era_that_there_was_not_is_refused_with_those_that_there_were() -> None:
    with pytest.raises(errors.InvalidArgument, match="there are docker, rkt"):
        choose(["podman"])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, FAILED, FAILED),
        (None, SLOW, SLOW),
        (SLOW, FAST, FAST),
        (FAST, SLOW, FAST),
        (FAST, FAILED, FAST),
        (FAILED, SLOW, SLOW),
    ],
)
def test_the_quickest_run_is_told(one: Told | None, other: Told, expected: Told) -> None:
    assert quicker(one, other) is expected


def test_a_manifest_of_two_pods_is_refused_before_anything_runs(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n"
    pod += "    - {name: main, image: x}\n"
    manifest = tmp_path / "pods.yaml"
    manifest.write_text(pod.replace("NAME", "a") + "---\n" + pod.replace("NAME", "b"))
    progress: list[Told] = []

    with pytest.raises(errors.InvalidArgument, match="has 2"):
        record(Order(str(manifest)), progress.append)

    assert not progress


def test_an_era_without_its_backend_says_what_to_do(tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
        "    - {name: main, image: x}\n"
    )
    config = tmp_path / "config.toml"
    config.write_text('[backends.cri]\nendpoint = "unix:///nowhere.sock"\n')

    recording = record(Order(str(manifest), ["cri"], str(config)), lambda _: None)

    (told,) = recording.eras
    assert told.state == "unusable"
    assert "unix:///nowhere.sock" in told.why
    assert "--option endpoint=" in told.why


@pytest.mark.needs_root
def test_files_mounted_for_a_pod_that_is_left_are_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("words")

    with own_kubelet_root() as root:
        place = root / "pods/uid/volume-subpaths/host/main/0"
        place.mkdir(parents=True)
        mount(str(tmp_path), place, flags=MS_BIND)

    try:
        assert (tmp_path / "precious").read_text() == "words"
    finally:
        unmount(place)
        shutil.rmtree(root)


def test_the_folder_of_pods_that_are_gone_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIMES_KUBELET_ROOT", "/mine")

    with own_kubelet_root() as root:
        (root / "pods").mkdir()
        assert os.environ["RUNTIMES_KUBELET_ROOT"] == str(root)

    assert not root.exists()
    assert os.environ["RUNTIMES_KUBELET_ROOT"] == "/mine"
