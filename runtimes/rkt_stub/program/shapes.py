"""rkt's JSON, as it is. What is empty is left out; a list of nothing is ``null``.

Times of pods are seconds, those of apps and images nanoseconds.

Source: rkt lib/types.go; appc schema types (PodManifest, ImageManifest).
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class Network(TypedDict):
    netName: str
    ip: NotRequired[str]


class App(TypedDict):
    """`exit_code` of an app that was stopped with its pod is 0 or missing: don't trust it."""

    name: str
    state: str
    image_id: NotRequired[str]
    created_at: NotRequired[int]
    started_at: NotRequired[int]
    finished_at: NotRequired[int]
    exit_code: NotRequired[int]
    user_annotations: NotRequired[dict[str, str]]
    user_labels: NotRequired[dict[str, str]]


class Pod(TypedDict):
    name: str
    state: str
    networks: NotRequired[list[Network]]
    app_names: NotRequired[list[str]]
    apps: NotRequired[list[App]]
    created_at: NotRequired[int]
    started_at: NotRequired[int]
    user_annotations: NotRequired[dict[str, str]]
    user_labels: NotRequired[dict[str, str]]


class Image(TypedDict):
    """`name` is the converted one; an image of Docker's tells its own in its annotations."""

    id: str
    name: str
    import_time: int
    last_used_time: int
    size: int


class NameValue(TypedDict):
    name: str
    value: str


class Isolator(TypedDict):
    name: str
    value: Any


class AppPort(TypedDict):
    name: str
    protocol: str
    port: int
    count: int
    socketActivated: bool


class AppSettings(TypedDict):
    """`user` and `group` are mandatory strings."""

    exec: list[str]
    user: str
    group: str
    supplementaryGIDs: NotRequired[list[int]]
    workingDirectory: NotRequired[str]
    environment: NotRequired[list[NameValue]]
    ports: NotRequired[list[AppPort]]
    isolators: NotRequired[list[Isolator]]
    userAnnotations: NotRequired[dict[str, str]]
    userLabels: NotRequired[dict[str, str]]


class ImageManifest(TypedDict):
    name: str
    labels: NotRequired[list[NameValue]]
    app: NotRequired[AppSettings]
    annotations: NotRequired[list[NameValue]]


class ImageOfApp(TypedDict):
    id: str


class Mount(TypedDict):
    volume: str
    path: str


class ManifestApp(TypedDict):
    name: str
    image: ImageOfApp
    readOnlyRootFS: NotRequired[bool]
    app: AppSettings
    mounts: NotRequired[list[Mount]]
    annotations: NotRequired[list[NameValue]]


class Volume(TypedDict):
    name: str
    kind: str
    source: str
    readOnly: bool
    recursive: bool


class HostPort(TypedDict):
    name: str
    hostPort: int
    hostIP: NotRequired[str]


class PodManifest(TypedDict):
    acVersion: str
    acKind: str
    apps: list[ManifestApp]
    volumes: NotRequired[list[Volume]]
    ports: NotRequired[list[HostPort]]
    userAnnotations: NotRequired[dict[str, str]]
    userLabels: NotRequired[dict[str, str]]
