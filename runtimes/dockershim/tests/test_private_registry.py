"""Pulling from a registry that asks who one is."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.registry import PASSWORD, USER
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.dockershim.service import DockershimService

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root, pytest.mark.needs_registry]


@pytest.fixture
def private(runtimes_engines: EngineSession, service: DockershimService) -> Iterator[cri.ImageSpec]:
    """An image that the Engine hasn't under this name, before and after."""
    locked = runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY_LOCKED"]
    image = cri.ImageSpec(image=f"{locked}/runtimes-test/busybox:1")
    _untag(service, image)
    yield image
    _untag(service, image)


def _untag(service: DockershimService, image: cri.ImageSpec) -> None:
    """Take off this name alone: other tests need the image by its others."""
    with suppress(errors.ImageNotFound):
        service.engine.docker.remove_image(image.image)


def basic(password: str) -> str:
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "auth",
    [
        cri.AuthConfig(username=USER, password=PASSWORD),
        cri.AuthConfig(auth=basic(PASSWORD)),
    ],
    ids=["fields", "combined"],
)
def test_who_has_the_password_gets_the_image(
    service: DockershimService, private: cri.ImageSpec, auth: cri.AuthConfig
) -> None:
    reference = service.pull_image(private, auth)

    found = service.image_status(private).image
    assert found.id == reference
    assert private.image in found.repo_tags


@pytest.mark.parametrize(
    "auth",
    [
        None,
        cri.AuthConfig(username=USER, password="guessed"),
        cri.AuthConfig(auth=basic("guessed")),
    ],
    ids=["nobody", "fields", "combined"],
)
def test_who_has_not_is_told_so_and_the_password_is_not(
    service: DockershimService, private: cri.ImageSpec, auth: cri.AuthConfig | None
) -> None:
    with pytest.raises((errors.Unauthenticated, errors.RegistryUnavailable)) as refused:
        service.pull_image(private, auth)

    assert "guessed" not in str(refused.value)
    assert not service.image_status(private).HasField("image")
