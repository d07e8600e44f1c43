"""Which column of a file is what (列布局): the roles, and the columns that hold values.

====================  ==========================================================================
role                  names that are known without being told, whatever their case
====================  ==========================================================================
time                  time, datetime, timestamp, tm, ymdhm, 时间, 观测时间
station               station, station_id, stcd, 站码, 站号, 测站编码, 测站
parameter             parameter, 参数, 监测项, 要素
value                 value, 数值, 值, 监测值
unit, flag, datum     unit 单位; flag, quality, qc 标志, 质量; datum 基面
====================  ==========================================================================

A file with a value column is long, another one is wide. In a wide file with a station column the
others are parameters where they are named so (`stage`, `Z`, `水位(m)`), or as the caller says; in
one without, they are stations. A column called as another with `_flag` behind it has its flags.

The CSV that the service gives has what was told in columns of their own (`raw`, `raw_unit`,
`given_flag`), and they count instead of the value and the flags that were made of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cim import observed, units
from cim.errors import UnknownParameter
from cim.observed import Parameter
from layers.errors import FieldMissing, LayoutUnclear
from layers.observations.file import ObservationFile, Wanted

ROLES = {
    "time": ("time", "datetime", "timestamp", "tm", "ymdhm", "时间", "观测时间"),
    "station": ("station", "station_id", "stcd", "站码", "站号", "测站编码", "测站"),
    "parameter": ("parameter", "参数", "监测项", "要素"),
    "value": ("value", "数值", "值", "监测值"),
    "unit": ("unit", "单位"),
    "flag": ("flag", "quality", "qc", "标志", "质量"),
    "datum": ("datum", "基面"),
}
_WITH_UNIT = re.compile(r"(.+?)\s*[(（\[](.+)[)）\]]")
_FLAG = "_flag"
_OWN = {"value": "raw", "unit": "raw_unit", "flag": "given_flag"}


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of values; what is None differs from row to row and has a column of its own."""

    name: str
    parameter: Parameter | None = None
    station: str | None = None
    unit: str | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of the roles, None where the file has none, and those of the values."""

    time: str
    station: str | None
    parameter: str | None
    unit: str | None
    datum: str | None
    values: tuple[ValueColumn, ...]


def read(file: ObservationFile, names: Sequence[str]) -> Layout:
    """The layout of a file with these columns.

    LayoutUnclear, FieldMissing, UnknownParameter, UnknownUnit, UnitUnfit.
    """
    for wanted in file.parameters:
        if wanted.unit is not None:
            units.conversion(wanted.unit, observed.get(wanted.parameter).unit)
    found = {role: _named(file, role, names) for role in ROLES}
    time = found["time"]
    if time is None:
        raise FieldMissing("time", names)
    long = file.layout == "long" or (file.layout is None and found["value"] is not None)
    if not long:
        found = {**found, "parameter": None, "value": None, "unit": None, "flag": None}
    taken = {name for name in found.values() if name is not None}
    others = [name for name in names if name not in taken]
    columns = _long(file, found, names) if long else tuple(_wide(file, found["station"], others))
    if not columns:
        raise LayoutUnclear(file.path, "no column is known to hold values; name --parameter")
    return Layout(
        time, found["station"], found["parameter"], found["unit"], found["datum"], columns
    )


def _named(file: ObservationFile, role: str, names: Sequence[str]) -> str | None:
    """The column of a role: the one that is told, else one with a known name."""
    told = file.columns.get(role)
    if told is not None:
        if told not in names:
            raise FieldMissing(told, names)
        return told
    if role in _OWN and set(_OWN.values()) <= set(names):
        return _OWN[role]
    return next((name for name in names if name.lower() in ROLES[role]), None)


def _long(
    file: ObservationFile, found: dict[str, str | None], names: Sequence[str]
) -> tuple[ValueColumn, ...]:
    if found["value"] is None:
        raise FieldMissing("value", names)
    if found["station"] is None:
        raise FieldMissing("station", names)
    if found["parameter"] is not None and not file.parameters:
        return (ValueColumn(found["value"], flag=found["flag"]),)
    wanted = _only(file)
    parameter = observed.get(wanted.parameter)
    return (ValueColumn(found["value"], parameter, None, wanted.unit, found["flag"]),)


def _wide(file: ObservationFile, station: str | None, others: list[str]) -> Iterator[ValueColumn]:
    flags = {name.removesuffix(_FLAG): name for name in others if name.endswith(_FLAG)}
    flags = {name: flag for name, flag in flags.items() if name in others}
    columns = [name for name in others if name not in flags.values()]
    if station is None:
        wanted = _only(file)
        parameter = observed.get(wanted.parameter)
        for name in columns:
            yield ValueColumn(name, parameter, name, wanted.unit, flags.get(name))
        return
    for wanted in _of_columns(file, columns):
        assert wanted.column is not None
        parameter = observed.get(wanted.parameter)
        yield ValueColumn(wanted.column, parameter, None, wanted.unit, flags.get(wanted.column))


def _only(file: ObservationFile) -> Wanted:
    """The one parameter of every value."""
    if len(file.parameters) != 1 or file.parameters[0].column is not None:
        raise LayoutUnclear(file.path, "say which parameter its values are, such as stage")
    return file.parameters[0]


def _of_columns(file: ObservationFile, columns: list[str]) -> Iterator[Wanted]:
    """The parameter of each column of values: as the caller says, else by its name."""
    for wanted in file.parameters:
        name = wanted.column or _called(wanted.parameter, columns)
        if name not in columns:
            raise FieldMissing(name, columns)
        yield wanted._replace(column=name, unit=wanted.unit or _split(name)[1])
    if file.parameters:
        return
    for name in columns:
        text, unit = _split(name)
        try:
            yield Wanted(observed.get(text).code, name, unit)
        except UnknownParameter:
            continue  # a remark, a number of the row


def _called(parameter: str, columns: list[str]) -> str:
    """The column that is named as the parameter, or by another spelling of it."""
    code = observed.get(parameter).code
    for name in columns:
        try:
            if observed.get(_split(name)[0]).code == code:
                return name
        except UnknownParameter:
            continue
    return parameter


def _split(name: str) -> tuple[str, str | None]:
    """A header and the unit in brackets behind it: `水位(m)`."""
    found = _WITH_UNIT.fullmatch(name)
    return (found[1], found[2]) if found else (name, None)
