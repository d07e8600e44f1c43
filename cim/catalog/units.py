"""Units of measure (计量单位) as the catalog writes them: UCUM, case sensitive.

Files seldom say the unit of a column; its name sometimes does.

>>> of_name("area_m2"), of_name("length_km"), of_name("total_storage_mm3"), of_name("floors")
('m2', 'km', '10*6.m3', None)
>>> of_name("m"), of_name("面积_公顷")
(None, 'har')
"""

_ENDINGS = {
    "m": "m",
    "km": "km",
    "cm": "cm",
    "mm": "mm",
    "m2": "m2",
    "km2": "km2",
    "ha": "har",
    "hm2": "har",
    "mu": "[mu_cn]",
    "m3": "m3",
    "mm3": "10*6.m3",
    "m3s": "m3/s",
    "kg": "kg",
    "t": "t",
    "kwh": "kW.h",
    "pct": "%",
    "米": "m",
    "公里": "km",
    "平方米": "m2",
    "平方公里": "km2",
    "公顷": "har",
    "亩": "[mu_cn]",
    "立方米": "m3",
}


def of_name(column: str) -> str | None:
    """The unit that the name of a column ends with, after a `_`; None where it says none."""
    name, _, ending = column.lower().rpartition("_")
    return _ENDINGS.get(ending) if name else None
