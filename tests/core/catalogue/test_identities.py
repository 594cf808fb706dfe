import pytest

from core.catalogue.identities import (
    IdentitySource,
    ShowIdentity,
    ShowStatement,
    field_sources,
    merge_statements,
    shown_name,
)

OPERATOR, FILE, FOLDER = IdentitySource


def test_the_operator_wins_over_the_file_and_the_file_over_the_folder_field_by_field() -> None:
    statements = [
        ShowStatement("Boats", FOLDER, ShowIdentity(anilist=1), "/v/1"),
        ShowStatement("Boats", OPERATOR, ShowIdentity(english="Paper Boats", adult=False)),
        ShowStatement(
            "Boats", FILE, ShowIdentity(anilist=2, english="Boats!", chinese="纸船", adult=True), "/v/show.toml"
        ),
    ]
    assert merge_statements(statements) == {
        "Boats": ShowIdentity(2, english="Paper Boats", chinese="纸船", adult=False, synonyms=("Boats!",))
    }
    sources = field_sources(statements)
    assert [(name, sources[name].source) for name in ("anilist", "english", "chinese", "adult")] == [
        ("anilist", FILE),
        ("english", OPERATOR),
        ("chinese", FILE),
        ("adult", OPERATOR),
    ]
    assert "link" not in sources


def test_synonyms_of_all_sources_are_names_of_the_show() -> None:
    statements = [
        ShowStatement("Boats", FILE, ShowIdentity(native="紙の船", synonyms=("PB", "Boaty")), "/v/show.toml"),
        ShowStatement("Boats", OPERATOR, ShowIdentity(synonyms=("Ships", "PB"))),
    ]
    assert merge_statements(statements)["Boats"].titles == ("紙の船", "Ships", "PB", "Boaty")


def test_a_show_with_a_folder_a_season_has_the_number_of_its_first_and_one_for_every_other() -> None:
    statements = [
        ShowStatement("Boats", FOLDER, ShowIdentity(anilist=300, season_anilist={2: 300}), "/v/300"),
        ShowStatement("Boats", FOLDER, ShowIdentity(anilist=900, season_anilist={1: 900}), "/v/900"),
        ShowStatement("Boats", FOLDER, ShowIdentity(anilist=100, season_anilist={0: 100}), "/v/100"),
    ]
    identity = merge_statements(statements)["Boats"]
    assert (identity.anilist, identity.season_anilist) == (900, {0: 100, 2: 300})
    assert [identity.anilist_of(season) for season in (None, 0, 1, 2, 3)] == [900, 100, 900, 300, 900]
    assert identity.anilist_numbers == (900, 100, 300)


def test_the_file_that_is_nearest_to_the_root_speaks_for_the_show() -> None:
    statements = [
        ShowStatement(
            "Boats", FILE, ShowIdentity(7, english="Boats 1", season_anilist={1: 7}), "/v/B/Season 1/show.toml"
        ),
        ShowStatement("Boats", FILE, ShowIdentity(8, english="Boats", season_anilist={2: 8}), "/v/B/show.toml"),
    ]
    identity = merge_statements(statements)["Boats"]
    assert (identity.english, identity.synonyms, identity.anilist, identity.season_anilist) == (
        "Boats",
        ("Boats 1",),
        8,
        {1: 7},
    )


def test_the_operators_number_is_that_of_the_seasons_that_had_the_shows_number() -> None:
    read = ShowStatement("Boats", FILE, ShowIdentity(7, season_anilist={1: 7, 2: 8, 3: 7}), "/v/B/show.toml")
    statement = ShowStatement("Boats", OPERATOR, ShowIdentity(9))
    identity = merge_statements([read, statement])["Boats"]
    assert [identity.anilist_of(season) for season in (1, 2, 3)] == [9, 8, 9]
    of_season = ShowStatement("Boats", OPERATOR, ShowIdentity(9, season_anilist={3: 7}))
    identity = merge_statements([read, of_season])["Boats"]
    assert [identity.anilist_of(season) for season in (1, 2, 3)] == [9, 8, 7]


@pytest.mark.parametrize(
    ("locale", "title"),
    [("zh", "纸船"), ("zh-Hant", "纸船"), ("ja", "紙の船"), ("en", "Boats"), ("fr", "Boats"), ("en-GB", "Boats")],
)
def test_a_title_is_chosen_by_the_users_language(locale: str, title: str) -> None:
    assert ShowIdentity(native="紙の船", romaji="Kami", english="Boats", chinese="纸船").title(locale) == title


def test_an_english_title_that_is_not_known_is_the_one_in_latin_letters() -> None:
    assert ShowIdentity(native="紙の船", romaji="Kami").title("en") == "Kami"
    assert ShowIdentity(romaji="Kami").title("zh") is None


def test_a_page_is_the_link_else_that_of_the_season_at_anilist() -> None:
    identity = ShowIdentity(7, season_anilist={2: 8})
    assert identity.page() == identity.page(1) == "https://anilist.co/anime/7"
    assert identity.page(2) == "https://anilist.co/anime/8"
    assert ShowIdentity(7, link="https://boats.test").page(2) == "https://boats.test"
    assert ShowIdentity(english="Boats").page() is None


@pytest.mark.parametrize(
    ("show", "identity", "name"),
    [
        ("21827", ShowIdentity(21827), "AniList 21827"),
        ("21827", ShowIdentity(21827, native="紙の船"), "紙の船"),
        ("1917", ShowIdentity(5, english="1917: The Film"), "1917"),
        ("1917", None, "1917"),
        ("Boats", ShowIdentity(7, english="Paper Boats"), "Boats"),
    ],
)
def test_a_show_that_is_called_by_its_number_gets_a_name_for_people(
    show: str, identity: ShowIdentity | None, name: str
) -> None:
    assert shown_name(show, identity) == name
