"""A tree becomes SQL (过滤条件编译为 SQL): every value bound, every name looked up, kinds checked.

Nulls are as in SQL: what cannot be told is not selected, by NOT neither. A division by nought is
null. CASEI folds letters by `lower(upper())`, so that ς is σ, and ß is ss; ACCENTI takes away marks
that are apart in Unicode form D, and strokes and ligatures of Latin letters.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from cim.cql2 import arrays, shapes, times
from cim.cql2.functions import FUNCTIONS
from cim.cql2.numbers import ARITHMETIC, widest, worked_out
from cim.cql2.terms import INSTANTS, KINDS, Bound, Queryable, Term, found, same_instant
from cim.cql2.texts import FOLDED, ends_in_escape, is_pattern
from cim.cql2.tree import Call, Listed, Literal, Name, Node, Place, Shape, deeper
from cim.crs import Crs
from cim.errors import FilterInvalid

__all__ = ["Clause", "clause"]


class Clause(NamedTuple):
    """A condition in SQL with `$n` parameters, and their values in order.

    `located` tells that rows can be found by an index of geometries: the condition holds only
    where one of those meets a geometry of the filter.
    """

    sql: str
    params: tuple[Any, ...]
    located: bool = False


def clause(tree: Node, queryables: Mapping[str, Queryable], crs: Crs, first: int) -> Clause:
    """The condition of a tree; FilterInvalid with the place."""
    compiler = _Compiler(queryables, crs, Bound(first))
    term = compiler.condition(tree, 0)
    return Clause(term.sql, tuple(compiler.bound.values), term.located)


_COMPARED = {"=", "<>", "<", ">", "<=", ">="}


class _Compiler:
    def __init__(self, queryables: Mapping[str, Queryable], crs: Crs, bound: Bound) -> None:
        self._queryables, self._crs, self.bound = queryables, crs, bound
        self._operators: list[tuple[Any, Callable[[Call, int], Term]]] = [
            ({"and", "or"}, self._joined),
            ({"not"}, self._not),
            (_COMPARED, self._compared),
            (ARITHMETIC, self._arithmetic),
            ({"like"}, self._like),
            ({"between"}, self._between),
            ({"in"}, self._in),
            ({"isnull"}, self._is_null),
            (FOLDED, self._folded),
            ({"date", "timestamp"}, self._instant),
            ({"interval"}, self._interval),
            ({"bbox", "envelope"}, self._box),
            (shapes.RELATIONS, self._spatial),
            (times.RELATIONS, self._temporal),
            (arrays.RELATIONS, self._array),
            (FUNCTIONS, self._function),
        ]

    def condition(self, node: Node, depth: int) -> Term:
        term = self._term(node, depth)
        if term.kind != "boolean":
            reason = f"{term.said} is {KINDS[term.kind]}, not a condition"
            raise FilterInvalid(term.place, reason)
        return term._replace(sql=self.bound.term(term), value=None)

    def _term(self, node: Node, depth: int) -> Term:
        depth = deeper(depth, node.place)
        match node:
            case Name():
                return found(node.name, node.place, self._queryables)
            case Literal():
                return _literal(node)
            case Shape():
                return shapes.literal(node.geometry, self._crs, node.place)
            case Listed():
                items = [self._term(item, depth) for item in node.items]
                return arrays.literal(items, self.bound, node.place)
        for names, compiled in self._operators:
            if node.op in names:
                return compiled(node, depth)
        raise FilterInvalid(node.place, _unknown(node.op))

    def _terms(self, call: Call, depth: int, count: int | None = None) -> list[Term]:
        if count is not None and len(call.args) != count:
            reason = f"{call.op.upper()} takes {count} operand{'s' * (count != 1)}"
            raise FilterInvalid(call.place, f"{reason}, not {len(call.args)}")
        return [self._term(arg, depth) for arg in call.args]

    def _joined(self, call: Call, depth: int) -> Term:
        if len(call.args) < 2:
            raise FilterInvalid(call.place, f"{call.op.upper()} takes two conditions or more")
        parts = [self.condition(arg, depth) for arg in call.args]
        sql = f" {call.op.upper()} ".join(part.sql for part in parts)
        return _condition(sql, call, call.op == "and" and any(part.located for part in parts))

    def _not(self, call: Call, depth: int) -> Term:
        if len(call.args) != 1:
            raise FilterInvalid(call.place, "NOT takes one condition")
        return _condition(f"NOT {self.condition(call.args[0], depth).sql}", call)

    def _compared(self, call: Call, depth: int) -> Term:
        left, right = self._terms(call, depth, 2)
        sql = self._alike([_fitted(left, right), _fitted(right, left)])
        return _condition(f"{sql[0]} {call.op} {sql[1]}", call)

    def _alike(self, terms: list[Term]) -> list[str]:
        """SQL of terms that are compared, which must be of one kind; FilterInvalid."""
        first = terms[0]
        for term in terms:
            if term.kind in {"geometry", "array", "interval", "other"}:
                reason = f"{term.said} is {KINDS[term.kind]}: it has functions of its own"
                raise FilterInvalid(term.place, reason)
            if not _same(first, term):
                raise FilterInvalid(*_unlike(first, term))
        if first.kind in INSTANTS:
            days = any(term.kind == "date" for term in terms)
            return [same_instant(term, self.bound, days=days) for term in terms]
        beside = widest(terms)
        return [self.bound.term(term, beside) for term in terms]

    def _arithmetic(self, call: Call, depth: int) -> Term:
        terms = self._terms(call, depth, 2)
        for term in terms:
            if term.kind != "number":
                reason = f"{term.said} is {KINDS[term.kind]}; {call.op} takes numbers"
                raise FilterInvalid(term.place, reason)
        beside = widest(terms)
        double = call.op == "^" or beside.exact in {"double", "real"}
        kind = "double precision" if double else "numeric"
        sql = [f"({self.bound.term(term, beside)})::{kind}" for term in terms]
        exact = "double" if double else "numeric"
        return Term(
            worked_out(call.op, *sql, double=double), "number", call.place, call.op, exact=exact
        )

    def _like(self, call: Call, depth: int) -> Term:
        text, pattern = self._terms(call, depth, 2)
        self._texts(call, [text, pattern])
        if ends_in_escape(call.args[1]):
            raise FilterInvalid(pattern.place, "the pattern ends in \\, which escapes nothing")
        if not is_pattern(call.args[1]):
            raise FilterInvalid(pattern.place, "LIKE takes a pattern in quotes")
        sql = f"{self.bound.term(text)} LIKE {self.bound.term(pattern)} ESCAPE '\\'"
        return _condition(sql, call)

    def _texts(self, call: Call, terms: list[Term]) -> None:
        for term in terms:
            if term.kind != "text":
                reason = f"{term.said} is {KINDS[term.kind]}; {call.op.upper()} takes texts"
                raise FilterInvalid(term.place, reason)

    def _between(self, call: Call, depth: int) -> Term:
        value, low, high = self._alike(self._terms(call, depth, 3))
        return _condition(f"{value} BETWEEN {low} AND {high}", call)

    def _in(self, call: Call, depth: int) -> Term:
        listed = call.args[1] if len(call.args) == 2 else None
        if not isinstance(listed, Listed) or not listed.items:
            raise FilterInvalid(call.place, "IN takes a list of one value or more")
        value = self._term(call.args[0], depth)
        items = [self._term(item, depth) for item in listed.items]
        if value.value is None and all(self._plain(value, item) for item in items):
            return _condition(f"{value.sql} = ANY({self.bound.listed(items, value)})", call)
        first, *rest = self._alike([value, *items])
        return _condition(f"{first} IN ({', '.join(rest)})", call)

    def _plain(self, value: Term, item: Term) -> bool:
        """Whether an item can go into an array that is bound."""
        if not _same(value, item):
            raise FilterInvalid(*_unlike(value, item))
        return item.value is not None and item.kind == value.kind

    def _is_null(self, call: Call, depth: int) -> Term:
        (term,) = self._terms(call, depth, 1)
        if term.ends is not None:
            raise FilterInvalid(term.place, "an interval is never null")
        geometry = term.kind == "geometry"
        sql = shapes.geometry(term, self.bound) if geometry else self.bound.term(term)
        return _condition(f"{sql} IS NULL", call)

    def _folded(self, call: Call, depth: int) -> Term:
        terms = self._terms(call, depth, 1)
        self._texts(call, terms)
        sql = FOLDED[call.op].format(self.bound.term(terms[0]))
        said = f"{call.op.upper()}(…)"
        return _once(Term(sql, "text", call.place, said, fixed=terms[0].same_for_all))

    def _instant(self, call: Call, depth: int) -> Term:
        return times.instant(call.op, *self._terms(call, depth, 1))

    def _interval(self, call: Call, depth: int) -> Term:
        return times.interval(self._terms(call, depth), call.place)

    def _box(self, call: Call, depth: int) -> Term:
        return shapes.box(self._terms(call, depth), self._crs, call.place)

    def _spatial(self, call: Call, depth: int) -> Term:
        terms = self._terms(call, depth, 2)
        located = any(term.indexed for term in terms) and any(term.same_for_all for term in terms)
        sql = shapes.relation(call.op, terms, self.bound)
        return _condition(sql, call, located and call.op != "s_disjoint")

    def _temporal(self, call: Call, depth: int) -> Term:
        terms = self._terms(call, depth, 2)
        return _condition(times.relation(call.op, terms, self.bound), call)

    def _array(self, call: Call, depth: int) -> Term:
        terms = self._terms(call, depth, 2)
        both = [self._as_array(node, term) for node, term in zip(call.args, terms, strict=True)]
        return _condition(arrays.relation(call.op, both), call)

    def _as_array(self, node: Node, term: Term) -> Term:
        """A property in parentheses as the array of one that it is, unless it is an array."""
        if isinstance(node, Name) and node.grouped is not None and term.kind in arrays.SCALARS:
            return arrays.literal([term], self.bound, node.grouped)
        return term

    def _function(self, call: Call, depth: int) -> Term:
        function = FUNCTIONS[call.op]
        terms = self._terms(call, depth, len(function.arguments))
        sql = []
        for term, (name, kinds) in zip(terms, function.arguments, strict=True):
            if term.kind not in kinds:
                reason = f"{term.said} is {KINDS[term.kind]}; {call.op} takes {KINDS[kinds[0]]}"
                raise FilterInvalid(term.place, f"{reason} as {name}")
            sql.append(self._argument(term))
        exact = function.exact or terms[0].exact
        made = function.sql.format(*sql)
        fixed = all(term.same_for_all for term in terms)
        said = f"{call.op}(…)"
        return _once(Term(made, function.returns, call.place, said, exact=exact, fixed=fixed))

    def _argument(self, term: Term) -> str:
        if term.kind == "geometry":
            shapes.on_one_side(term)
            return shapes.geometry(term, self.bound)
        sql = self.bound.term(term)
        return f"({sql} AT TIME ZONE 'UTC')" if term.kind == "moment" else sql


def _once(term: Term) -> Term:
    """Worked out once a statement, as a sub-select is, where no row has a part in it."""
    return term._replace(sql=f"(SELECT {term.sql})") if term.fixed else term


def _condition(sql: str, call: Call, located: bool = False) -> Term:
    return Term(f"({sql})", "boolean", call.place, "the condition", located=located)


def _fitted(term: Term, other: Term) -> Term:
    """A loose value as what it stands for beside another kind: GDAL writes times and truths so."""
    if not term.loose or term.kind == other.kind:
        return term
    if term.kind == "text" and other.kind in INSTANTS:
        text = str(term.value).removesuffix("T")
        op = "date" if len(text) == 10 else "timestamp"
        return times.instant(op, term._replace(value=text))
    if other.kind == "boolean" and term.value in {0, 1}:
        return term._replace(kind="boolean", value=bool(term.value))
    return term


def _literal(node: Literal) -> Term:
    value = node.value
    if isinstance(value, bool):
        return Term("", "boolean", node.place, str(value).lower(), value=value)
    if isinstance(value, str):
        said = f"the text {value!r}"
        return Term("", "text", node.place, said, value=value, loose=node.loose)
    exact = "integer" if isinstance(value, int) else "numeric"
    said = f"the number {value}"
    return Term("", "number", node.place, said, value=value, exact=exact, loose=node.loose)


def _same(first: Term, second: Term) -> bool:
    return first.kind == second.kind or {first.kind, second.kind} <= set(INSTANTS)


def _unlike(first: Term, second: Term) -> tuple[Place, str]:
    """The place of what does not fit, which is the literal where there is one."""
    wrong, other = (first, second) if second.value is None else (second, first)
    if first.value is None and second.value is None:
        wrong, other = second, first
    hint = ""
    if other.kind in INSTANTS and wrong.kind == "text":
        hint = ": write DATE('2024-05-31') or TIMESTAMP('2024-05-31T08:00:00Z')"
    reason = f"{other.said} is {KINDS[other.kind]} and {wrong.said} is {KINDS[wrong.kind]}"
    return wrong.place, f"{reason}, which are not compared{hint}"


def _unknown(op: str) -> str:
    standard = [*FOLDED, *shapes.RELATIONS, *times.RELATIONS, *arrays.RELATIONS]
    near = get_close_matches(op, [*FUNCTIONS, *standard], 3, 0.6)
    there = f"near are {', '.join(near)}" if near else "/functions lists those there are"
    return f"there is no function {op!r}; {there}"
