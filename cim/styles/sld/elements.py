"""Elements of SLD 1.0 and Filter 1.0 (SLD 元素), made and looked at through lxml.

Elements are known by their local names, whatever their namespace: QGIS writes those of Symbology
Encoding (`se:`), others those of SLD.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

SLD = "http://www.opengis.net/sld"
OGC = "http://www.opengis.net/ogc"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMESPACES = {None: SLD, "ogc": OGC, "xsi": _XSI}
_SCHEMA = f"{SLD} http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd"

Element: TypeAlias = Any
"""An element of lxml, which has no types of its own."""


def root() -> Element:
    made = etree.Element(f"{{{SLD}}}StyledLayerDescriptor", nsmap=_NAMESPACES, version="1.0.0")
    made.set(f"{{{_XSI}}}schemaLocation", _SCHEMA)
    return made


def add(parent: Element, name: str, text: str | None = None) -> Element:
    """A new element of SLD at the end of another one."""
    made = etree.SubElement(parent, f"{{{SLD}}}{name}")
    made.text = legal(text) if text is not None else None
    return made


def ogc(name: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """A new element of a filter."""
    made = etree.Element(f"{{{OGC}}}{name}", attributes, nsmap={"ogc": OGC})
    made.text = legal(text) if text is not None else None
    made.extend(children)
    return made


def text_of(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def name_of(element: Element) -> str:
    """Local name; "" of a comment or the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Child elements, those of these names where some are given."""
    for child in element:
        name = name_of(child)
        if name and (not names or name in names):
            yield child


def child(element: Element, *path: str) -> Element | None:
    """The first element below, along these names."""
    found: Element | None = element
    for name in path:
        found = next(children(found, name), None) if found is not None else None
    return found


def place(element: Element) -> str:
    """The path of an element by local names, with its line.

    >>> tree = etree.fromstring("<a><b/><b><c/></b></a>")
    >>> place(tree[1][0])
    '/a/b[2]/c (line 1)'
    """
    steps = []
    for each in (element, *element.iterancestors()):
        parent = each.getparent()
        alike = list(children(parent, name_of(each))) if parent is not None else [each]
        number = f"[{alike.index(each) + 1}]" if len(alike) > 1 else ""
        steps.append(f"{name_of(each)}{number}")
    return f"/{'/'.join(reversed(steps))} (line {element.sourceline})"


def legal(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
