"""A process that attaches a pod and dies at a step of it, or goes on until it is killed.

Run as a script, so that it has no threads and locks of the tests' process:
victim.py STATE_DIR HOST_NETNS NETNS SANDBOX_ID HOST_PORT once|for-ever|STEP:before|STEP:after
It says `ready` on its standard output and begins when its standard input ends.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from runtimes.cni.bridge import firewall, links, reservation, state
from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import AttachRequest, DetachRequest, PodNetwork, PortMapping
from runtimes.core import netns

STEPS = {
    "record": (state.State, "save"),
    "claim": (reservation, "claim"),
    "last-address": (state.State, "save_last_address"),
    "bridge": (links, "make_bridge"),
    "connect": (links, "connect"),
    "tune": (links, "tune"),
    "publish": (firewall.Firewall, "publish"),
    "withdraw": (firewall, "withdraw"),
    "free": (reservation, "free"),
}


def make_deadly(step: str, moment: str) -> None:
    """Let a step kill this process, before or after it has done its work."""
    place, name = STEPS[step]
    original = getattr(place, name)

    def die(*args: object, **kwargs: object) -> None:
        if moment == "after":
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, die)


def live(network: PodNetwork, request: AttachRequest, plan: str) -> None:
    network.attach(request)
    while plan != "once":
        network.detach(DetachRequest(request.sandbox_id))
        network.attach(request)


def main() -> None:
    state_dir, host, pod, sandbox_id, port, plan = sys.argv[1:]
    mapping = PortMapping("tcp", 80, int(port))
    request = AttachRequest(sandbox_id, sandbox_id, "test", "u", Path(pod), (mapping,))
    network = open_network(NetworkOptions(Path(state_dir)))
    if ":" in plan:
        make_deadly(*plan.split(":"))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    netns.enter(Path(host), lambda: live(network, request, plan))


if __name__ == "__main__":
    main()
