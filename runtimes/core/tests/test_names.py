from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors, names

_DNS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
_HEX = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


def test_sandbox_name_is_spelt_as_dockershim_does() -> None:
    assert names.sandbox_name("web", "default", "u1", 3) == "k8s_POD_web_default_u1_3"


def test_parse_drops_dockers_slash_and_keeps_the_conflict_suffix() -> None:
    name = names.parse("/k8s_app_web_default_u1_0_deadbeef")

    assert (name.container, name.attempt, name.suffix) == ("app", 0, "deadbeef")
    assert not name.is_sandbox
    assert str(name) == "k8s_app_web_default_u1_0_deadbeef"


def test_parse_refuses_a_name_from_before_the_cri() -> None:
    with pytest.raises(errors.InvalidArgument, match="legacy"):
        names.parse("k8s_app.33dc92f6_web_default_u1_4a1d0157")


def test_parse_refuses_a_legacy_name_whose_random_part_is_all_digits() -> None:
    with pytest.raises(errors.InvalidArgument):
        names.parse("k8s_app.33dc92f6_web_default_u1_41010157")


def test_legacy_name_gives_hash_and_stable_name() -> None:
    name = names.parse_legacy("k8s_app.33dc92f6_web_default_u1_4a1d0157")

    assert (name.container, name.hash, name.pod, name.uid) == ("app", 0x33DC92F6, "web", "u1")
    assert name.stable == "k8s_app.33dc92f6_web_default_u1"


@pytest.mark.parametrize(
    "name", ["", "web", "k8s_a_b_c_d", "x_app_web_default_u1_0", "k8s_a_b_c_d_4294967296"]
)
def test_parse_refuses_other_names(name: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        names.parse(name)


def test_parse_legacy_refuses_a_hash_that_is_not_hexadecimal() -> None:
    with pytest.raises(errors.InvalidArgument, match="hash"):
        names.parse_legacy("k8s_app.zz_web_default_u1_4a1d0157")


@given(_DNS, _DNS, _DNS, _DNS, st.integers(0, 2**32 - 1))
def test_names_survive_a_round_trip(  # noqa: PLR0917 - one argument per part of a name
    container: str, pod: str, namespace: str, uid: str, attempt: int
) -> None:
    name = names.ContainerName(
        container=container, pod=pod, namespace=namespace, uid=uid, attempt=attempt
    )

    assert names.parse(str(name)) == name


@given(_DNS, _DNS, _DNS, _DNS, st.integers(1, 2**32 - 1), _HEX)
def test_legacy_names_survive_a_round_trip(  # noqa: PLR0917 - one argument per part of a name
    container: str, pod: str, namespace: str, uid: str, spec_hash: int, random: str
) -> None:
    name = names.LegacyName(
        container=container, pod=pod, namespace=namespace, uid=uid, hash=spec_hash, random=random
    )

    assert names.parse_legacy(str(name)) == name


def test_log_paths_are_kubelets() -> None:
    directory = names.pod_log_directory("default", "web", "u1")

    assert directory / names.container_log("app", 0) == Path(
        "/var/log/pods/default_web_u1/app/0.log"
    )
    assert names.parse_pod_log_directory(directory) == ("default", "web", "u1")


def test_a_foreign_log_directory_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="lost"):
        names.parse_pod_log_directory(Path("/var/log/pods/lost+found"))


def test_legacy_link_is_cut_to_a_file_names_length() -> None:
    link = names.legacy_log_link("p" * 200, "default", "app", "i" * 64)

    assert len(link.name) == 255
    assert link.name.endswith(".log")
    assert names.legacy_log_link("web", "default", "app", "ab").name == "web_default_app-ab.log"
