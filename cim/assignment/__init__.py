"""Assignment of entity codes (赋码): from rows of a source to entities that live.

``geometry``      checks geometries and brings them to CGCS2000
``counties``      finds the division that a code begins with
``rows``          the rows of one source, column by column, ready to be staged
``stage``         copies rows into temporary tables, with their BeiDou codes and grid cells
``codes``         gives staged rows the codes they have, or new ones, and makes their entities
``features``      writes what layers and indexes say of staged entities
``merge``         brings a whole layer to what is staged, for ingest
``request``       a request for one code, as the API and batch files make it
``assign``        answers requests: assigned, existing, duplicate?, rejected
``answers``       what a batch has in common, and the answers to it as they become known
``guard``         finds what may be the same thing under another name (疑似重复)
``reviews``       what people decide on that
``reservations``  codes kept for a project (预留)

Everything happens in the caller's transaction, set by set; a lease of serials alone commits by
itself (`cim.leases`).
"""
