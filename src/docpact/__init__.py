"""docpact checks an HTTP API against its documentation."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Final

    from docpact.bodies.validate import validate
    from docpact.catalogue import load, names
    from docpact.client_contract import ClientContract
    from docpact.conformance import check
    from docpact.listening import listen

try:
    from docpact._version import __version__
except ModuleNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["ClientContract", "__version__", "check", "listen", "load", "names", "validate"]

_HOMES: Final = {
    "ClientContract": "docpact.client_contract",
    "check": "docpact.conformance",
    "listen": "docpact.listening",
    "validate": "docpact.bodies.validate",
    "load": "docpact.catalogue",
    "names": "docpact.catalogue",
}
"""The module of each public name; it is imported when it is first used, so that a test run which
only has docpact's pytest plugin installed does not pay for it."""


_RENAMED: Final = {"inspect": "validate"}
"""Old name → new one; the old one works for one release, with a warning."""

_MOVED: Final = {
    "docpact.clients": "docpact.client_gate",
    "docpact.decoding": "docpact.bodies.decode",
    "docpact.nightly": "docpact.history",
    "docpact.openapi": "docpact.capture.openapi",
    "docpact.recordings": "docpact.traffic",
    "docpact.sampling": "docpact.cases.sampling",
    "docpact.validation": "docpact.bodies.validate",
}
"""Old module → new one; the old one works for one release, with a warning."""


class _MovedModules:
    """Imports a module that has moved when it is imported by its old name."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        package = ".".join(name.split(".", 2)[:2])
        return ModuleSpec(name, _MovedModules()) if package in _MOVED else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(_spec: ModuleSpec) -> None:
        """Leave the module to `exec_module`."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        old = module.__name__
        package = ".".join(old.split(".", 2)[:2])
        new = _MOVED[package] + old.removeprefix(package)
        _warn(old, new)
        sys.modules[old] = import_module(new)


sys.meta_path.insert(0, _MovedModules())


def _warn(old: str, new: str) -> None:
    from warnings import warn

    warn(f"{old} is now {new}", DeprecationWarning, stacklevel=3)


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        _warn(f"docpact.{name}", f"docpact.{_RENAMED[name]}")
        name = _RENAMED[name]
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
