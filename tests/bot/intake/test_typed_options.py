import pytest

from bot.intake.typed_options import ShowTitles, find_links, parse_options
from bot.messages import Options
from core.domain import SearchFilter
from core.errors import FilterError


@pytest.mark.parametrize(
    "text",
    ["", "what is this?", "@bot 这是什么番", "showtime: none", "https://x.org/?a=show:Naruto season", "秘密の画像"],
)
def test_words_that_ask_for_nothing_are_passed_over(text: str) -> None:
    assert parse_options(text) == Options()


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("show:Naruto", ("Naruto",)),
        ("SHOW: Naruto please", ("Naruto",)),
        ('/whenanime show:"Two Words" mute', ("Two Words",)),
        ("show:“Two Words”", ("Two Words",)),
        ("番：名侦探柯南", ("名侦探柯南",)),
        ("番剧：《某科学的 超电磁炮》", ("某科学的 超电磁炮",)),
        ("アニメ：「とある 科学」", ("とある 科学",)),
        ("show:A show:B show:A", ("A", "B")),
        ("hey,show:Re:Zero", ("Re:Zero",)),
        ("show:'Steins Gate',private", ("Steins Gate",)),
        ("show:Foo, mute", ("Foo",)),
    ],
)
def test_shows(text: str, shows: tuple[str, ...]) -> None:
    assert parse_options(text).where.shows == shows


@pytest.mark.parametrize(
    ("text", "seasons"),
    [
        ("season:2", {2}),
        ("Seasons: 1,3-5 please", {1, 3, 4, 5}),
        ("season:1, 3", {1, 3}),
        ("season:2.", {2}),
        ("season:2 3 episodes", {2}),
        ("季:1，3", {1, 3}),
        ("这是第几集 季：4", {4}),
        ("期:2～4", {2, 3, 4}),
        ("シーズン：２", {2}),
        ('season:"1, 2"', {1, 2}),
        ("season:1 season:3", {1, 3}),
    ],
)
def test_seasons(text: str, seasons: set[int]) -> None:
    assert parse_options(text).where.seasons == seasons


@pytest.mark.parametrize(
    "text", ["season:two", "season:2x", "season:", "season:5-3", "season:99999", "season:3-99999", "季：二"]
)
def test_a_season_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="Seasons"):
        parse_options(text)


@pytest.mark.parametrize("text", ["show:", 'show:""', "show: ", "番：「」"])
def test_a_show_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="Show: there is no name"):
        parse_options(text)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("private", Options(private=True)),
        ("@bot Mute", Options(muted=True)),
        ("nopreview, together", Options(muted=True, together=True)),
        ("私密 静音 一起", Options(private=True, muted=True, together=True)),
        ("私密 靜音 同一場景", Options(private=True, muted=True, together=True)),
        ("動畫:狐火 季:2", Options(SearchFilter(("狐火",), frozenset({2})))),
        ("内緒，ミュート，まとめて", Options(private=True, muted=True, together=True)),
        ('show:"mute private" together', Options(SearchFilter(("mute private",)), together=True)),
        ("commute privately", Options()),
        ("show:Rain nothemes", Options(SearchFilter(("Rain",), themes=False))),
        ("不含片头片尾", Options(SearchFilter(themes=False))),
        ("OP・EDなし", Options(SearchFilter(themes=False))),
    ],
)
def test_single_words(text: str, options: Options) -> None:
    assert parse_options(text) == options


def test_a_long_text_is_read_quickly() -> None:
    parse_options('show:"' * 20_000 + "季:1" + "，" * 20_000)
    find_links("https://" * 20_000 + ")" * 20_000)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", ()),
        ("see https://a.org/x.png.", ("https://a.org/x.png",)),
        ("(https://a.org/x_(1).png)", ("https://a.org/x_(1).png",)),
        ("<https://a.org/x.png>", ("https://a.org/x.png",)),
        ("[this](https://a.org/x.png), https://b.org!", ("https://a.org/x.png", "https://b.org")),
        ("HTTP://A.org/x https://a.org/x?q=1&r=2#f", ("HTTP://A.org/x", "https://a.org/x?q=1&r=2#f")),
        ("看https://a.org/图.png，谢谢", ("https://a.org/图.png",)),
        ("||https://a.org/s.png||", ("https://a.org/s.png",)),
        ("https://a.org/x https://a.org/x", ("https://a.org/x",)),
        ("https:// http://[::1 ftp://a.org file:///etc/passwd javascript:alert(1) a.org", ()),
        ("http://[::1]/x", ("http://[::1]/x",)),
        ("http://...", ()),
    ],
)
def test_links(text: str, links: tuple[str, ...]) -> None:
    assert find_links(text) == links


TITLES = {"Rain": {"zh": "雨之物语", "ja": "雨の物語", "en": ""}, "Rain II": {"ja": "雨の物語"}, "Snow": {"en": "Rain"}}


@pytest.mark.parametrize(
    ("named", "shows"),
    [
        ("雨之物语", ("Rain",)),
        ("雨の物語", ("Rain", "Rain II")),
        ("rain", ("Rain",)),
        ("ＲＡＩＮ  ii", ("Rain II",)),
        ("Other", ("Other",)),
    ],
)
def test_any_title_of_a_show_names_it(named: str, shows: tuple[str, ...]) -> None:
    where = SearchFilter((named,), frozenset({2}))
    assert ShowTitles(TITLES).library_names(where) == SearchFilter(shows, frozenset({2}))
