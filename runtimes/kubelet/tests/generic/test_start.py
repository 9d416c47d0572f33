"""GenericRuntime starts pods: which calls it makes, what containers find, what failures say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState, RegistryAuth
from runtimes.core.pod.sync import Action, Reason
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.objects import Objects
from runtimes.kubelet.generic.node import OWNER
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import UID, container, pod

if TYPE_CHECKING:
    from pathlib import Path

FOREVER = script("sleep 1000")


def test_a_new_pod_costs_five_calls_and_no_listing(bench: Bench) -> None:
    bench.sync(pod(FOREVER))
    other = replace(pod(FOREVER), metadata=v1.ObjectMeta(name="b", namespace="d", uid="u2"))
    status = bench.status(other)
    bench.service.calls.clear()

    result = bench.runtime.sync_pod(other, status, (), bench.backoff)

    assert result.ok
    assert bench.rpcs == [
        "RunPodSandbox",
        "PodSandboxStatus",
        "ImageStatus",
        "CreateContainer",
        "StartContainer",
    ]


def test_a_container_finds_its_environment_hosts_and_volumes(bench: Bench) -> None:
    mount = v1.VolumeMount(name="v", mount_path="/v")
    ip = v1.EnvVarSource(field_ref=v1.ObjectFieldSelector(field_path="status.podIP"))
    asked = pod(
        script(
            "cat /v/x; echo $IP; cat /etc/hosts; echo $(IP)",
            volume_mounts=(mount,),
            env=(v1.EnvVar(name="IP", value_from=ip),),
        ),
        init=(script("echo from-init > /v/x", "i", volume_mounts=(mount,)),),
        volumes=(v1.Volume(name="v"),),
        host_aliases=(v1.HostAlias(ip="192.0.2.1", hostnames=("alias",)),),
        policy="Never",
    )

    bench.sync(asked)
    bench.sync(asked)

    log = bench.log(asked)
    address = bench.status(asked).ips[0]
    assert log.startswith(f"from-init\n{address}\n# Kubernetes-managed hosts file.\n")
    assert f"{address}\tweb\n" in log
    assert "192.0.2.1\talias\n" in log
    assert log.endswith(f"{address}\n")


def test_containers_and_sandboxes_are_marked_with_the_kubelets_root(bench: Bench) -> None:
    asked = pod(FOREVER)

    bench.sync(asked)

    mark = str(bench.config.root)
    running = bench.running(asked)
    assert running.annotations[OWNER] == mark
    assert bench.config_of(running.containers[0].id).annotations[OWNER] == mark


def test_an_own_hosts_file_is_left_to_the_container(bench: Bench) -> None:
    own = v1.VolumeMount(name="v", mount_path="/etc/hosts", sub_path="hosts")
    asked = pod(replace(FOREVER, volume_mounts=(own,)), volumes=(v1.Volume(name="v"),))

    bench.sync(asked)

    mounts = bench.config_of(bench.latest(asked).id).mounts
    assert [mount.container_path for mount in mounts] == ["/etc/hosts"]
    assert "volume-subpaths" in mounts[0].host_path
    bench.runtime.remove_pod(bench.running(asked))


def test_last_words_are_read_from_the_file_the_container_wrote(bench: Bench) -> None:
    asked = pod(
        script(
            "echo last words > /dev/termination-log; exit 3",
            termination_message_path="/dev/termination-log",
        ),
        policy="Never",
    )

    bench.sync(asked)

    ended = bench.latest(asked)
    assert (ended.state, ended.exit_code, ended.message) == (
        ContainerState.EXITED,
        3,
        "last words\n",
    )


def test_a_configmap_reaches_the_environment(bench: Bench) -> None:
    objects = Objects(config_maps={("default", "cm"): v1.ConfigMap(data={"K": "v"})})
    source = v1.EnvFromSource(config_map_ref=v1.ConfigMapEnvSource(name="cm"))
    asked = pod(script("echo $K", env_from=(source,)), policy="Never")

    result = bench.sync(asked, bench.another(objects))

    assert result.ok
    assert bench.log(asked) == "v\n"


FAILURES = [
    ("RunPodSandbox", Action.CREATE_POD_SANDBOX, Reason.CREATE_POD_SANDBOX_ERROR),
    ("PodSandboxStatus", Action.CREATE_POD_SANDBOX, Reason.CREATE_POD_SANDBOX_ERROR),
    ("ImageStatus", Action.START_CONTAINER, Reason.IMAGE_INSPECT_ERROR),
    ("PullImage", Action.START_CONTAINER, Reason.ERR_IMAGE_PULL),
    ("CreateContainer", Action.START_CONTAINER, Reason.CREATE_CONTAINER_ERROR),
    ("StartContainer", Action.START_CONTAINER, Reason.RUN_CONTAINER_ERROR),
]


@pytest.mark.parametrize(("rpc", "action", "reason"), FAILURES)
def test_each_call_that_fails_is_told_by_its_reason_and_the_next_sync_mends_it(
    bench: Bench, rpc: str, action: Action, reason: Reason
) -> None:
    asked = pod(FOREVER)
    bench.service.fail_next(rpc, errors.Unavailable("the engine is down"))

    (failure,) = bench.sync(asked).failures

    assert (failure.action, failure.reason) == (action, reason)
    assert "the engine is down" in failure.message
    assert isinstance(failure.cause, errors.Error)
    bench.clock.advance(10.0)
    assert bench.sync(asked).ok
    assert bench.latest(asked).state is ContainerState.RUNNING


def test_a_container_created_but_not_started_is_made_anew_as_the_same_attempt(
    bench: Bench,
) -> None:
    asked = pod(FOREVER)
    bench.service.fail_next("StartContainer", errors.Unavailable("killed"))
    bench.sync(asked)
    assert bench.latest(asked).state is ContainerState.CREATED

    bench.sync(asked)

    (only,) = bench.status(asked).containers
    assert (only.state, only.restart_count) == (ContainerState.RUNNING, 0)


def test_a_program_that_isnt_there_is_told(bench: Bench) -> None:
    asked = pod(container(command=("/no/such",)), policy="Never")

    (failure,) = bench.sync(asked).failures

    assert failure.reason is Reason.RUN_CONTAINER_ERROR
    assert "no such program" in failure.message
    assert bench.latest(asked).id not in bench.events[-1].message


def test_a_pull_that_fails_is_told_with_its_reason_too(bench: Bench) -> None:
    asked = pod(container(image="localhost/none:1", image_pull_policy="Always"))
    bench.service.fail_next("PullImage", errors.ImageNotFound("nobody has it"))

    bench.sync(asked)
    (held_back,) = bench.sync(asked).failures

    told = [event.message for event in bench.events if event.reason is EventReason.FAILED]
    assert told == [
        'Failed to pull image "localhost/none:1": nobody has it',
        "Error: ErrImagePull",
        "Error: ImagePullBackOff",
    ]
    assert held_back.message == (
        'Back-off pulling image "localhost/none:1": ErrImagePull: nobody has it'
    )


CONFIG_ERRORS = {
    "environment": container(
        env_from=(v1.EnvFromSource(secret_ref=v1.SecretEnvSource(name="none")),)
    ),
    "root": container(security_context=v1.SecurityContext(run_as_non_root=True)),
    "mount": container(volume_mounts=(v1.VolumeMount(name="none", mount_path="/x"),)),
}


@pytest.mark.parametrize("broken", CONFIG_ERRORS.values(), ids=CONFIG_ERRORS)
def test_what_cant_be_configured_is_never_created(bench: Bench, broken: v1.Container) -> None:
    (failure,) = bench.sync(pod(broken)).failures

    assert failure.reason is Reason.CREATE_CONTAINER_CONFIG_ERROR
    assert "CreateContainer" not in bench.rpcs


def test_a_volume_that_isnt_supported_stops_the_pod_before_its_sandbox(bench: Bench) -> None:
    volume = v1.Volume(name="v", nfs=v1.NFSVolumeSource(path="/", server="s"))

    result = bench.sync(pod(volumes=(volume,)))

    assert "nfs volumes are not supported yet" in result.error
    assert "RunPodSandbox" not in bench.rpcs
    assert bench.told == [EventReason.FAILED_MOUNT]


UNSUPPORTED = {
    "block device": pod(
        container(volume_devices=(v1.VolumeDevice(name="v", device_path="/dev/x"),))
    ),
    "user namespace": pod(host_users=False),
}


@pytest.mark.parametrize("asked", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_would_mislead_if_ignored_is_refused(bench: Bench, asked: v1.Pod) -> None:
    assert "not supported yet" in bench.sync(asked).error
    assert "RunPodSandbox" not in bench.rpcs


def test_a_disk_that_refuses_is_told_and_never_raised(bench: Bench) -> None:
    bench.config.log_root.parent.mkdir(parents=True, exist_ok=True)
    bench.config.log_root.write_text("a file in the folder's place")

    result = bench.sync(pod(FOREVER))

    assert "prepare pod default/web" in result.error


def test_a_passed_deadline_is_told_and_never_raised(bench: Bench) -> None:
    asked = pod(FOREVER)
    status = bench.status(asked)
    bench.service.fail_next("RunPodSandbox", errors.DeadlineExceeded("too late"))

    with deadline.within(60.0):
        result = bench.runtime.sync_pod(asked, status, (), bench.backoff)

    assert isinstance(result.failures[0].cause, errors.DeadlineExceeded)


def test_the_pods_credentials_are_sent_with_the_pull(bench: Bench) -> None:
    auths = (RegistryAuth(username="u", password="p", server_address="docker.io"),)
    asked = pod(FOREVER)

    bench.runtime.sync_pod(asked, bench.status(asked), auths, bench.backoff)

    (pull,) = [call for call in bench.service.calls if call.rpc == "PullImage"]
    sent = pull.arguments[1]
    assert isinstance(sent, cri.AuthConfig)
    assert (sent.username, sent.password) == ("u", "p")


def test_restarts_count_on_from_the_logs_when_the_containers_are_gone(bench: Bench) -> None:
    asked = pod(FOREVER)
    folder = bench.config.log_root / f"default_web_{UID}" / "app"
    folder.mkdir(parents=True)
    (folder / "4.log").touch()
    (folder / "4.log.20260101-000000").touch()

    bench.sync(asked)

    assert bench.latest(asked).restart_count == 5


def test_an_ephemeral_container_enters_its_targets_pid_namespace(bench: Bench) -> None:
    debug = v1.EphemeralContainer(
        name="debug",
        image="busybox",
        image_pull_policy="IfNotPresent",
        command=("sleep", "9"),
        target_container_name="app",
    )
    asked = pod(FOREVER)
    bench.sync(asked)
    with_debug = replace(asked, spec=replace(asked.spec, ephemeral_containers=(debug,)))

    result = bench.sync(with_debug)

    assert result.ok
    options = bench.config_of(
        bench.latest(asked, "debug").id
    ).linux.security_context.namespace_options
    assert options.pid == cri.TARGET
    assert options.target_id == bench.latest(asked).id


def test_a_resolver_that_is_cut_is_told_once_per_sandbox(bench: Bench) -> None:
    many = v1.PodDNSConfig(nameservers=("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"))
    asked = pod(FOREVER, dns_policy="None", dns_config=many)

    bench.sync(asked)
    bench.sync(asked)

    assert bench.told.count(EventReason.DNS_CONFIG_FORMING) == 1


def test_events_tell_the_story(bench: Bench) -> None:
    bench.sync(pod(FOREVER))

    assert bench.told == [
        EventReason.PULLING,
        EventReason.PULLED,
        EventReason.CREATED,
        EventReason.STARTED,
    ]
    assert {event.container for event in bench.events} == {"app"}


def test_log_links_lead_to_the_log_until_the_pod_is_removed(bench: Bench, tmp_path: Path) -> None:
    config = KubeletConfig(
        root=bench.config.root,
        log_root=bench.config.log_root,
        host_ip="192.0.2.7",
        log_links=tmp_path / "links",
    )
    runtime = GenericRuntime(bench.service, name="fake", config=config)
    asked = pod(FOREVER)

    bench.sync(asked, runtime)
    (link,) = (tmp_path / "links").iterdir()
    assert link.name == f"web_default_app-{bench.latest(asked).id}.log"
    assert link.resolve().name == "0.log"

    runtime.remove_pod(bench.running(asked))
    assert list((tmp_path / "links").iterdir()) == []


@pytest.mark.parametrize(
    ("driver", "slices"), [(cri.CGROUPFS, False), (cri.SYSTEMD, True)], ids=["cgroupfs", "systemd"]
)
def test_the_runtimes_cgroup_driver_shapes_the_pods_cgroup(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, driver: cri.CgroupDriver.ValueType, slices: bool
) -> None:
    answer = cri.RuntimeConfigResponse(linux=cri.LinuxRuntimeConfiguration(cgroup_driver=driver))
    monkeypatch.setattr(bench.service, "runtime_config", lambda: answer)

    bench.sync(pod(FOREVER))

    (run,) = [call for call in bench.service.calls if call.rpc == "RunPodSandbox"]
    sent = run.arguments[0]
    assert isinstance(sent, cri.PodSandboxConfig)
    assert sent.linux.cgroup_parent.endswith(".slice") is slices


@pytest.mark.parametrize(("option", "slices"), [("true", True), ("false", False)])
def test_a_containerd_without_the_call_is_asked_by_its_verbose_status(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, option: str, slices: bool
) -> None:
    info = (
        '{"containerd": {"defaultRuntimeName": "runc", "runtimes": {"runc": {"options":'
        f' {{"SystemdCgroup": {option}}}}}}}}}}}'
    )

    def missing() -> cri.RuntimeConfigResponse:
        raise errors.Unimplemented("RuntimeConfig")

    def status(*, verbose: bool = False) -> cri.StatusResponse:
        assert verbose
        return cri.StatusResponse(info={"config": info})

    monkeypatch.setattr(bench.service, "runtime_config", missing)
    monkeypatch.setattr(bench.service, "status", status)

    assert bench.runtime._node.systemd is slices
