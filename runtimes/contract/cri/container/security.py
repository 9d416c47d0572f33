"""Capabilities, no_new_privs, read-only root, masked and read-only paths, seccomp, privileged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.bench import Bench

    Adjust = Callable[[cri.LinuxContainerSecurityContext], None]

CAP_CHOWN, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN = 0, 12, 13, 21
SECCOMP_FILTER = "2"


def process_status(contract: Bench, adjust: Adjust | None = None) -> dict[str, str]:
    """``/proc/self/status`` of a container's process."""
    config = contract.config("cat", "/proc/self/status")
    if adjust is not None:
        adjust(config.linux.security_context)
    lines = contract.finish(config).log.splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def capabilities(status: dict[str, str], which: str = "CapEff") -> set[int]:
    mask = int(status[which], 16)
    return {bit for bit in range(64) if mask >> bit & 1}


def test_default_capabilities_are_few(contract: Bench) -> None:
    held = capabilities(process_status(contract))

    assert CAP_CHOWN in held
    assert not {CAP_NET_ADMIN, CAP_SYS_ADMIN} & held


def test_an_added_capability_is_there(contract: Bench) -> None:
    def adjust(security: cri.LinuxContainerSecurityContext) -> None:
        security.capabilities.add_capabilities.append("NET_ADMIN")

    assert {CAP_CHOWN, CAP_NET_ADMIN} <= capabilities(process_status(contract, adjust))


def test_a_dropped_capability_is_gone_for_good(contract: Bench) -> None:
    def adjust(security: cri.LinuxContainerSecurityContext) -> None:
        security.capabilities.drop_capabilities.append("CHOWN")

    status = process_status(contract, adjust)

    assert CAP_CHOWN not in capabilities(status)
    assert CAP_CHOWN not in capabilities(status, "CapBnd")


def test_drop_all_then_add_one_leaves_that_one(contract: Bench) -> None:
    def adjust(security: cri.LinuxContainerSecurityContext) -> None:
        security.capabilities.drop_capabilities.append("ALL")
        security.capabilities.add_capabilities.append("NET_RAW")

    assert capabilities(process_status(contract, adjust)) == {CAP_NET_RAW}


def test_a_process_that_is_not_root_has_no_capability(contract: Bench) -> None:
    def adjust(security: cri.LinuxContainerSecurityContext) -> None:
        security.run_as_user.value = 1000

    assert capabilities(process_status(contract, adjust)) == set()


def test_privileged_has_every_capability_of_the_runtime(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.linux.security_context.privileged = True
    sandbox = contract.new_sandbox(config)
    container = contract.config("cat", "/proc/self/status")
    container.linux.security_context.privileged = True

    lines = contract.finish(container, sandbox).log.splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("CapEff"))

    assert {CAP_NET_ADMIN, CAP_SYS_ADMIN} <= capabilities({"CapEff": mask})


def test_no_new_privs_is_set_when_asked_for(contract: Bench) -> None:
    def adjust(security: cri.LinuxContainerSecurityContext) -> None:
        security.no_new_privs = True

    assert process_status(contract, adjust)["NoNewPrivs"] == "1"
    assert process_status(contract)["NoNewPrivs"] == "0"


def test_the_root_is_writable_by_default(contract: Bench) -> None:
    assert contract.output("echo x > /file; cat /file") == "x"


def test_a_read_only_root_is_not_writable(contract: Bench) -> None:
    def adjust(config: cri.ContainerConfig) -> None:
        config.linux.security_context.readonly_rootfs = True

    ended = contract.sh("echo x > /file && echo wrote", adjust)

    assert ended.status.exit_code != 0
    assert "Read-only file system" in ended.log


def test_masked_paths_show_nothing(contract: Bench) -> None:
    def adjust(config: cri.ContainerConfig) -> None:
        config.linux.security_context.masked_paths.extend(["/etc/passwd", "/home"])

    script = "wc -c < /etc/passwd; ls /home | wc -l"

    assert contract.output(script, adjust).split() == ["0", "0"]


def test_read_only_paths_are_not_writable(contract: Bench) -> None:
    def adjust(config: cri.ContainerConfig) -> None:
        config.linux.security_context.readonly_paths.append("/home")

    ended = contract.sh("cat /etc/passwd | wc -l; echo x > /home/file && echo wrote", adjust)

    assert "Read-only file system" in ended.log
    assert "wrote" not in ended.log


@requires(Capability.SECCOMP)
def test_seccomp_is_a_filter_by_default_profile_and_none_when_unconfined(contract: Bench) -> None:
    def profile(kind: cri.SecurityProfile.ProfileType.ValueType) -> Adjust:
        def adjust(security: cri.LinuxContainerSecurityContext) -> None:
            security.seccomp.profile_type = kind

        return adjust

    default = process_status(contract, profile(cri.SecurityProfile.RuntimeDefault))
    unconfined = process_status(contract, profile(cri.SecurityProfile.Unconfined))

    assert default["Seccomp"] == SECCOMP_FILTER
    assert unconfined["Seccomp"] == "0"


@requires(Capability.SECCOMP)
def test_the_default_seccomp_profile_forbids_new_user_namespaces(contract: Bench) -> None:
    def adjust(config: cri.ContainerConfig) -> None:
        config.linux.security_context.seccomp.profile_type = cri.SecurityProfile.RuntimeDefault

    ended = contract.sh("unshare -U true 2>&1 && echo made one", adjust)

    assert "made one" not in ended.log
    assert ended.status.exit_code != 0


@requires(Capability.SECCOMP)
def test_a_seccomp_profile_of_the_node_is_applied(contract: Bench) -> None:
    path = contract.folder() / "profile.json"
    path.write_text(
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": '
        '[{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
    )

    def adjust(config: cri.ContainerConfig) -> None:
        seccomp = config.linux.security_context.seccomp
        seccomp.profile_type = cri.SecurityProfile.Localhost
        seccomp.localhost_ref = str(path)

    ended = contract.sh("mkdir /tmp/forbidden || echo refused", adjust)

    assert "refused" in ended.log
