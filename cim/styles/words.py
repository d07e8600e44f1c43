"""Words for the parts of a style (图例文字): what a value is drawn for, in Chinese and English."""

from collections.abc import Mapping

from cim.layer import Text
from cim.styles.branches import Branch
from cim.styles.checking.types import Json
from cim.styles.lists import Listed

OTHER = Text("其他", "other")
TITLE = "cim:title"  # in the metadata of a style or of a style layer: a text, or one in zh and en
DESCRIPTION = "cim:description"


def said(metadata: Json, name: str) -> Text | None:
    """A text of the metadata of a style or style layer, None where it has none."""
    given = metadata.get(name) if isinstance(metadata, dict) else None
    if isinstance(given, str) and given.strip():
        return Text(given, given)
    if isinstance(given, dict):
        texts = [given.get(language) for language in ("zh", "en")]
        known = [each for each in texts if isinstance(each, str) and each.strip()]
        if known:
            zh, en = (each if isinstance(each, str) and each else known[0] for each in texts)
            return Text(zh, en)
    return None


def of_branch(branch: Branch, lists: Mapping[str, Listed]) -> Text | None:
    """What a branch is for, None where it is for all or its condition has no short words.

    `lists` are the columns of the layer that have a list of codes, by name.
    """
    if branch.range is not None:
        return _range(branch)
    if branch.input is None:
        return None
    if branch.labels is None:
        return OTHER
    listed = lists.get(column_of(branch.input) or "")
    names = [listed.name(str(each)) if listed else _plain(each) for each in branch.labels]
    return Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))


def column_of(value: Json) -> str | None:
    """The property that an expression looks at, None where it is not one alone."""
    if not isinstance(value, list) or len(value) < 2:
        return None
    if value[0] == "get" and isinstance(value[1], str):
        return value[1]
    if value[0] in ("to-string", "to-number", "string", "number", "slice"):
        return column_of(value[1])
    return None


def _plain(value: Json) -> Text:
    return Text(str(value), str(value))


def _range(branch: Branch) -> Text:
    low, high = branch.range or (None, None)
    name = column_of(branch.input) or ""
    parts = [f"≥ {low:g}"] if low is not None else []
    parts += [f"< {high:g}"] if high is not None else []
    text = f"{name} {', '.join(parts)}".strip()
    return Text(text, text)
