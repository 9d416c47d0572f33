"""kubelet calls the CRI, which a part of kubelet answers with Docker."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="dockershim",
    title="dockershim, the CRI on Docker",
    years="2016 to 2022, Kubernetes 1.5 to 1.23",
    backend="dockershim",
    service="dockershim",
    idea=(
        "kubelet speaks the Container Runtime Interface: sandboxes, containers, images. For "
        "Docker, a server of that interface lives inside kubelet and translates."
    ),
    possible=(
        "Any runtime, without a change of kubelet: whoever answers the CRI's calls runs Pods. The "
        "code that knew Docker moved behind the same line as everybody else's."
    ),
    price=(
        "A translation of a translation: each CRI call becomes several requests to an Engine that "
        "has no word for Pods, and the translator lived in Kubernetes and was released with it."
    ),
    differs="kubelet reached its dockershim over a socket to itself; here it is a call in process.",
)
