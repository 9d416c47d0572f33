"""What hostile layers can't do."""

from __future__ import annotations

import os
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.tests.image.tarballs import Member, folder, hard_link, symlink
from runtimes.oci.tests.image.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.needs_root, pytest.mark.usefixtures("resolution")]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the host that no layer may touch."""
    path = tmp_path / "outside"
    path.mkdir(mode=0o700)
    (path / "secret").write_text("secret")
    return path


def untouched(outside: Path) -> bool:
    status = outside.stat()
    return (
        [path.name for path in outside.iterdir()] == ["secret"]
        and (outside / "secret").read_text() == "secret"
        and (outside / "secret").stat().st_nlink == 1
        and stat.S_IMODE(status.st_mode) == 0o700
        and os.listxattr(outside) == []
    )


HOSTILE_NAMES = ["../escaped", "a/../../escaped", "..", "/../escaped", "a/.."]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_go_up_are_refused(tree: Path, name: str) -> None:
    with pytest.raises(BadLayer, match=r"'\.\.'"):
        unpack(tree, Member(name, b"evil"))

    assert not (tree.parent / "escaped").exists()


def test_absolute_names_stay_inside(tree: Path, outside: Path) -> None:
    unpack(tree, Member(f"{outside}/secret", b"evil"))

    assert untouched(outside)
    assert tree.joinpath(*outside.parts[1:], "secret").read_bytes() == b"evil"


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize(
    "then",
    [
        Member("door/new", b"evil"),
        Member("door/secret", b"evil"),
        folder("door/new", mode=0o777),
        symlink("door/new", "/etc"),
        Member("door/pipe", type=tarfile.FIFOTYPE),
        Member("door/.wh.secret"),
        Member("door/.wh..wh..opq"),
        folder("door", mode=0o777),
        folder("door/", mode=0o777, uid=1000),
        Member("door", b"evil"),
    ],
    ids=lambda member: f"{member.name} {member.type!r}",
)
def test_links_to_the_host_lead_nowhere(tree: Path, outside: Path, up: bool, then: Member) -> None:
    target = f"{'../' * 20}{outside}" if up else str(outside)

    unpack(tree, symlink("door", target), then)

    assert untouched(outside)


def test_chains_of_links_to_the_host_lead_nowhere(tree: Path, outside: Path) -> None:
    unpack(
        tree,
        symlink("a", "/"), symlink("b", "a/.."), symlink("c", f"b{outside}"),
        Member("c/secret", b"evil"),
    )  # fmt: skip

    assert untouched(outside)


@pytest.mark.parametrize("target", ["door/secret", "../outside/secret", "../../../outside/secret"])
def test_hard_links_never_reach_the_host(tree: Path, outside: Path, target: str) -> None:
    with pytest.raises(BadLayer):
        unpack(tree, symlink("door", str(outside)), hard_link("stolen", target))

    assert untouched(outside)


def test_writing_through_a_linked_link_replaces_it(tree: Path, outside: Path) -> None:
    unpack(
        tree,
        symlink("link", str(outside / "secret")),
        hard_link("twin", "link"),
        Member("twin", b"evil"),
    )

    assert untouched(outside)
    assert (tree / "twin").read_bytes() == b"evil"


def test_lower_layers_lend_no_door_to_the_host(tree: Path, tmp_path: Path, outside: Path) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    unpack(lower, symlink("door", str(outside)), symlink("door2", str(outside / "secret")))

    with pytest.raises(BadLayer):
        unpack(tree, Member("x"), hard_link("stolen", "door/secret"), below=(lower,))
    unpack(tree, Member("door/new", b"mine"), below=(lower,))

    assert untouched(outside)
    assert (tree / "door").is_dir()
    assert stat.S_IMODE((tree / "door").stat().st_mode) == 0o755


def test_links_of_proc_lead_nowhere(tree: Path, outside: Path) -> None:
    unpack(
        tree,
        symlink("root", "/proc/self/root"),
        Member(f"root{outside}/secret", b"evil"),
    )

    assert untouched(outside)


@pytest.mark.parametrize(
    "name",
    ["trusted.overlay.redirect", "trusted.overlay.metacopy", "trusted.overlay.opaque",
     "user.overlay.redirect", "trusted.other", "security.ima"],
)  # fmt: skip
def test_attributes_that_rule_the_host_or_overlayfs_are_left_out(tree: Path, name: str) -> None:
    unpack(tree, Member("f", pax={f"SCHILY.xattr.{name}": "y", "SCHILY.xattr.user.ok": "1"}))

    assert os.listxattr(tree / "f") == ["user.ok"]


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "a/.wh."])
def test_whiteouts_of_no_name_are_refused(tree: Path, name: str) -> None:
    with pytest.raises(BadLayer, match="hides no name"):
        unpack(tree, Member(name))


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([Member("/".join(["d"] * 5000))], id="long path"),
        pytest.param([Member("x" * 300)], id="long name"),
        pytest.param([Member("/".join(["d"] * 900))], id="deep"),
        pytest.param([Member("f"), Member("f/inside")], id="file as a folder"),
        pytest.param([symlink("l", "l"), Member("l/inside")], id="loop"),
        pytest.param([symlink("a", "b/x"), symlink("b", "a/x"), Member("a/f")], id="long loop"),
        pytest.param([symlink("l", "")], id="link to nothing"),
        pytest.param([folder("d"), hard_link("h", "d")], id="hard link to a folder"),
        pytest.param([hard_link("h", "/")], id="hard link to the root"),
        pytest.param([Member("d/t"), hard_link("d", "d/t")], id="link to what it replaces"),
        pytest.param([Member("f", uid=(1 << 32) - 1)], id="uid -1"),
        pytest.param([Member("f", uid=1 << 40)], id="uid too large"),
        pytest.param([Member("./", type=tarfile.SYMTYPE, link="/etc")], id="root is a link"),
    ],
)
def test_absurd_layers_are_refused(tree: Path, members: list[Member]) -> None:
    with pytest.raises(BadLayer):
        unpack(tree, *members)
