"""What containers ask for and may use.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateContainerResourceRequirements).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import quantity
from runtimes.core.pod import v1
from runtimes.kubelet.generate import totals
from runtimes.kubelet.manifest.decode.words import join, nearest, quote
from runtimes.kubelet.manifest.problem import Key, Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STANDARD = ("cpu", "memory", "ephemeral-storage")
HUGE_PAGES = "hugepages-"
_NANO = 10**9


def check_resources(
    resources: v1.ResourceRequirements, claims: frozenset[str], path: Path
) -> Iterator[Problem]:
    """Judge the resources at `path` of a pod that claims `claims`."""
    limits, requests = resources.limits, resources.requests
    yield from check_amounts(limits, (*path, "limits"))
    own = {name: text for name, text in requests.items() if limits.get(name) != text}
    yield from check_amounts(own, (*path, "requests"))
    for name in requests:
        problem = _against_limit(name, requests[name], limits.get(name))
        if problem:
            yield Problem((*path, "requests", Key(name)), problem)
    yield from _huge_pages({**limits, **requests}, path)
    for index, claim in enumerate(resources.claims):
        if claim.name not in claims:
            message = f"the pod's resourceClaims have no {quote(claim.name)}"
            yield Problem((*path, "claims", index, "name"), message)


def check_pod_resources(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    """Judge what the pod says as a whole, at `path`, beside what its containers say."""
    if spec.resources is None:
        return
    yield from check_resources(spec.resources, frozenset(), path)
    pod = v1.Pod(spec=spec)
    for side, amounts in (("limits", spec.resources.limits), ("requests", spec.resources.requests)):
        for name, text in amounts.items():
            where = (*path, side, Key(name))
            if not totals.is_of_pods(name):
                if side == "requests" and name in spec.resources.limits:
                    continue  # told there
                yield Problem(where, f"{quote(name)} is not one of cpu, memory and hugepages-SIZE")
            elif side == "requests" and _is_less(text, totals.of_containers(pod, name, side)):
                yield Problem(where, f"{quote(text)} is less than its containers ask for together")
    for kind, containers in (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
    ):
        for index, container in enumerate(containers):
            yield from _within(container.resources, spec.resources, (*path[:-1], kind, index))


def _within(
    own: v1.ResourceRequirements, pod: v1.ResourceRequirements, path: Path
) -> Iterator[Problem]:
    for name, text in own.limits.items():
        if name in pod.limits and quantity.parse(text) > quantity.parse(pod.limits[name]):
            where = (*path, "resources", "limits", Key(name))
            yield Problem(
                where, f"{quote(text)} is more than the pod's limit of {pod.limits[name]}"
            )


def _is_less(text: str, thousandths: int) -> bool:
    return quantity.parse(text).milli < thousandths


def check_amounts(amounts: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for name, text in amounts.items():
        amount = quantity.parse(text)
        problem = _name(name)
        if problem is None and amount.nano < 0:
            problem = f"{quote(text)} must not be negative"
        elif problem is None and not _may_overcommit(name) and amount.nano % _NANO:
            problem = f"{quote(text)} must be a whole number"
        if problem:
            yield Problem((*path, Key(name)), problem)


def _name(name: str) -> str | None:
    if name in STANDARD or name.startswith(HUGE_PAGES):
        return None
    if "/" in name:
        return names.qualified_name(name)
    meant = nearest(name, STANDARD)
    hint = f"; did you mean '{meant}'?" if meant else ""
    known = join((*STANDARD, f"{HUGE_PAGES}SIZE", "a name with a domain"))
    return f"{quote(name)} is not one of {known}{hint}"


def _may_overcommit(name: str) -> bool:
    return name in STANDARD


def _against_limit(name: str, request: str, limit: str | None) -> str | None:
    if limit is None:
        known = _name(name) is None
        return "needs a limit of the same amount" if known and not _may_overcommit(name) else None
    asked, allowed = quantity.parse(request), quantity.parse(limit)
    if not _may_overcommit(name) and asked != allowed:
        return f"{quote(request)} must equal the limit of {limit}"
    if asked > allowed:
        return f"{quote(request)} is more than the limit of {limit}"
    return None


def _huge_pages(amounts: Mapping[str, str], path: Path) -> Iterator[Problem]:
    huge = [name for name in amounts if name.startswith(HUGE_PAGES)]
    if huge and not {"cpu", "memory"} & amounts.keys():
        yield Problem(path, f"{huge[0]} needs cpu or memory beside it")
    for name in huge:
        problem = _huge_page_size(name)
        if problem:
            where = "limits" if name in amounts else "requests"
            yield Problem((*path, where, Key(name)), problem)


def _huge_page_size(name: str) -> str | None:
    from runtimes.core.errors import InvalidArgument

    try:
        size = quantity.parse(name.removeprefix(HUGE_PAGES))
    except InvalidArgument:
        return f"{quote(name)} must end in a size of pages, such as {HUGE_PAGES}2Mi"
    return None if size.nano > 0 else f"{quote(name)} must end in a size above zero"
