"""fetch and the image commands."""

from __future__ import annotations

import os
import sys

from runtimes.rkt_stub.tests.standin import images, text
from runtimes.rkt_stub.tests.standin.do_show import print_json
from runtimes.rkt_stub.tests.standin.places import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags


def fetch(root: str, flags: Flags) -> None:
    for name in flags.args:
        image_id = obtain(root, name, flags, flags.get("pull-policy", "update"))
        sys.stdout.write(f"{image_id if flags.on('full') else image_id[:39]}\n")


image_fetch = fetch


def obtain(root: str, name: str, flags: Flags, policy: str) -> str:
    """The id of an image that is in the store when this returns."""
    insecure = set(",".join(flags.all("insecure-options")).split(","))
    found = images.resolve(root, name)
    if found is not None and (policy != "update" or name.startswith("sha512-")):
        return found
    if policy == "never" or name.startswith("sha512-"):
        raise Failed(f"unable to fetch: no image found for {name!r} in the local store")
    if not insecure & {"image", "all-fetch", "all"}:
        raise Failed("error fetching image: signature verification is on, and there is none")
    if not name.startswith("docker://"):
        return images.add_aci(root, name.removeprefix("file://"))
    if not insecure & {"http", "all-fetch", "all"}:
        raise Failed(f"error fetching {name}: http: server gave HTTP response to HTTPS client")
    from runtimes.rkt_stub.tests.standin.docker import fetch as fetch_docker

    return fetch_docker(root, name, _credentials(flags.get("user-config")))


def _credentials(folder: str) -> dict[str, tuple[str, str]]:
    import json

    found = {}
    path = f"{folder}/auth.d"
    for name in os.listdir(path) if folder and os.path.isdir(path) else ():
        with open(f"{path}/{name}") as file:
            one = json.load(file)
        for registry in one["registries"]:
            found[registry] = (one["credentials"]["user"], one["credentials"]["password"])
    return found


def image_list(root: str, flags: Flags) -> None:
    found = images.infos(root)
    if flags.get("format"):
        print_json(found or None)
        return
    for one in found:
        sys.stdout.write(f"{one['id']}\t{one['name']}\t{one['size']}\n")


def image_cat_manifest(root: str, flags: Flags) -> None:
    image_id = images.resolve(root, flags.args[0])
    if image_id is None:
        raise Failed(f"cannot find image {flags.args[0]!r}")
    sys.stdout.write(text.dumps(images.manifest(root, image_id)) + "\n")


def image_rm(root: str, flags: Flags) -> None:
    found = [images.resolve(root, name) for name in flags.args]
    if not any(found):
        sys.stderr.write("rm: no image IDs found\n")
    for image_id in found:
        if image_id is not None:
            images.remove(root, image_id)
            sys.stdout.write(f'successfully removed aci for image: "{image_id}"\n')


def image_gc(root: str, flags: Flags) -> None:
    """Nothing is ever old enough here."""


def image_export(root: str, flags: Flags) -> None:
    image_id = images.resolve(root, flags.args[0])
    if image_id is None:
        raise Failed(f"cannot find image {flags.args[0]!r}")
    if os.path.exists(flags.args[1]) and not flags.on("overwrite"):
        raise Failed(f"output file {flags.args[1]} exists")
    images.export(root, image_id, flags.args[1])
