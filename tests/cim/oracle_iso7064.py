"""MOD 37,36 and MOD 11-2 written from ISO/IEC 7064, to judge the check characters by.

Hybrid system, M = 36: P(1) = M; S(j) = P(j) mod (M+1) + a(j); P(j+1) = 2 x (S(j) mod M, or M where
that is 0); a code with its check character is right when the last S is 1 mod M. Pure system,
modulus 11, radix 2: right when the sum of a(i) x 2^(i-1), counted from the right, is 1 mod 11.
The check character is found by trying all of them, so that there can be but one.
"""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod_37_36_holds(code: str) -> bool:
    """Whether a code with its check character satisfies MOD 37,36."""
    product = total = 36
    for character in code:
        total = product % 37 + ALPHABET.index(character)
        product = (total % 36 or 36) * 2
    return total % 36 == 1


def mod_37_36(body: str) -> str:
    """The one check character that makes the body satisfy MOD 37,36."""
    (right,) = (c for c in ALPHABET if mod_37_36_holds(body + c))
    return right


def mod_11_2(body: str) -> str:
    """The one check character that makes the sum of a(i) x 2^(i-1) from the right be 1 mod 11."""
    sums = {
        check: sum(int(d) * 2**i for i, d in enumerate(reversed(body), 1)) + check
        for check in range(11)
    }
    (right,) = (check for check, total in sums.items() if total % 11 == 1)
    return "0123456789X"[right]
