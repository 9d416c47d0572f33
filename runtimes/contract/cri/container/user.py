"""Who the process is: user, groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.provide import bring
from runtimes.contract.testimage.busybox import PATH, REPOSITORY, busybox
from runtimes.contract.testimage.layout import ImageConfig
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.core.cri.v1 import api_pb2 as cri

IDENTITY = "id -u; id -g; id -G"


def identity(contract: Bench, config: cri.ContainerConfig) -> tuple[int, int, set[int]]:
    ended = contract.finish(config)
    uid, gid, groups = ended.log.splitlines()
    return int(uid), int(gid), {int(group) for group in groups.split()}


def test_the_user_is_root_by_default(contract: Bench) -> None:
    assert identity(contract, contract.script(IDENTITY))[:2] == (0, 0)


def test_run_as_user_takes_the_group_of_the_images_passwd(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_user.value = 1000

    assert identity(contract, config)[:2] == (1000, 1000)


def test_run_as_user_need_not_be_in_the_image(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_user.value = 4711

    assert identity(contract, config)[:2] == (4711, 0)


def test_run_as_group_wins(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_user.value = 1000
    config.linux.security_context.run_as_group.value = 2000

    assert identity(contract, config)[:2] == (1000, 2000)


def test_run_as_username_is_looked_up_in_the_image(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_username = "app"

    assert identity(contract, config)[:2] == (1000, 1000)


def test_run_as_a_username_that_the_image_lacks_is_refused(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_username = "nosuchuser"

    with pytest.raises(errors.InvalidArgument):
        contract.start(config)


def test_supplemental_groups_are_added(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_user.value = 1000
    config.linux.security_context.supplemental_groups.extend([3000, 4000])

    assert {3000, 4000} <= identity(contract, config)[2]


def test_groups_of_the_user_in_the_image_are_kept(contract: Bench) -> None:
    config = contract.script(IDENTITY)
    config.linux.security_context.run_as_user.value = 1000
    config.linux.security_context.supplemental_groups.append(3000)

    assert {3000, 50000} <= identity(contract, config)[2]


def test_the_images_user_counts_when_the_config_has_none(contract: Bench) -> None:
    settings = ImageConfig(cmd=("sh",), env=(PATH,), user="app")
    config = contract.script(IDENTITY)
    config.image.image = bring(contract.run, busybox(f"{REPOSITORY}/as-app:1", settings))

    assert identity(contract, config)[:2] == (1000, 1000)


def test_image_status_tells_the_images_user(contract: Bench) -> None:
    by_name = ImageConfig(cmd=("sh",), env=(PATH,), user="app")
    by_uid = ImageConfig(cmd=("sh",), env=(PATH,), user="1234")
    spec = contract.image
    spec.image = bring(contract.run, busybox(f"{REPOSITORY}/as-app:1", by_name))
    named = contract.service.image_status(spec).image
    spec.image = bring(contract.run, busybox(f"{REPOSITORY}/as-1234:1", by_uid))
    numbered = contract.service.image_status(spec).image

    assert named.username == "app"
    assert numbered.uid.value == 1234
