"""docpact holds an HTTP API to its documentation."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from docpact.bodies.validate import validate
    from docpact.catalogue import load, names
    from docpact.client_contract import ClientContract
    from docpact.conformance import check

try:
    from docpact._version import __version__
except ModuleNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["ClientContract", "__version__", "check", "load", "names", "validate"]

_HOMES: Final = {
    "ClientContract": "docpact.client_contract",
    "check": "docpact.conformance",
    "validate": "docpact.bodies.validate",
    "load": "docpact.catalogue",
    "names": "docpact.catalogue",
}
"""Where each public name lives; it is imported when it is first used, so that a test run which only
has docpact's pytest plugin installed does not pay for it."""


_RENAMED: Final = {"inspect": "validate"}
"""Old name → new one; the old one works for one release, with a warning."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        from warnings import warn

        said = f"docpact.{name} is now docpact.{_RENAMED[name]}"
        warn(said, DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
