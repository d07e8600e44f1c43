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
        "geometry.linearised",
        "圆弧已线化",
        "arcs made lines",
        "几何含圆弧（{value}），已按 1° 化为折线",
        "the geometry has arcs ({value}), which became lines of 1°",
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
        "place.unread",
        "位置无法读取",
        "place that cannot be read",
        "{value!r} 不是{what_zh}",
        "{value!r} is not {what}",
    ),
    Rule(
        "row.unread",
        "行无法读取",
        "row that cannot be read",
        "该行{detail_zh}",
        "the row {detail}",
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
    # Rules of the CRS, which speak of the file as a whole: the first ones refuse it.
    Rule(
        "crs.swapped",
        "坐标轴颠倒",
        "axes are swapped",
        "坐标 {value} {first_zh}在前：按 {crs} 读落在 {here_zh}，对调后落在 {there_zh}；"
        "请{option_zh} --swap-axes",
        "{value} has its {first} first: in {crs} it lies {here}, swapped {there}; "
        "load it {option} --swap-axes",
        of_file=True,
    ),
    Rule(
        "crs.prefix",
        "带号与坐标系不符",
        "zone number in the easting",
        "东坐标 {value} {has_zh}，而 {crs} {wants_zh}；应为 {fits}：--crs {code}{swap}",
        "the easting {value} {has}, and {crs} {wants}; it fits {fits}: --crs {code}{swap}",
        of_file=True,
    ),
    Rule(
        "crs.units",
        "度与米混淆",
        "degrees and metres",
        "坐标 {value} 的单位是{unit_zh}，而 {crs} 的单位是{other_zh}{hint_zh}",
        "{value} is in {unit}, and {crs} is in {other}{hint}",
        of_file=True,
    ),
    Rule(
        "crs.zone",
        "投影带不符",
        "another zone",
        "坐标 {value} 按 {crs} 读落在 {here_zh}，不在已载入的县区内；按 {fits} 读则在其内："
        "--crs {code}{swap}",
        "in {crs} {value} lies {here}, outside of the loaded counties; in {fits} it lies within: "
        "--crs {code}{swap}",
        of_file=True,
    ),
    Rule(
        "crs.impossible",
        "坐标不可能属于坐标系",
        "impossible in its CRS",
        "坐标 {value} 等不可能属于 {crs}；请用 --crs 指明文件的坐标系",
        "coordinates such as {value} cannot be in {crs}; name the CRS of the file with --crs",
        of_file=True,
    ),
    Rule(
        "crs.transformation",
        "转换精度未知",
        "no accurate transformation",
        "从 {crs} 到 CGCS2000 在此处没有已知精度的转换{missing_zh}；不转换基准则相差数十至百余米。"
        "请用 --transformation 给出本地参数或 EPSG 转换代码，或以 --accept crs.transformation 接受",
        "no transformation of known accuracy leads from {crs} to CGCS2000 here{missing}; taking "
        "the datums as one is wrong by tens of metres to more than a hundred. Give the city's "
        "parameters or an EPSG code with --transformation, or accept that with "
        "--accept crs.transformation",
        of_file=True,
    ),
    Rule(
        "crs.parameters",
        "转换参数可疑",
        "doubtful parameters",
        "转换使数据移动 {value} 米，基准之间只差数十至二百余米：参数、符号或单位有误",
        "the transformation moves the data by {value} m, where datums differ by tens of metres to "
        "200: its parameters, signs or units are wrong",
        of_file=True,
    ),
    Rule(
        "crs.offset",
        "疑为偏移坐标",
        "coordinates seem to be offset",
        "与图层 {layer} 相比，{count} 个要素整体偏移东 {east:.1f} 米、北 {north:.1f} 米，"
        "正是 {value} 在此处的偏移（东 {by_east:.1f} 米、北 {by_north:.1f} 米）；"
        "请用 --crs {value}",
        "beside the layer {layer}, {count} features lie {east:.1f} m east and {north:.1f} m north, "
        "which is the offset of {value} here ({by_east:.1f} m, {by_north:.1f} m): --crs {value}",
        of_file=True,
    ),
    # What is told of the CRS of a file that is taken.
    Rule(
        "crs.shifted",
        "整体偏移",
        "common shift",
        "与图层 {layer} 相比，{count} 个要素整体偏移东 {east:.2f} 米、北 {north:.2f} 米"
        "（离散 {spread:.2f} 米）：{cause_zh}",
        "beside the layer {layer}, {count} features lie {east:.2f} m east and {north:.2f} m north "
        "(spread {spread:.2f} m): {cause}",
        of_file=True,
    ),
    Rule(
        "crs.elsewhere",
        "不在已载入的县区",
        "outside of the loaded counties",
        "坐标 {value} 按 {crs} 读落在 {here_zh}，不在已载入的县区内",
        "in {crs} {value} lies {here}, outside of the loaded counties",
        of_file=True,
    ),
    Rule(
        "crs.overridden",
        "坐标系被指定",
        "another CRS than the file's",
        "文件声明的是 {value}，按指定的 {crs} 读取",
        "the file says {value}, and is read in {crs}, as was asked for",
        of_file=True,
    ),
    Rule(
        "crs.custom",
        "自定义坐标系",
        "custom CRS",
        "{value} 不在 EPSG 库中，按其参数读取：{parameters}；基准 {datum}",
        "{value} is in no registry, and is read by its parameters: {parameters}; datum {datum}",
        of_file=True,
    ),
    Rule(
        "crs.misnamed",
        "名称与参数不符",
        "name and parameters differ",
        "其名称是 {code} 的名称，参数却不是（{parameters}）；以参数为准",
        "its name is that of {code}, its parameters are not ({parameters}); the parameters count",
        of_file=True,
    ),
    Rule(
        "crs.bound",
        "忽略文件自带的转换参数",
        "own parameters are ignored",
        "{crs} 的定义自带 TOWGS84 参数，来历不明，未予采用；要采用请用 --transformation 给出",
        "the definition of {crs} brings TOWGS84 parameters of unknown origin, which are not used; "
        "to use them give them with --transformation",
        of_file=True,
    ),
    Rule(
        "crs.area",
        "超出转换的适用范围",
        "outside of the transformation's area",
        "转换 {value} 的适用范围是 {area}，数据在其外：精度不再成立",
        "the transformation {value} was made for {area}, and the data lie beyond: its accuracy "
        "does not hold there",
        of_file=True,
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
