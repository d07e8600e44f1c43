"""An SLD document as it came (SLD 解析): without entities, without the network, of some size.

StyleInvalid where it is no well-formed SLD.
"""

from lxml import etree

from cim.errors import StyleInvalid
from cim.styles.sld.elements import Element, name_of

MOST_BYTES = 4 << 20


def parse(data: bytes) -> Element:
    """The element StyledLayerDescriptor."""
    if len(data) > MOST_BYTES:
        raise StyleInvalid([("/", f"more than {MOST_BYTES:,} bytes")])
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        found = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise StyleInvalid([("/", f"it is no XML: {error}")]) from None
    except ValueError as error:
        raise StyleInvalid([("/", f"it is no XML: {error}")]) from None
    if found.getroottree().docinfo.doctype:
        raise StyleInvalid([("/", "a document type is not read, nor are its entities")])
    if name_of(found) != "StyledLayerDescriptor":
        raise StyleInvalid([("/", f"StyledLayerDescriptor expected, {name_of(found)} found")])
    return found
