"""CQL2 text (CQL2 文本编码): read into a tree by the package `cql2`, OGC 21-065r2 clause 8.

`cql2` knows the grammar, but not where in the text a thing stood; it reads numbers as doubles; it
takes time that doubles with every pair of parentheses around a mistake, and ends the process at
some thousands of them. So the text is cut up first, in one go over it: each leaf is handed over as
a name that says which one it is, each pair of parentheses that groups or lists is read by itself,
and geometries are left to GEOS.

>>> tree = read("名称 LIKE '襄%' AND area > 9007199254740993")
>>> tree.op, tree.args[0].args[0].name, tree.args[1].args[1]
('and', '名称', Literal(value=9007199254740993, place=25, loose=False))
>>> read("(area > 1 OR (kind = 'a b')")
Traceback (most recent call last):
...
cim.errors.FilterInvalid: at character 1: this parenthesis is never closed
"""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import cql2
import shapely

from cim.cql2 import arrays
from cim.cql2.tokens import COMPARING, WORDS, Token, tokens
from cim.cql2.tree import Call, Listed, Literal, Name, Node, Shape, deeper
from cim.errors import FilterInvalid

MAX_CHARACTERS = 262_144
MAX_WORDS = 5_000  # between two commas or parentheses; far below what `cql2` has stack for

_FAULT = re.compile(r"--> 1:(\d+)")
_TRUTH = {"true": True, "false": False}


@dataclass(slots=True)
class _Part:
    """What stands in a pair of parentheses that groups or lists: elements, and the one begun."""

    opened: int
    listing: bool = False
    elements: list[Node] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)  # places of the parentheses of calls
    compared: list[bool] = field(default_factory=lambda: [False])


def read(text: str, *, gdal: bool = False) -> Node:
    """The tree of a text; FilterInvalid with the character.

    What GDAL calls `cql-text` has ILIKE besides, times as plain texts, and 0 and 1 for truths.
    """
    if len(text) > MAX_CHARACTERS:
        raise FilterInvalid(MAX_CHARACTERS, f"longer than {MAX_CHARACTERS:,} characters")
    return _Reader(text, gdal).read()


class _Reader:
    def __init__(self, text: str, gdal: bool) -> None:
        self._text, self._gdal = text, gdal
        self._folding = False  # after ILIKE
        self._read: tuple[list[str], list[int]] = ([], [])  # words read last, and where they stood
        self._leaves: list[Node] = []
        self._parts = [_Part(0)]
        self._grouped: dict[int, int] = {}  # leaves in parentheses of their own, and where
        self._last = ""  # the token before, in small letters, or "is not"
        self._depth = 0  # pairs of parentheses open
        self._prefixes = 0  # NOT and - in a row

    def read(self) -> Node:
        for token in tokens(self._text):
            self._take(token)
            self._last = "is not" if (self._last, token.word) == ("is", "not") else token.word
        part = self._parts[-1]
        if opened := (part.calls[-1] if part.calls else part.opened):
            raise FilterInvalid(opened, "this parenthesis is never closed")
        return self._element(part, len(self._text) + 1)

    def _take(self, token: Token) -> None:
        word = token.text.lower()
        if self._gdal and token.kind == "name" and word == "ilike":
            self._fold(token.place)
        elif token.kind == "sign" or (token.kind == "name" and word in WORDS):
            self._take_word(token, word)
        else:
            self._prefixes = 0
            leaf = self._leaf(token, word)
            call = isinstance(leaf, Call)
            if self._folding:
                leaf, self._folding = Call("casei", (leaf,), token.place), False
            self._put(self._named(leaf, "f" if call else "p"), token.place)

    def _fold(self, place: int) -> None:
        """ILIKE as LIKE of what is folded on both sides."""
        words = self._parts[-1].words
        if not words or words[-1][0] != "p":
            raise FilterInvalid(place, "ILIKE stands between a property and a text")
        leaf = self._leaves[int(words[-1][1:])]
        words[-1] = self._named(Call("casei", (leaf,), leaf.place), "p")
        self._folding = True
        self._operator(self._parts[-1], Token("name", "LIKE", place), "like")

    def _take_word(self, token: Token, word: str) -> None:
        part = self._parts[-1]
        if word == "(":
            self._open(token.place)
        elif word == ")":
            self._close(token.place)
        elif word == "," and not part.calls:
            if len(self._parts) == 1:
                raise FilterInvalid(token.place, "a comma stands only within parentheses")
            part.elements.append(self._element(part, token.place))
        else:
            self._operator(part, token, word)

    def _operator(self, part: _Part, token: Token, word: str) -> None:
        if word == "null" and self._last not in {"is", "is not"}:
            raise FilterInvalid(token.place, "NULL stands only in IS NULL and IS NOT NULL")
        if word in {"and", "or", ","}:
            part.compared[-1] = False
        if word in COMPARING:
            if part.compared[-1] and self._last not in COMPARING:
                reason = f"{token.text} follows another comparison: put one of them in parentheses"
                raise FilterInvalid(token.place, reason)
            part.compared[-1] = True
        self._prefixes = deeper(self._prefixes, token.place) if word in {"not", "-"} else 0
        self._put(word.upper(), token.place)

    def _open(self, place: int) -> None:
        self._depth = deeper(self._depth, place)
        self._prefixes = 0
        part = self._parts[-1]
        if part.words and part.words[-1].startswith("f"):
            part.calls.append(place)
            part.compared.append(False)
            self._put("(", place)
        else:
            self._parts.append(_Part(place, self._last == "in"))

    def _close(self, place: int) -> None:
        self._depth -= 1
        part = self._parts[-1]
        if part.calls:
            part.calls.pop()
            part.compared.pop()
            self._put(")", place)
        elif len(self._parts) == 1:
            raise FilterInvalid(place, "this parenthesis was never opened")
        else:
            node = self._group(self._parts.pop(), place)
            name = self._named(node, "p")
            self._grouped[len(self._leaves) - 1] = part.opened
            self._put(f"({name})" if part.listing else name, part.opened)

    def _group(self, part: _Part, place: int) -> Node:
        if not part.words and not part.elements and not part.listing:
            return Listed((), part.opened)
        last = self._element(part, place)
        if part.elements or part.listing:
            return Listed((*part.elements, last), part.opened)
        return last

    def _put(self, word: str, place: int) -> None:
        part = self._parts[-1]
        if len(part.words) >= MAX_WORDS:
            raise FilterInvalid(place, f"more than {MAX_WORDS:,} words without a parenthesis")
        part.words.append(word)
        part.places.append(place)

    def _named(self, leaf: Node, kind: str) -> str:
        """The name under which `cql2` sees a leaf: f before the parentheses of a call, else p."""
        self._leaves.append(leaf)
        return f"{kind}{len(self._leaves) - 1}"

    def _leaf(self, token: Token, word: str) -> Node:
        text, place = token.text, token.place
        match token.kind:
            case "text":
                return Literal(re.sub(r"''|\\'", "'", text[1:-1]), place, self._gdal)
            case "quoted":
                return Name(text[1:-1].replace('""', '"'), place)
            case "number":
                return Literal(_number(text, place), place, self._gdal)
            case "shape":
                return Shape(_shape(text, place), place)
        if word in _TRUTH:
            return Literal(_TRUTH[word], place)
        following = self._text[place - 1 + len(text) :].lstrip()
        return Call(word, (), place) if following.startswith("(") else Name(text, place)

    def _element(self, part: _Part, end: int) -> Node:
        """The tree of the words up to here, which begin anew."""
        words, places = part.words, [*part.places, end]
        part.words, part.places, part.compared = [], [], [False]
        if len(words) == 1 and words[0].startswith("p"):
            return self._leaves[int(words[0][1:])]
        try:
            tree = cql2.parse_text(" ".join(words)).to_json()
        except cql2.ParseError as error:
            raise self._fault(words, places, str(error)) from None
        self._read = (words, places)
        return self._resolved(tree, 0, places[0])

    def _fault(self, words: list[str], places: list[int], message: str) -> FilterInvalid:
        """What `cql2` says of the words, said of the text."""
        found = _FAULT.search(message)
        column = int(found[1]) if found else 1
        begin = 1
        for word, place in zip(words, places, strict=False):
            if column < begin + len(word):
                what = self._text[place - 1 : place + 19]
                return FilterInvalid(place, f"{what!r} cannot follow what stands before it")
            begin += len(word) + 1
        return FilterInvalid(places[-1], "something is missing here")

    def _resolved(self, tree: Any, depth: int, place: int) -> Node:
        """The tree of `cql2` with the leaves put back."""
        if "property" in tree:
            name = tree["property"]
            if name[0] != "p":  # `cql2` takes a word of the language for a name
                words, places = self._read
                place = places[len(words) - 1 - words[::-1].index(name)]
                raise FilterInvalid(place, f"{name} names a property only in double quotes")
            return self._leaves[int(name[1:])]
        depth = deeper(depth, place)
        op, args = tree["op"], tree["args"]
        if op == "*" and args[0] == -1.0:  # so `cql2` has a minus; numbers of ours come by name
            return _negative(self._resolved(args[1], depth, place))
        nodes = []
        for arg in args:
            one = arg[0] if isinstance(arg, list) else arg  # the list of IN is one leaf
            nodes.append(self._resolved(one, depth, place))
            place = _place(nodes[-1])
        if op[0] == "f" and op[1:].isdecimal():
            called = self._leaves[int(op[1:])]
            assert isinstance(called, Call)
            if called.op in arrays.RELATIONS:
                nodes = [self._array(arg, node) for arg, node in zip(args, nodes, strict=True)]
            return Call(called.op, tuple(nodes), called.place)
        return Call(op.lower(), tuple(nodes), nodes[0].place)

    def _array(self, tree: Any, node: Node) -> Node:
        """A value in parentheses as the array of one that it is where an array should be."""
        named = tree.get("property", "") if isinstance(tree, dict) else ""
        opened = self._grouped.get(int(named[1:])) if named else None
        if opened is None or isinstance(node, Listed):
            return node
        if isinstance(node, Name):
            return replace(node, grouped=opened)
        return Listed((node,), opened)


def _place(node: Node) -> int:
    assert isinstance(node.place, int)
    return node.place


def _negative(node: Node) -> Node:
    if isinstance(node, Literal) and isinstance(node.value, int | Decimal):
        return Literal(-node.value, node.place)
    return Call("*", (Literal(-1, node.place), node), node.place)


_LONGEST = 1000  # characters of a number, zeros before and behind it as well


def _number(text: str, place: int) -> int | Decimal:
    number = Decimal(text)
    if len(text) > _LONGEST or (number and abs(number.adjusted()) > 300):
        raise FilterInvalid(place, f"the number {text[:20]} is out of range")
    return int(text) if text.lstrip("+-").isdecimal() else number


def _shape(text: str, place: int) -> shapely.Geometry:
    try:
        return shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise FilterInvalid(place, f"not a geometry in WKT: {reason}") from None
