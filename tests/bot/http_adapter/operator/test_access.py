"""Access to the operator's page: keys, sessions, cookies, and forms of other pages."""

import json
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.http_adapter.operator.sessions import LIFETIME_S, OperatorSessions
from bot.http_adapter.services import HttpSpec
from bot.storage.api_keys import ApiKeyStore
from tests.bot.http_adapter.operator.visiting import ENTRY, visited
from tests.bot.world import Clock


@pytest.mark.asyncio
async def test_nobody_reads_anything_without_a_session(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [b"picture"])
        page = await visitor.get()
        others = [
            (await visitor.get(path)).status
            for path in ("/operator/events", f"/operator/feedback/{ENTRY.id}/picture/0")
        ]
        posts = [
            (await visitor.post(f"/operator{path}", {"form_token": "x" * 43})).status
            for path in ("/sign-out", f"/feedback/{ENTRY.id}/looked-at", f"/feedback/{ENTRY.id}/delete")
        ]
        assert list(visitor.server.bot.feedback.entries()) == [ENTRY]
    assert (page.status, others, posts) == (401, [401, 401], [401, 401, 401])
    assert 'action="/operator/sign-in"' in page.text
    assert page.headers["WWW-Authenticate"] == "Bearer"
    assert "Access-Control-Allow-Origin" not in page.headers
    assert "Paper Boats" not in page.text


@pytest.mark.asyncio
async def test_an_operators_key_opens_the_page_until_signed_out(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        signed_in = await visitor.sign_in(Origin=visitor.server.url(""))
        page = await visitor.get()
        signed_out = await visitor.post("/operator/sign-out", {"form_token": page.hidden("form_token")})
        after = await visitor.get()
    assert (signed_in.status, signed_in.headers["Location"]) == (303, "/operator")
    assert (page.status, signed_out.status, after.status) == (200, 303, 401)
    assert "Sign out ann" in page.text
    assert visitor.key not in page.text


@pytest.mark.asyncio
async def test_the_cookie_is_for_this_page_alone(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        form = await visitor.get()
        signed_in = await visitor.sign_in()
    for cookie in (form.cookies["operator-form"], signed_in.cookies["operator"]):
        parts = cookie.split("; ")
        assert {"HttpOnly", "SameSite=Strict", "Path=/operator"} <= set(parts)
        assert "Secure" not in parts
    assert f"Max-Age={LIFETIME_S}" in signed_in.cookies["operator"]
    assert form.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.asyncio
async def test_the_cookie_is_secure_where_a_trusted_proxy_speaks_https(tmp_path: Path) -> None:
    cookies = []
    for proxies in ((ip_network("127.0.0.1"),), ()):
        async with visited(tmp_path / str(len(proxies)), spec=HttpSpec(port=0, proxies=proxies)) as visitor:
            signed_in = await visitor.sign_in(**{"X-Forwarded-Proto": "https"})
            cookies.append("Secure" in signed_in.cookies["operator"].split("; "))
    assert cookies == [True, False]


@pytest.mark.parametrize("key", ["", "wa_nobody", "user", "\udcff<script>"])
@pytest.mark.asyncio
async def test_another_key_is_refused_on_the_same_page(key: str, tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        user = visitor.server.services.keys.add("user", quota=1, concurrency=1)
        refused = await visitor.sign_in(user if key == "user" else key.encode("utf-8", "ignore").decode())
        after = await visitor.get()
    assert (refused.status, after.status) == (401, 401)
    assert "This key does not open the page." in refused.text
    assert "operator" not in refused.cookies
    assert "<script>" not in refused.text.partition("</head>")[2]


@pytest.mark.asyncio
async def test_a_program_reads_with_its_key_and_changes_nothing(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [b"picture"])
        user = visitor.server.services.keys.add("user", quota=1, concurrency=1)
        statuses = [
            (await visitor.get(Authorization=f"Bearer {key}")).status for key in (visitor.key, user, "wa_nobody")
        ]
        page = await visitor.get(Authorization=f"Bearer {visitor.key}")
        path = f"/operator/feedback/{ENTRY.id}/delete"
        post = await visitor.post(path, {"form_token": ""}, Authorization=f"Bearer {visitor.key}")
        in_address = await visitor.get(f"/operator?key={visitor.key}")
        assert list(visitor.server.bot.feedback.entries()) == [ENTRY]
    assert statuses == [200, 403, 401]
    assert "form_token" not in page.text
    assert (post.status, in_address.status) == (403, 401)


@pytest.mark.asyncio
async def test_a_form_without_its_token_changes_nothing(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        visitor.server.bot.feedback.add(ENTRY, [b"picture"])
        fresh = await visitor.get()
        no_token = await visitor.post("/operator/sign-in", {"key": visitor.key})
        wrong_token = await visitor.post("/operator/sign-in", {"key": visitor.key, "form_token": "x" * 43})
        await visitor.sign_in()
        path = f"/operator/feedback/{ENTRY.id}/delete"
        old = fresh.hidden("form_token")
        statuses = [
            (await visitor.post(path, fields)).status for fields in ({}, {"form_token": ""}, {"form_token": old})
        ]
        assert list(visitor.server.bot.feedback.entries()) == [ENTRY]
        signed_out = await visitor.post("/operator/sign-out", {})
        still = await visitor.get()
    assert (no_token.status, wrong_token.status) == (403, 403)
    assert statuses == [403, 403, 403]
    assert (signed_out.status, still.status) == (403, 200)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1"])
@pytest.mark.asyncio
async def test_a_form_of_another_origin_is_refused(origin: str, tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        foreign = await visitor.sign_in(Origin=origin)
        await visitor.sign_in()
        token = await visitor.form_token()
        sign_out = await visitor.post("/operator/sign-out", {"form_token": token}, Origin=origin)
        still = await visitor.get()
    assert (foreign.status, sign_out.status, still.status) == (403, 403, 200)


@pytest.mark.asyncio
async def test_the_public_address_is_an_origin_of_ours(tmp_path: Path) -> None:
    spec = HttpSpec(port=0, public_url="https://when.example.org:8443")
    async with visited(tmp_path, spec=spec) as visitor:
        signed_in = await visitor.sign_in(Origin="https://when.example.org:8443")
    assert signed_in.status == 303


@pytest.mark.asyncio
async def test_a_revoked_key_ends_its_sessions(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        await visitor.sign_in()
        token = await visitor.form_token()
        visitor.server.services.keys.remove("ann")
        page = await visitor.get()
        post = await visitor.post("/operator/sign-out", {"form_token": token})
        visitor.server.services.keys.add("ann", quota=1, concurrency=1, operator=True)
        again = await visitor.get()
    assert (page.status, post.status, again.status) == (401, 401, 401)


def test_a_session_ends_after_half_a_day(tmp_path: Path) -> None:
    keys, clock = ApiKeyStore(tmp_path / "keys.json"), Clock(0.0)
    sessions = OperatorSessions(keys, clock)
    token = sessions.sign_in(keys.add("ann", quota=1, concurrency=1, operator=True))
    assert token is not None
    clock.now_s = LIFETIME_S - 1
    assert sessions.find(token) is not None
    clock.now_s = LIFETIME_S + 1
    assert sessions.find(token) is None


def test_a_key_that_is_no_operators_any_more_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys = ApiKeyStore(path)
    sessions = OperatorSessions(keys)
    token = sessions.sign_in(keys.add("ann", quota=1, concurrency=1, operator=True))
    assert token is not None
    stored = json.loads(path.read_text("utf-8"))
    stored[0]["operator"] = False
    path.write_text(json.dumps(stored, indent=2), "utf-8")
    assert sessions.find(token) is None
    assert sessions.find("") is None


@pytest.mark.asyncio
async def test_guesses_are_limited_like_all_requests(tmp_path: Path) -> None:
    async with visited(tmp_path, spec=HttpSpec(port=0, per_minute=4)) as visitor:
        statuses = [(await visitor.sign_in("wa_guess")).status for _ in range(2)]
        last = await visitor.get()
    assert (statuses, last.status) == ([401, 401], 429)


@pytest.mark.asyncio
async def test_forms_are_small_and_are_forms(tmp_path: Path) -> None:
    async with visited(tmp_path) as visitor:
        large = await visitor.sign_in("x" * 10_000)
        async with visitor.session.post(visitor.server.url("/operator/sign-in"), json={}) as response:
            other = response.status
    assert (large.status, other) == (413, 415)
