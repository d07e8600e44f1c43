"""Registered tables that cannot be read (登记表的可读性), told apart so that other layers go on.

A table that others own may be dropped, altered, locked away or on a server that is down; with it
may go (CASCADE) what is fused of it. What is asked of it alone is answered with a problem then, and
what is asked of all layers without it.
"""

import time
from dataclasses import dataclass, field

import asyncpg
import structlog

from api.connections import Connections
from cim.registry import Registry
from cim.source_view import trial

log = structlog.get_logger()

_AGAIN = 10.0  # seconds after which a table that could not be read is tried again

# Faults of a statement that have other reasons than a table.
_OTHERS = (asyncpg.DataError, asyncpg.QueryCanceledError, asyncpg.PostgresConnectionError)


@dataclass(slots=True)
class Sources:
    """Which registered tables could not be read when they were tried last, and why."""

    faults: dict[str, str] = field(default_factory=dict)
    until: float = 0.0

    def readable(self, registry: Registry) -> Registry:
        """The registry without them, for a while."""
        if not self.faults or time.monotonic() > self.until:
            return registry
        return registry.without(self.faults)

    async def look(self, connections: Connections, registry: Registry) -> dict[str, str]:
        """Try all of them; why those cannot be read that cannot."""
        faults = {}
        for layer in registry.layers.values():
            if layer.source is None and layer.fusion is None:
                continue
            try:
                await connections.fetch(trial(layer.name))
            except asyncpg.PostgresError as error:
                faults[layer.name] = str(error)
        for name in faults.keys() - self.faults.keys():
            log.warning("layer_unreadable", layer=name, reason=faults[name])
        self.faults, self.until = faults, time.monotonic() + _AGAIN
        return faults


def may_be_of_table(error: BaseException) -> bool:
    """Whether an error of the database can come of a table; so can one of another server."""
    if isinstance(error, asyncpg.ClientCannotConnectError):
        return True
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, _OTHERS)
