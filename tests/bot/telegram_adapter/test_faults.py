"""Errors of Telegram: the reply, the log, and that the next message is answered."""

import asyncio
import logging

import pytest

from bot.messages import Media, MediaKind, Reply, Request, Tone
from bot.metrics import Metrics
from bot.telegram_adapter import TelegramAdapter, TelegramSpec
from core.errors import FetchError, FetchProblem, PlatformError
from tests.bot.telegram_adapter.bot_api import TOKEN, BotApi
from tests.bot.telegram_adapter.calls import Fault
from tests.bot.telegram_adapter.people import AKI, GROUP, PRIVATE
from tests.bot.telegram_adapter.running_adapter import FakeDispatcher, RunningAdapter, running_telegram

MP4 = Media(MediaKind.MP4, bytes(3000), "scene.mp4")
SMALL = Media(MediaKind.MP4, bytes(300), "scene.mp4")
STILL = Media(MediaKind.JPEG, bytes(30), "scene.jpg")


async def check_next_message(bot: RunningAdapter, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the next message is answered, and that the token was never logged."""
    count = len(bot.api.of("sendMessage"))
    await bot.api.say(PRIVATE, AKI, "/help")
    await bot.api.call("sendMessage", count + 1)
    assert TOKEN not in caplog.text


@pytest.fixture(autouse=True)
def _all_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot")


@pytest.mark.filterwarnings(
    "ignore:Deprecated since version v22.2"
)  # python-telegram-bot itself uses what it deprecates
@pytest.mark.asyncio
async def test_too_many_messages_are_sent_when_telegram_says(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.api.fail("sendMessage", Fault(429, "Too Many Requests: retry after 1", retry_after=1))
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage")
        assert len(bot.api.of("sendMessage", 429)) == 1
        assert len(bot.dispatcher.requests) == 1
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_what_cannot_be_a_token_is_not_tried() -> None:
    async with running_telegram(token=f"{TOKEN[:9]}\n{TOKEN[9:]}") as bot:
        with pytest.raises(PlatformError, match="refuses the token"):
            await bot.task
        assert not bot.api.calls


@pytest.mark.asyncio
async def test_who_we_are_is_told_once_messages_come_in() -> None:
    names = asyncio.Queue[str]()
    async with running_telegram(arguments={"connected": names.put_nowait}) as bot:
        assert await names.get() == "@WhenAnime_Bot"
        assert bot.adapter.healthy
        assert names.empty()


@pytest.mark.parametrize("fault", [Fault(502, "Bad Gateway"), Fault(500, "Internal Server Error"), Fault()])
@pytest.mark.asyncio
async def test_passing_failures_are_tried_again(fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    pauses: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    async with running_telegram(arguments={"sleep": sleep}) as bot:
        bot.api.fail("getFile", fault)
        bot.api.fail("sendMessage", fault, fault)
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage")
        assert bot.dispatcher.read == [b"large"]
        assert len(pauses) == 3
        assert bot.counted('whenanime_platform_faults_total{kind="network",platform="telegram"} 3.0')
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_failure_that_stays_is_given_up_and_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.api.fail("sendMessage", *[Fault(502, "Bad Gateway")] * 4)
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage", 4, status=502)
        await check_next_message(bot, caplog)
        assert "could not be delivered" in caplog.text
        assert bot.counted('whenanime_platform_faults_total{kind="lost",platform="telegram"} 1.0')


@pytest.mark.asyncio
async def test_dropped_polls_are_made_again(caplog: pytest.LogCaptureFixture) -> None:
    api = BotApi()
    api.fail("getUpdates", Fault(), Fault(500, "Internal Server Error"))
    async with running_telegram(api=api) as bot:
        await bot.api.call("getUpdates", status=0)
        await check_next_message(bot, caplog)
        assert caplog.text.count("Telegram cannot be reached") == 1
        assert "Telegram can be reached again." in caplog.text
        assert bot.adapter.healthy


@pytest.mark.asyncio
async def test_second_program_with_the_same_token_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    api = BotApi()
    conflict = Fault(409, "Conflict: terminated by other getUpdates request; make sure that only one bot is running")
    api.fail("getUpdates", conflict, conflict)
    async with running_telegram(api=api) as bot:
        await bot.api.call("getUpdates", 2, status=409)
        await check_next_message(bot, caplog)
        assert caplog.text.count("Another program uses the same Telegram token") == 1


@pytest.mark.asyncio
async def test_person_who_blocked_us_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram(api=BotApi(blocked={GROUP.id})) as bot:
        await bot.api.say(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage", status=403)
        await check_next_message(bot, caplog)
        assert "not wanted any more" in caplog.text
        assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.asyncio
async def test_file_that_is_gone_or_not_handed_out(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        gone, lost = bot.api.photo(b"gone"), bot.api.photo(b"lost")
        del bot.api.files[gone[1]["file_id"]]
        del bot.api.paths[lost[1]["file_id"]]
        bot.api.paths[lost[1]["file_id"]] = "elsewhere/../x"
        for photo in (gone, lost):
            await bot.api.say(PRIVATE, AKI, photo=photo)
        await bot.api.call("sendMessage", 2)
        assert [error.problem for error in bot.dispatcher.read if isinstance(error, FetchError)] == [
            FetchProblem.NOT_FOUND
        ] * 2
        assert bot.adapter.healthy
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_slow_file_holds_up_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        gate = asyncio.Event()
        bot.api.fail("file", Fault(hold=gate))
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"slow"))
        await bot.api.call("getFile")
        await check_next_message(bot, caplog)
        assert not bot.dispatcher.read
        gate.set()
        await bot.api.call("sendMessage", 2)
        assert bot.dispatcher.read == [b"slow"]


@pytest.mark.asyncio
async def test_upload_that_is_too_large_gets_lighter(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram(api=BotApi(upload_limit=100)) as bot:
        steps = {MP4: SMALL, SMALL: STILL}
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "A", media=MP4)
        bot.dispatcher.lighter_reply = lambda reply: Reply(Tone.FOUND, "A", media=steps[reply.media or MP4])
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        photo = await bot.api.call("sendPhoto")
        assert photo.files == {"photo": STILL.data}
        assert len(bot.api.of("sendAnimation", 413)) == 2
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_upload_that_never_fits_becomes_words(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram(api=BotApi(upload_limit=100)) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Paper Boats", media=MP4)
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        words = await bot.api.call("sendMessage")
        assert words.result["text"] == "Paper Boats"
        assert len(bot.api.of("sendAnimation", 413)) == 5
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_where_no_media_are_allowed_words_are_sent_at_once(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram(api=BotApi(media_allowed=False)) as bot:
        bot.dispatcher.answer = lambda _: Reply(Tone.FOUND, "Paper Boats", media=MP4)
        await bot.api.say(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage")
        assert len(bot.api.of("sendAnimation", 400)) == 1
        await check_next_message(bot, caplog)


@pytest.mark.asyncio
async def test_group_that_has_moved_gets_its_answer(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.api.fail("sendMessage", Fault(400, "Bad Request: group chat was upgraded", migrate_to=-1002))
        await bot.api.say(GROUP, AKI, "/whenanime", photo=bot.api.photo(b"large"))
        answer = await bot.api.call("sendMessage")
        assert answer.params["chat_id"] == "-1002"
        assert "reply_parameters" not in answer.params
        await check_next_message(bot, caplog)


def _breaking(_request: Request) -> Reply:
    raise ZeroDivisionError


@pytest.mark.asyncio
async def test_dispatcher_that_breaks_its_word_costs_one_answer(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.dispatcher.answer = _breaking
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await check_next_message(bot, caplog)
        await bot.api.until(lambda: "could not be answered" in caplog.text)
        caplog.clear()


@pytest.mark.parametrize("token", ["", "no-token", "1:AAwrongwrong"])
@pytest.mark.asyncio
async def test_wrong_token_ends_it_with_a_sentence(token: str, caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram(token=token) as bot:
        with pytest.raises(PlatformError, match="BotFather") as caught:
            await bot.task
        assert not token or token not in f"{caught.value} {caught.value.__cause__} {caplog.text}"
        assert not bot.adapter.healthy


@pytest.mark.asyncio
async def test_token_that_is_revoked_while_we_wait_for_messages(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        await check_next_message(bot, caplog)
        bot.api.token = "4242:another"  # noqa: S105  # of nobody
        await bot.api.update(my_chat_member={})
        with pytest.raises(PlatformError, match="WHENANIME_TELEGRAM__TOKEN"):
            await bot.task
        assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.asyncio
async def test_token_that_is_revoked_before_an_answer_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.dispatcher.hold = asyncio.Event()
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("setMessageReaction")
        bot.api.token = "4242:another"  # noqa: S105  # of nobody
        bot.dispatcher.hold.set()
        with pytest.raises(PlatformError, match="refuses the token"):
            await bot.task
        assert TOKEN not in caplog.text


@pytest.mark.asyncio
async def test_telegram_may_be_down_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    api = BotApi()
    api.fail("getMe", Fault(502, "Bad Gateway"), Fault())
    api.fail("setMyCommands", Fault(500, "Internal Server Error"))
    async with running_telegram(api=api) as bot:
        await check_next_message(bot, caplog)
        assert "Trying again" in caplog.text
        assert "did not take the menu" in caplog.text


@pytest.mark.asyncio
async def test_answers_under_way_are_sent_though_nothing_new_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    async with running_telegram() as bot:
        bot.dispatcher.hold = asyncio.Event()
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("setMessageReaction")
        bot.task.cancel()
        await asyncio.gather(bot.task, return_exceptions=True)
        assert not bot.adapter.healthy
        await bot.api.say(PRIVATE, AKI, "/help")
        bot.dispatcher.hold.set()
    assert len(bot.api.of("sendMessage")) == 1
    assert not bot.dispatcher.commands
    # the updates that were received are confirmed; the others are delivered again
    assert bot.api.of("getUpdates")[-1].params["offset"] != "0"
    assert TOKEN not in caplog.text


@pytest.mark.asyncio
async def test_never_run_it_closes_all_the_same() -> None:
    async with TelegramAdapter(TelegramSpec(TOKEN), FakeDispatcher(), Metrics()) as adapter:
        assert not adapter.healthy


def test_secrets_are_not_shown() -> None:
    spec = TelegramSpec(TOKEN, secret="s3cret")  # noqa: S106  # of nobody
    assert TOKEN not in repr(spec)
    assert "s3cret" not in repr(spec)
