from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors, image_ref
from runtimes.core.image_ref import ImageRef

_SHA = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("grafana/loki", "docker.io/grafana/loki:latest"),
        ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"),
        ("Registry/app", "Registry/app:latest"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
        (f"busybox@{_SHA}", f"docker.io/library/busybox@{_SHA}"),
        (f"quay.io/a/b/c:1@{_SHA}", f"quay.io/a/b/c:1@{_SHA}"),
        ("a__b/c-d.e", "docker.io/a__b/c-d.e:latest"),
    ],
)
def test_names_are_normalised_as_docker_does(text: str, full: str) -> None:
    assert image_ref.normalise(text) == full


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no repository"),
        ("ab" * 32, "id"),
        ("Busybox", "lower-case"),
        ("a/Busy", "lower-case"),
        ("busybox:", "tag"),
        ("busybox:-1", "tag"),
        ("busybox:" + "t" * 129, "tag"),
        ("busybox@", "digest"),
        ("busybox@sha256:abc", "digest"),
        ("busybox@sha256:" + "AB" * 32, "digest"),
        ("a_/b", "repository"),
        ("a//b", "repository"),
        ("-x.io/b", "registry"),
        ("http://x.io/b", "registry"),
        ("x.io/" + "a" * 260, "255"),
        ("busy box", "repository"),
    ],
)
def test_broken_references_are_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=why):
        image_ref.parse(text)


def test_kubelet_adds_latest_without_normalising() -> None:
    assert image_ref.with_default_tag("busybox") == "busybox:latest"
    assert image_ref.with_default_tag("localhost:5000/app") == "localhost:5000/app:latest"
    assert image_ref.with_default_tag("busybox:1") == "busybox:1"
    assert image_ref.with_default_tag(f"busybox@{_SHA}") == f"busybox@{_SHA}"


def test_familiar_leaves_out_docker_hub() -> None:
    assert image_ref.parse("docker.io/library/busybox:1").familiar == "busybox:1"
    assert image_ref.parse("grafana/loki").familiar == "grafana/loki"
    assert image_ref.parse("quay.io/library/x").familiar == "quay.io/library/x"
    assert image_ref.parse("docker.io/localhost/x").familiar == "docker.io/localhost/x"


def test_target_prefers_the_digest() -> None:
    assert image_ref.parse(f"a/b:1@{_SHA}").target == _SHA
    assert image_ref.parse("a/b:1").target == "1"
    assert image_ref.parse("a/b").target == "latest"


@given(
    st.sampled_from(["docker.io", "localhost", "localhost:5000", "quay.io", "[::1]:80"]),
    st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){1,2}", fullmatch=True),
    st.from_regex(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?", fullmatch=True),
    st.sampled_from(["", _SHA]),
)
def test_references_survive_a_round_trip(
    registry: str, repository: str, tag: str, digest: str
) -> None:
    reference = ImageRef(registry, repository, tag, digest)

    assert image_ref.parse(str(reference)) == reference
    assert image_ref.parse(reference.familiar) == reference
