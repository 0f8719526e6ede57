"""Office files without the moment in which they were made: the same report gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile

_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_DAY = b"1980-01-01T00:00:00Z"


def undated(package: bytes) -> bytes:
    """Return an Office file, and those that its charts have inside, as of the first day that a zip file can have."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as whole, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for part in whole.infolist():
            content = whole.read(part)
            if part.filename.endswith(".xlsx"):
                content = undated(content)
            elif part.filename == "docProps/core.xml":
                content = _MOMENT.sub(rb"\g<1>" + _DAY + rb"\g<2>", content)
            out.writestr(zipfile.ZipInfo(part.filename), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()
