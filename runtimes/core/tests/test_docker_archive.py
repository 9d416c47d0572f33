"""What an archive of `docker save` says, and which files are none."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.docker.archive import SavedImage, read_archive

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "ab" * 32


def write(path: Path, **files: object) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            data = json.dumps(content).encode()
            entry = tarfile.TarInfo(name.replace("_", "."))
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("config", [f"{DIGEST}.json", f"blobs/sha256/{DIGEST}"])
def test_an_image_has_its_configs_digest_for_an_id(tmp_path: Path, config: str) -> None:
    manifest = [{"Config": config, "RepoTags": ["app:1"], "Layers": []}]

    found = read_archive(write(tmp_path / "a.tar.gz", manifest_json=manifest))

    assert found == [SavedImage(f"sha256:{DIGEST}", ("docker.io/library/app:1",))]


def test_an_image_may_have_no_name(tmp_path: Path) -> None:
    manifest = [{"Config": f"{DIGEST}.json", "RepoTags": None}]

    found = read_archive(write(tmp_path / "a.tar.gz", manifest_json=manifest))

    assert found == [SavedImage(f"sha256:{DIGEST}", ())]


def test_any_other_tar_is_a_root_file_system(tmp_path: Path) -> None:
    assert read_archive(write(tmp_path / "root.tar.gz", motd="hello")) is None


@pytest.mark.parametrize("manifest", [7, [7], [{}], [{"Config": "a.json", "RepoTags": "app:1"}]])
def test_another_kind_of_manifest_is_an_invalid_argument(tmp_path: Path, manifest: object) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"manifest\.json"):
        read_archive(write(tmp_path / "a.tar.gz", manifest_json=manifest))


def test_a_plain_oci_layout_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "layout.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("oci-layout"))

    with pytest.raises(errors.InvalidArgument, match="OCI layout"):
        read_archive(path)
