"""The rules that rows are held to (入库规则): an id, a title, and a sentence in two languages.

A sentence names the value that breaks the rule and whatever else tells where to mend it.

>>> said = broken("key.doubled", "a", first=1)
>>> said.en, said.zh
("the key 'a' stands in row 1 already", "键值 'a' 已出现在第 1 行")
>>> RULES["key.doubled"].title_zh
'键值重复'
>>> broken("no.rule")
Traceback (most recent call last):
KeyError: 'no.rule'
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_VALUE = 200  # characters of a value that a report repeats


class Rule(NamedTuple):
    """A rule; `zh` and `en` are sentences with the places of the value and of details.

    One `of_file` speaks of the file as a whole and is told of its first row.
    """

    id: str
    title_zh: str
    title_en: str
    zh: str = "{value}"
    en: str = "{value}"
    of_file: bool = False


class Broken(NamedTuple):
    """A rule that a value breaks, in words; what was measured of it, and where it is (WKB)."""

    rule: str
    value: str | None
    zh: str
    en: str
    details: Mapping[str, Any] | None = None
    shape: bytes | None = None


OTHER = "other"  # a rule that has no words of its own here

_TABLE = (
    Rule(OTHER, "其他规则", "another rule"),
    # Rules of the data element catalog, which make their own sentences of the field.
    Rule("catalog.absent", "缺少必填数据项的列", "mandatory column is absent", of_file=True),
    Rule("catalog.unit", "单位与目录不符", "other unit than the catalog's", of_file=True),
    Rule("catalog.type", "列类型与目录不符", "column of another type", of_file=True),
    Rule("catalog.mandatory", "必填项为空", "mandatory value is empty"),
    Rule("catalog.list", "不在代码表中", "not in the code list"),
    Rule("catalog.pattern", "格式不符", "not of the pattern"),
    Rule("catalog.length", "超长", "too long"),
    Rule("catalog.range", "超出范围", "out of range"),
    Rule(
        "geometry.missing",
        "没有几何",
        "no geometry",
        "该行没有几何",
        "it has no geometry",
    ),
    Rule(
        "geometry.curved",
        "曲线几何",
        "curved geometry",
        "几何为曲线（{value}），本库不存；请先转为折线，如 ogr2ogr -nlt CONVERT_TO_LINEAR",
        "the geometry is curved ({value}), which is not stored; make it linear first, "
        "such as by ogr2ogr -nlt CONVERT_TO_LINEAR",
    ),
    Rule(
        "geometry.unread",
        "几何无法读取",
        "geometry that cannot be read",
        "几何无法读取：{value}",
        "the geometry cannot be read: {value}",
    ),
    Rule(
        "geometry.number",
        "坐标不是有限数",
        "coordinate that is no number",
        "几何有不是有限数的坐标：{value}",
        "a coordinate of the geometry is no finite number: {value}",
    ),
    Rule(
        "geometry.invalid",
        "几何无效",
        "invalid geometry",
        "几何无效：{fault_zh}，位于 {value}；可用 --repair 试行修复",
        "the geometry is invalid: {fault} at {value}; --repair may mend it",
    ),
    Rule(
        "geometry.collapsed",
        "几何无法修复",
        "geometry beyond repair",
        "几何无效且无法修复：{fault_zh}，位于 {value}；修复后不剩同维度的部分",
        "the geometry is invalid and cannot be repaired: {fault} at {value}; "
        "nothing of its dimension is left",
    ),
    Rule(
        "geometry.outside",
        "坐标越界",
        "impossible coordinate",
        "坐标 {value} 不可能属于 {crs}",
        "the coordinate {value} cannot be in {crs}",
    ),
    Rule(
        "geometry.repaired",
        "几何已修复",
        "geometry repaired",
        "几何无效，已修复：{fault_zh}，位于 {value}；{done_zh}",
        "the geometry was invalid and is repaired: {fault} at {value}; {done}",
    ),
    Rule(
        "geometry.moved",
        "坐标转换后修复",
        "mended after the change of CRS",
        "几何在其坐标系中有效，转换到 CGCS2000 后无效，已修复：{fault_zh}；{done_zh}",
        "the geometry is valid in its CRS and was not in CGCS2000, and is mended: {fault}; {done}",
    ),
    Rule("geometry.turned", "环方向已规范", "rings turned: outer ones counter-clockwise"),
    Rule("geometry.repeated", "有重复顶点", "vertices that repeat the one before"),
    Rule(
        "geometry.sliver",
        "狭长面",
        "sliver",
        "面宽约 {value} 米（2 × 面积 ÷ 周长），窄于 {limit} 米",
        "it is about {value} m wide (twice its area by its perimeter), less than {limit} m",
    ),
    Rule(
        "geometry.doubled",
        "几何重复",
        "doubled geometry",
        "几何与第 {first} 行相同",
        "its geometry is that of row {first}",
    ),
    Rule(
        "geometry.there",
        "图层中已有相同几何",
        "geometry is there",
        "几何与图层中的 {value} 相同",
        "its geometry is that of {value} in the layer",
    ),
    Rule(
        "coverage.kind",
        "覆盖层只收面",
        "no area in a coverage",
        "几何是 {value}；覆盖层只收面",
        "the geometry is a {value}; a coverage has areas alone",
    ),
    Rule(
        "coverage.overlap",
        "重叠",
        "overlap",
        "与{other_zh}重叠 {value} 平方米，位于 {place}",
        "it overlaps {other} by {value} m², at {place}",
    ),
    Rule(
        "coverage.held",
        "图层原有重叠",
        "overlap in the layer",
        "图层中的 {one} 与 {other} 重叠 {value} 平方米，位于 {place}：不能声明为覆盖层",
        "{one} and {other} of the layer overlap by {value} m², at {place}: it is no coverage",
        of_file=True,
    ),
    Rule(
        "coverage.gap",
        "缝隙",
        "gap",
        "{around_zh}之间有缝隙：面积 {value} 平方米，宽约 {width} 米，位于 {place}",
        "there is a gap between {around}: {value} m², about {width} m wide, at {place}",
    ),
    Rule(
        "text.encoding",
        "编码错误",
        "wrong encoding",
        "文字不是所声明的编码；请用 --encoding 指明",
        "the text is not in the declared encoding; name the right one with --encoding",
    ),
    Rule(
        "text.nul",
        "含空字符",
        "NUL character",
        "文字含有空字符（NUL）",
        "the text has a NUL character",
    ),
    Rule(
        "value.unfit",
        "值与字段类型不符",
        "value of another type",
        "值 {value!r} 放不进类型为 {kind} 的字段",
        "the value {value!r} does not fit the type {kind} of the layer's field",
    ),
    Rule(
        "key.empty",
        "键值为空",
        "empty key",
        "键值为空",
        "the key is empty",
    ),
    Rule(
        "key.doubled",
        "键值重复",
        "doubled key",
        "键值 {value!r} 已出现在第 {first} 行",
        "the key {value!r} stands in row {first} already",
    ),
    Rule(
        "key.there",
        "键值已存在",
        "key is there",
        "键值 {value!r} 在图层中已有，编码 {code}",
        "the key {value!r} is in the layer already: {code}",
    ),
    Rule(
        "key.absent",
        "键值不存在",
        "key is not there",
        "图层中没有键值 {value!r}",
        "the key {value!r} is not in the layer",
    ),
    Rule(
        "key.ended",
        "实体已终止",
        "life has ended",
        "{value!r} 即 {code}，其生命周期已结束：{state}{into}",
        "{value!r} is {code}, whose life has ended: {state}{into}",
    ),
    Rule(
        "division.unknown",
        "行政区划不存在",
        "no such division",
        "没有行政区划 {value!r}（GB/T 2260）",
        "there is no division {value!r} (GB/T 2260)",
    ),
    Rule(
        "division.missing",
        "不在已载入的县区内",
        "outside the counties",
        "已载入的县级区划都不含该点 {value}；请指明区划",
        "no loaded county holds its point {value}; name its division",
    ),
    Rule(
        "alias.invalid",
        "编码不合规",
        "not a code",
        "不是 {scheme} 编码：{value!r}",
        "{detail}",
    ),
    Rule(
        "alias.taken",
        "编码已被占用",
        "code is taken",
        "{scheme} {value} 已属于{owner_zh}",
        "{scheme} {value} names {owner} already",
    ),
    Rule(
        "alias.doubled",
        "编码重复",
        "doubled code",
        "{scheme} {value} 已出现在第 {first} 行",
        "{scheme} {value} stands in row {first} already",
    ),
)

RULES = {rule.id: rule for rule in _TABLE}


def broken(rule: str, value: object = None, **details: Any) -> Broken:
    """The rule as this value breaks it; KeyError where there is no such rule."""
    found = RULES[rule]
    text = None if value is None else _short(str(value))
    values = {"value": text, **details}
    return Broken(rule, text, found.zh.format(**values), found.en.format(**values))


def _short(text: str) -> str:
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"
