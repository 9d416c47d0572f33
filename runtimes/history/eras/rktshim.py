"""The CRI over rkt."""

from runtimes.history.eras.era import Era

ERA = Era(
    name="rktshim",
    title="The CRI on rkt",
    years="2016 to 2018, outside of kubelet as rktlet",
    backend="rktshim",
    service="rktshim",
    idea=(
        "rkt learnt to add applications to a pod that runs, so that the CRI's calls could be "
        "mapped to it by a server of its own, rktlet."
    ),
    possible="A Pod that changes while it runs, on a runtime whose pods couldn't.",
    differs="rktlet was a daemon of its own; here the CRI's calls are answered in process.",
    price="Each call is a program that starts, and the project ended before it was finished.",
)
