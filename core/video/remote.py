"""Videos on http(s) servers."""

import http
import http.client
import urllib.error
import urllib.request
from typing import Final

from core.errors import MediaError

_TIMEOUT_S: Final = 10.0


def require_ranges(url: str, timeout_s: float = _TIMEOUT_S) -> None:
    """Request one byte: from a server that only sends whole files every preview would be a whole download.

    `MediaError` when the server cannot be reached, refuses, or does not answer range requests.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise MediaError(url, "is neither an http nor an https URL")
    request = urllib.request.Request(url, headers={"Range": "bytes=0-0"})  # noqa: S310  # checked above
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  # as above
            status = answer.status
    except urllib.error.HTTPError as exc:
        with exc:
            raise MediaError(url, f"the server answers {exc.code} {exc.reason}") from exc
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise MediaError(url, f"the server cannot be reached ({getattr(exc, 'reason', exc)})") from exc
    if status != http.HTTPStatus.PARTIAL_CONTENT:
        raise MediaError(url, "the server does not answer range requests, so no part of the video can be read alone")
