"""The image store: one folder per image, ``<dir>/cas/<id>/{manifest,rootfs,info}``."""

from __future__ import annotations

import os
import time

from runtimes.rkt_stub.tests.standin import text
from runtimes.rkt_stub.tests.standin.places import Failed, read_json, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from runtimes.rkt_stub.tests.standin.places import Json


def store(root: str) -> str:
    return f"{root}/cas"


def infos(root: str) -> list[Json]:
    """What `image list` tells, the oldest first."""
    try:
        names = [name for name in os.listdir(store(root)) if name.startswith("sha512-")]
    except FileNotFoundError:
        return []
    found = [read_json(f"{store(root)}/{name}/info") for name in names]
    return sorted((one for one in found if one), key=lambda one: one["import_time"])


def manifest(root: str, image_id: str) -> Json:
    found = read_json(f"{store(root)}/{image_id}/manifest")
    if not found:
        raise Failed(f"no such image: {image_id}")
    assert isinstance(found, dict)
    return found


def resolve(root: str, name: str) -> str | None:
    """The id of the image in the store that a name or a prefix of its id means."""
    wanted = local_name(name)
    found = [
        one["id"]
        for one in infos(root)
        if one["name"] == wanted or (name.startswith("sha512-") and one["id"].startswith(name))
    ]
    return found[-1] if found else None


def local_name(reference: str) -> str:
    """What an image of a registry is called in the store."""
    name = reference.removeprefix("docker://")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, "latest"
    return f"{repository.replace(':', '_')}:{tag}"


def add(root: str, found: Json, fill: Callable[[str], str]) -> str:
    """Keep an image, whose rootfs `fill` makes in a folder; it gives what its id hangs on."""
    import hashlib
    import json
    import shutil

    folder = f"{store(root)}/.new-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/rootfs")
    content = fill(f"{folder}/rootfs")
    seed = json.dumps(found, sort_keys=True) + content
    image_id = f"sha512-{hashlib.sha512(seed.encode()).hexdigest()[:64]}"
    now = time.time_ns()
    labels = {one["name"]: one["value"] for one in found.get("labels", ())}
    info = {
        "id": image_id,
        "name": f"{found['name']}:{labels.get('version', 'latest')}",
        "import_time": now,
        "last_used_time": now,
        "size": _size(f"{folder}/rootfs"),
    }
    write(f"{folder}/manifest", text.dumps(found))
    write(f"{folder}/info", text.dumps(info))
    target = f"{store(root)}/{image_id}"
    if os.path.exists(target):
        shutil.rmtree(folder)
        write(f"{target}/info", text.dumps(info))
    else:
        os.rename(folder, target)
    return image_id


def _size(folder: str) -> int:
    total = 0
    for where, _, files in os.walk(folder):
        total += sum(os.lstat(os.path.join(where, name)).st_size for name in files)
    return total


def add_aci(root: str, path: str) -> str:
    """Import a file: a tar with ``manifest`` and ``rootfs/``."""
    import json
    import tarfile

    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile("manifest")
            assert member is not None
            found: Any = json.load(member)

            def fill(folder: str) -> str:
                inside = [one for one in archive.getmembers() if one.name.startswith("rootfs/")]
                archive.extractall(os.path.dirname(folder), inside)
                return str(sorted((one.name, one.size, one.mtime) for one in inside))

            return add(root, found, fill)
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise Failed(f"error opening image file: {error}") from error


def export(root: str, image_id: str, target: str) -> None:
    import tarfile

    with tarfile.open(target, "w") as archive:
        archive.add(f"{store(root)}/{image_id}/manifest", "manifest")
        archive.add(f"{store(root)}/{image_id}/rootfs", "rootfs")


def remove(root: str, image_id: str) -> None:
    """Pods keep what they have: their trees are rendered apart."""
    folder = f"{store(root)}/{image_id}"
    os.rename(f"{folder}/info", f"{folder}/removed")
    os.rename(folder, f"{store(root)}/.removed-{time.time_ns()}")
