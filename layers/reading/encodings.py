"""Which encoding a text is in (字符编码识别): GB 18030 with its parts GBK and GB 2312, or UTF-8.

Text of a Chinese file is one or the other. GB 18030 often takes two characters of UTF-8, six bytes,
for three of its own that nobody wrote; but what is in GB 18030 is hardly ever UTF-8 with a
character of three bytes. So a text that is, is taken for nothing else.

>>> detect(["襄阳".encode(), b"plain"]), detect(["襄阳".encode("gbk")])
(Detected(encoding='utf-8', broken=0), Detected(encoding='gb18030', broken=0))
>>> detect([b"plain"])
Detected(encoding='ascii', broken=0)
>>> codec("CP936"), codec("ANSI 936"), codec("65001"), codec("no such")
('gb18030', 'gb18030', 'utf-8', None)
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Protocol

UTF8, GB18030, ASCII = "utf-8", "gb18030", "ascii"
ENOUGH = 20_000  # texts beyond ASCII that decide
SEPARATORS = ",;\t|"
_QUOTED = re.compile('"[^"]*"')
_CHUNK = 1 << 20
_LONGEST = 1 << 26  # bytes of a line
_MARKS = {codecs.BOM_UTF8: UTF8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

# What .cpg files, LDIDs and DXF call them. GB 18030 holds all of GBK, which holds GB 2312.
_CHINESE = {"936", "54936", "gbk", "gb2312", "gb18030", "cp936", "ms936", "euc_cn", "hz"}
_NUMBERED = re.compile(r"(?:ansi|oem|windows|cp|ms|ibm)?[ _-]*(\d{3,5})")
_BY_NUMBER = {"65001": UTF8, "1200": "utf-16", "950": "cp950", "932": "cp932", "949": "cp949"}

# What files in UTF-8 have beyond ASCII: characters of three bytes, signs, Greek, letters of pinyin.
_WIDE = re.compile("[\u0800-\U0010ffff]")
_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüÀ-ö"
_LIKELY = re.compile(f"[\u0800-\U0010ffff°²³±×µ½§÷Α-ω]|[A-Za-z][{_TONES}]|[{_TONES}][A-Za-z]")


class Readable(Protocol):
    """A file that is read from its beginning, packed or not."""

    def read(self, nbytes: int, /) -> bytes: ...


class Detected(NamedTuple):
    """The likelier encoding, and how many of the texts that were looked at are not in it."""

    encoding: str
    broken: int


def codec(name: str) -> str | None:
    """Python's name of an encoding, GB 18030 for each of its parts; None where it is unknown."""
    told = name.strip().lower()
    number = _NUMBERED.fullmatch(told)
    short = number[1] if number else told
    if short in _CHINESE or short.replace("-", "").replace("_", "") in _CHINESE:
        return GB18030
    if number and short.startswith("8859") and len(short) == 5:
        told = f"iso8859-{short[4:]}"  # as ArcGIS writes it
    for tried in (_BY_NUMBER.get(short), told, f"cp{short}"):
        found = tried and _known(tried)
        if found:
            return found
    return None


def detect(texts: Iterable[bytes]) -> Detected:
    """The encoding of texts, of which the first so many that have more than ASCII are looked at."""
    beyond = list(islice((text for text in texts if not text.isascii()), ENOUGH))
    if not beyond:
        return Detected(ASCII, 0)
    broken = {name: sum(not is_text(text, name) for text in beyond) for name in (UTF8, GB18030)}
    if broken[UTF8] == 0 and not (broken[GB18030] == 0 and _is_unlikely(beyond)):
        return Detected(UTF8, 0)
    best = min((GB18030, UTF8), key=lambda name: broken[name])
    return Detected(best, broken[best])


def of_file(file: Readable) -> tuple[str, str]:
    """The encoding of a file that begins here, and how it is known: by a mark or its bytes.

    >>> import io
    >>> of_file(io.BytesIO("站,值".encode("gbk"))), of_file(io.BytesIO(b"plain"))
    (('gb18030', 'detected'), ('utf-8', 'detected'))
    """
    first = file.read(_CHUNK)
    for mark, encoding in _MARKS.items():
        if first.startswith(mark):
            return encoding, "bom"
    found = detect(_lines(first, file)).encoding
    return (UTF8 if found == ASCII else found), "detected"


def separator(head: str) -> str:
    """What stands between the names in the first line of a table of text.

    >>> separator("站;值"), separator("a\\tb"), separator('"a,b,c";d'), separator("a")
    (';', '\\t', ';', ',')
    """
    return max(SEPARATORS, key=_QUOTED.sub("", head).count)


def _lines(first: bytes, file: Readable) -> Iterator[bytes]:
    """The lines of a file that have more than ASCII, and some others."""
    rest = first
    while chunk := file.read(_CHUNK):
        if rest.isascii():  # no line of it tells anything, but that which goes on
            rest = rest[rest.rfind(b"\n") + 1 :] if len(rest) < _LONGEST else b""
        else:
            *lines, rest = rest.split(b"\n")
            yield from lines
            rest = rest if len(rest) < _LONGEST else b""
        rest += chunk
    yield from rest.split(b"\n")


def fits(texts: Iterable[bytes], encoding: str) -> bool:
    """Whether all of the texts that are looked at are in an encoding."""
    return all(is_text(text, encoding) for text in islice(texts, ENOUGH))


def is_text(text: bytes, encoding: str) -> bool:
    """Whether bytes are text of an encoding, maybe cut off; what is surely UTF-8 is no GB 18030.

    >>> is_text("襄阳".encode(), "gb18030"), is_text("襄阳".encode("gbk")[:3], "gb18030")
    (False, True)
    """
    return _is(text, encoding) and not (encoding == GB18030 and is_surely_utf8(text))


def is_surely_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8 with a character that text in GB 18030 does not look like."""
    if text.isascii() or not _is(text, UTF8):
        return False
    return _WIDE.search(text.decode(errors="ignore")) is not None


def legible(text: bytes, encoding: str) -> str:
    """What is shown of bytes that are no text of an encoding: what they are in the other one.

    >>> legible("樊城".encode("gbk"), "utf-8"), legible("樊城".encode(), "gb18030")
    ('樊城', '樊城')
    """
    other = UTF8 if encoding == GB18030 else GB18030
    return text.decode(other if is_text(text, other) else encoding, errors="replace")


def shown(encoding: str) -> str:
    """The name for people.

    >>> shown("gb18030"), shown("utf-8"), shown("cp1252")
    ('GB18030', 'UTF-8', 'CP1252')
    """
    return encoding.upper().removesuffix("-SIG")


def _known(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except LookupError:
        return None
    # Others turn bytes into bytes.
    name = GB18030 if found.name in _CHINESE else found.name
    return name if getattr(found, "_is_text_encoding", True) else None


def _is(text: bytes, encoding: str) -> bool:
    """Whether bytes are text of an encoding; one that is cut at its end is."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(text, final=False)
    except UnicodeError:
        return False
    return True


def _is_unlikely(texts: Iterable[bytes]) -> bool:
    """Whether texts that are UTF-8 are hardly meant so, as the few Chinese texts that look like it.

    Two bytes of GB 18030 may be a letter of UTF-8: 楼 is `¥`, 路 `·`, 一 a letter of Cyrillic.
    """
    return not any(_LIKELY.search(text.decode(errors="ignore")) for text in texts)
