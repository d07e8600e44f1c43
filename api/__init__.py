"""The service and the command: OGC APIs, code resolution, the map page, `cim`."""
