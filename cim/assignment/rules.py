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
    """A rule that a value breaks, in words."""

    rule: str
    value: str | None
    zh: str
    en: str


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
        "geometry.unread",
        "几何无法读取",
        "geometry cannot be read",
        "{value!r} 不是{what_zh}",
        "{value!r} is not {what}",
    ),
    Rule(
        "geometry.linearised",
        "圆弧已线化",
        "arcs made lines",
        "几何含圆弧，已按 1° 化为折线",
        "the geometry has arcs, which became lines of 1°",
    ),
    Rule(
        "row.unread",
        "行无法读取",
        "row cannot be read",
        "该行{detail_zh}",
        "the row {detail}",
    ),
    Rule(
        "geometry.invalid",
        "几何无效",
        "invalid geometry",
        "几何无效且无法修复：{detail}",
        "the geometry is invalid and cannot be repaired: {detail}",
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
        "几何无效，已修复：{detail}",
        "the geometry was invalid and is repaired: {detail}",
    ),
    Rule(
        "text.encoding",
        "编码错误",
        "wrong encoding",
        "文字不是 {encoding} 编码；请用 --encoding 指明",
        "the text is not in {encoding}; name its encoding with --encoding",
    ),
    Rule(
        "text.cut",
        "文字被截断",
        "text is cut off",
        "文字在第 {width} 字节处被截断，末尾的半个字符已略去",
        "the text is cut off at byte {width} of its field; half a character at its end is left out",
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
