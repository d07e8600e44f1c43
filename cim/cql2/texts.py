"""Texts of filters (文本比较): what folds them, and patterns of LIKE."""

from cim.cql2.tree import Call, Literal, Node

FOLDED = {
    "casei": "replace(lower(upper({})), 'ß', 'ss')",
    "accenti": (
        "replace(replace(replace(replace(translate(regexp_replace(normalize({}, NFD),"
        " '[\u0300-\u036f]', '', 'g'), 'øØłŁđĐħĦŧŦıðÐ', 'oOlLdDhHtTidD'),"
        " 'æ', 'ae'), 'Æ', 'AE'), 'œ', 'oe'), 'Œ', 'OE')"
    ),
}


def is_pattern(node: Node) -> bool:
    """Whether it is a text, also one that is folded."""
    while isinstance(node, Call) and node.op in FOLDED and node.args:
        node = node.args[0]
    return isinstance(node, Literal)


def ends_in_escape(node: Node) -> bool:
    while isinstance(node, Call) and node.args:
        node = node.args[0]
    text = str(node.value) if isinstance(node, Literal) else ""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
