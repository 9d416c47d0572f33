"""From what a folder wants to the pods that shall be, with what is known of those that are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from msgspec.structs import replace as with_fields

from runtimes.core.pod import v1
from runtimes.core.pod.status import PodStatus
from runtimes.core.pod.workloads import (
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    Job,
    JobSpec,
    PodTemplateSpec,
)
from runtimes.kubelet.agent.expand import Expanded, Present, expand
from runtimes.kubelet.agent.manifests import Given, HasPods, Scan
from runtimes.kubelet.agent.stamp import stamp
from runtimes.kubelet.status.view import PodView
from runtimes.kubelet.tests.builders import container, pod, with_meta
from runtimes.kubelet.workloads.model import Outcome

META = v1.ObjectMeta(name="web", namespace="shop")
FOLDER = "/etc/pods"


def template(image: str = "busybox", policy: str = "Never") -> PodTemplateSpec:
    return PodTemplateSpec(spec=pod(container(image=image), policy=policy).spec)


def job(image: str = "busybox", **spec: int) -> Job:
    return Job(metadata=META, spec=JobSpec(template=template(image), **spec))  # type: ignore[arg-type]  # numbers only


def deployment(image: str = "busybox", kind: str = "RollingUpdate") -> Deployment:
    spec = DeploymentSpec(
        replicas=3, template=template(image, "Always"), strategy=DeploymentStrategy(type=kind)
    )
    return Deployment(metadata=META, spec=spec)


@dataclass
class World:
    """Carries out what is decided, in memory."""

    now: float = 1000.0
    present: Present = field(default_factory=Present)

    def look(self, *wanted: HasPods) -> Expanded:
        scan = Scan(wanted=tuple(Given(one, "web.yaml") for one in wanted))
        return expand(scan, FOLDER, replace(self.present, now=self.now))

    def step(self, *wanted: HasPods) -> list[str]:
        """Record what is wanted and let what isn't go; name what is recorded then."""
        found = self.look(*wanted)
        runs = {**self.present.runs, **{(run.namespace, run.name): run for run in found.runs}}
        for name in found.over:
            del runs[name]
        before = {one.metadata.name: one for one in self.present.recorded}
        records = [self._recorded(given, before) for given in found.pods.values()]
        self.present = replace(self.present, recorded=tuple(records), runs=runs)
        return [record.metadata.name for record in records]

    def _recorded(self, given: Given[v1.Pod], before: dict[str, v1.Pod]) -> v1.Pod:
        old, new = before.get(given.object.metadata.name), given.object
        new = stamp(new, given.file, FOLDER)
        generation = 1
        if old is not None:
            generation = (old.metadata.generation or 0) + (old.spec != new.spec)
        return with_meta(new, uid=f"uid-{new.metadata.name}", generation=generation)

    def tell(self, name: str, phase: str, *, ready: bool = False) -> None:
        """Let the last sync of a pod have led to this."""
        record = next(one for one in self.present.recorded if one.metadata.name == name)
        uid = record.metadata.uid
        conditions = (v1.PodCondition(type="Ready", status="True"),) if ready else ()
        view = PodView(
            pod=record,
            status=v1.PodStatus(phase=phase, conditions=conditions),
            observed=PodStatus(uid=uid, name=name, namespace="shop"),
        )
        self.present = replace(self.present, views={**self.present.views, uid: view})

    def images(self) -> dict[str, str]:
        return {one.metadata.name: one.spec.containers[0].image for one in self.present.recorded}

    @property
    def outcome(self) -> Outcome | None:
        return self.present.runs["shop", "web"].outcome


def test_a_job_makes_attempts_until_enough_have_succeeded() -> None:
    world, wanted = World(), job(completions=2)

    assert world.step(wanted) == ["web-0"]
    world.tell("web-0", "Failed")
    assert world.step(wanted) == ["web-0"], "the next attempt waits"
    world.now += 10
    assert world.step(wanted) == ["web-0", "web-1"]
    world.tell("web-1", "Succeeded")
    assert world.step(wanted) == ["web-0", "web-1", "web-2"]
    world.tell("web-2", "Succeeded")
    world.step(wanted)
    assert world.outcome is Outcome.COMPLETE


def test_what_an_attempt_came_to_outlives_it() -> None:
    world, wanted = World(), job(completions=2)
    world.step(wanted)
    world.tell("web-0", "Succeeded")
    world.step(wanted)

    kept = tuple(one for one in world.present.recorded if one.metadata.name != "web-0")
    world.present = replace(world.present, recorded=kept, views={})

    assert world.step(wanted) == ["web-1"]
    world.tell("web-1", "Succeeded")
    world.step(wanted)
    assert world.outcome is Outcome.COMPLETE


def test_an_agent_that_knows_nothing_yet_begins_no_further_attempt() -> None:
    world, wanted = World(), job(completions=3)
    world.step(wanted)
    world.tell("web-0", "Succeeded")
    world.present = replace(world.present, views={})

    assert world.step(wanted) == ["web-0"]


def test_pods_of_a_job_go_after_its_time_to_live_and_it_does_not_run_again() -> None:
    world, wanted = World(), job(ttl_seconds_after_finished=60)
    world.step(wanted)
    world.tell("web-0", "Succeeded")
    assert world.step(wanted) == ["web-0"]
    assert world.look(wanted).check_after == 60.0

    world.now += 60

    assert world.step(wanted) == []
    assert world.step(wanted) == []
    assert world.outcome is Outcome.COMPLETE


def test_a_failed_job_stays_so_though_more_attempts_are_allowed() -> None:
    world = World()
    world.step(job(backoff_limit=0))
    world.tell("web-0", "Failed")
    world.step(job(backoff_limit=0))
    world.now += 1000

    assert world.step(job(backoff_limit=5)) == ["web-0"]
    assert world.outcome is Outcome.FAILED


def test_another_template_runs_the_job_again_once_its_pods_have_gone() -> None:
    world = World()
    world.step(job())
    world.tell("web-0", "Succeeded")
    world.step(job())
    first = world.present.runs["shop", "web"]

    assert world.step(job("busybox:2")) == []
    assert world.present.runs["shop", "web"] == first
    assert world.step(job("busybox:2")) == ["web-0"]
    assert world.outcome is None


def test_a_job_that_is_gone_is_forgotten_and_one_in_a_broken_file_is_not() -> None:
    world = World()
    world.step(job())

    broken = expand(Scan(problems={"web.yaml": "not a job"}), FOLDER, world.present)

    assert broken.over == []
    assert world.look().over == [("shop", "web")]


def test_a_job_that_takes_too_long_is_looked_at_in_time() -> None:
    world, wanted = World(), job(active_deadline_seconds=30)
    world.step(wanted)
    world.now += 10

    assert world.look(wanted).check_after == 20.0
    world.now += 20
    assert world.step(wanted) == []
    assert world.outcome is Outcome.FAILED


def test_replicas_change_one_by_one_as_they_become_ready() -> None:
    world = World()
    world.step(deployment())
    for name in ("web-0", "web-1", "web-2"):
        world.tell(name, "Running", ready=True)
    wanted = deployment("busybox:2")
    for name in ("web-0", "web-1", "web-2"):
        world.step(wanted)
        changed = [one for one, image in world.images().items() if image == "busybox:2"]
        assert changed[-1] == name
        world.step(wanted)
        assert [one for one, image in world.images().items() if image == "busybox:2"] == changed
        world.tell(name, "Running", ready=True)


def test_a_replica_that_cannot_be_synced_holds_up_no_rollout() -> None:
    world, wanted = World(), deployment("busybox:2")
    world.step(deployment())
    for name in ("web-1", "web-2"):
        world.tell(name, "Running", ready=True)

    world.step(wanted)
    assert set(world.images().values()) == {"busybox"}, "nobody has looked at web-0 yet"
    world.present = replace(world.present, seen={"uid-web-0"})
    world.step(wanted)

    changed = [name for name, image in world.images().items() if image == "busybox:2"]
    assert changed == ["web-0", "web-1"]


def test_recreate_lets_all_go_before_one_comes_back() -> None:
    world = World()
    world.step(deployment())

    assert world.step(deployment("busybox:2", "Recreate")) == []
    assert world.step(deployment("busybox:2", "Recreate")) == ["web-0", "web-1", "web-2"]


def test_a_pod_named_like_a_replica_is_a_mistake_of_the_later_file() -> None:
    alone = with_meta(pod(), name="web-1", namespace="shop")
    scan = Scan(wanted=(Given(deployment(), "a.yaml", 3), Given(alone, "b.yaml", 7)))

    found = expand(scan, FOLDER, Present())

    assert found.pods["shop", "web-1"].file == "a.yaml"
    assert found.problems == {"b.yaml": "line 7: Pod 'shop/web-1' is in a.yaml already, on line 3"}


def test_an_attempt_that_somebody_stopped_has_failed() -> None:
    world, wanted = World(), job(backoff_limit=0)
    world.step(wanted)
    world.tell("web-0", "Running")
    (record,) = world.present.recorded
    stopped = with_fields(
        record, metadata=with_fields(record.metadata, deletion_timestamp="2026-01-01T00:00:00Z")
    )
    world.present = replace(world.present, recorded=(stopped,))

    world.step(wanted)

    assert world.outcome is Outcome.FAILED
