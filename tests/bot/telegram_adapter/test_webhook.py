"""Being called instead of asking."""

import socket

import aiohttp
import pytest

from core.errors import PlatformError
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.people import AKI, PRIVATE
from tests.bot.telegram_adapter.world import at_work

SECRET = "s3cret_-"  # noqa: S105  # of nobody
URL = "https://bot.example.org/hook"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.asyncio
async def test_only_who_knows_the_secret_is_listened_to() -> None:
    port = free_port()
    async with at_work(mode="webhook", port=port, path="hook", url=URL, secret=SECRET) as at:
        await at.api.until(lambda: len(at.api.of("setWebhook")) >= 2)
        assert at.api.webhook["url"] == URL
        assert at.api.webhook["secret_token"] == SECRET
        message = at.api.message(PRIVATE, AKI, photo=at.api.photo(b"large"))
        update = {"update_id": 1, "message": message}
        async with aiohttp.ClientSession() as session:
            statuses = []
            for path, headers in (
                ("hook", {}),
                ("hook", {"X-Telegram-Bot-Api-Secret-Token": "wrong"}),
                ("other", {"X-Telegram-Bot-Api-Secret-Token": SECRET}),
                ("hook", {"X-Telegram-Bot-Api-Secret-Token": SECRET}),
            ):
                url = f"http://127.0.0.1:{port}/{path}"
                async with session.post(url, json=update, headers=headers) as answer:
                    statuses.append(answer.status)
        assert statuses == [403, 403, 404, 200]
        await at.api.call("sendMessage")
        assert len(at.dispatcher.requests) == 1
        assert at.adapter.healthy
        assert not at.api.of("getUpdates")


@pytest.mark.asyncio
async def test_address_that_telegram_does_not_take_is_told() -> None:
    async with at_work(mode="webhook", port=free_port(), url="http://bot.example.org/", secret=SECRET) as at:
        with pytest.raises(PlatformError, match=r"(?i)https URL must be provided.*WHENANIME_TELEGRAM__URL"):
            await at.running
        assert not at.api.calls, "nobody has to be asked"


@pytest.mark.asyncio
async def test_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with at_work(mode="webhook", port=port, url=URL, secret=SECRET) as at:
            with pytest.raises(PlatformError, match=rf"port {port}.*__PORT"):
                await at.running


@pytest.mark.asyncio
async def test_going_back_to_polling_takes_the_webhook_away() -> None:
    api = BotApi(webhook={"url": URL})
    async with at_work(api=api) as at:
        await at.api.say(PRIVATE, AKI, "/help")
        await at.api.call("sendMessage")
        assert not at.api.webhook
