"""Images under their registries' names, and the users that they know."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.rkt_stub.images.accounts import Accounts, User, accounts_of
from runtimes.rkt_stub.images.pull import credentials, pull
from runtimes.rkt_stub.images.store import StoredImage, find, stored
from runtimes.rkt_stub.program.rkt import Answer, Rkt

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.shapes import ImageManifest

ID = "sha512-" + "0" * 64
DIGEST = "sha256:" + "a" * 64


def manifest(name: str) -> ImageManifest:
    return {
        "name": "converted",
        "app": {"exec": ["/e", "c"], "user": "app", "group": "0"},
        "annotations": [
            {"name": "appc.io/docker/originalname", "value": name},
            {"name": "appc.io/docker/manifesthash", "value": DIGEST},
            {"name": "appc.io/docker/entrypoint", "value": '["/e"]'},
            {"name": "appc.io/docker/cmd", "value": '["c"]'},
        ],
    }


def image(name: str, image_id: str = ID) -> StoredImage:
    found = stored(image_id, 1, manifest(name))
    assert found is not None
    return found


def test_an_images_name_is_its_registrys_and_not_rkts() -> None:
    found = image("reg:5000/team/app:1")

    assert found.tags == ("reg:5000/team/app:1",)
    assert found.digests == (f"reg:5000/team/app@{DIGEST}",)
    assert (found.entrypoint, found.cmd, found.user) == (("/e",), ("c",), "app")


def test_an_image_of_no_registry_such_as_a_stage1_is_left_out() -> None:
    assert stored(ID, 1, {"name": "coreos.com/rkt/stage1-host"}) is None


@pytest.mark.parametrize(
    "reference",
    ["busybox", "busybox:latest", "docker.io/library/busybox", f"busybox@{DIGEST}", ID],
)
def test_an_image_is_found_by_each_of_its_names(reference: str) -> None:
    assert find([image("busybox")], reference) is not None


@pytest.mark.parametrize("reference", ["busybox:1", "other", "sha512-00", "", "Not A Name"])
def test_an_image_is_not_found_by_another_name(reference: str) -> None:
    assert find([image("busybox")], reference) is None


def test_of_two_images_with_one_name_the_newer_one_has_it() -> None:
    newer = image("app:1", "sha512-" + "1" * 64)

    assert find([image("app:1"), newer], "app:1") is newer


@dataclass(frozen=True, kw_only=True)
class Fetching(Rkt):
    """Fetches nothing, and keeps what it was asked for."""

    asked: list[str] = field(default_factory=list)

    def call(
        self, *words: str, timeout: float | None = None, interruptible: bool = False
    ) -> Answer:
        del timeout, interruptible
        self.asked.append(words[-1])
        return Answer(words, 0, b"sha512-1\n", b"")


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        ("busybox:1.36", "docker://docker.io/library/busybox:1.36"),
        ("reg:5000/app", "docker://reg:5000/app:latest"),
    ],
)
def test_an_image_is_fetched_by_its_full_name(reference: str, asked: str) -> None:
    rkt = Fetching()

    assert pull(rkt, reference) == "sha512-1"
    assert rkt.asked == [asked]


def test_credentials_are_for_the_registry_of_the_image() -> None:
    assert credentials("reg:5000/app", "me", "secret")["registries"] == ["reg:5000"]
    assert credentials("busybox", "me", "secret")["registries"] == ["registry-1.docker.io"]


ACCOUNTS = Accounts(
    passwd=(("root", "x", "0", "0"), ("app", "x", "1000", "1001")),
    group=(("wheel", "x", "10", "root,app"), ("other", "x", "11", "")),
)


@pytest.mark.parametrize(
    ("wanted", "user"),
    [
        ("app", User(1000, 1001, (10,))),
        ("1000", User(1000, 1001, (10,))),
        ("4711", User(4711, 0)),
    ],
)
def test_a_user_is_looked_up_in_its_image(wanted: str, user: User) -> None:
    assert ACCOUNTS.user(wanted) == user


def test_a_name_that_the_image_lacks_is_an_invalid_argument() -> None:
    with pytest.raises(errors.InvalidArgument, match="no such user"):
        ACCOUNTS.user("nobody")


def test_a_line_without_a_number_of_the_group_is_left_out() -> None:
    packed = io.BytesIO()
    text = b"x:x:5:\ny:x:6:7:::\n"
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("rootfs/etc/passwd")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    packed.seek(0)

    with tarfile.open(fileobj=packed) as archive:
        accounts = accounts_of(archive)

    assert accounts.user("y") == User(6, 7)
    with pytest.raises(errors.InvalidArgument):
        accounts.user("x")


def test_a_group_is_found_by_its_name_and_a_number_need_not_be_known() -> None:
    accounts = Accounts(group=(("staff", "x", "50", ""),))

    assert (accounts.gid("staff"), accounts.gid("7")) == (50, 7)
    with pytest.raises(errors.InvalidArgument, match="no such group"):
        accounts.gid("nobody")
