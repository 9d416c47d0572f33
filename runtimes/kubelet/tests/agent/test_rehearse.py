"""What `--dry-run` says is what the agent then does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.agent.manifests import ManifestFolder
from runtimes.kubelet.agent.rehearse import Rehearsal, rehearse

if TYPE_CHECKING:
    from runtimes.kubelet.tests.agent.house import House

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: dep}}
spec:
  replicas: 2
  strategy: {{type: {kind}}}
  selector: {{matchLabels: {{app: dep}}}}
  template:
    metadata: {{labels: {{app: dep}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "{seconds}"]}}
"""
SIX = {f"{pod}/{name}" for pod in ("kept", "changed", "gone") for name in ("app", "side")}
KEPT = ["pod/kept unchanged", "  app: runs on", "  side: runs on"]


def told(house: House) -> Rehearsal:
    return rehearse(house.bench.runtime, house.bench.store, ManifestFolder(house.folder))


def ended(house: House, pod: str) -> set[str]:
    containers = (one for found in house.pods() if found.name == pod for one in found.containers)
    return {one.name for one in containers if one.state is ContainerState.EXITED}


def test_of_a_new_folder_everything_starts_and_nothing_is_recorded(house: House) -> None:
    house.write()
    (house.folder / "bad.yaml").write_text("kind: [")

    found = told(house)

    assert found.lines == ["pod/web created", "  app: starts", "  side: starts"]
    assert list(found.problems) == ["bad.yaml"]
    assert found.exit_code == 2
    assert not house.recorded()
    assert not house.pods()


def test_what_is_told_of_a_changed_folder_comes_true(house: House) -> None:
    for name in ("kept", "changed", "gone"):
        house.write(name, policy="Never")
    house.write("over", policy="Never", app="exit 0", side="exit 0")
    house.agent()
    house.until(lambda: ended(house, "over") == {"app", "side"})
    before = house.until(lambda: now if set(now := house.running()) == SIX else {})
    house.agents.pop().end()
    quiet = told(house)
    house.write("changed", side="sleep 99999", policy="Never")
    house.write("over", policy="Never")
    (house.folder / "gone.yaml").unlink()

    found = told(house)
    house.agent()

    assert (quiet.exit_code, found.exit_code) == (0, 1)
    assert found.lines == [
        "pod/changed configured",
        "  app: runs on",
        "  side: restarts: its definition changed",
        *KEPT,
        "pod/gone removed",
        "pod/over replaced",
    ]
    changed = {"changed/side", "over/app", "over/side"}
    after = house.until(
        lambda: (
            now
            if changed <= set(now := house.running())
            and not any(name.startswith("gone") for name in now)
            and now["changed/side"] != before["changed/side"]
            else {}
        )
    )
    assert {name for name in after if after[name] != before.get(name)} == changed


def test_a_deployment_is_told_as_it_will_be_when_each_pod_has_had_its_turn(house: House) -> None:
    path = house.folder / "dep.yaml"
    path.write_text(DEPLOYMENT.format(kind="RollingUpdate", seconds=1000))
    house.agent()
    house.until(lambda: set(house.running()) == {"dep-0/app", "dep-1/app"})
    house.agents.pop().end()

    assert not told(house).changes
    path.write_text(DEPLOYMENT.format(kind="RollingUpdate", seconds=2000))
    rolled = told(house)
    path.write_text(DEPLOYMENT.format(kind="Recreate", seconds=2000))
    anew = told(house)

    restarts = "  app: restarts: its definition changed"
    assert rolled.lines == [
        "pod/dep-0 configured", restarts, "pod/dep-1 configured", restarts,
    ]  # fmt: skip
    assert anew.lines == ["pod/dep-0 replaced", "pod/dep-1 replaced"]
