"""Messages in private chats: pictures, albums, links, commands."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.language.translations import Translations
from bot.messages import ChatKind, CommandName, MediaKind, PictureUrl, Reply, Tone
from bot.replies.error_messages import no_picture_reply
from bot.telegram_adapter import Timing
from bot.telegram_adapter.wording import thumbnail_only
from core.errors import FetchError, FetchProblem, PictureError, PictureProblem
from tests.bot.telegram_adapter.bot_api import BotApi
from tests.bot.telegram_adapter.calls import Fault
from tests.bot.telegram_adapter.people import AKI, GROUP, MEI, PRIVATE, Json
from tests.bot.telegram_adapter.running_adapter import running_telegram
from tests.bot.waiting import run_until_idle

LEISURE = Timing(album_window_s=3600.0, retry_pause_s=0.01)


@pytest.mark.asyncio
async def test_photo_is_answered_once_below_it() -> None:
    async with running_telegram() as bot:
        message = await bot.api.say(PRIVATE, AKI, "season:2", photo=bot.api.photo(b"large"), has_media_spoiler=True)
        answer = await bot.api.call("sendMessage")
        request = bot.dispatcher.requests[0]
        assert bot.dispatcher.read == [b"large"]
        assert (request.id, request.user) == (f"telegram:101:{message['message_id']}", "telegram:101")
        assert (request.locale, request.spoiler) == ("en", True)
        assert request.options.where.seasons == {2}
        assert (request.chat.kind, request.chat.preview_kind) == (ChatKind.PRIVATE, MediaKind.MP4)
        assert request.chat.upload_limit_bytes == 50_000_000
        assert answer.json("reply_parameters") == {
            "message_id": message["message_id"],
            "allow_sending_without_reply": True,
        }
        assert answer.json("link_preview_options") == {"is_disabled": True}


@pytest.mark.asyncio
async def test_seen_is_shown_before_there_is_an_answer_and_how_it_went_after_it() -> None:
    async with running_telegram() as bot:
        bot.dispatcher.hold = asyncio.Event()
        message = await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        working = await bot.api.call("setMessageReaction")
        assert not bot.api.of("sendMessage")
        bot.dispatcher.hold.set()
        done = await bot.api.call("setMessageReaction", 2)
        assert working.json("reaction") == [{"type": "emoji", "emoji": "👀"}]
        assert done.json("reaction") == [{"type": "emoji", "emoji": "👌"}]
        assert {working.params["message_id"], done.params["message_id"]} == {str(message["message_id"])}
        assert bot.counted('whenanime_acknowledged_seconds_count{platform="telegram"} 1.0')


@pytest.mark.asyncio
async def test_who_waits_long_is_told_and_the_word_goes_when_the_answer_is_there() -> None:
    async with running_telegram() as bot:
        bot.dispatcher.notice = Reply(Tone.INFO, "Please wait", ("3 pictures are before yours.",))
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        answer = await bot.api.call("sendMessage", 2)
        notice = bot.api.of("sendMessage")[0]
        assert notice.params["text"] == "<b>Please wait</b>\n3 pictures are before yours."
        assert notice.params["disable_notification"] == "true"
        assert "Paper Boats" in answer.params["text"]
        removed = await bot.api.call("deleteMessage")
        assert removed.params["message_id"] == str(notice.result["message_id"])


@pytest.mark.asyncio
async def test_where_reactions_are_refused_the_bot_is_seen_at_work() -> None:
    async with running_telegram(api=BotApi(reactions=False)) as bot:
        for count in (1, 2):
            await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
            action = await bot.api.call("sendChatAction", count)
            await bot.api.call("sendMessage", count)
            assert action.params["action"] == "upload_video"
        # tried once, and then remembered
        assert len(bot.api.of("setMessageReaction", 400)) == 1


@pytest.mark.asyncio
async def test_a_message_that_is_gone_says_nothing_of_the_reactions_of_its_chat() -> None:
    async with running_telegram() as bot:
        bot.api.fail("setMessageReaction", *[Fault(400, "Bad Request: message to react not found")] * 2)
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        await bot.api.call("sendMessage")
        await bot.api.until(lambda: len(bot.api.of("setMessageReaction", 400)) == 2)
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"other"))
        await bot.api.call("setMessageReaction", 2)


def _video(api: BotApi) -> Json:
    return {"video": {**api.store(b"video"), "width": 640, "height": 360, "duration": 3, "file_name": "a.mp4"}}


def _animation(api: BotApi) -> Json:
    file = api.store(b"animation")
    return {"animation": {**file, "width": 640, "height": 360, "duration": 3}, "document": file}


def _note(api: BotApi) -> Json:
    return {"video_note": {**api.store(b"note"), "length": 240, "duration": 3}}


def _document(api: BotApi) -> Json:
    return {"document": {**api.store(b"document"), "file_name": "shot.png", "mime_type": "image/png"}}


def _nameless(api: BotApi) -> Json:
    return {"document": api.store(b"nameless")}


def _sticker(api: BotApi, *, animated: bool = False, video: bool = False) -> Json:
    kind = {"type": "regular", "is_animated": animated, "is_video": video}
    return {"sticker": {**api.store(b"sticker"), "width": 512, "height": 512, **kind}}


@pytest.mark.parametrize(
    ("new_message", "read", "name"),
    [
        (_video, b"video", "a.mp4"),
        (_animation, b"animation", "video.mp4"),
        (_note, b"note", "video.mp4"),
        (_document, b"document", "shot.png"),
        (_nameless, b"nameless", "file"),
        (_sticker, b"sticker", "sticker.webp"),
        (lambda api: _sticker(api, video=True), b"sticker", "sticker.webm"),
    ],
)
@pytest.mark.asyncio
async def test_whatever_shows_something_is_looked_up(
    new_message: Callable[[BotApi], Json], read: bytes, name: str
) -> None:
    async with running_telegram() as bot:
        await bot.api.say(PRIVATE, AKI, **new_message(bot.api))
        await bot.api.call("sendMessage")
        (upload,) = bot.dispatcher.requests[0].pictures
        assert bot.dispatcher.read == [read]
        assert not isinstance(upload, PictureUrl)
        assert upload.name == name


@pytest.mark.asyncio
async def test_animated_sticker_and_other_files_are_named_without_being_read() -> None:
    async with running_telegram() as bot:
        await bot.api.say(PRIVATE, AKI, **_sticker(bot.api, animated=True))
        pdf = {**bot.api.store(b"%PDF"), "file_name": "notes.pdf", "mime_type": "application/pdf"}
        await bot.api.say(PRIVATE, AKI, document=pdf)
        await bot.api.call("sendMessage", 2)
        problems = [problem for problem in bot.dispatcher.read if isinstance(problem, PictureError)]
        assert {problem.detail for problem in problems} == {"TGS", "PDF"}
        assert {problem.problem for problem in problems} == {PictureProblem.UNSUPPORTED}
        assert not bot.api.of("getFile")


@pytest.mark.asyncio
async def test_album_is_one_request_in_its_order() -> None:
    async with running_telegram() as bot:
        for picture, caption in ((b"one", ""), (b"two", "together"), (b"three", "")):
            await bot.api.say(PRIVATE, AKI, caption, photo=bot.api.photo(picture), media_group_id="7")
        first, *_ = sorted(number for _, number in bot.api.messages)
        await bot.api.call("sendMessage")
        (request,) = bot.dispatcher.requests
        assert bot.dispatcher.read == [b"one", b"two", b"three"]
        assert request.id == f"telegram:101:{first}"
        assert request.options.together


@pytest.mark.asyncio
async def test_full_album_does_not_wait_for_more() -> None:
    async with running_telegram(timing=LEISURE) as bot:
        for number in range(10):
            await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(bytes([number])), media_group_id="7")
        await bot.api.call("sendMessage")
        assert len(bot.dispatcher.requests[0].pictures) == 10


@pytest.mark.asyncio
async def test_album_still_open_at_the_end_is_answered() -> None:
    async with running_telegram(timing=LEISURE) as bot:
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"one"), media_group_id="7")
        await bot.api.call("setMessageReaction")
    assert bot.dispatcher.read == [b"one"]
    assert len(bot.api.of("sendMessage")) == 1


@pytest.mark.asyncio
async def test_links_are_looked_up() -> None:
    async with running_telegram() as bot:
        link = {"type": "text_link", "offset": 0, "length": 4, "url": "https://example.org/b.png"}
        await bot.api.say(PRIVATE, AKI, "🍂 see https://example.org/a.png?x=1 mute")
        await bot.api.say(PRIVATE, AKI, "that", entities=[link])
        await bot.api.call("sendMessage", 2)
        first, second = bot.dispatcher.requests
        assert first.pictures == (PictureUrl("https://example.org/a.png?x=1"),)
        assert first.options.muted
        assert second.pictures == (PictureUrl("https://example.org/b.png"),)


@pytest.mark.asyncio
async def test_reply_to_an_older_picture_and_to_one_in_another_chat() -> None:
    async with running_telegram() as bot:
        old = bot.api.message(PRIVATE, AKI, photo=bot.api.photo(b"old"))
        await bot.api.say(PRIVATE, AKI, "season:3", reply_to_message=old)
        await bot.api.call("sendMessage")
        origin = {"type": "hidden_user", "date": old["date"], "sender_user_name": "?"}
        elsewhere = {"origin": origin, "photo": bot.api.photo(b"elsewhere"), "has_media_spoiler": True}
        await bot.api.say(PRIVATE, AKI, "and this", external_reply=elsewhere)
        await bot.api.call("sendMessage", 2)
        assert bot.dispatcher.read == [b"old", b"elsewhere"]
        assert bot.dispatcher.requests[0].options.where.seasons == {3}
        assert bot.dispatcher.requests[1].spoiler


@pytest.mark.asyncio
async def test_commands_and_chatter_in_private() -> None:
    async with running_telegram() as bot:
        for text in ("/start abc", "/help", "/lang zh", "hello"):
            await bot.api.say(PRIVATE, MEI, text)
        await bot.api.call("sendMessage", 4)
        commands = [(command.name, command.argument, command.locale) for command in bot.dispatcher.commands]
        assert sorted(commands) == sorted(
            [
                (CommandName.START, "abc", "zh-hans"),
                (CommandName.HELP, "", "zh-hans"),
                (CommandName.LANGUAGE, "zh", "zh-hans"),
                (CommandName.HELP, "", "zh-hans"),
            ]
        )
        await bot.api.say(PRIVATE, MEI, "/whenanime")
        none = await bot.api.call("sendMessage", 5)
        assert "图" in none.params["text"]
        assert not bot.dispatcher.requests


@pytest.mark.asyncio
async def test_season_that_cannot_be_read_is_told() -> None:
    async with running_telegram() as bot:
        await bot.api.say(PRIVATE, AKI, "season:x-y", photo=bot.api.photo(b"large"))
        answer = await bot.api.call("sendMessage")
        assert "season" in answer.params["text"]
        assert not bot.dispatcher.requests


@pytest.mark.asyncio
async def test_request_that_was_answered_already_is_left_alone() -> None:
    async with running_telegram() as bot:
        bot.dispatcher.answer = lambda _: None
        await bot.api.say(PRIVATE, AKI, photo=bot.api.photo(b"large"))
        cleared = await bot.api.call("setMessageReaction", 2)
        assert "reaction" not in cleared.params
        assert not bot.api.of("sendMessage")


@pytest.mark.asyncio
async def test_what_was_written_long_ago_is_passed_over_and_the_rest_comes_in_order() -> None:
    api = BotApi()
    later = datetime.now(UTC) + timedelta(minutes=59)
    old = {"date": int((later - timedelta(minutes=61)).timestamp())}
    await api.say(PRIVATE, AKI, "/help", **old)
    for text in ("/lang ja", "/lang en", "/lang zh"):
        await api.say(PRIVATE, AKI, text)
    async with running_telegram(api=api, arguments={"now": lambda: later}) as bot:
        await bot.api.call("sendMessage", 3)
        assert [command.argument for command in bot.dispatcher.commands] == ["ja", "en", "zh"]


@pytest.mark.asyncio
async def test_bots_and_what_shows_nothing_are_not_answered() -> None:
    async with running_telegram() as bot:
        robot = {"id": 9, "is_bot": True, "first_name": "Robot"}
        await bot.api.update(message={**bot.api.message(PRIVATE, AKI, "hello"), "from": robot})
        await bot.api.update(message=bot.api.message(PRIVATE, AKI, pinned_message=bot.api.message(PRIVATE, AKI, "x")))
        await bot.api.say(PRIVATE, AKI, "/help")
        await bot.api.call("sendMessage")
        await run_until_idle()
        assert len(bot.dispatcher.commands) == 1


@pytest.mark.asyncio
async def test_video_that_is_too_large_is_answered_by_its_cover_and_says_so() -> None:
    async with running_telegram() as bot:
        small = {**bot.api.store(b"small"), "width": 90, "height": 50}
        large = {**bot.api.store(b"cover"), "width": 900, "height": 500}
        huge = {**bot.api.store(b"", size=21_000_000), "width": 640, "height": 360, "duration": 90}
        await bot.api.say(PRIVATE, AKI, video={**huge, "cover": [small, large]})
        first = await bot.api.call("sendMessage")
        await bot.api.say(PRIVATE, AKI, video={**huge, "thumbnail": small})
        await bot.api.call("sendMessage", 2)
        await bot.api.say(PRIVATE, AKI, video=huge)
        last = await bot.api.call("sendMessage", 3)
        *covers, problem = bot.dispatcher.read
        assert covers == [b"cover", b"small"]
        assert isinstance(problem, FetchError)
        assert problem.problem is FetchProblem.TOO_LARGE
        assert "cover picture" in first.params["text"]
        assert "cover picture" not in last.params["text"]


@pytest.mark.asyncio
async def test_what_the_adapter_says_itself_is_in_the_language_that_the_user_chose() -> None:
    async with running_telegram() as bot:
        bot.dispatcher.chosen_locale = "ja"
        japanese = Translations().of("ja")
        small = {**bot.api.store(b"small"), "width": 90, "height": 50}
        huge = {**bot.api.store(b"", size=21_000_000), "width": 640, "height": 360, "duration": 90}
        await bot.api.say(PRIVATE, AKI, video={**huge, "thumbnail": small})
        covered = await bot.api.call("sendMessage")
        await bot.api.say(PRIVATE, AKI, "season:x-y", photo=bot.api.photo(b"large"))
        refused = await bot.api.call("sendMessage", 2)
        await bot.api.say(GROUP, AKI, "@whenanime_bot")
        empty = await bot.api.call("sendMessage", 3)
    assert thumbnail_only(japanese) in covered.params["text"]
    assert japanese.gettext("I cannot use this show or season.") in refused.params["text"]
    assert no_picture_reply(japanese).title in empty.params["text"]


@pytest.mark.asyncio
async def test_file_whose_size_is_not_told_until_it_is_asked_for() -> None:
    async with running_telegram() as bot:
        file = bot.api.store(bytes(20_000_001), size=10)
        await bot.api.say(PRIVATE, AKI, video={**file, "width": 640, "height": 360, "duration": 90})
        await bot.api.call("sendMessage")
        (problem,) = bot.dispatcher.read
        assert isinstance(problem, FetchError)
        assert problem.problem is FetchProblem.TOO_LARGE


@pytest.mark.asyncio
async def test_local_server_hands_out_large_files_of_its_own_disk(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"on disk")
    async with running_telegram(api=BotApi(local=True), local=True) as bot:
        stored = bot.api.store(b"", size=21_000_000, path=str(file))
        await bot.api.say(PRIVATE, AKI, video={**stored, "width": 640, "height": 360, "duration": 90})
        await bot.api.call("sendMessage")
        assert bot.dispatcher.read == [b"on disk"]
        assert bot.dispatcher.requests[0].chat.upload_limit_bytes == 2_000_000_000


@pytest.mark.asyncio
async def test_other_servers_get_no_files_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"secret")
    async with running_telegram() as bot:
        bot.api.photo(b"")
        await bot.api.say(PRIVATE, AKI, document=bot.api.store(b"", path=str(file)))
        await bot.api.call("sendMessage")
        (problem,) = bot.dispatcher.read
        assert isinstance(problem, FetchError)


@pytest.mark.asyncio
async def test_two_people_are_answered_while_a_third_waits() -> None:
    async with running_telegram() as bot:
        gate, first = asyncio.Event(), bot.api.photo(b"slow")
        handle = bot.dispatcher.handle

        async def slow(request: object) -> Reply | None:
            if not bot.dispatcher.requests:
                bot.dispatcher.requests.append(request)  # type: ignore[arg-type]  # it is one
                await gate.wait()
                return Reply(Tone.FOUND, "late")
            return await handle(request)  # type: ignore[arg-type]  # it is one

        bot.dispatcher.handle = slow  # type: ignore[method-assign]  # a dispatcher that takes its time
        await bot.api.say(PRIVATE, AKI, photo=first)
        await bot.api.say(PRIVATE, MEI, photo=bot.api.photo(b"quick"))
        early = await bot.api.call("sendMessage")
        assert "late" not in early.params["text"]
        gate.set()
        late = await bot.api.call("sendMessage", 2)
        assert "late" in late.params["text"]
