"""What containers and the images below them owe each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.tests.pods import IMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def test_a_status_names_the_image_that_runs(pods: Pods) -> None:
    container = pods.start(pods.run())

    status = pods.status(container)

    image = pods.service.image_status(cri.ImageSpec(image=IMAGE)).image
    assert status.image.image == IMAGE
    assert status.image_id == image.id
    assert status.image_ref in {image.id, *image.repo_digests}


def test_a_container_made_by_an_id_is_shown_with_the_name_that_its_pod_gave(pods: Pods) -> None:
    pod = pods.run()
    image = pods.service.image_status(cri.ImageSpec(image=IMAGE)).image
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="main"),
        image=cri.ImageSpec(image=image.id, user_specified_image=IMAGE),
        command=["sleep", "1000"],
    )

    container = pods.service.create_container(pod.id, config, pod.config)

    wanted = cri.ContainerFilter(id=container)
    assert pods.status(container).image.image == IMAGE
    assert [each.image.image for each in pods.service.list_containers(wanted)] == [IMAGE]


def test_a_removed_images_layers_stay_until_its_last_container_is_removed(
    pods: Pods, tmp_path: Path
) -> None:
    from runtimes.oci.tests.pods import write_rootfs_tar

    tree = tmp_path / "tree"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc/only-here").write_text("x")
    write_rootfs_tar(tmp_path / "other.tar", tree)
    layers = pods.engine.images.layout.layers
    others = set(layers.iterdir())
    pods.service.import_image(tmp_path / "other.tar", "localhost/other:1")
    own = set(layers.iterdir()) - others
    pod = pods.run()
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="main"),
        image=cri.ImageSpec(image="localhost/other:1"),
        command=["sleep", "1000"],
    )
    container = pods.service.create_container(pod.id, config, pod.config)
    pods.service.start_container(container)

    pods.service.remove_image(cri.ImageSpec(image="localhost/other:1"))

    assert pods.sh(container, "cat /etc/only-here") == "x"
    assert own
    assert own <= set(layers.iterdir())
    pods.service.remove_container(container)
    assert not own & set(layers.iterdir())
