"""QR labels of things (二维码标签): one as SVG or PNG, sheets of many as PDF.

``symbol``       the QR symbol of a thing's permanent address
``label``        what stands on a label, and where
``svg``, ``png`` one label
``sheet``        how labels stand on paper
``pdf``          the sheets
``subjects``     what the database says of the things, and which of them get a label
``asked``        what a request may say
``routes``       all of it over HTTP
``description``  the same for OpenAPI
"""
