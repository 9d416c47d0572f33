from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, image_ref
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.registry import docker_config
from runtimes.oci.registry.credentials import NONE, Credentials, canonical_host, from_cri

if TYPE_CHECKING:
    from pathlib import Path

BUSYBOX = image_ref.parse("busybox")
PRIVATE = image_ref.parse("registry.example:5000/team/app/api:1")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def lookup(folder: Path, config: object, reference: image_ref.ImageRef = PRIVATE) -> Credentials:
    path = folder / "config.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    return docker_config.find(reference, path)


@pytest.fixture
def helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH, for helper programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def write_helper(folder: Path, name: str, script: str) -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        (cri.AuthConfig(), NONE),
        (cri.AuthConfig(username="a", password="b"), Credentials("a", "b")),
        (cri.AuthConfig(auth=encoded("a:b:c")), Credentials("a", "b:c")),
        (cri.AuthConfig(auth=encoded("a:b\0\0")), Credentials("a", "b")),
        (cri.AuthConfig(identity_token="i"), Credentials(identity_token="i")),
        (cri.AuthConfig(registry_token="r"), Credentials(registry_token="r")),
        (cri.AuthConfig(username="a", server_address="registry.example:5000"), Credentials("a")),
        (
            cri.AuthConfig(username="a", server_address="https://registry.example:5000/v2/"),
            Credentials("a"),
        ),
        (cri.AuthConfig(username="a", server_address="registry.example"), NONE),
        (cri.AuthConfig(username="a", server_address="other.example"), NONE),
    ],
)
def test_what_the_cri_sends_counts_for_its_server(auth: cri.AuthConfig, found: Credentials) -> None:
    assert from_cri(auth, "registry.example:5000") == found


@pytest.mark.parametrize(
    "auth",
    ["no base64!", encoded("no colon"), encoded("\udcff".encode("utf-8", "surrogateescape").hex())],
)
def test_an_auth_that_is_none_is_refused_without_being_repeated(auth: str) -> None:
    with pytest.raises(errors.InvalidArgument) as caught:
        from_cri(cri.AuthConfig(auth=auth), "x")

    assert auth not in str(caught.value)


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Credentials("ann", "secret", "secret", "secret"))


@pytest.mark.parametrize(
    "address", ["docker.io", "https://index.docker.io/v1/", "registry-1.docker.io", "DOCKER.io"]
)
def test_docker_hub_has_one_name(address: str) -> None:
    assert canonical_host(address) == "docker.io"


@pytest.mark.parametrize(
    "key",
    ["registry.example:5000", "https://registry.example:5000", "registry.example:5000/v2/",
     "http://registry.example:5000/v1", "registry.example:5000/team",
     "registry.example:5000/team/app"],
)  # fmt: skip
def test_entries_are_found_however_they_are_written(tmp_path: Path, key: str) -> None:
    assert lookup(tmp_path, {"auths": {key: {"auth": encoded("a:b")}}}) == Credentials("a", "b")


@pytest.mark.parametrize(
    "key", ["registry.example", "registry.example:5001", "registry.example:5000/te",
            "registry.example:5000/team/app/api/more", "evil.example/registry.example:5000", ""],
)  # fmt: skip
def test_entries_of_others_are_not_taken(tmp_path: Path, key: str) -> None:
    assert lookup(tmp_path, {"auths": {key: {"auth": encoded("a:b")}}}) == NONE


def test_the_closest_entry_wins(tmp_path: Path) -> None:
    auths = {
        "registry.example:5000": {"username": "all", "password": "x"},
        "registry.example:5000/team/app": {"username": "app", "password": "x"},
        "registry.example:5000/team": {"username": "team", "password": "x"},
    }

    assert lookup(tmp_path, {"auths": auths}).username == "app"


def test_docker_hub_is_found_by_its_old_address(tmp_path: Path) -> None:
    auths = {"https://index.docker.io/v1/": {"auth": encoded("a:b")}}

    assert lookup(tmp_path, {"auths": auths}, BUSYBOX) == Credentials("a", "b")


def test_identity_tokens_are_read(tmp_path: Path) -> None:
    entry = {"auth": encoded("<token>:"), "identitytoken": "refresh"}

    assert lookup(tmp_path, {"auths": {PRIVATE.registry: entry}}).identity_token == "refresh"


@pytest.mark.parametrize(
    "config",
    ["", "{", "[]", {"auths": []}, {"auths": {"registry.example:5000": 5}}, {"credsStore": 7},
     {"auths": {"registry.example:5000": {"auth": "%%%"}}}, {"credHelpers": {"x": None}}],
)  # fmt: skip
def test_a_broken_configuration_has_no_credentials(tmp_path: Path, config: object) -> None:
    assert lookup(tmp_path, config) == NONE


def test_an_absent_configuration_has_no_credentials(tmp_path: Path) -> None:
    assert docker_config.find(PRIVATE, tmp_path / "absent") == NONE


@pytest.mark.parametrize(
    "config", [{"credsStore": "vault"}, {"credHelpers": {"registry.example:5000": "vault"}}]
)
def test_helpers_are_asked_with_the_server_on_their_input(
    tmp_path: Path, helpers: Path, config: dict[str, object]
) -> None:
    answer = '{"ServerURL":"x","Username":"ann","Secret":"s"}'
    write_helper(helpers, "vault", f"[ \"$1\" = get ] && cat > {tmp_path}/asked && echo '{answer}'")

    assert lookup(tmp_path, config) == Credentials("ann", "s")
    assert (tmp_path / "asked").read_text() == "registry.example:5000"


def test_helpers_know_docker_hub_by_its_old_address(tmp_path: Path, helpers: Path) -> None:
    write_helper(helpers, "vault", f"cat > {tmp_path}/asked; exit 1")

    lookup(tmp_path, {"credsStore": "vault"}, BUSYBOX)

    assert (tmp_path / "asked").read_text() == "https://index.docker.io/v1/"


def test_a_helper_may_keep_an_identity_token(tmp_path: Path, helpers: Path) -> None:
    write_helper(helpers, "vault", """echo '{"Username":"<token>","Secret":"refresh"}'""")

    assert lookup(tmp_path, {"credsStore": "vault"}) == Credentials(identity_token="refresh")


@pytest.mark.parametrize(
    "script", ["exit 1", "echo 'credentials not found in native keychain'; exit 1", "echo no json",
               """echo '{"Username":1}'"""]
)  # fmt: skip
def test_where_a_helper_has_nothing_the_file_counts(
    tmp_path: Path, helpers: Path, script: str
) -> None:
    write_helper(helpers, "vault", script)
    auths = {PRIVATE.registry: {"auth": encoded("a:b")}}

    assert lookup(tmp_path, {"credsStore": "vault", "auths": auths}) == Credentials("a", "b")


@pytest.mark.parametrize("name", ["../../bin/sh", "a b", "", "-x", "absent-helper"])
def test_a_helper_that_cant_be_one_is_not_run(tmp_path: Path, helpers: Path, name: str) -> None:
    assert lookup(tmp_path, {"credsStore": name}) == NONE


def test_the_default_place_follows_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert docker_config.default_path() == tmp_path / "config.json"

    monkeypatch.delenv("DOCKER_CONFIG")
    monkeypatch.setenv("HOME", "/home/ann")
    assert str(docker_config.default_path()) == "/home/ann/.docker/config.json"
