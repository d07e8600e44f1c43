"""Errors of the service and the command (服务错误), as a tree.

::

    ApiError (CimError)
    └── PortTaken   another program listens where we should
"""

from __future__ import annotations

from cim.errors import CimError

__all__ = ["ApiError", "PortTaken"]


class ApiError(CimError):
    """The service cannot do what it was asked."""


class PortTaken(ApiError):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"cannot listen on {host} port {port} ({reason}); choose another with --port"
        )
