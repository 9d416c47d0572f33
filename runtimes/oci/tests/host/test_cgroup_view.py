"""crun sees a plain v1 host in the view, the host notices nothing, and volumes still propagate."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cgroup import layout as layouts
from runtimes.oci.host import cgroup_view as views
from runtimes.oci.host import facts, syscalls
from runtimes.oci.tests.spec_containers import Containers, shell

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_root = pytest.mark.needs_root
STAT = ("/usr/bin/stat", "-f", "-c", "%T")


@pytest.fixture
def cover(tmp_path: Path) -> Iterator[Path]:
    """A mount point that stands for the cgroup2 mount."""
    place = tmp_path / "unified"
    place.mkdir()
    syscalls.mount("none", place, "ramfs")
    yield place
    syscalls.umount(place, syscalls.DETACH)


def _kind_seen_by(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_without_a_cover_the_callers_own_thread_starts_the_program() -> None:
    view = views.CgroupView()

    assert view.run(threading.get_ident) == threading.get_ident()
    with view.prefix() as words:
        assert words == ()


@needs_root
def test_a_program_started_in_the_view_sees_a_tmpfs_there(cover: Path) -> None:
    seen = views.CgroupView(cover).run(lambda: _kind_seen_by(*STAT, str(cover)))

    assert seen == "tmpfs"


@needs_root
@pytest.mark.parametrize("nsenter", [None, "/usr/bin/nsenter"])
def test_words_put_before_an_argv_make_it_enter_the_view(cover: Path, nsenter: str | None) -> None:
    with views.CgroupView(cover).prefix() as words:
        namespace = Path(words[-1].removeprefix("--mount="))
        seen = _kind_seen_by(*views.entering(namespace, nsenter), *STAT, str(cover))

    assert seen == "tmpfs"


@needs_root
def test_the_host_keeps_its_mounts_and_its_own_namespace(cover: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    namespace = Path("/proc/self/ns/mnt").readlink()

    views.CgroupView(cover).run(lambda: None)
    with views.CgroupView(cover).prefix():
        pass

    assert Path("/proc/self/mountinfo").read_text() == before
    assert Path("/proc/thread-self/ns/mnt").readlink() == namespace


@needs_root
def test_no_descriptor_stays_open_after_the_prefix(cover: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())
    with views.CgroupView(cover).prefix():
        pass

    assert set(Path("/proc/self/fd").iterdir()) == before


@needs_root
def test_what_start_raises_and_the_callers_context_pass_through(cover: Path) -> None:
    word: ContextVar[str] = ContextVar("word")
    word.set("heard")

    def fail() -> None:
        raise LookupError(word.get())

    with pytest.raises(LookupError, match="heard"):
        views.CgroupView(cover).run(fail)


@needs_root
def test_a_mount_made_in_the_view_below_a_shared_one_reaches_the_host(
    cover: Path, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    (volume / "inner").mkdir(parents=True)
    syscalls.mount(str(volume), volume, flags=syscalls.MountFlag.BIND)
    try:
        syscalls.mount(None, volume, flags=syscalls.MountFlag.SHARED)
        views.CgroupView(cover).run(
            lambda: subprocess.run(["mount", "-t", "ramfs", "none", volume / "inner"], check=True)
        )

        assert _kind_seen_by(*STAT, str(volume / "inner")) == "ramfs"
    finally:
        syscalls.umount(volume, syscalls.DETACH)


@needs_root
def test_many_threads_at_once_each_get_the_view(cover: Path) -> None:
    seen: list[str] = []
    view = views.CgroupView(cover)

    def look() -> None:
        seen.append(view.run(lambda: _kind_seen_by(*STAT, str(cover))))

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["tmpfs"] * 12


def _layout(version: layouts.Version, unified: Path | None) -> layouts.Layout:
    return layouts.Layout(version, {}, unified, frozenset(), {})


@pytest.mark.parametrize(
    ("version", "controllers", "runtime", "covered"),
    [
        (layouts.Version.HYBRID, "hugetlb\n", "/usr/bin/crun", True),
        (layouts.Version.HYBRID, "hugetlb\n", "/usr/sbin/runc", False),
        (layouts.Version.HYBRID, "", "/usr/bin/crun", False),
        (layouts.Version.V2, "cpu memory\n", "/usr/bin/crun", False),
    ],
)
def test_only_crun_on_a_hybrid_host_whose_cgroup2_holds_controllers_needs_a_cover(
    tmp_path: Path, version: layouts.Version, controllers: str, runtime: str, *, covered: bool
) -> None:
    (tmp_path / "cgroup.controllers").write_text(controllers)

    view = views.cgroup_view(_layout(version, tmp_path), runtime)

    assert view.cover == (tmp_path if covered else None)


@needs_root
@pytest.mark.needs_oci
def test_crun_creates_in_the_view_what_it_refuses_on_this_host(tmp_path: Path) -> None:
    layout = facts.host_facts().cgroup
    if not views.is_troubled(layout) or shutil.which("crun") is None:
        pytest.skip("crun isn't installed, or doesn't need the view on this host")
    assert layout.unified is not None
    with Containers("crun", tmp_path) as containers:
        folder, _ = containers.bundle(containers.request(shell("true")))
        argv = ["crun", "--root", str(tmp_path / "state"), "run", "--bundle", folder]

        plain = subprocess.run([*argv, "plain"], capture_output=True, check=False)
        seen = views.cgroup_view(layout, "crun").run(
            lambda: subprocess.run([*argv, "seen"], capture_output=True, check=False)
        )
        with views.cgroup_view(layout, "crun").prefix() as words:
            crun = [*words, shutil.which("crun") or "", *argv[1:]]
            entered = subprocess.run([*crun, "entered"], capture_output=True, check=False)

        assert b"hybrid mode not supported" in plain.stderr
        assert (seen.returncode, entered.returncode) == (0, 0)
        assert not (layout.unified / containers.cgroup.strip("/")).exists()
