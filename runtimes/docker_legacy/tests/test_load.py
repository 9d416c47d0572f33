"""Images from files: what is sent, and what an Engine's refusal means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.docker_legacy.client import DockerClient
    from runtimes.docker_legacy.tests.conftest import ScriptedEngine


def test_the_file_is_sent_as_it_is(
    docker: DockerClient, scripted: ScriptedEngine, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(bytes(range(256)) * 9000)
    scripted.replies("POST /images/load", 200, {"stream": "Loaded image: app:1\n"})

    docker.load_image(archive)

    sent = scripted.last("POST /images/load")
    assert sent.body == archive.read_bytes()
    assert sent.headers["content-type"] == "application/x-tar"


def test_a_root_file_system_gets_its_name(
    docker: DockerClient, scripted: ScriptedEngine, tmp_path: Path
) -> None:
    root = tmp_path / "root.tar"
    root.write_bytes(b"root")
    scripted.replies("POST /images/create", 200, {"status": "sha256:abc"})

    docker.import_root(root, "app")

    query = scripted.last("POST /images/create").query
    assert query == {"fromSrc": "-", "repo": "docker.io/library/app", "tag": "latest"}


def test_what_the_engine_says_in_its_stream_is_an_invalid_argument(
    docker: DockerClient, scripted: ScriptedEngine, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"broken")
    refusal = {"errorDetail": {"message": "unexpected EOF"}, "error": "unexpected EOF"}
    scripted.replies("POST /images/load", 200, refusal)

    with pytest.raises(errors.InvalidArgument, match="unexpected EOF"):
        docker.load_image(archive)


def test_a_missing_file_is_an_invalid_argument(docker: DockerClient, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgument, match="No such file"):
        docker.load_image(tmp_path / "missing.tar")


def test_an_absent_image_cannot_be_called_something(
    docker: DockerClient, scripted: ScriptedEngine
) -> None:
    scripted.replies("POST /images/app:1/tag", 404, {"message": "No such image: app:1"})

    with pytest.raises(errors.ImageNotFound):
        docker.tag_image("app:1", "app:2")
