"""Privileges of pods and containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.namespaces import namespace_options
from runtimes.kubelet.generate.security import (
    MASKED_PATHS,
    READONLY_PATHS,
    ImageFacts,
    check_non_root,
    container_security,
    sandbox_security,
)
from runtimes.kubelet.generate.sysctls import sysctls
from runtimes.kubelet.tests.builders import container, pod, with_meta

ROOT_IMAGE = ImageFacts("sha256:1")
Profile = cri.SecurityProfile


def config(**fields: object) -> KubeletConfig:
    return KubeletConfig(
        root=Path("/k"),
        log_root=Path("/l"),
        host_ip="192.0.2.7",
        seccomp_root=Path("/seccomp"),
        **fields,  # type: ignore[arg-type]  # its fields
    )


def secured(
    own: v1.SecurityContext | None = None,
    pods: v1.PodSecurityContext | None = None,
    *,
    image: ImageFacts = ROOT_IMAGE,
    annotations: dict[str, str] | None = None,
    **settings: object,
) -> cri.LinuxContainerSecurityContext:
    one = container(security_context=own)
    asked = with_meta(pod(one, security_context=pods), annotations=annotations or {})
    return container_security(asked, one, image, config=config(**settings))


def test_a_container_that_says_nothing() -> None:
    answer = secured()

    assert not answer.privileged
    assert not answer.no_new_privs
    assert not answer.readonly_rootfs
    assert not answer.HasField("run_as_user")
    assert tuple(answer.masked_paths)[: len(MASKED_PATHS)] == MASKED_PATHS
    assert tuple(answer.readonly_paths) == READONLY_PATHS
    assert answer.seccomp.profile_type == Profile.Unconfined
    assert answer.seccomp_profile_path == "unconfined"
    assert not answer.HasField("apparmor")


def test_the_containers_user_comes_before_the_pods() -> None:
    pods = v1.PodSecurityContext(run_as_user=1, run_as_group=2)

    inherited = secured(None, pods)
    own = secured(v1.SecurityContext(run_as_user=0), pods)

    assert (inherited.run_as_user.value, inherited.run_as_group.value) == (1, 2)
    assert own.HasField("run_as_user")
    assert (own.run_as_user.value, own.run_as_group.value) == (0, 2)


def test_a_group_alone_goes_with_the_images_user_or_root() -> None:
    context = v1.SecurityContext(run_as_group=3000)

    nobody = secured(context)
    named = secured(context, image=ImageFacts("i", username="www"))

    assert (nobody.run_as_user.value, nobody.run_as_group.value) == (0, 3000)
    assert nobody.HasField("run_as_user")
    assert (named.run_as_username, named.HasField("run_as_user")) == ("www", False)


@pytest.mark.parametrize(
    ("image", "uid", "name"),
    [
        (ImageFacts("i", 1000), 1000, ""),
        (ImageFacts("i", None, "nginx"), None, "nginx"),
        (ImageFacts("i"), None, ""),
    ],
)
def test_the_images_user_is_taken_where_none_is_given(
    image: ImageFacts, uid: int | None, name: str
) -> None:
    answer = secured(image=image)

    assert answer.HasField("run_as_user") is (uid is not None)
    assert answer.run_as_user.value == (uid or 0)
    assert answer.run_as_username == name


def test_groups_are_fs_group_and_supplemental_ones() -> None:
    pods = v1.PodSecurityContext(
        fs_group=5, supplemental_groups=(6, 7), supplemental_groups_policy="Strict"
    )

    answer = secured(None, pods)

    assert list(answer.supplemental_groups) == [5, 6, 7]
    assert answer.supplemental_groups_policy == cri.Strict


def test_flags_and_capabilities_go_through() -> None:
    answer = secured(
        v1.SecurityContext(
            privileged=True,
            read_only_root_filesystem=True,
            allow_privilege_escalation=False,
            capabilities=v1.Capabilities(add=("NET_ADMIN",), drop=("ALL",)),
            proc_mount="Unmasked",
        )
    )

    assert answer.privileged
    assert answer.readonly_rootfs
    assert answer.no_new_privs
    assert list(answer.capabilities.add_capabilities) == ["NET_ADMIN"]
    assert list(answer.capabilities.drop_capabilities) == ["ALL"]
    assert not answer.masked_paths
    assert not answer.readonly_paths


@pytest.mark.parametrize("allowed", [True, None])
def test_privileges_may_grow_unless_forbidden(allowed: bool | None) -> None:
    assert not secured(v1.SecurityContext(allow_privilege_escalation=allowed)).no_new_privs


def seccomp(kind: str, localhost: str = "") -> v1.SeccompProfile:
    return v1.SeccompProfile(type=kind, localhost_profile=localhost)


SECCOMP = {
    "own": (seccomp("RuntimeDefault"), None, {}, (Profile.RuntimeDefault, "", "runtime/default")),
    "pods": (None, seccomp("RuntimeDefault"), {}, (Profile.RuntimeDefault, "", "runtime/default")),
    "own first": (
        seccomp("Unconfined"),
        seccomp("RuntimeDefault"),
        {},
        (Profile.Unconfined, "", "unconfined"),
    ),
    "localhost": (
        seccomp("Localhost", "a/b.json"),
        None,
        {},
        (Profile.Localhost, "/seccomp/a/b.json", "localhost//seccomp/a/b.json"),
    ),
    "container annotation": (
        None,
        None,
        {"container.seccomp.security.alpha.kubernetes.io/app": "docker/default"},
        (Profile.RuntimeDefault, "", "runtime/default"),
    ),
    "pod annotation": (
        None,
        None,
        {"seccomp.security.alpha.kubernetes.io/pod": "localhost/x.json"},
        (Profile.Localhost, "/seccomp/x.json", "localhost//seccomp/x.json"),
    ),
}


@pytest.mark.parametrize(("own", "pods", "annotations", "expected"), SECCOMP.values(), ids=SECCOMP)
def test_seccomp_profiles(
    own: v1.SeccompProfile | None,
    pods: v1.SeccompProfile | None,
    annotations: dict[str, str],
    expected: tuple[int, str, str],
) -> None:
    answer = secured(
        v1.SecurityContext(seccomp_profile=own),
        v1.PodSecurityContext(seccomp_profile=pods),
        annotations=annotations,
    )

    got = (answer.seccomp.profile_type, answer.seccomp.localhost_ref, answer.seccomp_profile_path)
    assert got == expected


def test_the_kubelets_default_profile() -> None:
    assert secured(seccomp_default=True).seccomp.profile_type == Profile.RuntimeDefault


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x"])
def test_a_seccomp_profile_stays_below_its_root(path: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="relative path below"):
        secured(v1.SecurityContext(seccomp_profile=seccomp("Localhost", path)))


def test_apparmor_by_field_and_by_annotation() -> None:
    field = v1.AppArmorProfile(type="Localhost", localhost_profile="mine")
    key = "container.apparmor.security.beta.kubernetes.io/app"

    by_field = secured(v1.SecurityContext(app_armor_profile=field))
    by_note = secured(annotations={key: "runtime/default"})

    assert by_field.apparmor.localhost_ref == "mine"
    assert by_field.apparmor_profile == "localhost/mine"
    assert by_note.apparmor.profile_type == Profile.RuntimeDefault
    assert by_note.apparmor_profile == "runtime/default"


def test_selinux_options_of_the_container_or_the_pod() -> None:
    pods = v1.PodSecurityContext(se_linux_options=v1.SELinuxOptions(level="s0"))
    own = v1.SecurityContext(se_linux_options=v1.SELinuxOptions(type="t", role="r", user="u"))

    assert secured(None, pods).selinux_options.level == "s0"
    options = secured(own, pods).selinux_options
    assert (options.type, options.role, options.user, options.level) == ("t", "r", "u", "")


NON_ROOT = v1.SecurityContext(run_as_non_root=True)


@pytest.mark.parametrize(
    ("own", "image", "why"),
    [
        (
            v1.SecurityContext(run_as_non_root=True, run_as_user=0),
            ImageFacts("i", 1000),
            "container's runAsUser breaks non-root policy",
        ),
        (NON_ROOT, ImageFacts("i", 0), "container has runAsNonRoot and image will run as root"),
        (NON_ROOT, ImageFacts("i"), "container has runAsNonRoot and image will run as root"),
        (
            NON_ROOT,
            ImageFacts("i", None, "nginx"),
            r"image has non-numeric user \(nginx\), cannot verify user is non-root",
        ),
    ],
)
def test_what_would_run_as_root_is_refused(
    own: v1.SecurityContext, image: ImageFacts, why: str
) -> None:
    one = container(security_context=own)

    with pytest.raises(errors.PermissionDenied, match=f'{why} \\(pod: "web_default'):
        check_non_root(pod(one), one, image)


@pytest.mark.parametrize(
    ("own", "pods", "image"),
    [
        (NON_ROOT, None, ImageFacts("i", 1000)),
        (v1.SecurityContext(run_as_non_root=True, run_as_user=7), None, ImageFacts("i", 0)),
        (None, None, ImageFacts("i", 0)),
        (
            v1.SecurityContext(run_as_non_root=False),
            v1.PodSecurityContext(run_as_non_root=True),
            ImageFacts("i", 0),
        ),
    ],
)
def test_what_is_known_not_to_be_root_passes(
    own: v1.SecurityContext | None, pods: v1.PodSecurityContext | None, image: ImageFacts
) -> None:
    one = container(security_context=own)

    check_non_root(pod(one, security_context=pods), one, image)


@pytest.mark.parametrize(
    ("spec", "target", "expected"),
    [
        ({}, "", (cri.POD, cri.POD, cri.CONTAINER, "")),
        ({"host_network": True}, "", (cri.NODE, cri.POD, cri.CONTAINER, "")),
        ({"host_ipc": True, "host_pid": True}, "", (cri.POD, cri.NODE, cri.NODE, "")),
        ({"share_process_namespace": True}, "", (cri.POD, cri.POD, cri.POD, "")),
        ({}, "c1", (cri.POD, cri.POD, cri.TARGET, "c1")),
        ({"host_pid": True}, "c1", (cri.POD, cri.POD, cri.NODE, "")),
    ],
)
def test_namespaces(spec: dict[str, Any], target: str, expected: tuple[int, int, int, str]) -> None:
    options = namespace_options(pod(**spec), target)

    assert (options.network, options.ipc, options.pid, options.target_id) == expected


def test_a_sandbox_takes_the_pods_settings_even_without_a_security_context() -> None:
    plain = sandbox_security(pod(host_network=True))
    full = sandbox_security(
        pod(
            container(security_context=v1.SecurityContext(privileged=True)),
            security_context=v1.PodSecurityContext(run_as_user=1, fs_group=9),
        )
    )

    assert plain.namespace_options.network == cri.NODE
    assert plain.seccomp.profile_type == Profile.RuntimeDefault
    assert not plain.privileged
    assert full.privileged
    assert (full.run_as_user.value, list(full.supplemental_groups)) == (1, [9])


def with_sysctls(*names: str, **spec: Any) -> v1.Pod:  # noqa: ANN401 - fields
    context = v1.PodSecurityContext(sysctls=tuple(v1.Sysctl(name=n, value="1") for n in names))
    return pod(security_context=context, **spec)


def test_sysctls_are_named_with_dots() -> None:
    asked = with_sysctls("net/ipv4/conf/eth0.1/forwarding", "kernel.shm_rmid_forced")

    assert sysctls(asked) == {
        "net.ipv4.conf.eth0/1.forwarding": "1",
        "kernel.shm_rmid_forced": "1",
    }


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("net.core.somaxconn", {"host_network": True}),
        ("kernel.shmmax", {"host_ipc": True}),
        ("vm.swappiness", {}),
        ("kernel.panic", {}),
    ],
)
def test_a_sysctl_that_would_change_the_node_is_refused(name: str, spec: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidArgument, match=f"{name}.*the node's"):
        sysctls(with_sysctls(name, **spec))
