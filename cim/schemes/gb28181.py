"""Device identifier of video surveillance networks (视频监控联网设备编码), GB/T 28181, 20 digits.

    34020000 00 132 0 000101        rule A (编码规则 A)
    |        |  |   | serial
    |        |  |   network (网络标识)
    |        |  type (类型编码)
    |        industry (行业编码)
    centre (中心编码): division, then access unit, each filled with zeros above grass roots

Industry, type and network are data (gb28181_segments.csv) and must be listed there; the division
of the centre is not, as police practice has centres that are no division. Rule B is not read.

>>> validate("3402 0000 0013 2000 0101")
'34020000001320000101'
>>> parse("34020000001320000101").type_name
'network camera IPC'
>>> parse("42060000001180000001").industry_name
'public security - road'
>>> validate("34020000001500000101")
Traceback (most recent call last):
    ...
cim.errors.InvalidComponent: gb28181: no such device type 150: \
'34020000001500000101' at position 10
"""

from functools import cache
from typing import NamedTuple

from cim import code_text
from cim.code_text import compact
from cim.data import rows
from cim.errors import InvalidComponent

__all__ = ["SCHEME", "Device", "compact", "format", "is_valid", "parse", "segment", "validate"]

SCHEME = "gb28181"


class Device(NamedTuple):
    """The segments of an identifier, with their names."""

    centre: str
    industry: str
    type: str
    network: str
    serial: str
    industry_name: str
    type_name: str
    network_name: str


@cache
def segment(name: str) -> dict[str, str]:
    """Meanings of a segment (industry, type, network) by code, ranges of the table written out."""
    meanings = {}
    for row in rows("gb28181_segments"):
        if row["segment"] == name:
            first, _, last = row["code"].partition("-")
            for number in range(int(first), int(last or first) + 1):
                meanings[f"{number:0{len(first)}d}"] = row["meaning"]
    return meanings


def validate(text: str) -> str:
    """The canonical 20 digits; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((20,), "a device identifier has 20 digits")
    reading.need_digits(0, 20, "a device identifier is digits alone")
    code = reading.code
    if code[8:10] not in segment("industry"):
        raise reading.fault(InvalidComponent, 8, f"no such industry {code[8:10]}")
    if code[10:13] not in segment("type"):
        raise reading.fault(InvalidComponent, 10, f"no such device type {code[10:13]}")
    if code[13] not in segment("network"):
        raise reading.fault(InvalidComponent, 13, f"no such network {code[13]}")
    return code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> Device:
    """The segments of an identifier, named."""
    code = validate(text)
    industry, kind, network = code[8:10], code[10:13], code[13]
    names = segment("industry")[industry], segment("type")[kind], segment("network")[network]
    return Device(code[:8], industry, kind, network, code[14:], *names)
