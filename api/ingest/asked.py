"""What the fields of a form ask for (入库参数): how a file is read, and into which layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import get_args

from api.errors import BodyUnfit
from cim import divisions, moments, schemes
from cim.errors import BadName, InvalidMoment
from cim.layer import Text
from cim.names import layer_name
from layers.crs import local
from layers.crs.placing import ACCEPTABLE, Asked
from layers.errors import TransformationUnfit
from layers.vector_file import MODES, SLIVER_WIDTH, Mode, Shaping, VectorFile

ONCE = (
    *("layer", "title", "title_en", "description", "mode", "key", "name_field", "class"),
    *("division", "source_layer", "crs", "encoding", "valid_from", "why", "document"),
    *("skip_refused", "transformation", "swap_axes", "reference"),
    *("repair", "sliver_width", "coverage", "tolerance", "gap_width"),
)
OFTEN = ("alias", "accept")
_LENGTHS = ("sliver_width", "tolerance", "gap_width")
FLAGS = {"": False, "false": False, "true": True}
LONGEST = 1000

Fields = Mapping[str, Sequence[str]]


def read(fields: Fields, who: str, path: Path) -> VectorFile:
    """The file as the form asks for it; BodyUnfit names every field that cannot be what it is."""
    faults = list(_faults(fields))
    if faults:
        raise BodyUnfit(faults)
    said = {name: values[0].strip() for name, values in fields.items() if name not in OFTEN}
    given = {name: value for name, value in said.items() if value}
    description = given.get("description")
    return VectorFile(
        path,
        given["layer"],
        Text(given.get("title", ""), given.get("title_en", "")),
        Text(description, description) if description else None,
        key=given.get("key"),
        class_code=given.get("class"),
        aliases=dict(_alias(text) for text in fields.get("alias", ()) if text.strip()),
        division=given.get("division"),
        source_layer=given.get("source_layer"),
        crs=given.get("crs"),
        encoding=given.get("encoding"),
        name_field=given.get("name_field"),
        valid_from=_moment(given.get("valid_from")),
        who=who,
        why=given.get("why"),
        document=given.get("document"),
        mode=_mode(given.get("mode", "replace")),
        skip_refused=FLAGS[given.get("skip_refused", "")],
        placing=Asked(
            given.get("transformation"),
            FLAGS[given.get("swap_axes", "")],
            given.get("reference"),
            tuple(text.strip() for text in fields.get("accept", ()) if text.strip()),
        ),
        shaping=_shaping(given),
    )


def _shaping(given: Mapping[str, str]) -> Shaping:
    lengths = {name: float(given[name]) for name in _LENGTHS if name in given}
    return Shaping(
        FLAGS[given.get("repair", "")],
        lengths.get("sliver_width", SLIVER_WIDTH),
        FLAGS[given["coverage"]] if "coverage" in given else None,
        lengths.get("tolerance"),
        lengths.get("gap_width"),
    )


def _faults(fields: Fields) -> Iterator[tuple[str, str]]:
    if not any(text.strip() for text in fields.get("layer", ())):
        yield "layer", "it must be given"
    for name, values in fields.items():
        if name not in {*ONCE, *OFTEN}:
            yield name, f"no such field; there are file, {', '.join((*OFTEN, *ONCE))}"
        elif name not in OFTEN and len(values) > 1:
            yield name, "it is given twice"
        else:
            for text in values:
                if reason := text.strip() and _fault(name, text.strip()):
                    yield name, reason


def _fault(name: str, text: str) -> str | None:
    """Why a field cannot have this text."""
    if "\0" in text or len(text) > LONGEST:
        return f"it has a NUL character or more than {LONGEST} characters"
    check = _CHECKS.get(name)
    return None if check is None else check(text)


def _layer_fault(text: str) -> str | None:
    try:
        layer_name(text)
    except BadName as error:
        return str(error)
    return None


def _mode_fault(text: str) -> str | None:
    return None if text in MODES else f"{text!r} is not one of {', '.join(MODES)}"


def _flag_fault(text: str) -> str | None:
    return None if text in FLAGS else f"{text!r} is neither true nor false"


def _length_fault(text: str) -> str | None:
    try:
        fits = 0 <= float(text) < math.inf
    except ValueError:
        fits = False
    return None if fits else f"{text!r} is no length in metres, 0 or more"


def _moment_fault(text: str) -> str | None:
    try:
        moments.parse_instant(text)
    except InvalidMoment as error:
        return str(error)
    return None


def _division_fault(text: str) -> str | None:
    return None if divisions.exists(text) else f"there is no division {text!r} (GB/T 2260)"


def _transformation_fault(text: str) -> str | None:
    """Why it cannot be used. Nothing of it is repeated, and files of the server stay unread."""
    if local.names_files(text):
        return "a PROJ string that reads files cannot be sent"
    try:
        local.read(text)
    except TransformationUnfit as error:
        return str(error)
    return None


def _crs_fault(text: str) -> str | None:
    return "a CRS that reads files cannot be sent" if local.names_files(text) else None


def _accept_fault(text: str) -> str | None:
    return None if text in ACCEPTABLE else f"{text!r} is not one of {', '.join(ACCEPTABLE)}"


def _alias_fault(text: str) -> str | None:
    scheme, field = _alias(text)
    if not field:
        return f"it is SCHEME=FIELD, not {text!r}"
    known = schemes.SCHEMES
    return None if scheme in known else f"no code scheme {scheme!r}; there are {', '.join(known)}"


_CHECKS = {
    "layer": _layer_fault,
    "mode": _mode_fault,
    "skip_refused": _flag_fault,
    "swap_axes": _flag_fault,
    "transformation": _transformation_fault,
    "crs": _crs_fault,
    "reference": _layer_fault,
    "accept": _accept_fault,
    "repair": _flag_fault,
    "coverage": _flag_fault,
    **dict.fromkeys(_LENGTHS, _length_fault),
    "valid_from": _moment_fault,
    "division": _division_fault,
    "alias": _alias_fault,
}


def _alias(text: str) -> tuple[str, str]:
    scheme, _, field = text.partition("=")
    return scheme.strip(), field.strip()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moments.parse_instant(text)


def _mode(text: str) -> Mode:
    return next(mode for mode in get_args(Mode) if mode == text)
