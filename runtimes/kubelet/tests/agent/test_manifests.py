"""Which files count, and what a bad one does to the others."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.kubelet.agent.manifests import ManifestFolder, is_manifest
from runtimes.kubelet.agent.unwritten import unwritten

if TYPE_CHECKING:
    from pathlib import Path

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec: {{containers: [{{name: app, image: busybox}}]}}
"""


def write(folder: Path, name: str, pod: str = "web") -> Path:
    path = folder / name
    path.write_text(POD.format(name=pod))
    return path


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "a.json", "a.b.yaml"])
def test_manifests_are_known_by_their_endings(name: str) -> None:
    assert is_manifest(name)


@pytest.mark.parametrize("name", [".a.yaml", "a.yaml~", "a.yaml.swp", "a.txt", "#a.yaml#", "yaml"])
def test_what_editors_leave_is_no_manifest(name: str) -> None:
    assert not is_manifest(name)


def test_pods_are_found_by_name_with_their_file(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    write(tmp_path, ".b.yaml", "hidden")
    (tmp_path / "deeper.yaml").mkdir()

    scan = ManifestFolder(tmp_path).scan()

    assert [(one.name, one.file) for one in scan.wanted] == [("Pod 'default/web'", "a.yaml")]
    assert list(scan.problems) == ["deeper.yaml"]


def test_a_bad_file_leaves_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    (tmp_path / "b.yaml").write_text("kind: [")

    scan = ManifestFolder(tmp_path).scan()

    assert [one.file for one in scan.wanted] == ["a.yaml"]
    assert "b.yaml:2:1" in scan.problems["b.yaml"]


def test_a_file_that_cannot_be_looked_at_is_bad_and_not_gone(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml")
    folder = ManifestFolder(tmp_path)
    folder.scan()
    path.unlink()
    path.symlink_to(path.name)

    scan = folder.scan()

    assert "a.yaml" in scan.files
    assert "symbolic links" in scan.problems["a.yaml"]


def test_only_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml")
    os.utime(path, (1, 1))
    folder = ManifestFolder(tmp_path)

    first, second = folder.scan(), folder.scan()
    path.write_text(POD.format(name="other"))
    third = folder.scan()

    assert first.wanted[0].object is second.wanted[0].object
    assert [one.object.metadata.name for one in third.wanted] == ["other"]


def test_what_two_files_have_is_a_mistake_of_the_second(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    (tmp_path / "b.yaml").write_text(f"{POD.format(name='other')}---\n{POD.format(name='web')}")

    scan = ManifestFolder(tmp_path).scan()

    assert [one.file for one in scan.wanted] == ["a.yaml"]
    assert scan.problems == {"b.yaml": "line 6: Pod 'default/web' is in a.yaml already, on line 1"}


def test_what_one_file_has_twice_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{POD.format(name='web')}---\n{POD.format(name='web')}")

    scan = ManifestFolder(tmp_path).scan()

    assert not scan.wanted
    assert (
        "a.yaml:6:1: Pod 'default/web' is given twice; first on line 1" in scan.problems["a.yaml"]
    )


def test_what_has_no_effect_is_a_warning(tmp_path: Path) -> None:
    pod = POD.format(name="web").replace(
        "containers:", "readinessGates: [{conditionType: x/y}], containers:"
    )
    (tmp_path / "a.yaml").write_text(pod)

    scan = ManifestFolder(tmp_path, validate="warn").scan()

    assert "spec.readinessGates" in scan.warnings["a.yaml"]
    assert len(scan.wanted) == 1
    assert "spec.readinessGates" in ManifestFolder(tmp_path).scan().problems["a.yaml"]


def test_a_folder_that_cannot_be_read_says_nothing_of_its_pods(tmp_path: Path) -> None:
    scan = ManifestFolder(tmp_path / "gone").scan()

    assert not scan.readable
    assert not scan.wanted


def test_a_file_that_is_being_written_is_read_when_it_is_closed(tmp_path: Path) -> None:
    folder = ManifestFolder(tmp_path)
    path = write(tmp_path, "a.yaml")
    with path.open("a") as half:
        half.write("---\n")
        half.flush()
        written = folder.scan()
        half.write(POD.format(name="second"))

    assert (written.wanted, written.problems) == ((), {"a.yaml": "somebody is writing it"})
    assert [one.object.metadata.name for one in folder.scan().wanted] == ["web", "second"]


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    folder = ManifestFolder(tmp_path)
    path = write(tmp_path, "a.yaml", "one")
    folder.scan()
    found = path.stat()

    write(tmp_path, "a.yaml", "two")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    assert [one.object.metadata.name for one in folder.scan().wanted] == ["two"]


def test_whoever_writes_a_file_that_is_read_waits_and_the_reader_lives_on(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml")
    waits = threading.Thread(target=path.write_text, args=("kind: [",))

    with unwritten(path) as whole:
        waits.start()
        waits.join(0.2)
        assert whole
        assert waits.is_alive()
        assert "Pod" in path.read_text()
    waits.join(30)

    assert path.read_text() == "kind: ["
