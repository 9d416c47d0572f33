"""Who a container runs as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.spec import user

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.spec.request import SpecRequest

    Make = Callable[..., SpecRequest]

STRICT = cri.SupplementalGroupsPolicy.Strict


def _id(value: int) -> cri.Int64Value:
    return cri.Int64Value(value=value)


def _config(**security: object) -> cri.ContainerConfig:
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    return cri.ContainerConfig(linux=cri.LinuxContainerConfig(security_context=context))


@pytest.mark.parametrize(
    ("image_user", "uid", "gid", "groups", "home"),
    [
        ("", 0, 0, (0,), "/root"),
        ("root", 0, 0, (0,), "/root"),
        ("web", 33, 44, (44, 55, 66), "/srv/web"),
        ("33", 33, 44, (44, 55, 66), "/srv/web"),
        ("1234", 1234, 0, (0,), "/"),
        ("web:logs", 33, 55, (55, 66), "/srv/web"),
        ("33:9", 33, 9, (9, 55, 66), "/srv/web"),
        ("1234:5678", 1234, 5678, (5678,), "/"),
        ("homeless", 70, 70, (70,), "/"),
    ],
)
def test_the_images_user_counts_when_the_config_names_none(
    make: Make, *, image_user: str, uid: int, gid: int, groups: tuple[int, ...], home: str
) -> None:
    found = user.resolve(make(_config(), image={"User": image_user}))

    assert found == user.Identity(uid, gid, groups, home)


@pytest.mark.parametrize(
    ("security", "uid", "gid"),
    [
        ({"run_as_user": _id(33)}, 33, 44),
        ({"run_as_user": _id(1234)}, 1234, 0),
        ({"run_as_user": _id(0)}, 0, 0),
        ({"run_as_user": _id(33), "run_as_group": _id(9)}, 33, 9),
        ({"run_as_user": _id(33), "run_as_group": _id(0)}, 33, 0),
        ({"run_as_username": "web"}, 33, 44),
        ({"run_as_username": "web", "run_as_group": _id(9)}, 33, 9),
        ({"run_as_username": "77"}, 77, 0),
        ({"run_as_user": _id(5), "run_as_username": "web"}, 5, 0),
    ],
)
def test_the_configs_user_wins_over_the_images(
    make: Make, security: dict[str, Any], uid: int, gid: int
) -> None:
    found = user.resolve(make(_config(**security), image={"User": "homeless:logs"}))

    assert (found.uid, found.gid) == (uid, gid)


@pytest.mark.parametrize(
    ("security", "image_user", "message"),
    [
        ({"run_as_group": _id(9)}, "web", "run_as_group is given without"),
        ({"run_as_user": _id(-1)}, "", "run_as_user -1"),
        ({"run_as_user": _id(2**32 - 1)}, "", "run_as_user 4294967295"),
        ({"run_as_user": _id(1), "run_as_group": _id(2**32)}, "", "run_as_group"),
        ({"supplemental_groups": [-5]}, "", "supplemental_groups -5"),
        ({"run_as_username": "nobody"}, "", "user 'nobody' is not in the image's /etc/passwd"),
        ({}, "nouid", "user 'nouid' is not in the image's"),
        ({}, "huge", "the uid of user 'huge'"),
        ({}, "web:nogroup", "group 'nogroup' is not in the image's /etc/group"),
        ({}, "web:huge", "the gid of group 'huge'"),
        ({}, "99999999999", "user 99999999999"),
    ],
)
def test_impossible_users_are_refused(
    make: Make, security: dict[str, Any], image_user: str, message: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        user.resolve(make(_config(**security), image={"User": image_user}))


def test_supplemental_groups_are_merged_with_the_images(make: Make) -> None:
    found = user.resolve(make(_config(run_as_username="web", supplemental_groups=[7, 55])))

    assert found.groups == (44, 55, 66, 7)


def test_strict_leaves_the_images_groups_out(make: Make) -> None:
    config = _config(
        run_as_username="web", supplemental_groups=[7], supplemental_groups_policy=STRICT
    )

    assert user.resolve(make(config)).groups == (44, 7)


def test_an_image_without_passwd_still_runs_by_number(make: Make) -> None:
    found = user.resolve(make(_config(run_as_user=_id(7)), read=lambda _path: None))

    assert found == user.Identity(7, 0, (0,), "/")
