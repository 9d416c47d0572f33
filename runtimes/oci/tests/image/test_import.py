"""Images from files: root file systems, layouts, what `docker save` writes, and what is none."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, progress
from runtimes.oci.image.archive.kind import Kind, kind_of
from runtimes.oci.image.import_ import import_image
from runtimes.oci.tests.image.pulling import is_empty
from runtimes.oci.tests.image.tarballs import (
    Image,
    Member,
    docker_save,
    folder,
    gzipped,
    make_image,
    make_index,
    oci_layout,
    pack,
    sha256,
    symlink,
    tar,
    zstd,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.oci.image.store import ImageStore

pytestmark = pytest.mark.needs_root

ROOTFS = tar(
    folder("./", mode=0o711),
    folder("./bin"),
    Member("./bin/sh", b"#!", mode=0o4755, uid=3),
    symlink("./bin/ls", "sh"),
)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.mark.parametrize("compress", [bytes, gzipped, zstd])
def test_a_root_file_system_becomes_an_image(
    store: ImageStore, tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    source = write(tmp_path / "rootfs", compress(ROOTFS))

    names = import_image(store, source, "busybox:1")

    assert names == ["docker.io/library/busybox:1"]
    stored = store.resolve("busybox:1")
    (tree,) = stored.layers
    assert stored.config["config"] == {}
    assert stored.config["os"] == "linux"
    assert stat.S_IMODE((tree / "bin/sh").stat().st_mode) == 0o4755
    assert (tree / "bin/sh").stat().st_uid == 3
    assert (tree / "bin/ls").readlink().as_posix() == "sh"
    assert stat.S_IMODE(tree.stat().st_mode) == 0o711


def test_a_tar_of_the_hosts_own_making_is_imported(store: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "fs/bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", tmp_path / "fs/bin/busybox")
    (tmp_path / "fs/bin/sh").symlink_to("busybox")
    os.link(tmp_path / "fs/bin/busybox", tmp_path / "fs/bin/hard")
    source = tmp_path / "busybox.tar"
    subprocess.run(["tar", "-C", tmp_path / "fs", "-cf", source, "."], check=True)

    import_image(store, source, "localhost/busybox:1")

    (tree,) = store.resolve("localhost/busybox:1").layers
    assert (tree / "bin/busybox").read_bytes() == (tmp_path / "fs/bin/busybox").read_bytes()
    assert (tree / "bin/busybox").stat().st_nlink == 2
    done = subprocess.run(
        ["chroot", tree, "/bin/sh", "-c", "echo alive"], capture_output=True, check=True
    )
    assert done.stdout == b"alive\n"


def test_importing_again_changes_nothing_but_names(store: ImageStore, tmp_path: Path) -> None:
    source = write(tmp_path / "rootfs.tar", ROOTFS)

    import_image(store, source, "a:1")
    import_image(store, source, "a:1")
    import_image(store, source, "b")

    assert len(store.records()) == 1
    assert store.resolve("a:1").tags == ("docker.io/library/a:1", "docker.io/library/b:latest")


@pytest.mark.parametrize("place", ["folder", "tar", "tar.gz", "tar with ./"])
def test_an_oci_layout_is_imported_from_anywhere(
    store: ImageStore, tmp_path: Path, image: Image, place: str
) -> None:
    files = oci_layout([(image, "docker.io/library/app:7")])
    if place == "folder":
        source = write_folder(tmp_path / "layout", files)
    elif place == "tar with ./":
        write_folder(tmp_path / "layout", files)
        source = tmp_path / "layout.tar"
        subprocess.run(["tar", "-C", tmp_path / "layout", "-cf", source, "."], check=True)
    else:
        source = write(tmp_path / "x", gzipped(pack(files)) if place == "tar.gz" else pack(files))

    assert import_image(store, source) == ["docker.io/library/app:7"]

    stored = store.resolve("app:7")
    assert stored.id == image.id
    assert stored.digests == (f"docker.io/library/app@{image.digest}",)
    assert stored.config["config"] == {"Env": ["A=1"], "User": "1000:50"}
    assert (stored.layers[1] / "app").read_bytes() == b"top"


@pytest.mark.parametrize("compress", [bytes, gzipped, zstd])
def test_several_images_of_docker_save_are_imported(
    store: ImageStore, tmp_path: Path, image: Image, compress: Callable[[bytes], bytes]
) -> None:
    other = make_image(*image.tars, tar(Member("more")))
    archive = docker_save([(image, ["app:1", "app:latest"]), (other, ["quay.io/x/other:2"])])
    source = write(tmp_path / "saved", compress(pack(archive)))

    names = import_image(store, source)

    assert names == [
        "docker.io/library/app:1", "docker.io/library/app:latest", "quay.io/x/other:2",
    ]  # fmt: skip
    assert store.resolve("app:1").id == image.id
    assert len(store.resolve("quay.io/x/other:2").layers) == 3
    assert len(list(store.layout.layers.iterdir())) == 3


def test_layers_that_docker_save_links_are_found(
    store: ImageStore, tmp_path: Path, image: Image
) -> None:
    files = docker_save([(image, ["app:1"])])
    first = f"{sha256(image.tars[0]).removeprefix('sha256:')}/layer.tar"
    data = files.pop(first)
    archive = tar(
        Member("shared/layer.tar", data),
        symlink(first, "../shared/layer.tar"),
        *(Member(name, content) for name, content in files.items()),
    )

    import_image(store, write(tmp_path / "saved", archive))

    assert len(store.resolve("app:1").layers) == 2


def test_a_nameless_image_is_known_by_its_id_or_takes_the_name_given(
    store: ImageStore, tmp_path: Path, image: Image
) -> None:
    source = write(tmp_path / "saved", pack(docker_save([(image, [])])))

    assert import_image(store, source) == [image.id]
    assert import_image(store, source, "app") == ["docker.io/library/app:latest"]


@pytest.mark.parametrize(
    ("ref_name", "given", "expected"),
    [
        ("1.36", "", "sha256"),
        ("1.36", "busybox", "docker.io/library/busybox:1.36"),
        ("1.36", "busybox:mine", "docker.io/library/busybox:mine"),
        ("busybox:1", "", "docker.io/library/busybox:1"),
        ("quay.io/a/b:2", "other", "docker.io/library/other:latest"),
        ("", "app", "docker.io/library/app:latest"),
    ],
)
def test_ref_names_of_layouts_are_tags_or_names(
    store: ImageStore, tmp_path: Path, image: Image, *, ref_name: str, given: str, expected: str
) -> None:
    source = write(tmp_path / "layout.tar", pack(oci_layout([(image, ref_name)])))

    (name,) = import_image(store, source, given)

    assert name.startswith(expected)


def test_one_name_cant_be_given_to_several_images(
    store: ImageStore, tmp_path: Path, image: Image
) -> None:
    two = [(image, ["a:1"]), (make_image(ROOTFS), ["b:1"])]
    source = write(tmp_path / "saved", pack(docker_save(two)))

    with pytest.raises(errors.InvalidArgument, match=r"2 images .*a:1.*leave the name out"):
        import_image(store, source, "c:1")
    assert is_empty(store)


def test_of_an_index_in_a_layout_the_image_for_this_machine_is_taken(
    store: ImageStore, tmp_path: Path, image: Image
) -> None:
    from runtimes.oci.registry.platform import host_platform

    other = make_image(ROOTFS, architecture="other")
    index = make_index(
        (other.manifest, {"os": "linux", "architecture": "sparc"}),
        (image.manifest, {"os": "linux", "architecture": host_platform().architecture}),
    )
    files = oci_layout([(image, ""), (other, "")])
    files[f"blobs/sha256/{sha256(index).removeprefix('sha256:')}"] = index
    entry = {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": sha256(index),
        "size": len(index),
        "annotations": {"io.containerd.image.name": "docker.io/library/app:1"},
    }
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()

    import_image(store, write(tmp_path / "layout.tar", pack(files)))

    assert store.resolve("app:1").id == image.id
    assert store.resolve("app:1").digests == (f"docker.io/library/app@{sha256(index)}",)


def test_a_root_file_system_may_have_a_manifest_of_its_own(
    store: ImageStore, tmp_path: Path
) -> None:
    app = tar(Member("manifest.json", b'{"name":"a web app"}'), Member("index.html", b"<html>"))

    import_image(store, write(tmp_path / "app.tar", app), "app:1")

    assert (store.resolve("app:1").layers[0] / "manifest.json").exists()


def test_a_pipe_is_imported(store: ImageStore, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzipped(ROOTFS),))
    writer.start()

    import_image(store, pipe, "app:1")

    writer.join()
    assert (store.resolve("app:1").layers[0] / "bin/sh").exists()


def test_progress_is_told(store: ImageStore, tmp_path: Path) -> None:
    seen: list[progress.Progress] = []

    with progress.listen(seen.append):
        import_image(store, write(tmp_path / "rootfs.tar", ROOTFS), "app:1")

    assert [step.phase for step in seen] == ["unpacking", "done"]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "empty"),
        (b"hello, world\n" * 100, "no archive that can be read"),
        (b"\x1f\x8bnonsense", "gzip"),
        (gzipped(ROOTFS)[:-20], "gzip data ends early|damaged"),
        (zstd(b"no tar" * 1000), "header"),
        (ROOTFS[:700], "cut off"),
        (tar(Member("../etc/passwd", b"evil")), r"'\.\.'"),
        (
            pack({"manifest.json": b'[{"Config":"a.json","Layers":["b.tar"]}]'}),
            "isn't in the archive",
        ),
        (pack({"manifest.json": b'[{"Config":"../../etc/passwd","Layers":[]}]'}), "leads out"),
        (pack({"oci-layout": b"{}", "index.json": b"{}"}), "schemaVersion"),
        (
            pack({"oci-layout": b"{}", "index.json": b'{"schemaVersion":2,"manifests":[]}'}),
            "no image",
        ),
    ],
)
def test_what_is_no_image_is_refused(
    store: ImageStore, tmp_path: Path, data: bytes, complaint: str
) -> None:
    source = write(tmp_path / "source", data)

    with pytest.raises(errors.InvalidArgument, match=complaint) as caught:
        import_image(store, source, "app:1")

    assert str(source) in str(caught.value)
    assert is_empty(store)
    assert list(store.layout.ingest.iterdir()) == []


def test_a_layer_with_another_digest_is_refused(
    store: ImageStore, tmp_path: Path, image: Image
) -> None:
    files = oci_layout([(image, "app:1")])
    path = f"blobs/sha256/{sha256(image.layers[0]).removeprefix('sha256:')}"
    files[path] = gzipped(ROOTFS)

    with pytest.raises(errors.InvalidArgument, match=r"instead of|announced"):
        import_image(store, write(tmp_path / "layout.tar", pack(files)))
    assert is_empty(store)


def test_a_root_file_system_needs_a_name(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgument, match="give it one"):
        import_image(store, write(tmp_path / "rootfs.tar", ROOTFS))


@pytest.mark.parametrize("name", ["A B", f"app@sha256:{'a' * 64}", "f" * 64])
def test_a_name_that_is_none_is_refused(store: ImageStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        import_image(store, write(tmp_path / "rootfs.tar", ROOTFS), name)


def test_a_file_that_isnt_there_is_refused(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgument, match="No such file"):
        import_image(store, tmp_path / "absent", "app:1")


def test_a_folder_that_is_no_layout_says_how_to_import_it(
    store: ImageStore, tmp_path: Path
) -> None:
    with pytest.raises(errors.InvalidArgument, match="tar -C FOLDER"):
        import_image(store, tmp_path, "app:1")


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["./", "./bin/", "manifest.json"], Kind.ROOTFS),
        (["manifest.json"], Kind.ARCHIVE),
        (["abc/layer.tar", "./manifest.json"], Kind.ARCHIVE),
        (["blobs/sha256/ab", "oci-layout"], Kind.ARCHIVE),
        (["app/manifest.json"], Kind.ROOTFS),
        ([], Kind.ROOTFS),
    ],
)
def test_names_tell_archives_from_root_file_systems(names: list[str], kind: Kind) -> None:
    assert kind_of(names) is kind


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="needs skopeo, as an oracle")
@pytest.mark.parametrize(
    "form", ["docker-archive:{}:app:3", "oci-archive:{}:app:3", "oci:{}:app:3"]
)
def test_what_skopeo_writes_is_imported(
    store: ImageStore, tmp_path: Path, image: Image, form: str
) -> None:
    layout = write_folder(tmp_path / "layout", oci_layout([(image, "app:3")]))
    target = tmp_path / "copy"
    subprocess.run(
        ["skopeo", "copy", "--insecure-policy", f"oci:{layout}:app:3", form.format(target)],
        check=True, capture_output=True,
    )  # fmt: skip

    assert import_image(store, target) == ["docker.io/library/app:3"]

    stored = store.resolve("app:3")
    assert stored.config["rootfs"]["diff_ids"] == [sha256(data) for data in image.tars]
    assert (stored.layers[1] / "app").read_bytes() == b"top"
