"""Security headers of every response (OWASP Secure Headers): nothing foreign, no sniffing, no frames, no referrer."""

from typing import Final

from aiohttp import web

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Only what we serve ourselves; `blob:` is the picture that a user is about to send, `data:` an icon."""
SECURITY_HEADERS: Final = {
    "Server": "WhenAnime",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """An `on_response_prepare` signal: every response has them, also those of errors; what a handler set stays."""
    response.headers["Server"] = SECURITY_HEADERS["Server"]
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
