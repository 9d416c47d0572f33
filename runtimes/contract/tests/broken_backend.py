"""A backend with twelve faults at once, as an author may make them; see `FAULTS`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.fake.backend import FakeBackend
from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Sequence


class StopOfAbsentFails(FakeCri):
    def stop_container(self, container_id: str, timeout: int) -> None:
        self.container_status(container_id)
        super().stop_container(container_id, timeout)


class MixesStreams(FakeCri):
    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        answer = super().exec_sync(container_id, cmd, timeout)
        merged = answer.stdout + answer.stderr
        return cri.ExecSyncResponse(stdout=merged, exit_code=answer.exit_code)


class TimeoutIsAnExitCode(FakeCri):
    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        try:
            return super().exec_sync(container_id, cmd, timeout)
        except errors.DeadlineExceeded:
            return cri.ExecSyncResponse(exit_code=124)


class LosesExitCodes(FakeCri):
    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        answer = super().container_status(container_id, verbose=verbose)
        answer.status.exit_code = 0
        return answer


class IgnoresLabels(FakeCri):
    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        kept = cri.PodSandboxFilter()
        kept.CopyFrom(filter or kept)
        kept.ClearField("label_selector")
        return super().list_pod_sandbox(kept)


class HasNoPatience(FakeCri):
    def stop_container(self, container_id: str, timeout: int) -> None:
        super().stop_container(container_id, 0)


class InventsAbsentSandboxes(FakeCri):
    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        try:
            return super().pod_sandbox_status(pod_sandbox_id, verbose=verbose)
        except errors.NotFound:
            return cri.PodSandboxStatusResponse()


class TakesTwins(FakeCri):
    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        for item in self.list_pod_sandbox():
            if item.metadata == config.metadata:
                return item.id
        return super().run_pod_sandbox(config, runtime_handler)


class StartsWhatItCreates(FakeCri):
    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        container = super().create_container(pod_sandbox_id, config, sandbox_config)
        super().start_container(container)
        return container


class StopsSandboxesOnly(FakeCri):
    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        self.pod_sandbox_status(pod_sandbox_id)


class AbsentImagesAreErrors(FakeCri):
    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        answer = super().image_status(image, verbose=verbose)
        if not answer.HasField("image"):
            raise errors.ImageNotFound(image.image)
        return answer


class ReopensAnyLog(FakeCri):
    def reopen_container_log(self, container_id: str) -> None:
        Path(self.container_status(container_id).status.log_path).touch()


FAULTS: dict[type[FakeCri], str] = {
    StopOfAbsentFails: "test_stop_container_that_is_absent_succeeds",
    MixesStreams: "test_exec_sync_keeps_streams_apart_and_tells_the_exit_code",
    TimeoutIsAnExitCode: "test_exec_sync_past_its_timeout_is_deadline_exceeded_and_kills",
    LosesExitCodes: "test_stop_container_that_ended_by_itself_keeps_its_exit_code",
    IgnoresLabels: "test_list_sandboxes_by_labels_needs_all_of_them",
    HasNoPatience: "test_stop_container_lets_it_end_by_itself",
    InventsAbsentSandboxes: "test_sandbox_status_of_an_absent_one_is_not_found",
    TakesTwins: "test_run_sandbox_of_the_same_name_uid_and_attempt_is_refused",
    StartsWhatItCreates: "test_create_container_starts_nothing",
    StopsSandboxesOnly: "test_stop_sandbox_ends_its_containers_without_a_grace_period",
    AbsentImagesAreErrors: "test_image_status_of_an_absent_one_is_an_answer_without_an_image",
    ReopensAnyLog: "test_reopen_of_an_ended_container_fails_and_makes_no_file",
}
"""Each fault and the test that finds it."""


class Broken(*FAULTS):  # type: ignore[misc]  # all of the table
    """All of them."""


@dataclass(frozen=True, slots=True)
class BrokenBackend(FakeBackend):
    name: str = "broken"
    summary: str = "the fake with every fault of the table"

    def open(self, options: object = None) -> FakeCri:
        del options
        broken: FakeCri = Broken()
        return broken


backend = BrokenBackend()
