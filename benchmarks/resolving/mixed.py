"""A million mixed codes (混合编码), seeded: 60 % entity codes, 35 % aliases, 5 % of neither.

Half of the entity codes have a check character, a tenth hyphens, a hundredth full width. Of the
rest half are codes that nothing has, and half have a fault.
"""

from __future__ import annotations

import numpy as np
from stdnum.iso7064 import mod_37_36

from resolving.city import SEED, City

_FULL = {half: half + 0xFEE0 for half in range(0x21, 0x7F)}


def mixed(made: City, count: int) -> tuple[list[str], int]:
    """The codes in a random order, and how many of them name an entity."""
    rng = np.random.default_rng(SEED + 1)
    entities = _written(rng.choice(made.codes, count * 60 // 100).tolist())
    each = count * 35 // 100 // len(made.aliases)
    aliases = [text for known in made.aliases.values() for text in rng.choice(known, each).tolist()]
    known = entities + aliases
    rest = rng.choice(made.codes, count - len(known)).tolist()
    nobody = [f"{code[:12]}9{code[13:]}" for code in rest[::2]]
    faulty = [f"{code[:6]}-{code[6:12]}-{code[13:]}" for code in rest[1::2]]
    texts = known + nobody + faulty
    return [texts[n] for n in rng.permutation(len(texts))], len(known)


def _written(codes: list[str]) -> list[str]:
    codes[::2] = [code + str(mod_37_36.calc_check_digit(code)) for code in codes[::2]]
    codes[::10] = [f"{code[:6]}-{code[6:12]}-{code[12:]}" for code in codes[::10]]
    codes[5::100] = [code.translate(_FULL) for code in codes[5::100]]
    return codes
