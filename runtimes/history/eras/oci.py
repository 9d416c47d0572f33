"""No daemon: the CRI's calls answered in process."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="oci",
    title="No daemon at all",
    years="this project's own step; no kubelet has taken it",
    backend="oci",
    service="oci",
    idea=(
        "The CRI's calls are answered by a library, in the caller's process, which starts crun or "
        "runc itself. One small monitor for each container stays behind."
    ),
    possible="Pods from a Python program, with nothing installed but a runtime of 1 MB.",
    price="Nobody restarts what ends while nobody looks; `runtimes kubelet` or a supervisor does.",
)
