"""Entity codes validated a second, as a column, one by one, and by python-stdnum in a loop.

A million seeded codes of Hubei, half of them 21 digits and half in the external form of 22
characters, so that a column without check characters cannot flatter the figure; the check
character of one in a hundred is wrong. `validate_many` takes an Arrow column, a pandas one, and an
Arrow column of codes in groups (420602-990101-000000001). python-stdnum has no such code: its MOD
37,36 alone is run over the codes of 22 characters, without a look at division or serial. One core;
the median of some rounds after a warm-up.

    taskset -c 0 python benchmarks/codes.py [codes]
    python benchmarks/codes.py --all

With --all the other rates of codes follow: assignment (assign.py) and resolution in bulk
(resolve.py); one by one it is measured by serve.py.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from stdnum.iso7064 import mod_37_36

from cim import divisions, entity_code
from cim.entity_code_bulk import validate_many

CODES = 1_000_000
LOOPED = 50_000  # what the loops are timed on
ROUNDS = 5
SEED = 20260101
AIM = 3e6  # codes a second, the figure that the project holds itself to


def codes(count: int) -> list[str]:
    """Codes of random counties, classes and serials, 21 and 22 characters by turns."""
    rng = np.random.default_rng(SEED)
    county = rng.choice(sorted(divisions.table()), count)
    parts = zip(county, rng.integers(0, 10**4, count), rng.integers(1, 10**9, count), strict=True)
    plain = [f"{division}99{kind:04d}{serial:09d}" for division, kind, serial in parts]
    external = [code + str(mod_37_36.calc_check_digit(code)) for code in plain[1::2]]
    plain[1::2] = external
    for row in 1 + 2 * rng.choice(count // 2, count // 100, replace=False):
        plain[row] = plain[row][:-1] + ("0" if plain[row][-1] != "0" else "1")
    return plain


def rate(work: Callable[[], object], count: int) -> float:
    """Codes a second, the median of the rounds."""
    work()
    return count / statistics.median(_seconds(work) for _ in range(ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rates(texts: list[str]) -> dict[str, float]:
    """The rate of each way, by its name; the loops first."""
    arrow, series = pa.array(texts), pd.Series(texts, dtype="str")
    grouped = pa.array([f"{text[:6]}-{text[6:12]}-{text[12:]}" for text in texts])
    some = texts[:LOOPED]
    external = [text for text in some if len(text) == 22]
    return {
        "python-stdnum MOD 37,36, a loop": rate(
            lambda: [mod_37_36.is_valid(text) for text in external], len(external)
        ),
        "is_valid in a loop": rate(
            lambda: [entity_code.is_valid(text) for text in some], len(some)
        ),
        "validate_many, Arrow column": rate(lambda: validate_many(arrow), len(texts)),
        "validate_many, pandas column": rate(lambda: validate_many(series), len(texts)),
        "validate_many, codes in groups": rate(lambda: validate_many(grouped), len(texts)),
    }


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:] if word != "--all"]
    texts = codes(numbers[0] if numbers else CODES)
    wrong = len(texts) - int(validate_many(texts).valid.sum())
    print(f"{len(texts):,} codes of 21 and 22 characters, {wrong:,} of them wrong")
    print(f"\n{'':32}{'codes/s':>12}{'x stdnum':>10}{'x is_valid':>12}{'x aim':>8}")
    found = rates(texts)
    stdnum, scalar, *_ = found.values()
    for name, each in found.items():
        print(f"{name:32}{each:12,.0f}{each / stdnum:10.1f}{each / scalar:12.1f}{each / AIM:8.2f}")
    if "--all" in sys.argv:
        for other in ("assign.py", "resolve.py"):
            print(f"\n{other}", flush=True)
            subprocess.run([sys.executable, Path(__file__).with_name(other)], check=True)


if __name__ == "__main__":
    main()
