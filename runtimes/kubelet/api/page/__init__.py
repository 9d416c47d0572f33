"""The page for people: files of the package, served as they are."""

from __future__ import annotations

from importlib.resources import files

from runtimes.kubelet.api.reply import Reply

_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "page.css": ("page.css", "text/css; charset=utf-8"),
    **{
        name: (name, "text/javascript; charset=utf-8")
        for name in ("page.js", "dom.js", "pods.js", "graph.js", "logs.js", "ansi.js", "detail.js")
    },
    "icon.svg": ("icon.svg", "image/svg+xml"),
}


def find(name: str) -> Reply | None:
    """A file of the page; None when there is none of that name."""
    if name not in _FILES:
        return None
    file, kind = _FILES[name]
    return Reply(body=(files(__package__) / file).read_bytes(), kind=kind)
