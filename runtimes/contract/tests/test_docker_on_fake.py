"""The profile `docker` on the in-memory fake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker import *  # noqa: F403 - the tests of the profile
from runtimes.contract.docker.image.pull import UNREACHABLE
from runtimes.contract.docker.subject import DockerSubject
from runtimes.contract.fake.docker.service import FakeDocker
from runtimes.contract.fake.images import BUSYBOX as FAKE_BUSYBOX
from runtimes.contract.fake.images import FakeImage
from runtimes.contract.testimage.busybox import BUSYBOX

if TYPE_CHECKING:
    from runtimes.contract.testimage.layout import BuiltImage


@pytest.fixture(scope="session")
def docker_subject() -> DockerSubject:
    fake = FakeDocker()
    fake.pull_image(BUSYBOX)
    fake.unreachable.add(UNREACHABLE.partition("/")[0])

    def publish(image: BuiltImage) -> str:
        config = json.loads(image.config)["config"]
        marker = json.dumps(config.get("Labels", {})).encode()
        files = {**FAKE_BUSYBOX.files, "/etc/labels": marker}
        fake.registry[image.name] = FakeImage(files=files)
        return image.name

    return DockerSubject(name="fake", open=lambda: fake, publish=publish)
