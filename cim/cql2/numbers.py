"""Arithmetic of filters in SQL (数值运算): a division by nought is null, as is what has no value.

>>> worked_out("/", "a", "b", double=True)
'(a / nullif(b, 0))'
"""

from cim.cql2.terms import Term

ARITHMETIC = {"+", "-", "*", "/", "%", "div", "^"}


def widest(terms: list[Term]) -> Term:
    """Of numbers the least exact expression that is not a literal; else any of them."""
    order = ("double", "real", "numeric", "integer", "")
    given = [term for term in terms if term.value is None] or terms
    return min(given, key=lambda term: order.index(term.exact))


def worked_out(op: str, left: str, right: str, *, double: bool) -> str:
    if op == "^":
        return (
            "(SELECT CASE WHEN x = 0 AND y < 0 OR x < 0 AND y <> trunc(y)"
            " OR abs(y * ln(abs(nullif(x, 0)))) > 700 THEN NULL ELSE power(x, y) END"
            f" FROM (SELECT {left} AS x, {right} AS y OFFSET 0) p)"
        )
    if op in {"/", "%", "div"}:
        right = f"nullif({right}, 0)"
    if op == "div":
        return f"trunc({left} / {right})" if double else f"div({left}, {right})"
    if op == "%":
        return f"mod(({left})::numeric, ({right})::numeric)"
    return f"({left} {op} {right})"
