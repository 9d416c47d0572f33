"""Have a container's image here before the container is created.

Source: kubelet pkg/kubelet/images/image_manager.go (EnsureImageExists).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors, image_ref
from runtimes.core.pod.sync import Reason
from runtimes.kubelet.events import Event, EventReason, Recorder
from runtimes.kubelet.sync.durations import spell_milliseconds
from runtimes.kubelet.sync.steps import StepFailed

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.kubelet.generate.security import ImageFacts

ALWAYS = "Always"
IF_NOT_PRESENT = "IfNotPresent"
NEVER = "Never"


class ImageCalls(Protocol):
    def find_image(self, image: str) -> ImageFacts | None:
        """Look for an image on this node; None when it isn't here."""
        ...

    def pull_image(self, image: str) -> str:
        """Pull with the pod's credentials and return the image's reference."""
        ...


@dataclass(frozen=True, slots=True)
class ImageWants:
    """Whose image it is, where failures are counted and who is told."""

    pod: v1.Pod
    backoff: Backoff
    record: Recorder


def pull_policy(image: str, policy: str) -> str:
    """The policy as given; else Always for the tag ``latest``, IfNotPresent for others."""
    if policy:
        return policy
    reference = image_ref.parse(image)
    latest = not reference.digest and reference.tag in {"", "latest"}
    return ALWAYS if latest else IF_NOT_PRESENT


def ensure_image(
    container: v1.Container | v1.EphemeralContainer, calls: ImageCalls, wants: ImageWants
) -> ImageFacts:
    """Pull as the policy says, and describe the image.

    Raises:
        StepFailed: InvalidImageName, ImageInspectError, ErrImageNeverPull, ImagePullBackOff,
            RegistryUnavailable or ErrImagePull.
    """
    telling = _Telling(wants, container.name)
    image = _full_name(container.image, telling)
    found = _find(calls, image, telling)
    policy = pull_policy(image, container.image_pull_policy)
    if found is not None and policy != ALWAYS:
        telling.say(EventReason.PULLED, f'Container image "{image}" already present on machine')
        return found
    if policy == NEVER:
        message = f'Container image "{image}" is not present with pull policy of Never'
        raise telling.failed(Reason.ERR_IMAGE_NEVER_PULL, message, EventReason.ERR_IMAGE_NEVER_PULL)
    return _pull(calls, image, telling)


@dataclass(frozen=True, slots=True)
class _Telling:
    wants: ImageWants
    container: str

    @property
    def uid(self) -> str:
        return self.wants.pod.metadata.uid

    def say(self, reason: EventReason, message: str, *, warning: bool = False) -> None:
        event = Event(
            pod_uid=self.uid,
            reason=reason,
            message=message,
            container=self.container,
            warning=warning,
        )
        self.wants.record(event)

    def failed(
        self, reason: Reason, message: str, event: EventReason = EventReason.FAILED
    ) -> StepFailed:
        self.say(event, message, warning=True)
        return StepFailed(reason, message)


def _full_name(image: str, telling: _Telling) -> str:
    try:
        return image_ref.with_default_tag(image)
    except errors.InvalidArgument as error:
        message = f'Failed to apply default image tag "{image}": {error}'
        raise telling.failed(
            Reason.INVALID_IMAGE_NAME, message, EventReason.INSPECT_FAILED
        ) from error


def _find(calls: ImageCalls, image: str, telling: _Telling) -> ImageFacts | None:
    try:
        return calls.find_image(image)
    except errors.Error as error:
        message = f'Failed to inspect image "{image}": {error}'
        raise telling.failed(
            Reason.IMAGE_INSPECT_ERROR, message, EventReason.INSPECT_FAILED
        ) from error


def _pull(calls: ImageCalls, image: str, telling: _Telling) -> ImageFacts:
    backoff, key = telling.wants.backoff, f"{telling.uid}_{image}"
    wait = backoff.wait_since_update(key)
    if wait > 0:
        message = f'Back-off pulling image "{image}"'
        telling.say(EventReason.BACK_OFF, message)
        raise StepFailed(Reason.IMAGE_PULL_BACK_OFF, f"{message}: {backoff.why(key)}", wait)
    telling.say(EventReason.PULLING, f'Pulling image "{image}"')
    began = time.monotonic()
    try:
        reference = calls.pull_image(image)
    except errors.Error as error:
        unavailable = isinstance(error, errors.RegistryUnavailable)
        reason = Reason.REGISTRY_UNAVAILABLE if unavailable else Reason.ERR_IMAGE_PULL
        backoff.advance(key, why=f"{reason}: {error}")
        telling.say(EventReason.FAILED, f'Failed to pull image "{image}": {error}', warning=True)
        raise StepFailed(reason, str(error)) from error
    took = spell_milliseconds(time.monotonic() - began)
    message = f'Successfully pulled image "{image}" in {took} ({took} including waiting)'
    telling.say(EventReason.PULLED, message)
    backoff.sweep()
    found = _find(calls, reference, telling)
    if found is None:
        message = f'Image "{image}" is gone right after it was pulled as {reference}'
        raise telling.failed(Reason.IMAGE_INSPECT_ERROR, message)
    return found
