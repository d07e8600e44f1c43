"""The configuration of the embedded cluster (内嵌数据库配置), written anew at each start.

``postgresql.conf`` stays as initdb made it and includes our ``cim.conf``; what an administrator
sets with ALTER SYSTEM ranks over both.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["ACCESS", "SUPERUSER", "configuration", "locale", "users"]

SUPERUSER = "cim"
ACCESS = "# written by cim at each start\nlocal all all peer map=cim\n"
LOCALES = ("c.utf8", "en_us.utf8", "zh_cn.utf8")  # all class Chinese characters as letters


def users(owner: str) -> str:
    """The ident map: the cluster's owner and root come in, as the superuser."""
    names = sorted({owner, "root"})
    return "".join(f'cim "{name}" {SUPERUSER}\n' for name in names)


def configuration(socket: Path, name: str, *, durable: bool) -> str:
    """The text of ``cim.conf``, sized to a share of the memory: the machine has other work."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    lines = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{socket}"',
        "unix_socket_permissions": "0700",
        "cluster_name": name,
        # a worker takes 16 to read by, 15 to write by and a few for exports
        "max_connections": "200",
        "shared_buffers": f"{min(max(memory // 32, 128), 1024)}MB",
        "effective_cache_size": f"{max(memory // 2, 512)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB",
        "random_page_cost": "1.1",
        "jit": "off",
        # the session of a program that was killed goes, and with it what it kept others from
        "client_connection_check_interval": "10s",
        "log_checkpoints": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    if not durable:
        lines |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in lines.items())


def locale() -> str:
    """The name of a UTF-8 locale of this machine under which pg_trgm sees Chinese letters."""
    try:
        listed = subprocess.run(
            ["locale", "-a"], capture_output=True, text=True, check=False
        ).stdout
    except FileNotFoundError:
        listed = ""
    known = {name.lower().replace("-", ""): name for name in listed.split()}
    return next((known[each] for each in LOCALES if each in known), "C.UTF-8")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
