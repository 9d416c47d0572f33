from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.oci.image.store import ImageStore
from runtimes.oci.image.unpack import beneath
from runtimes.oci.tests.image.fake_registry import FakeRegistry
from runtimes.oci.tests.image.pulling import BASE, TOP
from runtimes.oci.tests.image.tarballs import Image, make_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture(autouse=True)
def _no_credentials_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker-config"))


@pytest.fixture
def image() -> Image:
    return make_image(BASE, TOP, config={"Env": ["A=1"], "User": "1000:50"})


@pytest.fixture(params=["openat2", "step by step"])
def resolution(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which paths are resolved."""
    if request.param != "openat2":
        monkeypatch.setattr(beneath, "_has_openat2", lambda: False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Where a layer goes, some folders below the test's own."""
    path = tmp_path / "store/layer/fs"
    path.mkdir(parents=True)
    return path
