"""All volumes of a pod, what its containers mount of them, and that nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.objects import Objects
from runtimes.kubelet.layout import PodFolders
from runtimes.kubelet.tests.builders import container, pod
from runtimes.kubelet.volumes.cleanup import clean_up
from runtimes.kubelet.volumes.empty_dir import EmptyDirLimits
from runtimes.kubelet.volumes.mount import mounts_below
from runtimes.kubelet.volumes.mounts import volume_mounts
from runtimes.kubelet.volumes.prepare import VolumeInputs, prepare_volumes, refresh_volumes

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = EmptyDirLimits(0, 1 << 20)
CACHE = v1.Volume(name="cache", empty_dir=v1.EmptyDirVolumeSource())
MEMORY = v1.Volume(name="memory", empty_dir=v1.EmptyDirVolumeSource(medium="Memory"))
BARE = v1.Volume(name="bare")


@pytest.fixture
def folders(tmp_path: Path) -> PodFolders:
    return PodFolders(pod=tmp_path / "pods" / "uid", logs=tmp_path / "logs")


def inputs(folders: PodFolders, *objects: v1.ConfigMap) -> VolumeInputs:
    found = {("default", one.metadata.name): one for one in objects}
    config = KubeletConfig(root=folders.pod, host_ip="192.0.2.7")
    return VolumeInputs(
        folders=folders, limits=LIMITS, objects=Objects(config_maps=found), config=config
    )


def mounts(
    folders: PodFolders,
    *given: v1.VolumeMount,
    **spec: Any,  # noqa: ANN401 - fields of a container
) -> list[cri.Mount]:
    volumes = {"cache": folders.empty_dir("cache")}
    one = container(volume_mounts=given, **spec)
    return volume_mounts(one, volumes, folders, {"POD": "web"})


def test_each_volume_has_its_place(folders: PodFolders, tmp_path: Path) -> None:
    host = v1.Volume(name="host", host_path=v1.HostPathVolumeSource(path=str(tmp_path)))

    places = prepare_volumes(pod(volumes=(CACHE, BARE, host)), inputs(folders))

    base = folders.pod / "volumes" / "kubernetes.io~empty-dir"
    assert places == {"cache": base / "cache", "bare": base / "bare", "host": tmp_path}
    assert places["bare"].is_dir()


def test_a_kind_that_is_not_supported_is_named(folders: PodFolders) -> None:
    volume = v1.Volume(name="v", nfs=v1.NFSVolumeSource(path="/", server="s"))

    with pytest.raises(errors.Unimplemented, match="volume v: nfs volumes are not supported yet"):
        prepare_volumes(pod(volumes=(volume,)), inputs(folders))


def test_a_volumes_name_cant_leave_its_folder(folders: PodFolders) -> None:
    with pytest.raises(errors.InvalidArgument, match="can't be a file name"):
        prepare_volumes(pod(volumes=(v1.Volume(name=".."),)), inputs(folders))


def test_a_mount_says_where_how_and_with_which_propagation(folders: PodFolders) -> None:
    (mount,) = mounts(
        folders,
        v1.VolumeMount(
            name="cache",
            mount_path="data/x",
            read_only=True,
            recursive_read_only="Enabled",
            mount_propagation="HostToContainer",
        ),
    )

    assert mount == cri.Mount(
        container_path="/data/x",
        host_path=str(folders.empty_dir("cache")),
        readonly=True,
        recursive_read_only=True,
        propagation=cri.PROPAGATION_HOST_TO_CONTAINER,
    )


def test_bidirectional_propagation_is_for_privileged_containers(folders: PodFolders) -> None:
    both = v1.VolumeMount(name="cache", mount_path="/d", mount_propagation="Bidirectional")

    with pytest.raises(errors.PermissionDenied, match="privileged"):
        mounts(folders, both)
    (mount,) = mounts(folders, both, security_context=v1.SecurityContext(privileged=True))
    assert mount.propagation == cri.PROPAGATION_BIDIRECTIONAL


def test_an_unknown_volume_is_told_with_the_known_ones(folders: PodFolders) -> None:
    with pytest.raises(errors.InvalidArgument, match="no such volume; it has cache"):
        mounts(folders, v1.VolumeMount(name="cash", mount_path="/d"))


def test_a_sub_path_expression_needs_its_variables(folders: PodFolders) -> None:
    expression = v1.VolumeMount(name="cache", mount_path="/d", sub_path_expr="$(POD)/$(NONE)")

    with pytest.raises(errors.InvalidArgument, match="needs NONE"):
        mounts(folders, expression)


@pytest.mark.needs_root
def test_everything_goes_but_the_record(folders: PodFolders) -> None:
    prepare_volumes(pod(volumes=(CACHE, MEMORY)), inputs(folders))
    mounts(folders, v1.VolumeMount(name="cache", mount_path="/d", sub_path_expr="$(POD)/x"))
    (folders.empty_dir("memory") / "data").write_text("data")
    (folders.pod / "pod.json").write_text("{}")
    folders.etc_hosts.write_text("")
    assert len(mounts_below(folders.pod)) == 2

    clean_up(folders)

    assert mounts_below(folders.pod) == []
    assert [path.name for path in folders.pod.iterdir()] == ["pod.json"]


def test_cleaning_up_is_idempotent(folders: PodFolders) -> None:
    prepare_volumes(pod(volumes=(CACHE,)), inputs(folders))

    clean_up(folders)
    clean_up(folders)

    assert not folders.pod.exists()


def test_cleaning_up_doesnt_follow_links(folders: PodFolders, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data").touch()
    places = prepare_volumes(pod(volumes=(CACHE,)), inputs(folders))
    (places["cache"] / "link").symlink_to(tmp_path / "precious")

    clean_up(folders)

    assert (tmp_path / "precious" / "data").exists()


def settings(text: str) -> v1.ConfigMap:
    return v1.ConfigMap(
        metadata=v1.ObjectMeta(name="settings", namespace="default"), data={"a": text}
    )


def test_files_of_a_config_map_follow_it(folders: PodFolders) -> None:
    volume = v1.Volume(name="v", config_map=v1.ConfigMapVolumeSource(name="settings"))
    asked = pod(volumes=(volume,))
    place = prepare_volumes(asked, inputs(folders, settings("old")))["v"]

    refresh_volumes(asked, inputs(folders, settings("new")))

    assert (place / "a").read_text() == "new"


def test_a_refresh_makes_no_volume(folders: PodFolders) -> None:
    volume = v1.Volume(name="v", config_map=v1.ConfigMapVolumeSource(name="settings"))

    refresh_volumes(pod(volumes=(volume,)), inputs(folders))

    assert not folders.volumes.exists()


def test_a_config_map_that_is_not_there_is_named(folders: PodFolders) -> None:
    volume = v1.Volume(name="v", config_map=v1.ConfigMapVolumeSource(name="settings"))

    with pytest.raises(errors.NotFound, match='configmap "settings" not found'):
        prepare_volumes(pod(volumes=(volume,)), inputs(folders))


def test_what_is_made_of_the_pod_is_mounted_read_only(folders: PodFolders) -> None:
    name = v1.ObjectFieldSelector(field_path="metadata.name")
    file = v1.DownwardAPIVolumeFile(path="name", field_ref=name)
    about = v1.Volume(name="about", downward_api=v1.DownwardAPIVolumeSource(items=(file,)))
    one = container(volume_mounts=(v1.VolumeMount(name="about", mount_path="/about"),))

    places = prepare_volumes(pod(volumes=(about,)), inputs(folders))

    (mount,) = volume_mounts(one, places, folders, {})
    assert mount.readonly
