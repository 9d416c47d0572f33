"""Who may pull, and where secrets go."""

from __future__ import annotations

import base64
import json
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.tests.image.fake_registry import FakeRegistry
from runtimes.oci.tests.image.pulling import fetch, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.tests.image.tarballs import (
        Image,
    )

pytestmark = pytest.mark.needs_root


@pytest.fixture(params=["basic", "token"])
def private(request: pytest.FixtureRequest, registry: FakeRegistry) -> FakeRegistry:
    registry.auth = request.param
    registry.user = ("ann", "pass:word")
    return registry


@pytest.mark.parametrize("form", ["fields", "auth", "docker config"])
def test_a_password_opens(
    store: ImageStore, private: FakeRegistry, image: Image, tmp_path: Path, *, form: str
) -> None:
    name = private.push("app", "1", image)
    encoded = base64.b64encode(b"ann:pass:word").decode()
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"auths": {private.host: {"auth": encoded}}}))
    auth = {
        "fields": cri.AuthConfig(username="ann", password="pass:word"),
        "auth": cri.AuthConfig(auth=encoded, server_address=f"https://{private.host}/v1/"),
        "docker config": None,
    }[form]

    assert fetch(store, name, auth, docker_config=config) == image.id


def test_a_wrong_password_doesnt(store: ImageStore, private: FakeRegistry, image: Image) -> None:
    name = private.push("app", "1", image)

    with pytest.raises(errors.Unauthenticated, match="log in") as caught:
        fetch(store, name, cri.AuthConfig(username="ann", password="S3cret"))

    assert "S3cret" not in str(caught.value)
    assert is_empty(store)


def test_no_password_doesnt(store: ImageStore, private: FakeRegistry, image: Image) -> None:
    with pytest.raises(errors.Unauthenticated):
        fetch(store, private.push("app", "1", image))


def test_a_password_for_another_server_stays_here(
    store: ImageStore, private: FakeRegistry, image: Image
) -> None:
    auth = cri.AuthConfig(username="ann", password="pass:word", server_address="other.example")

    with pytest.raises(errors.Unauthenticated):
        fetch(store, private.push("app", "1", image), auth)

    assert not any("Basic" in request.authorization for request in private.requests)


def test_public_images_need_only_an_anonymous_token(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.auth = "token"

    assert fetch(store, registry.push("app", "1", image)) == image.id

    (asked,) = registry.paths("/token")
    assert "scope=repository%3Aapp%3Apull" in asked
    assert "service=fake" in asked


def test_one_token_serves_the_whole_pull(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.auth = "token"

    fetch(store, registry.push("app", "1", image))

    assert len(registry.paths("/token")) == 1


def test_an_expired_token_is_renewed_in_the_middle(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.auth = "token"
    done = threading.Event()

    def revoke(digest: str) -> None:
        if not done.is_set():
            done.set()
            registry.revoke_tokens()

    registry.on_blob = revoke

    assert fetch(store, registry.push("app", "1", image)) == image.id
    assert len(registry.paths("/token")) >= 2


def test_an_identity_token_is_exchanged(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.auth, registry.refresh_token = "token", "refresh-me"
    registry.user = ("nobody", "x")

    fetch(store, registry.push("app", "1", image), cri.AuthConfig(identity_token="refresh-me"))

    (asked,) = [r for r in registry.requests if r.path.startswith("/token")]
    assert asked.method == "POST"
    assert b"grant_type=refresh_token" in asked.body


def test_a_registry_token_is_sent_as_it_is(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.auth = "token"
    token = registry.token_for("", {}) or ""

    fetch(store, registry.push("app", "1", image), cri.AuthConfig(registry_token=token))

    assert registry.paths("/token") == []


def test_a_token_service_without_tls_gets_no_password(
    store: ImageStore, private: FakeRegistry, image: Image
) -> None:
    private.auth, private.realm = "token", "http://tokens.example/token"

    with pytest.raises(errors.PermissionDenied, match="isn't encrypted"):
        fetch(
            store,
            private.push("app", "1", image),
            cri.AuthConfig(username="ann", password="pass:word"),
        )


@pytest.mark.parametrize("realm", ["file:///etc/passwd", "no url", "ftp://127.0.0.1/x"])
def test_a_token_service_that_is_none_is_refused(
    store: ImageStore, registry: FakeRegistry, image: Image, realm: str
) -> None:
    registry.auth, registry.realm = "token", realm

    with pytest.raises(errors.Internal, match="token service"):
        fetch(store, registry.push("app", "1", image))


@pytest.fixture
def elsewhere() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    fake.start()
    yield fake
    fake.stop()


def test_blobs_may_lie_elsewhere_and_no_password_goes_there(
    store: ImageStore, registry: FakeRegistry, elsewhere: FakeRegistry, image: Image
) -> None:
    registry.auth, registry.user = "basic", ("ann", "secret")
    registry.redirect_blobs = elsewhere.url
    elsewhere.blobs = dict(image.blobs)

    auth = cri.AuthConfig(username="ann", password="secret")
    fetch(store, registry.push("app", "1", image), auth)

    assert len(elsewhere.requests) == 3
    assert all(not request.authorization for request in elsewhere.requests)
    assert all(request.authorization for request in registry.requests if "/blobs/" in request.path)


def test_redirects_without_end_are_given_up(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.redirect_blobs = registry.url

    with pytest.raises(errors.Internal, match="redirected more than"):
        fetch(store, registry.push("app", "1", image))


@pytest.mark.parametrize("target", ["http://blobs.example", "file://", "ftp://blobs.example"])
def test_redirects_to_what_isnt_encrypted_are_refused(
    store: ImageStore, registry: FakeRegistry, image: Image, target: str
) -> None:
    registry.redirect_blobs = target

    with pytest.raises(errors.PermissionDenied, match="isn't encrypted"):
        fetch(store, registry.push("app", "1", image))
