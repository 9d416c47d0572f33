"""The same numbers out of the files of cgroup v1 and v2, and what a living process adds."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup.files import Files
from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cgroup.limits import shares_to_weight, weight_to_shares
from runtimes.core.host.usage import UsageCache
from runtimes.core.metrics import cpu, devices, memory, pressure, processes, report
from runtimes.core.metrics.family import LABELS, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

V1_FILES = {
    "cpuacct/x/cpuacct.usage": "5000000000\n",
    "cpuacct/x/cpuacct.stat": f"user {3 * os.sysconf('SC_CLK_TCK')}\nsystem 1\n",
    "cpu/x/cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_time 2000000000\n",
    "cpu/x/cpu.cfs_period_us": "100000\n",
    "cpu/x/cpu.cfs_quota_us": "20000\n",
    "cpu/x/cpu.shares": "1024\n",
    "memory/x/memory.usage_in_bytes": "10000\n",
    "memory/x/memory.max_usage_in_bytes": "12000\n",
    "memory/x/memory.failcnt": "6\n",
    "memory/x/memory.kmem.usage_in_bytes": "300\n",
    "memory/x/memory.stat": "total_cache 700\ntotal_mapped_file 200\ntotal_rss 6000\n",
    "memory/x/memory.limit_in_bytes": "16384\n",
    "memory/x/memory.soft_limit_in_bytes": "9223372036854771712\n",
    "memory/x/memory.memsw.limit_in_bytes": "16384\n",
    "memory/x/memory.oom_control": "oom_kill 2\n",
    "pids/x/pids.current": "4\n",
    "pids/x/pids.max": "max\n",
    "pids/x/cgroup.procs": "",
    "hugetlb/x/hugetlb.2MB.usage_in_bytes": "4096\n",
    "hugetlb/x/hugetlb.2MB.max_usage_in_bytes": "8192\n",
    "blkio/x/blkio.throttle.io_service_bytes_recursive": "8:1 Read 11\n8:1 Write 22\nTotal 33\n",
    "blkio/x/blkio.throttle.io_serviced_recursive": "8:1 Read 1\n8:1 Write 2\nTotal 3\n",
}
V2_FILES = {
    "x/cpu.stat": "usage_usec 5000000\nuser_usec 3000000\nsystem_usec 10000\nnr_periods 9\n"
    "nr_throttled 4\nthrottled_usec 2000000\n",
    "x/cpu.max": "20000 100000\n",
    "x/cpu.weight": "39\n",
    "x/memory.current": "10000\n",
    "x/memory.peak": "12000\n",
    "x/memory.events": "low 0\nmax 6\noom_kill 2\n",
    "x/memory.stat": "anon 6000\nfile 700\nkernel 300\nfile_mapped 200\n",
    "x/memory.max": "16384\n",
    "x/memory.low": "0\n",
    "x/memory.swap.max": "16384\n",
    "x/pids.current": "4\n",
    "x/pids.max": "max\n",
    "x/cgroup.procs": "",
    "x/hugetlb.2MB.current": "4096\n",
    "x/io.stat": "8:1 rbytes=11 wbytes=22 rios=1 wios=2 dbytes=0 dios=0\n",
    "x/io.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n",
}


@pytest.fixture
def v1(tmp_path: Path) -> Files:
    _write(tmp_path / "one", V1_FILES)
    places = {path.name: path for path in (tmp_path / "one").iterdir()}
    return Files(Layout(Version.V1, places, None, frozenset(), {}), "/x")


@pytest.fixture
def v2(tmp_path: Path) -> Files:
    _write(tmp_path / "two", V2_FILES)
    return Files(Layout(Version.V2, {}, tmp_path / "two", frozenset(), {}), "/x")


def _write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def _told(samples: Iterable[Sample]) -> dict[str, int]:
    return {" ".join((each.family.name, *each.more)): each.value for each in samples}


def test_v1_and_v2_tell_the_same_of_the_cpu(v1: Files, v2: Files) -> None:
    expected = {
        "container_cpu_usage_seconds_total total": 5,
        "container_cpu_user_seconds_total": 3,
        "container_cpu_system_seconds_total": 0,
        "container_cpu_cfs_periods_total": 9,
        "container_cpu_cfs_throttled_periods_total": 4,
        "container_cpu_cfs_throttled_seconds_total": 2,
        "container_spec_cpu_period": 100_000,
        "container_spec_cpu_quota": 20_000,
        "container_spec_cpu_shares": 1024,
    }

    told = _told(cpu.samples(v1)), _told(cpu.samples(v2))

    assert told[0] == expected
    assert told[1] == expected | {"container_spec_cpu_shares": weight_to_shares(39)}


def test_a_cpu_without_a_quota_shows_none(v1: Files, v2: Files, tmp_path: Path) -> None:
    (tmp_path / "one/cpu/x/cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "two/x/cpu.max").write_text("max 100000\n")

    for files in (v1, v2):
        told = _told(cpu.samples(files))
        assert "container_spec_cpu_quota" not in told
        assert told["container_spec_cpu_period"] == 100_000


@pytest.mark.parametrize("weight", [1, 2, 39, 100, 9999, 10_000])
def test_a_weight_comes_back_from_its_shares(weight: int) -> None:
    assert shares_to_weight(weight_to_shares(weight)) == weight


def test_v1_and_v2_tell_the_same_of_memory(v1: Files, v2: Files) -> None:
    expected = {
        "container_memory_usage_bytes": 10_000,
        "container_memory_max_usage_bytes": 12_000,
        "container_memory_rss": 6000,
        "container_memory_cache": 700,
        "container_memory_mapped_file": 200,
        "container_memory_kernel_usage": 300,
        "container_memory_failcnt": 6,
        "container_oom_events_total": 2,
        "container_spec_memory_limit_bytes": 16_384,
        "container_spec_memory_reservation_limit_bytes": 0,
        "container_spec_memory_swap_limit_bytes": 16_384,
        "container_hugetlb_usage_bytes 2MB": 4096,
    }

    for files in (v1, v2):
        assert expected.items() <= _told(memory.samples(files)).items()


def test_v1_and_v2_tell_the_same_of_devices(v1: Files, v2: Files) -> None:
    device = devices.name_of("8:1")
    expected = {
        f"container_fs_reads_bytes_total {device}": 11,
        f"container_fs_writes_bytes_total {device}": 22,
        f"container_fs_reads_total {device}": 1,
        f"container_fs_writes_total {device}": 2,
        f"container_blkio_device_usage_total {device} 8 1 Read": 11,
        f"container_blkio_device_usage_total {device} 8 1 Write": 22,
    }

    assert _told(devices.samples(v1)) == _told(devices.samples(v2)) == expected


def test_a_device_has_the_name_that_the_kernel_gives_it(tmp_path: Path) -> None:
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    (tmp_path / "sys/dev/block/8:1").symlink_to("../../devices/pci/block/sda/sda1")

    assert devices.name_of("8:1", tmp_path) == "/dev/sda1"
    assert devices.name_of("0:47", tmp_path) == "0:47"


def test_only_v2_tells_of_pressure(v1: Files, v2: Files) -> None:
    assert _told(pressure.samples(v1)) == {}
    assert _told(pressure.samples(v2)) == {
        "container_pressure_io_waiting_seconds_total": 3,
        "container_pressure_io_stalled_seconds_total": 1,
    }


def test_descriptors_and_sockets_are_counted(v2: Files, tmp_path: Path) -> None:
    (tmp_path / "two/x/cgroup.procs").write_text(f"{os.getpid()}\n")
    before = _told(processes.samples(v2, os.getpid()))

    with socket.socket(), (tmp_path / "two/x/io.stat").open():
        after = _told(processes.samples(v2, os.getpid()))

    assert after["container_sockets"] == before["container_sockets"] + 1
    assert after["container_file_descriptors"] == before["container_file_descriptors"] + 2
    assert after["container_processes"] == 1
    assert after["container_threads"] == 4
    assert after["container_threads_max"] == 0


def test_a_process_that_has_ended_is_none(v2: Files) -> None:
    told = _told(processes.samples(v2, 2**22))

    assert told["container_processes"] == 0
    assert "container_ulimits_soft max_open_files" not in told


def test_every_metric_has_the_labels_of_its_description(v2: Files, tmp_path: Path) -> None:
    place = report.Place("/x", os.getpid(), tmp_path, 7_000_000_000, [""] * len(LABELS))
    keys = {each.name: len(each.label_keys) for each in report.descriptors()}

    found = report.of_container(v2.layout, place, UsageCache())

    assert all(len(each.label_values) == keys[each.name] for each in found)
    assert next(one for one in found if one.name == "container_start_time_seconds").value.value == 7
    assert next(one for one in found if one.name == "container_fs_limit_bytes").value.value > 0


def test_an_absent_cgroup_is_not_found(v2: Files, tmp_path: Path) -> None:
    place = report.Place("/absent", 1, tmp_path, 0, [""] * len(LABELS))

    with pytest.raises(errors.NotFound, match="/absent"):
        report.of_container(v2.layout, place, UsageCache())
