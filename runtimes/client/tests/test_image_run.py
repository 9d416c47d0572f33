from __future__ import annotations

import pytest

from runtimes.client import RunOptions, image_pod
from runtimes.core import errors
from runtimes.core.pod import v1


def _pod(options: RunOptions | None = None, *command: str) -> v1.Pod:
    return image_pod("busybox", command, options, letters=lambda: "abcde")


def _container(options: RunOptions) -> v1.Container:
    return _pod(options).spec.containers[0]


@pytest.mark.parametrize(
    ("image", "container"),
    [
        ("busybox", "busybox"),
        ("quay.io/team/My.App_x".lower(), "my-app-x"),
        ("localhost:5000/a/b:1", "b"),
        ("r.io/" + "x" * 200, "x" * 50),
    ],
)
def test_names_are_made_of_the_images(image: str, container: str) -> None:
    pod = image_pod(image, letters=lambda: "abcde")

    assert pod.spec.containers[0].name == container
    assert pod.metadata.name == f"{container}-abcde"


def test_two_pods_of_one_image_have_different_names() -> None:
    assert image_pod("busybox").metadata.name != image_pod("busybox").metadata.name


def test_the_command_goes_to_the_images_entrypoint_and_an_entrypoint_replaces_it() -> None:
    plain = _pod(None, "echo", "hi").spec.containers[0]
    replaced = _pod(RunOptions(entrypoint=("sh",)), "-c", "x").spec.containers[0]

    assert (plain.command, plain.args) == ((), ("echo", "hi"))
    assert (replaced.command, replaced.args) == (("sh",), ("-c", "x"))


def test_dollars_are_kept_from_being_expanded() -> None:
    options = RunOptions(env={"A": "$(B)"}, entrypoint=("$$",))
    container = _pod(options, "$(A)").spec.containers[0]

    assert container.env == (v1.EnvVar(name="A", value="$$(B)"),)
    assert container.args == ("$$(A)",)
    assert container.command == ("$$$$",)


def test_a_pod_runs_once_unless_told_otherwise() -> None:
    assert _pod().spec.restart_policy == "Never"
    assert _pod(RunOptions(restart="Always")).spec.restart_policy == "Always"


def test_volumes_are_host_paths(tmp_path: object) -> None:
    pod = _pod(RunOptions(volumes=(f"{tmp_path}:/data", "/etc:/conf:ro")))

    assert [volume.host_path for volume in pod.spec.volumes] == [
        v1.HostPathVolumeSource(path=str(tmp_path)),
        v1.HostPathVolumeSource(path="/etc"),
    ]
    assert pod.spec.containers[0].volume_mounts == (
        v1.VolumeMount(name="volume-0", mount_path="/data"),
        v1.VolumeMount(name="volume-1", mount_path="/conf", read_only=True),
    )


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("8080:80", v1.ContainerPort(host_port=8080, container_port=80)),
        ("53:53/udp", v1.ContainerPort(host_port=53, container_port=53, protocol="UDP")),
        (
            "127.0.0.1:1:2/tcp",
            v1.ContainerPort(host_ip="127.0.0.1", host_port=1, container_port=2, protocol="TCP"),
        ),
        ("[::1]:1:2", v1.ContainerPort(host_ip="::1", host_port=1, container_port=2)),
    ],
)
def test_ports_are_read_as_docker_writes_them(text: str, port: v1.ContainerPort) -> None:
    assert _container(RunOptions(publish=(text,))).ports == (port,)


def test_limits_user_and_rights_are_set() -> None:
    container = _container(
        RunOptions(memory="64Mi", cpus="500m", user="1:2", privileged=True, read_only=True)
    )

    assert container.resources.limits == {"memory": "64Mi", "cpu": "500m"}
    assert container.security_context == v1.SecurityContext(
        run_as_user=1, run_as_group=2, privileged=True, read_only_root_filesystem=True
    )


def test_without_rights_there_is_no_security_context() -> None:
    assert _container(RunOptions()).security_context is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (RunOptions(volumes=("/only",)), "volume '/only'"),
        (RunOptions(volumes=("/a:relative",)), "volume"),
        (RunOptions(volumes=("/a:/b:rx",)), "volume"),
        (RunOptions(publish=("80",)), "port '80'"),
        (RunOptions(publish=("a:b",)), "port"),
        (RunOptions(publish=("80:80/",)), "port"),
        (RunOptions(user="me"), "user 'me'"),
        (RunOptions(user="1:"), "user"),
    ],
)
def test_what_cannot_be_read_is_refused(options: RunOptions, why: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=why):
        _pod(options)


def test_a_broken_image_name_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="Busy"):
        image_pod("Busy Box")
