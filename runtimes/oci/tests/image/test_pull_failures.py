"""What goes wrong in a pull, and that nothing of it stays."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.oci.tests.image.pulling import BASE, TOP, fetch, is_empty
from runtimes.oci.tests.image.tarballs import (
    Image,
    gzipped,
    make_image,
    sha256,
)

if TYPE_CHECKING:
    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.tests.image.fake_registry import FakeRegistry

pytestmark = pytest.mark.needs_root


def stall(digest: str) -> None:
    threading.Event().wait(1.5)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidArgument), (403, errors.PermissionDenied),
        (404, errors.ImageNotFound), (405, errors.Internal),
        (429, errors.RegistryUnavailable), (500, errors.RegistryUnavailable),
        (503, errors.RegistryUnavailable),
    ],
)  # fmt: skip
def test_a_status_becomes_an_error_of_ours(
    store: ImageStore, registry: FakeRegistry, image: Image, *, status: int,
    kind: type[errors.Error],
) -> None:  # fmt: skip
    registry.statuses["/v2/app/"] = [status] * 9

    with pytest.raises(kind, match=rf"pull '.*/app:1'.*{status}.*on purpose") as caught:
        fetch(store, registry.push("app", "1", image))

    assert type(caught.value) is kind
    assert is_empty(store)


@pytest.mark.parametrize("place", ["/v2/app/manifests", "/v2/app/blobs", "/token"])
def test_what_passes_is_tried_again(
    store: ImageStore, registry: FakeRegistry, image: Image, place: str
) -> None:
    registry.auth = "token"
    registry.statuses[place] = [503]

    assert fetch(store, registry.push("app", "1", image)) == image.id


def test_what_cant_pass_is_not_tried_again(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.statuses["/v2/app/manifests"] = [404]

    with pytest.raises(errors.ImageNotFound):
        fetch(store, registry.push("app", "1", image))

    assert len(registry.paths("/manifests/")) == 1


def test_an_unknown_image_is_not_found(store: ImageStore, registry: FakeRegistry) -> None:
    with pytest.raises(errors.ImageNotFound, match="manifest unknown"):
        fetch(store, f"{registry.host}/absent:1")


def test_a_registry_that_isnt_there_is_unavailable(store: ImageStore) -> None:
    with pytest.raises(errors.RegistryUnavailable, match="refused"):
        fetch(store, "127.0.0.1:1/app:1")


def test_a_layer_the_registry_lost_is_not_found(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    del registry.blobs[sha256(image.layers[1])]

    with pytest.raises(errors.ImageNotFound, match="blob unknown"):
        fetch(store, name)

    assert store.records() == {}


@pytest.mark.parametrize("which", ["config", "layer", "longer layer", "shorter layer"])
def test_wrong_bytes_are_never_kept(
    store: ImageStore, registry: FakeRegistry, image: Image, which: str
) -> None:
    name = registry.push("app", "1", image)
    layer = image.layers[0]
    digest = image.id if which == "config" else sha256(layer)
    registry.blobs[digest] = {
        "config": image.config[:-1] + b" ",
        "layer": gzipped(BASE.replace(b"base", b"evil"))[: len(layer)].ljust(len(layer), b"\0"),
        "longer layer": layer + bytes(100),
        "shorter layer": layer[:-5],
    }[which]

    with pytest.raises((errors.DataLoss, errors.InvalidArgument, errors.RegistryUnavailable)):
        fetch(store, name)

    assert store.records() == {}
    assert list(store.layout.layers.glob("*")) == []
    registry.blobs |= image.blobs
    assert fetch(store, name) == image.id


def test_a_layer_that_isnt_what_the_configuration_says_is_refused(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    liar = make_image(BASE, rootfs={"type": "layers", "diff_ids": [sha256(TOP)]})

    with pytest.raises(errors.DataLoss, match="instead of"):
        fetch(store, registry.push("app", "1", liar))

    assert is_empty(store)


def test_a_manifest_with_another_digest_is_refused(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.push("app", "1", image)
    other = make_image(TOP)
    registry.manifests["app", image.digest] = (other.manifest, "")

    with pytest.raises(errors.DataLoss):
        fetch(store, f"{registry.host}/app@{image.digest}")

    registry.extra_headers = {"Docker-Content-Digest": sha256(b"else")}
    with pytest.raises(errors.DataLoss):
        fetch(store, f"{registry.host}/app:1")


def test_as_many_layers_as_the_configuration_says(
    store: ImageStore, registry: FakeRegistry
) -> None:
    liar = make_image(BASE, rootfs={"type": "layers", "diff_ids": []})

    with pytest.raises(errors.InvalidArgument, match="names 0 layers"):
        fetch(store, registry.push("app", "1", liar))


@pytest.mark.parametrize(
    ("manifest", "kind"),
    [
        (b"<html>", errors.InvalidArgument),
        (b"[]", errors.InvalidArgument),
        (b"{}", errors.InvalidArgument),
        (b'{"schemaVersion":1}', errors.Unimplemented),
        (b'{"schemaVersion":2,"config":{},"layers":[]}', errors.InvalidArgument),
        (b'{"schemaVersion":2,"manifests":{}}', errors.InvalidArgument),
        (b'{"schemaVersion":2,"manifests":[],"layers":[]}', errors.InvalidArgument),
        (b'{"schemaVersion":2,"config":{"digest":"sha256:../../etc","size":1}}',
         errors.InvalidArgument),
        (b'{"schemaVersion":2,"config":{"digest":"sha256:%s","size":-1}}' % (b"a" * 64),
         errors.InvalidArgument),
        (b'{"schemaVersion":2,"config":{"digest":"sha256:%s","size":1,"mediaType":'
         b'"application/vnd.cncf.helm.config.v1+json"}}' % (b"a" * 64), errors.InvalidArgument),
        (b"[" * 100_000, errors.InvalidArgument),
    ],
)  # fmt: skip
def test_manifests_that_are_none_are_refused(
    store: ImageStore, registry: FakeRegistry, manifest: bytes,
    kind: type[errors.Error],
) -> None:  # fmt: skip
    registry.offer("app", "1", manifest)

    with pytest.raises(kind, match="pull '"):
        fetch(store, f"{registry.host}/app:1")


def test_a_manifest_without_end_is_refused(store: ImageStore, registry: FakeRegistry) -> None:
    registry.offer("app", "1", b" " * (5 << 20))

    with pytest.raises(errors.InvalidArgument, match="more than"):
        fetch(store, f"{registry.host}/app:1")


def test_an_image_of_another_system_is_refused(store: ImageStore, registry: FakeRegistry) -> None:
    with pytest.raises(errors.InvalidArgument, match="windows"):
        fetch(store, registry.push("app", "1", make_image(BASE, os="windows")))


@pytest.mark.parametrize("name", ["", "a/UPPER", "a@sha256:1", "f" * 64])
def test_a_name_that_is_none_is_refused(store: ImageStore, name: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        fetch(store, name)


def test_the_deadline_bounds_everything(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    registry.on_blob = stall

    with (
        pytest.raises((errors.DeadlineExceeded, errors.RegistryUnavailable)),
        deadline.within(0.4),
    ):
        fetch(store, name)

    assert store.records() == {}


def test_a_port_where_nobody_listens_is_named(store: ImageStore) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(errors.RegistryUnavailable, match=f": 127.0.0.1:{port}: Connection refused"):
        fetch(store, f"127.0.0.1:{port}/app:1")
