"""What the generated configs come to in real containers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.pod import v1
from runtimes.kubelet.volumes.mount import mounts_below

if TYPE_CHECKING:
    from runtimes.kubelet.tests.engines.conftest import RealKubelet

VOLUME = v1.Volume(name="v")
AT_V = v1.VolumeMount(name="v", mount_path="/v")


def test_hosts_resolver_and_hostname_are_the_pods(real: RealKubelet) -> None:
    text = real.output(
        real.script("cat /etc/hosts; echo --; cat /etc/resolv.conf; echo --; hostname"),
        hostname="front",
        subdomain="sub",
        host_aliases=(v1.HostAlias(ip="192.0.2.1", hostnames=("alias",)),),
        dns_policy="None",
        dns_config=v1.PodDNSConfig(
            nameservers=("192.0.2.53",),
            searches=("a.example", "b.example"),
            options=(v1.PodDNSConfigOption(name="ndots", value="5"),),
        ),
    )

    hosts, resolver, hostname = text.split("--\n")
    assert "\tfront.sub.default.svc.cluster.local\tfront\n" in hosts
    assert "192.0.2.1\talias\n" in hosts
    assert sorted(resolver.splitlines()) == [
        "nameserver 192.0.2.53",
        "options ndots:5",
        "search a.example b.example",
    ]
    assert hostname == "front\n"


def test_privileges_are_what_the_pod_allows(real: RealKubelet) -> None:
    text = real.output(
        real.script(
            "id; grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status; touch /x && echo wrote;"
            " test -s /proc/keys || echo masked",
            security_context=v1.SecurityContext(
                run_as_user=1234,
                run_as_group=2345,
                allow_privilege_escalation=False,
                read_only_root_filesystem=True,
                capabilities=v1.Capabilities(drop=("ALL",)),
                seccomp_profile=v1.SeccompProfile(type="RuntimeDefault"),
            ),
        ),
        security_context=v1.PodSecurityContext(fs_group=3456, supplemental_groups=(4567,)),
    )

    assert "uid=1234 gid=2345" in text
    assert "3456" in text
    assert "4567" in text
    assert "NoNewPrivs:\t1" in text
    assert "CapEff:\t0000000000000000" in text
    assert "Seccomp:\t2" in text
    assert "Read-only file system" in text
    assert text.endswith("masked\n")


def test_what_goes_over_a_pods_network_is_counted(real: RealKubelet) -> None:
    gateway = "$(ip route | awk '/default/ {print $3}')"
    worker = real.worker(real.script(f"ping -c 1 -w 20 {gateway} && touch /sent; sleep 1000"))
    view = worker.run(until=lambda view: view.running, timeout=60.0)
    sent = ["sh", "-c", "until [ -e /sent ]; do sleep 0.1; done"]
    assert real.runtime.exec(view.observed.containers[0].id, sent, 30).exit_code == 0

    counted = {one.pod_uid: one.interfaces[0] for one in real.runtime.network_stats()}

    found = counted[worker.pod.metadata.uid]
    assert found.name == "eth0"
    assert found.tx_bytes > 60
    assert (found.rx_errors, found.tx_errors) == (0, 0)


def test_an_empty_dir_belongs_to_the_pods_group(real: RealKubelet) -> None:
    text = real.output(
        real.script("touch /v/x; stat -c '%u %g' /v/x; stat -c '%a %g' /v", volume_mounts=(AT_V,)),
        volumes=(VOLUME,),
        security_context=v1.PodSecurityContext(run_as_user=1000, fs_group=3456),
    )

    assert text == "1000 3456\n2777 3456\n"


def test_limits_lie_in_the_pods_own_cgroup_which_goes_with_it(real: RealKubelet) -> None:
    limits = {"memory": "32Mi", "cpu": "250m"}
    worker = real.worker(
        real.script(
            "cat /proc/self/cgroup; cat /sys/fs/cgroup/memory/memory.limit_in_bytes"
            " /sys/fs/cgroup/memory.max 2>/dev/null; true",
            resources=v1.ResourceRequirements(limits=limits, requests=limits),
        )
    )
    view = worker.run(timeout=60.0)
    uid = worker.pod.metadata.uid

    text = real.log(view)
    assert str(32 << 20) in text
    root = real.config.cgroup_root
    assert f"/{root}/pod{uid}" in text or "0::/\n" in text
    top = Path("/sys/fs/cgroup")
    of_pod = [*top.glob(f"cpu/{root}/pod{uid}/*quota*"), *top.glob(f"{root}/pod{uid}/cpu.max")]
    assert [file.read_text().split()[0] for file in of_pod] == ["25000"]
    worker.remove()
    assert list(Path("/sys/fs/cgroup").glob(f"*/{root}/**/pod{uid}")) == []
    assert list(Path("/sys/fs/cgroup").glob(f"{root}/**/pod{uid}")) == []


def test_a_host_path_is_the_nodes_own(real: RealKubelet) -> None:
    shared = real.folder / "shared"
    source = v1.HostPathVolumeSource(path=str(shared), type="DirectoryOrCreate")

    real.output(
        real.script("echo from-pod > /v/x", volume_mounts=(AT_V,)),
        volumes=(v1.Volume(name="v", host_path=source),),
    )

    assert (shared / "x").read_text() == "from-pod\n"


def test_a_wrong_host_path_stops_the_pod_before_it_starts(real: RealKubelet) -> None:
    source = v1.HostPathVolumeSource(path=str(real.folder / "absent"), type="File")

    view = real.worker(real.script("true"), volumes=(v1.Volume(name="v", host_path=source),)).sync()

    assert "hostPath type check failed" in view.result.error
    assert view.observed.sandboxes == ()


def test_a_read_only_mount_cant_be_written(real: RealKubelet) -> None:
    read_only = v1.VolumeMount(name="v", mount_path="/v", read_only=True)

    text = real.output(
        real.script("touch /v/x || echo refused", volume_mounts=(read_only,)), volumes=(VOLUME,)
    )

    assert text.endswith("refused\n")


def test_the_end_of_the_log_stands_in_for_last_words(real: RealKubelet) -> None:
    worker = real.worker(
        real.script(
            "echo early; echo gone wrong; exit 7",
            termination_message_path="/dev/termination-log",
            termination_message_policy="FallbackToLogsOnError",
        )
    )

    view = worker.run(timeout=60.0)

    ended = view.status.container_statuses[0].state.terminated
    assert ended is not None
    assert (ended.exit_code, ended.message) == (7, "early\ngone wrong\n")


def test_the_pid_namespace_can_be_the_pods(real: RealKubelet) -> None:
    worker = real.worker(
        real.script("until ps | grep -q 'sleep 54321'; do sleep 0.1; done; echo saw it"),
        real.script("sleep 54321", "other"),
        share_process_namespace=True,
    )

    view = worker.run(
        until=lambda view: view.status.container_statuses[0].state.terminated is not None,
        timeout=60.0,
    )

    assert real.log(view) == "saw it\n"


def test_a_pod_on_the_nodes_network_has_its_name_and_hosts(real: RealKubelet) -> None:
    text = real.output(real.script("head -1 /etc/hosts; hostname"), host_network=True)

    assert text.startswith("# Kubernetes-managed hosts file (host network).\n")
    assert text.endswith(f"{Path('/proc/sys/kernel/hostname').read_text()}")


def test_an_orphan_is_stopped_and_removed_without_its_manifest(real: RealKubelet) -> None:
    worker = real.worker(real.script("sleep 1000"))
    worker.run(until=lambda view: view.running, timeout=60.0)
    uid = worker.pod.metadata.uid
    running = next(one for one in real.runtime.get_pods() if one.uid == uid)

    result = real.runtime.kill_pod(None, running)
    real.runtime.remove_pod(running)

    assert result.ok, result.describe()
    assert uid not in {one.uid for one in real.runtime.get_pods(include_exited=True)}


def test_memory_and_sub_paths_are_mounted_and_unmounted(real: RealKubelet) -> None:
    memory = v1.EmptyDirVolumeSource(medium="Memory", size_limit="1Mi")
    part = v1.VolumeMount(name="v", mount_path="/part", sub_path="a/b")
    worker = real.worker(
        real.script(
            "grep ' /m ' /proc/mounts; df -k /m | tail -1 | awk '{print $2}';"
            " echo x > /part/file; cat /v/a/b/file",
            volume_mounts=(AT_V, part, v1.VolumeMount(name="m", mount_path="/m")),
        ),
        volumes=(VOLUME, v1.Volume(name="m", empty_dir=memory)),
    )
    view = worker.run(timeout=60.0)

    text = real.log(view)
    assert text.startswith("tmpfs /m tmpfs ")
    assert text.endswith("\n1024\nx\n")
    worker.remove()
    assert mounts_below(real.config.root) == []
