"""Updates by webhook instead of polling."""

import socket

import aiohttp
import pytest

from core.errors import PlatformError
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.people import AKI, PRIVATE
from tests.bot.telegram_adapter.running_adapter import running_telegram

SECRET = "s3cret_-"  # noqa: S105  # of nobody
URL = "https://bot.example.org/hook"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.asyncio
async def test_only_who_knows_the_secret_is_listened_to() -> None:
    port = free_port()
    async with running_telegram(mode="webhook", port=port, path="hook", url=URL, secret=SECRET) as bot:
        await bot.api.until(lambda: len(bot.api.of("setWebhook")) >= 2)
        assert bot.api.webhook["url"] == URL
        assert bot.api.webhook["secret_token"] == SECRET
        message = bot.api.message(PRIVATE, AKI, photo=bot.api.photo(b"large"))
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
        await bot.api.call("sendMessage")
        assert len(bot.dispatcher.requests) == 1
        assert bot.adapter.healthy
        assert not bot.api.of("getUpdates")


@pytest.mark.asyncio
async def test_address_that_telegram_does_not_take_is_told() -> None:
    async with running_telegram(mode="webhook", port=free_port(), url="http://bot.example.org/", secret=SECRET) as bot:
        with pytest.raises(PlatformError, match=r"(?i)https URL must be provided.*WHENANIME_TELEGRAM__URL"):
            await bot.task
        assert not bot.api.calls, "nobody has to be asked"


@pytest.mark.asyncio
async def test_port_that_is_taken_is_told() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        async with running_telegram(mode="webhook", port=port, url=URL, secret=SECRET) as bot:
            with pytest.raises(PlatformError, match=rf"port {port}.*__PORT"):
                await bot.task


@pytest.mark.asyncio
async def test_going_back_to_polling_takes_the_webhook_away() -> None:
    api = BotApi(webhook={"url": URL})
    async with running_telegram(api=api) as bot:
        await bot.api.say(PRIVATE, AKI, "/help")
        await bot.api.call("sendMessage")
        assert not bot.api.webhook
