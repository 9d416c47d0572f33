"""Root of a user namespace isn't root of the host: other attributes, fewer ids."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_root

_SCRIPT = """
import json, sys
from pathlib import Path
from runtimes.core import errors
from runtimes.oci import snapshot
from runtimes.oci.image.store import ImageStore
from runtimes.oci.tests.image.tarballs import Member, add, folder, make_image, tar

root = Path(sys.argv[1])
store = ImageStore(root / "images")
below = tar(folder("d"), Member("d/old"), Member("gone"))
above = tar(Member("d/.wh..wh..opq"), Member("d/new"), Member(".wh.gone"),
            Member("null", type=b"3", device=(1, 3)))
add(store, make_image(below, above), "docker.io/library/a:1")
container = root / "container"
container.mkdir()
made = snapshot.prepare(store.resolve("a:1").layers, container)
seen = sorted(str(path.relative_to(made.rootfs)) for path in made.rootfs.rglob("*"))
snapshot.remove(container)
try:
    add(store, make_image(tar(Member("f", uid=5))), "docker.io/library/b:1")
    refusal = ""
except errors.PermissionDenied as error:
    refusal = str(error)
print(json.dumps([made.driver, seen, refusal]))
"""


def test_images_are_unpacked_and_mounted_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    output = subprocess.check_output(
        ["unshare", "-Urm", sys.executable, "-c", _SCRIPT, tmp_path], cwd=Path(__file__).parent
    )

    driver, seen, refusal = json.loads(output)
    assert driver == "overlay"
    assert seen == ["d", "d/new"]
    assert "'f': it belongs to 5:0" in refusal
