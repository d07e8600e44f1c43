"""``python -m api.cli`` is ``cim``."""

from api.cli import main

main()
