"""What an era is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """Attributes:
    name: what a user types.
    years: and which kubelets, with a full stop at neither end.
    backend: that the pod is run on.
    served: the backend that is served as a socket first, to be reached through `backend`; empty
        for none.
    service: who answers the CRI in the pictures; empty where there is none.
    idea: what the era was, in a sentence.
    possible: what it made possible.
    price: what that cost.
    differs: what of the picture is ours rather than history's; empty for nothing.
    """

    name: str
    title: str
    years: str
    backend: str
    idea: str
    possible: str
    price: str
    served: str = ""
    service: str = ""
    differs: str = ""
