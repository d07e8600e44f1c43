"""The floor under bulk resolution (裸查询): COPY into a temporary table, join, COPY out.

The texts are given as they are stored, so nothing is read, checked or explained: no full width, no
check character, no schemes, no successors, no format but PostgreSQL's own.
"""

from __future__ import annotations

import io

import psycopg

_JOIN = """
    COPY (SELECT a.n, coalesce(e.code, f.code), coalesce(e.state, f.state), y.name
          FROM asked a
          LEFT JOIN cim.entity e ON e.code = a.text
          LEFT JOIN cim.alias l ON l.value = a.text AND l.valid_to IS NULL
          LEFT JOIN cim.entity f ON f.code = l.code
          LEFT JOIN cim.layer y ON y.id = coalesce(e.layer_id, f.layer_id)
          ORDER BY a.n) TO STDOUT
"""


def bare(url: str, texts: list[str]) -> int:
    """How many rows were found."""
    body = "".join(f"{n}\t{text}\n" for n, text in enumerate(texts)).encode()
    answer = io.BytesIO()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute('CREATE TEMPORARY TABLE asked (n int, text text COLLATE "C")')
        with cursor.copy("COPY asked FROM STDIN") as copy:
            copy.write(body)
        cursor.execute("ANALYZE asked")
        with cursor.copy(_JOIN) as copy:
            for block in copy:
                answer.write(block)
    return len(texts) - answer.getvalue().count(b"\t\\N\t\\N\t")
