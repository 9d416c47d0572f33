"""Certificates: checked always, one's own CA by option."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.image.store import ImageStore
from runtimes.oci.tests.image.fake_registry import FakeRegistry
from runtimes.oci.tests.image.pulling import BASE, fetch, is_empty
from runtimes.oci.tests.image.tarballs import make_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl"),
]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`own.pem`: a key and a certificate for 127.0.0.1; `ca.pem`: the certificate alone."""
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "ca.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    whole = (folder / "key.pem").read_bytes() + (folder / "ca.pem").read_bytes()
    (folder / "own.pem").write_bytes(whole)
    return folder


@pytest.fixture
def secure(certificates: Path) -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    fake.start(certificates / "own.pem")
    yield fake
    fake.stop()


def test_a_registry_on_loopback_may_speak_tls(
    tmp_path: Path, secure: FakeRegistry, certificates: Path
) -> None:
    store = ImageStore(tmp_path / "images")
    image = make_image(BASE)

    assert fetch(store, secure.push("app", "1", image), ca_file=certificates / "ca.pem") == image.id


def test_an_unknown_ca_is_not_trusted(tmp_path: Path, secure: FakeRegistry) -> None:
    store = ImageStore(tmp_path / "images")

    with pytest.raises(
        errors.RegistryUnavailable, match=r"self.signed certificate; .*registry_ca_file"
    ):
        fetch(store, secure.push("app", "1", make_image(BASE)))

    assert secure.requests == []
    assert is_empty(store)


def test_a_certificate_for_another_name_is_not_trusted(
    tmp_path: Path, secure: FakeRegistry, certificates: Path
) -> None:
    store = ImageStore(tmp_path / "images")
    name = secure.push("app", "1", make_image(BASE)).replace("127.0.0.1", "localhost")

    with pytest.raises(errors.RegistryUnavailable, match=r"[Hh]ostname mismatch"):
        fetch(store, name, ca_file=certificates / "ca.pem")
