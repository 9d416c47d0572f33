"""Registry credentials that a pod names."""

from __future__ import annotations

import base64
import json
import logging

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.status import RegistryAuth
from runtimes.kubelet.generate.objects import Objects
from runtimes.kubelet.generate.pull_credentials import pull_credentials
from runtimes.kubelet.tests.builders import pod

POD = pod(image_pull_secrets=(v1.LocalObjectReference(name="regcred"),))


def secret(kind: str, content: str) -> Objects:
    file = "." + kind
    found = v1.Secret(
        metadata=v1.ObjectMeta(name="regcred", namespace="default"),
        type=f"kubernetes.io/{kind}",
        data={file: base64.b64encode(content.encode()).decode()},
    )
    return Objects(secrets={("default", "regcred"): found})


def test_a_docker_config_gives_one_credential_an_address() -> None:
    packed = base64.b64encode(b"bob:a:b").decode()
    config = {
        "auths": {
            "registry.example:5000": {"username": "amy", "password": "pw"},
            "https://index.docker.io/v1/": {"auth": packed},
        }
    }

    assert pull_credentials(POD, secret("dockerconfigjson", json.dumps(config))) == (
        RegistryAuth(username="amy", password="pw", server_address="registry.example:5000"),
        RegistryAuth(username="bob", password="a:b", server_address="https://index.docker.io/v1/"),
    )


def test_the_older_form_is_read_too() -> None:
    config = {"registry.example": {"username": "amy", "password": "pw"}}

    (found,) = pull_credentials(POD, secret("dockercfg", json.dumps(config)))

    assert (found.username, found.server_address) == ("amy", "registry.example")


@pytest.mark.parametrize("objects", [Objects(), secret("dockerconfigjson", "{"), secret("tls", "")])
def test_what_gives_no_credential_is_told_and_left_out(
    objects: Objects, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert pull_credentials(POD, objects) == ()

    assert "regcred" in caplog.text
