"""Who a container's first process is: ids from the security context, the image and its files.

Source: CRI LinuxContainerSecurityContext (run_as_user and following fields); passwd(5), group(5);
containerd's pkg/oci WithUser and WithAdditionalGIDs for what the CRI leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.oci.spec.request import RootfsReader, SpecRequest

LARGEST_ID = 2**32 - 2
"""(uid_t) -1 means "leave as it is" to the kernel."""


class Passwd(NamedTuple):
    name: str
    uid: int
    gid: int
    home: str


class Group(NamedTuple):
    name: str
    gid: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a process runs as.

    Attributes:
        groups: all groups it is in, its own gid first.
        home: from /etc/passwd; ``/`` for a user that isn't there.
    """

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def resolve(request: SpecRequest) -> Identity:
    """Find the identity that a container asks for.

    The security context's user wins over the image's ``USER``. A user given by number needn't be
    in /etc/passwd; one given by name must be.

    Raises:
        InvalidArgument: an unknown or impossible user or group; run_as_group without a user.
    """
    security = request.security
    user, group = _asked(security, request.image.get("User", ""))
    files = _Files(request.read)
    entry = _entry(files, user)
    gid = _group_id(files, group) if group else entry.gid
    return Identity(entry.uid, gid, _groups(security, files, entry, gid), entry.home or "/")


def _asked(security: cri.LinuxContainerSecurityContext, image_user: str) -> tuple[str, str]:
    """The user and the group, each by name or number; an empty group is the user's own."""
    user = security.run_as_username
    if security.HasField("run_as_user"):
        user = str(_valid_id(security.run_as_user.value, "run_as_user"))
    group = ""
    if security.HasField("run_as_group"):
        if not user:
            raise errors.InvalidArgument(
                "run_as_group is given without run_as_user or run_as_username; give the user too"
            )
        group = str(_valid_id(security.run_as_group.value, "run_as_group"))
    if user:
        return user, group
    user, _, group = image_user.partition(":")
    return user or "0", group


def _valid_id(value: int, field: str) -> int:
    if not 0 <= value <= LARGEST_ID:
        raise errors.InvalidArgument(f"{field} {value} is not between 0 and {LARGEST_ID}")
    return value


class _Files:
    """The image's /etc/passwd and /etc/group, read when first needed."""

    def __init__(self, read: RootfsReader) -> None:
        self._read = read

    def users(self) -> Iterator[Passwd]:
        return parse_passwd(self._read("/etc/passwd") or "")

    def groups(self) -> Iterator[Group]:
        return parse_group(self._read("/etc/group") or "")


def parse_passwd(text: str) -> Iterator[Passwd]:
    """Yield the well-formed lines of a passwd file; others are skipped, as libc skips them."""
    for fields in _rows(text, at_least=4):
        if fields[2].isdecimal() and fields[3].isdecimal():
            home = fields[5] if len(fields) > 5 else ""
            yield Passwd(fields[0], int(fields[2]), int(fields[3]), home)


def parse_group(text: str) -> Iterator[Group]:
    """Yield the well-formed lines of a group file."""
    for fields in _rows(text, at_least=3):
        if fields[2].isdecimal():
            members = fields[3].split(",") if len(fields) > 3 else []
            yield Group(fields[0], int(fields[2]), tuple(filter(None, members)))


def _rows(text: str, *, at_least: int) -> Iterator[list[str]]:
    rows = (line.strip().split(":") for line in text.splitlines())
    return (row for row in rows if len(row) >= at_least and not row[0].startswith("#"))


def _entry(files: _Files, user: str) -> Passwd:
    if user.isdecimal():
        uid = _valid_id(int(user), "user")
        found = (entry for entry in files.users() if entry.uid == uid)
        return next(found, Passwd("", uid, 0, ""))
    for entry in files.users():
        if entry.name == user:
            return entry._replace(uid=_valid_id(entry.uid, f"the uid of user {user!r}"))
    raise errors.InvalidArgument(
        f"user {user!r} is not in the image's /etc/passwd; give a number, or add it to the image"
    )


def _group_id(files: _Files, group: str) -> int:
    if group.isdecimal():
        return _valid_id(int(group), "group")
    for entry in files.groups():
        if entry.name == group:
            return _valid_id(entry.gid, f"the gid of group {group!r}")
    raise errors.InvalidArgument(
        f"group {group!r} is not in the image's /etc/group; give a number, or add it to the image"
    )


def _groups(
    security: cri.LinuxContainerSecurityContext, files: _Files, entry: Passwd, gid: int
) -> tuple[int, ...]:
    """The gid itself, the supplemental groups and, unless strict, those that the image gives.

    Source: CRI SupplementalGroupsPolicy.
    """
    asked = [_valid_id(group, "supplemental_groups") for group in security.supplemental_groups]
    if security.supplemental_groups_policy == cri.SupplementalGroupsPolicy.Strict:
        return _unique((gid, *asked))
    given = [group.gid for group in files.groups() if entry.name and entry.name in group.members]
    return _unique((gid, *given, *asked))


def _unique(ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(ids))
