"""What states, ways and reasons of links are called for people (关联状态用语)."""

WAYS = {
    "code": ("编码", "code"),
    "alias": ("其他编码", "other code"),
    "field": ("字段", "field"),
    "address": ("地址", "address"),
    "place": ("位置", "place"),
    "decided": ("人工审核", "decided by people"),
    "": ("—", "—"),
}
STATES = {
    "linked": ("已关联", "linked"),
    "review": ("待审核", "waits for review"),
    "unmatched": ("未关联", "unmatched"),
}
REASONS = {
    "": ("", ""),
    "no_value": ("无可关联的值", "it says nothing to be linked by"),
    "invalid": ("值不是编码、地址或位置", "what it says is no code, address or place"),
    "not_found": ("没有实体具有此值", "nothing has what it says"),
    "ended": ("实体已终止且无继承者", "its entity has ended without a successor"),
    "elsewhere": ("实体不在此图层", "its entity is not in this layer"),
    "low": ("候选相似度过低", "no candidate is like enough"),
    "rejected": ("人工否决", "people said that it is none of its candidates"),
    "several": ("同一实体有多行，按规则不取", "several rows are of one feature, and none is taken"),
    "chosen_ended": ("人工选定的实体已终止", "the feature that people chose has ended"),
    "close": ("多个候选难分", "the best candidate is not far enough ahead"),
    "unsure": ("候选不够确定", "the best candidate is not like enough"),
    "mixed": ("行内另一值未找到，需人工确认", "something else that the row says was not found"),
}


def of(table: dict[str, tuple[str, str]], name: str, language: str) -> str:
    """The words of a name in a language, the name itself where there are none."""
    return table.get(name, (name, name))[language == "en"]
