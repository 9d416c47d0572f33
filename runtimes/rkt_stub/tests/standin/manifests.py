"""Pod manifests: checked ones from a file, and entries made of an image and its flags."""

from __future__ import annotations

from runtimes.rkt_stub.tests.standin import images
from runtimes.rkt_stub.tests.standin.places import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.flags import Flags
    from runtimes.rkt_stub.tests.standin.places import Json

AC_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def check(manifest: Json) -> Json:
    """Refuse what appc's schema refuses."""
    if manifest.get("acKind") != "PodManifest" or not manifest.get("acVersion"):
        raise Failed("error loading pod manifest: invalid acKind or acVersion")
    names = [one["name"] for one in manifest["apps"]]
    if len(set(names)) != len(names):
        raise Failed("error loading pod manifest: duplicate app names")
    for entry in manifest["apps"]:
        check_name(entry["name"])
        app = entry.get("app")
        if app is not None and not (app.get("user") and app.get("group")):
            raise Failed("error loading pod manifest: user and group are required")
    for volume in manifest.get("volumes", ()):
        check_name(volume["name"])
        if volume["kind"] == "host" and not volume["source"].startswith("/"):
            raise Failed("error loading pod manifest: source must be absolute")
    return manifest


def check_name(name: str) -> None:
    if not all(part and AC_LETTERS.issuperset(part) for part in name.split("-")):
        raise Failed(f"invalid ACName {name!r}")


def with_images(root: str, manifest: Json) -> Json:
    """Resolve the ids, and take the image's app where the manifest has none."""
    for entry in manifest["apps"]:
        image_id = images.resolve(root, entry["image"]["id"])
        if image_id is None:
            raise Failed(f"no image {entry['image']['id']!r} in the store")
        entry["image"]["id"] = image_id
        entry.setdefault("app", images.manifest(root, image_id).get("app"))
    return manifest


def entry_of(root: str, image_id: str, flags: Flags) -> Json:
    """An app of an image, changed by the flags of the command line."""
    manifest = images.manifest(root, image_id)
    app = dict(manifest["app"])
    name = flags.get("name") or manifest["name"].rpartition("/")[2]
    check_name(name)
    if flags.get("exec"):
        app["exec"] = [flags.get("exec")]
    app["exec"] = [*app["exec"], *flags.rest]
    app["user"] = flags.get("user", app["user"])
    app["group"] = flags.get("group", app["group"])
    app["workingDirectory"] = flags.get("working-dir", app.get("workingDirectory", "/"))
    gids = [gid for gid in flags.get("supplementary-gids").split(",") if gid]
    app["supplementaryGIDs"] = [int(gid) for gid in gids]
    environment = {one["name"]: one["value"] for one in app.get("environment", ())}
    environment |= flags.pairs("environment")
    app["environment"] = [{"name": key, "value": value} for key, value in environment.items()]
    app["isolators"] = _isolators(flags)
    app["userAnnotations"] = flags.pairs("user-annotation")
    app["userLabels"] = flags.pairs("user-label")
    return {
        "name": name,
        "image": {"id": image_id},
        "readOnlyRootFS": flags.on("readonly-rootfs"),
        "app": app,
        "mounts": [_mount(value) for value in flags.all("mnt-volume")],
        "annotations": [*notes(flags), *_streams(flags)],
    }


def notes(flags: Flags) -> list[Json]:
    pairs = flags.pairs("annotation").items()
    return [{"name": key, "value": value} for key, value in pairs]


def _streams(flags: Flags) -> list[Json]:
    return [
        {"name": f"coreos.com/rkt/stage2/{stream}", "value": flags.get(stream)}
        for stream in ("stdin", "stdout", "stderr")
        if flags.get(stream)
    ]


def _isolators(flags: Flags) -> list[Json]:
    found: list[Json] = []
    for flag, kind in (("caps-retain", "retain"), ("caps-remove", "remove")):
        if flags.all(flag):
            names = flags.get(flag).split(",")
            name = f"os/linux/capabilities-{kind}-set"
            found.append({"name": name, "value": {"set": names}})
    if flags.get("memory"):
        found.append({"name": "resource/memory", "value": {"limit": flags.get("memory")}})
    return found


def _mount(value: str) -> Json:
    words = dict(word.split("=", 1) for word in value.split(","))
    return {
        "volume": words["name"],
        "path": words["target"],
        "appVolume": {
            "name": words["name"],
            "kind": words["kind"],
            "source": words.get("source", ""),
            "readOnly": words.get("readOnly") == "true",
        },
    }
