"""kubelet calls the CRI of a process of its own, which calls Docker."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="cri-dockerd",
    title="cri-dockerd, dockershim moved out",
    years="2022 to today, Kubernetes 1.24 and later",
    backend="cri",
    served="dockershim",
    service="cri client",
    idea=(
        "Kubernetes 1.24 removed dockershim. Who still wants Docker Engine runs the translator as "
        "a daemon of its own, and kubelet reaches it as it reaches every runtime: over a socket."
    ),
    possible=(
        "Docker Engine under today's Kubernetes, at the cost of those who want it: released on its "
        "own, and restarted without kubelet."
    ),
    price="The longest way of all: one more process, and one more protocol, on every call.",
    differs="The daemon here is `runtimes serve` with the backend dockershim.",
)
