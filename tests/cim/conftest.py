"""Settings of hypothesis for all tests of the codes."""

from __future__ import annotations

from hypothesis import settings

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("cim", deadline=None)
settings.load_profile("cim")
