"""Images from files: what `docker load` and `docker import` do.

Source: Docker Engine API, ImageLoad, ImageCreate (fromSrc), ImageTag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.docker_legacy.call import Call, image_segment
from runtimes.docker_legacy.image.pull_messages import failure
from runtimes.docker_legacy.wire.json_lines import JsonLines

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.docker_legacy.engine import Engine


def load(engine: Engine, archive: Path) -> None:
    what = f"load images from '{archive}'"
    _send(engine, Call(what=what, method="POST", path="/images/load", upload=archive))


def import_root(engine: Engine, root: Path, name: str) -> None:
    reference = image_ref.parse(name).with_default_tag()
    call = Call(
        what=f"import '{root}' as '{name}'",
        method="POST",
        path="/images/create",
        params={"fromSrc": "-", "repo": reference.name, "tag": reference.tag},
        upload=root,
    )
    _send(engine, call)


def tag(engine: Engine, image: str, name: str) -> None:
    what = f"call image '{image}' '{name}'"
    reference = image_ref.parse(name).with_default_tag()
    call = Call(
        what=what,
        method="POST",
        path=f"/images/{image_segment(image, what)}/tag",
        params={"repo": reference.name, "tag": reference.tag},
        absent=errors.ImageNotFound,
    )
    engine.call(call)


def _send(engine: Engine, call: Call) -> None:
    lines = JsonLines()
    with engine.stream(call) as incoming:
        while data := incoming.read():
            for message in lines.feed(data):
                failed = failure(message)
                if failed is not None:
                    raise errors.InvalidArgument(f"{call.what}: the Engine says: {failed[0]}")
