"""One session per promise, run in the current environment: nox -s types tests."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types, sources and tests."""
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test, on real engines."""
    session.run("pytest", *session.posargs)


@nox.session
def messages(session: nox.Session) -> None:
    """Generate the CRI messages anew; CI holds that this changes nothing."""
    session.run(
        "python", "-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--mypy_out=.",
        "runtimes/core/cri/v1/api.proto",
    )  # fmt: skip


@nox.session
def docs(session: nox.Session) -> None:
    """The site, every warning an error."""
    session.run("sphinx-build", "-W", "-b", "html", "docs", "docs/_build")
