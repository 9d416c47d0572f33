"""Mounts: folders and files of the node, read-only ones, propagation, images."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.bench import Bench


def mounted(
    config: cri.ContainerConfig, host: Path, container: str = "/data", *, readonly: bool = False
) -> cri.ContainerConfig:
    config.mounts.append(
        cri.Mount(container_path=container, host_path=str(host), readonly=readonly)
    )
    return config


def test_a_folder_is_shared_both_ways(contract: Bench) -> None:
    folder = contract.folder()
    (folder / "from-host").write_text("hello\n")

    ended = contract.finish(
        mounted(contract.script("cat /data/from-host; echo back > /data/answer"), folder)
    )

    assert ended.log == "hello\n"
    assert (folder / "answer").read_text() == "back\n"


def test_two_containers_share_a_folder(contract: Bench) -> None:
    folder = contract.folder()
    contract.finish(mounted(contract.script("echo shared > /one/file"), folder, "/one"))

    ended = contract.finish(mounted(contract.config("cat", "/two/file"), folder, "/two"))

    assert ended.log == "shared\n"


def test_a_single_file_can_be_mounted(contract: Bench) -> None:
    file = contract.folder() / "file"
    file.write_text("one\n")

    ended = contract.finish(
        mounted(contract.script("cat /etc/mine; echo two >> /etc/mine"), file, "/etc/mine")
    )

    assert ended.log == "one\n"
    assert file.read_text() == "one\ntwo\n"


def test_a_read_only_mount_is_not_writable(contract: Bench) -> None:
    folder = contract.folder()
    config = contract.script("echo x > /data/file && echo wrote")

    ended = contract.finish(mounted(config, folder, readonly=True))

    assert "Read-only file system" in ended.log
    assert list(folder.iterdir()) == []


def test_a_mount_inside_a_mount_keeps_both(contract: Bench) -> None:
    outer, inner = contract.folder(), contract.folder()
    (outer / "outer").write_text("outer\n")
    (outer / "sub").mkdir()
    (inner / "inner").write_text("inner\n")
    config = contract.config("cat", "/data/outer", "/data/sub/inner")

    ended = contract.finish(mounted(mounted(config, outer), inner, "/data/sub"))

    assert ended.log == "outer\ninner\n"


def test_mounts_stand_in_the_status_and_no_others(contract: Bench) -> None:
    folder = contract.folder()
    container = contract.create(mounted(contract.config("true"), folder, readonly=True))

    mounts = {mount.container_path: mount for mount in contract.status(container).mounts}

    assert list(mounts) == ["/data"]
    assert mounts["/data"].host_path == str(folder)
    assert mounts["/data"].readonly


@requires(Capability.MOUNT_PROPAGATION)
def test_a_private_mount_passes_nothing_on(contract: Bench) -> None:
    assert "shared:" not in propagation_of(contract, cri.PROPAGATION_PRIVATE)
    assert "master:" not in propagation_of(contract, cri.PROPAGATION_PRIVATE)


@requires(Capability.MOUNT_PROPAGATION)
def test_a_bidirectional_mount_of_a_privileged_container_is_shared(contract: Bench) -> None:
    assert "shared:" in propagation_of(contract, cri.PROPAGATION_BIDIRECTIONAL)


@requires(Capability.MOUNT_PROPAGATION)
def test_a_host_to_container_mount_follows_the_host(contract: Bench) -> None:
    assert "master:" in propagation_of(contract, cri.PROPAGATION_HOST_TO_CONTAINER)


def propagation_of(contract: Bench, kind: cri.MountPropagation.ValueType) -> str:
    """The line of ``/proc/self/mountinfo`` of a mount of that kind.

    Bidirectional propagation needs a privileged container, whose sandbox is privileged too.
    """
    sandbox_config = contract.sandbox_config()
    sandbox_config.linux.security_context.privileged = True
    config = mounted(contract.config("cat", "/proc/self/mountinfo"), shared_folder(contract))
    config.mounts[0].propagation = kind
    config.linux.security_context.privileged = True
    lines = contract.finish(config, contract.new_sandbox(sandbox_config)).log.splitlines()
    return next(line for line in lines if line.split()[4] == "/data")


def shared_folder(contract: Bench) -> Path:
    """A folder on a shared mount, from which alone anything can propagate."""
    folder = contract.folder()
    if os.geteuid():
        pytest.skip("only root can make a mount shared")
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    contract.cleanup(lambda: subprocess.run(["umount", "-l", folder], check=True))
    subprocess.run(["mount", "--make-shared", folder], check=True)
    return folder


@requires(Capability.DEVICES)
def test_a_device_of_the_node_can_be_given(contract: Bench) -> None:
    def adjust(config: cri.ContainerConfig) -> None:
        config.devices.append(
            cri.Device(container_path="/dev/mine", host_path="/dev/zero", permissions="rwm")
        )

    assert contract.output("head -c 4 /dev/mine | wc -c", adjust) == "4"


def with_image(contract: Bench, config: cri.ContainerConfig, sub_path: str = "") -> None:
    config.mounts.append(
        cri.Mount(
            container_path="/volume",
            image=contract.image,
            image_sub_path=sub_path,
            readonly=True,
        )
    )


@requires(Capability.IMAGE_VOLUMES)
def test_an_image_can_be_mounted_and_not_written(contract: Bench) -> None:
    script = "ls /volume/bin/busybox; touch /volume/mine || echo refused"

    ended = contract.sh(script, lambda config: with_image(contract, config))

    assert "/volume/bin/busybox" in ended.log.splitlines()
    assert "Read-only file system" in ended.log
    (mount,) = contract.status(ended.id).mounts
    assert (mount.container_path, mount.image.image) == ("/volume", contract.image.image)


@requires(Capability.IMAGE_VOLUMES)
def test_a_folder_of_an_image_can_be_mounted(contract: Bench) -> None:
    found = contract.output("ls /volume", lambda config: with_image(contract, config, "bin"))

    assert "busybox" in found.split()


@requires(Capability.IMAGE_VOLUMES)
@pytest.mark.parametrize("sub_path", ["no/such/folder", "bin/busybox"])
def test_what_is_no_folder_of_an_image_can_not_be_mounted(contract: Bench, sub_path: str) -> None:
    config = contract.config("true")
    with_image(contract, config, sub_path)

    with pytest.raises((errors.InvalidArgument, errors.NotFound)):
        contract.service.start_container(contract.create(config))
