"""Lives of pods in a process of its own, to be killed at any moment: a program.

    python crash_worker.py ROOT RUN_ROOT BRIDGE SUBNET RUNTIME MONITOR SEED

Prints ``ready`` once, then goes on until the end of its sixth pod.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.options import OciOptions
from runtimes.oci.service import OciService
from runtimes.oci.tests.pods import Pods


def main() -> None:
    root, run_root, bridge, subnet, runtime, monitor, seed = sys.argv[1:]
    options = OciOptions(
        root=Path(root),
        run_root=Path(run_root),
        bridge=bridge,
        subnet=subnet,
        runtime=runtime,
        monitor=monitor,
    )
    dice = random.Random(seed)
    pods = Pods(OciService(options), Path(root).parent / "logs")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in range(6):
        live(pods, dice)


def live(pods: Pods, dice: random.Random) -> None:
    """One pod's life, in one of several ways."""
    config = pods.config()
    linux = cri.LinuxContainerConfig()
    if dice.random() < 0.3:
        modes = cri.NamespaceOption(pid=cri.POD)
        config.linux.security_context.namespace_options.CopyFrom(modes)
        linux.security_context.namespace_options.CopyFrom(modes)
    if dice.random() < 0.3:
        config.port_mappings.add(container_port=80, host_port=dice.randint(20000, 30000))
    pod = pods.run(config)
    container = pods.start(pod, linux=linux)
    if dice.random() < 0.5:
        pods.service.exec_sync(container, ["true"], 5)
    if dice.random() < 0.5:
        pods.service.stop_container(container, 0)
        pods.service.remove_container(container)
    if dice.random() < 0.7:
        pods.service.stop_pod_sandbox(pod.id)
    pods.service.remove_pod_sandbox(pod.id)


if __name__ == "__main__":
    main()
