"""The examples in docstrings are tests: those of every module of every package run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

PACKAGES = ("gridcode", "cim", "layers", "tiles", "api")
NOT_IMPORTED = ("cim.migrations.", "api.cli.__main__")  # run by Alembic, and as a program


def modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.startswith(NOT_IMPORTED):
            yield importlib.import_module(found.name)


@pytest.mark.parametrize("package", PACKAGES)
def test_examples_run(package: str) -> None:
    results = {module.__name__: doctest.testmod(module) for module in modules(package)}
    assert [name for name, result in results.items() if result.failed] == []


def test_code_modules_have_examples() -> None:
    """The docstring of a code module is its specification page: three examples at least."""
    from cim import schemes

    pages = {scheme.module.__name__: scheme.module for scheme in schemes.SCHEMES.values()}
    examples = {name: (page.__doc__ or "").count(">>> ") for name, page in pages.items()}
    assert {name: count for name, count in examples.items() if count < 4} == {}
