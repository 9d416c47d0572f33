"""What would choose a node, if there were several: judged by its form, so that it works there.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateTolerations, validateAffinity,
validateTopologySpreadConstraints).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode.words import quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.metadata import check_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

_MAX_WEIGHT = 100
_WITH_VALUES = ("In", "NotIn")
_WITHOUT_VALUES = ("Exists", "DoesNotExist")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check_scheduling(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    yield from check_labels(spec.node_selector, (*path, "nodeSelector"))
    for index, toleration in enumerate(spec.tolerations):
        yield from _toleration(toleration, (*path, "tolerations", index))
    if spec.affinity:
        yield from _affinity(spec.affinity, (*path, "affinity"))
    for index, constraint in enumerate(spec.topology_spread_constraints):
        yield from _spread(constraint, (*path, "topologySpreadConstraints", index))


def _toleration(toleration: v1.Toleration, path: Path) -> Iterator[Problem]:
    if toleration.key:
        problem = names.qualified_name(toleration.key)
        if problem:
            yield Problem((*path, "key"), problem)
    elif toleration.operator != "Exists":
        yield Problem((*path, "operator"), "must be 'Exists' where there is no key")
    if toleration.operator == "Exists" and toleration.value:
        yield Problem((*path, "value"), "can't be given with operator 'Exists'")
    elif toleration.operator in {"", "Equal"}:
        problem = names.label_value(toleration.value)
        if problem:
            yield Problem((*path, "value"), problem)
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield Problem((*path, "effect"), "must be 'NoExecute' with tolerationSeconds")


def _affinity(affinity: v1.Affinity, path: Path) -> Iterator[Problem]:
    if affinity.node_affinity:
        yield from _node_affinity(affinity.node_affinity, (*path, "nodeAffinity"))
    for name, pods in (
        ("podAffinity", affinity.pod_affinity),
        ("podAntiAffinity", affinity.pod_anti_affinity),
    ):
        if pods:
            yield from _pod_affinity(pods, (*path, name))


def _node_affinity(affinity: v1.NodeAffinity, path: Path) -> Iterator[Problem]:
    required = affinity.required_during_scheduling_ignored_during_execution
    if required:
        place = (*path, _REQUIRED, "nodeSelectorTerms")
        if not required.node_selector_terms:
            yield Problem(place, "must not be empty")
        for index, term in enumerate(required.node_selector_terms):
            yield from _node_term(term, (*place, index))
    for index, weighted in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        place = (*path, _PREFERRED, index)
        yield from _weight(weighted.weight, place)
        if weighted.preference:
            yield from _node_term(weighted.preference, (*place, "preference"))


def _weight(weight: int | None, path: Path) -> Iterator[Problem]:
    if not 1 <= (weight or 0) <= _MAX_WEIGHT:
        yield Problem((*path, "weight"), f"{weight} is not between 1 and {_MAX_WEIGHT}")


def _node_term(term: v1.NodeSelectorTerm, path: Path) -> Iterator[Problem]:
    for name, requirements in (
        ("matchExpressions", term.match_expressions),
        ("matchFields", term.match_fields),
    ):
        for index, requirement in enumerate(requirements):
            yield from _requirement(requirement, (*path, name, index))


def _requirement(
    requirement: v1.NodeSelectorRequirement | v1.LabelSelectorRequirement, path: Path
) -> Iterator[Problem]:
    problem = names.qualified_name(requirement.key)
    if problem:
        yield Problem((*path, "key"), problem)
    operator, values = requirement.operator, requirement.values
    if operator in _WITH_VALUES and not values:
        yield Problem((*path, "values"), f"required with operator '{operator}', but not given")
    elif operator in _WITHOUT_VALUES and values:
        yield Problem((*path, "values"), f"can't be given with operator '{operator}'")
    elif operator in {"Gt", "Lt"} and len(values) != 1:
        yield Problem((*path, "values"), f"must have one number with operator '{operator}'")


def _pod_affinity(affinity: v1.PodAffinity | v1.PodAntiAffinity, path: Path) -> Iterator[Problem]:
    for index, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        yield from _pod_term(term, (*path, _REQUIRED, index))
    for index, weighted in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        place = (*path, _PREFERRED, index)
        yield from _weight(weighted.weight, place)
        if weighted.pod_affinity_term:
            yield from _pod_term(weighted.pod_affinity_term, (*place, "podAffinityTerm"))


def _pod_term(term: v1.PodAffinityTerm, path: Path) -> Iterator[Problem]:
    problem = names.qualified_name(term.topology_key)
    if problem:
        yield Problem((*path, "topologyKey"), problem)
    for index, namespace in enumerate(term.namespaces):
        problem = names.dns_label(namespace)
        if problem:
            yield Problem((*path, "namespaces", index), problem)
    if term.label_selector:
        yield from _selector(term.label_selector, (*path, "labelSelector"))


def _selector(selector: v1.LabelSelector, path: Path) -> Iterator[Problem]:
    yield from check_labels(selector.match_labels, (*path, "matchLabels"))
    for index, requirement in enumerate(selector.match_expressions):
        yield from _requirement(requirement, (*path, "matchExpressions", index))


def _spread(constraint: v1.TopologySpreadConstraint, path: Path) -> Iterator[Problem]:
    if (constraint.max_skew or 0) <= 0:
        yield Problem((*path, "maxSkew"), f"{constraint.max_skew} must be more than 0")
    problem = names.qualified_name(constraint.topology_key)
    if problem:
        yield Problem((*path, "topologyKey"), problem)
    if constraint.min_domains is not None and constraint.min_domains <= 0:
        yield Problem(
            (*path, "minDomains"), f"{quote(str(constraint.min_domains))} must be above 0"
        )
    if constraint.label_selector:
        yield from _selector(constraint.label_selector, (*path, "labelSelector"))
