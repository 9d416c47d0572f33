"""Where pods and containers live."""

from __future__ import annotations

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import paths
from runtimes.core.cgroup.layout import Layout, Version


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("kubepods.slice", "/kubepods.slice"),
        (
            "kubepods-besteffort-pod1_2.slice",
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice",
        ),
        ("-.slice", "/"),
    ],
)
def test_slices_nest_by_their_dashes(name: str, path: str) -> None:
    assert paths.expand_slice(name) == path


@pytest.mark.parametrize("name", ["a--b.slice", ".slice", "-a.slice", "a", "a/b.slice"])
def test_what_systemd_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="slice"):
        paths.expand_slice(name)


@pytest.mark.parametrize(
    ("parent", "path"),
    [
        ("/kubepods/burstable/pod7", "/kubepods/burstable/pod7"),
        ("/kubepods//pod7/", "/kubepods/pod7"),
        ("kubepods-pod7.slice", "/kubepods.slice/kubepods-pod7.slice"),
        ("/kubepods.slice/kubepods-pod7.slice", "/kubepods.slice/kubepods-pod7.slice"),
        ("", "/runtimes/podabc"),
    ],
)
def test_a_pod_lives_where_kubelet_said_or_below_ours(parent: str, path: str) -> None:
    assert paths.pod_path(parent, "abc") == path


@pytest.mark.parametrize("parent", ["kubepods/pod7", "/kubepods/../../etc"])
def test_relative_parents_and_escapes_are_refused(parent: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="cgroup_parent"):
        paths.pod_path(parent, "abc")


def test_only_pods_below_ours_are_ours_to_remove() -> None:
    assert paths.is_ours(paths.pod_path("", "abc"))
    assert paths.is_ours(paths.pod_path("", "abc", "/me"), "/me")
    assert not paths.is_ours("/kubepods/podabc")
    assert not paths.is_ours("/runtimesque")


def test_a_container_lives_below_its_pod() -> None:
    assert paths.container_path("/runtimes/podabc", "c1") == "/runtimes/podabc/c1"


@pytest.mark.parametrize(
    ("version", "uid", "base"),
    [
        (Version.V2, 0, "/"),
        (Version.V2, 1000, "/user.slice/me"),
        (Version.V1, 1000, "/"),
        (Version.HYBRID, 0, "/"),
    ],
)
def test_only_an_ordinary_user_on_v2_stays_in_its_own_cgroup(
    version: Version, uid: int, base: str
) -> None:
    layout = Layout(version, {}, None, frozenset(), {"": "/user.slice/me", "memory": "/jobs"})

    assert paths.base(layout, uid) == base
