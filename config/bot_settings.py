"""Settings of `whenanime bot`: limits and texts, Discord, Telegram, and the HTTP port."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from config.list_settings import Numbers, Texts, Titles
from config.section import Section

_HTTP_PATTERN = r"^https?://[^\s]+$"
_WEBSOCKET_PATTERN = r"^wss?://[^\s]+$"
_PAGE_PATTERN = r"^(https?://[^\s]+)?$"
_PUBLIC_URL_PATTERN = r"^(https?://[^\s/?#]+/?)?$"
_HOST_PATTERN = re.compile(r"[^\s/*?#@]+")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def _none_if_blank(value: object) -> object:
    """Treat a variable that is set but empty, as in compose files, as not set."""
    return None if isinstance(value, str) and not value.strip() else value


Token = Annotated[SecretStr | None, BeforeValidator(_none_if_blank)]
TokenFile = Annotated[Path | None, BeforeValidator(_none_if_blank)]


class BotSettings(Section):
    """Settings for all chats."""

    user_per_minute: Annotated[int, Field(ge=1, description="pictures a user may send a minute")] = 10
    user_per_day: Annotated[int, Field(ge=1, description="pictures a user may send in 24 hours")] = 300
    per_minute: Annotated[int, Field(ge=1, description="pictures all users may send a minute together")] = 240
    queue: Annotated[int, Field(ge=1, le=10_000, description="pictures waiting at most; then it says when to try")] = 64
    workers: Annotated[int, Field(ge=1, le=64, description="pictures that are searched at one time")] = 2
    deadline_s: Annotated[float, Field(gt=0, description="a request that takes longer is given up")] = 30.0
    notice_s: Annotated[
        float, Field(gt=0, description="who waits longer is told how many pictures are before theirs")
    ] = 5.0
    cache_s: Annotated[float, Field(ge=0, description="the same picture is answered from memory so long; 0: never")] = (
        3600.0
    )
    picture_limit_bytes: Annotated[int, Field(ge=10_000, description="largest file taken")] = 25 * 1024 * 1024
    pictures: Annotated[int, Field(ge=1, le=64, description="pictures of one message that are looked up")] = 4
    cases_h: Annotated[float, Field(gt=0, description="buttons work so long; answers and pictures are kept for it")] = (
        72.0
    )
    cases_limit_bytes: Annotated[
        int, Field(ge=1_000_000, description="disk that they may take; the oldest go before their time")
    ] = 4 * 1024**3
    locale: Annotated[
        str, Field(description="language where a user's is not known or not spoken: en, zh, zh-Hant, ja")
    ] = "en"
    preview: Annotated[bool, Field(description="attach a moving preview")] = True
    file_names: Annotated[bool, Field(description="say the name of the video file")] = False
    adult_shows: Annotated[Texts, Field(description="shows named only in private and age-restricted chats")] = ()
    titles: Annotated[Titles, Field(description="titles of a show by language: show, then en, zh, zh-Hant, ja")] = {}  # noqa: RUF012  # pydantic copies it
    show_url: Annotated[
        str, Field(pattern=_PAGE_PATTERN, description="where a show's title leads to, {title} in it; empty: nowhere")
    ] = "https://anilist.co/search/anime?search={title}"
    links: Annotated[bool, Field(description="fetch pictures from links that users send")] = True
    public_search: Annotated[
        bool,
        Field(description="buttons that open what was not found in public search engines, where its link is public"),
    ] = True
    link_timeout_s: Annotated[float, Field(gt=0, description="for a link as a whole")] = 10.0
    link_hosts: Annotated[Texts, Field(description="hosts that links may lead to though their address is private")] = ()
    reload_s: Annotated[float, Field(gt=0, description="how often a new index is looked for")] = 5.0
    drain_s: Annotated[float, Field(ge=0, description="time for what is under way when it is told to stop")] = 20.0


class DiscordSettings(Section):
    """Discord; off without a token."""

    token: Annotated[Token, Field(description="the bot's token")] = None
    token_file: Annotated[TokenFile, Field(description="a file that holds the token")] = None
    api_base: Annotated[str, Field(pattern=_HTTP_PATTERN, description="REST API")] = "https://discord.com/api/v10"
    gateway_url: Annotated[str, Field(pattern=_WEBSOCKET_PATTERN, description="gateway")] = "wss://gateway.discord.gg/"
    cdn_hosts: Annotated[Texts, Field(description="hosts that attachments are read from")] = (
        "cdn.discordapp.com",
        "media.discordapp.net",
        "images-ext-1.discordapp.net",
        "images-ext-2.discordapp.net",
    )
    channels: Annotated[Numbers, Field(description="channels where every picture is answered, without a mention")] = (
        frozenset()
    )
    sync: Annotated[bool, Field(description="register the slash commands on start")] = True


class TelegramSettings(Section):
    """Telegram; off without a token."""

    token: Annotated[Token, Field(description="the bot's token")] = None
    token_file: Annotated[TokenFile, Field(description="a file that holds the token")] = None
    base_url: Annotated[str, Field(pattern=_HTTP_PATTERN, description="Bot API server")] = (
        "https://api.telegram.org/bot"
    )
    base_file_url: Annotated[str, Field(pattern=_HTTP_PATTERN, description="its files")] = (
        "https://api.telegram.org/file/bot"
    )
    local: Annotated[bool, Field(description="the Bot API server runs in local mode: larger files")] = False
    mode: Annotated[Literal["polling", "webhook"], Field(description="ask for updates, or be called")] = "polling"
    listen: Annotated[str, Field(description="webhook: address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="webhook: port to listen on")] = 8443
    path: Annotated[str, Field(description="webhook: path of the URL")] = "telegram"
    url: Annotated[str, Field(description="webhook: the URL that Telegram calls, https://…")] = ""
    secret: Annotated[Token, Field(description="webhook: secret token, 1 to 256 of A-Z a-z 0-9 _ -")] = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "webhook" and (not self.url or self.secret is None):
            raise ValueError("mode webhook needs url and secret")
        if self.secret is not None and not _WEBHOOK_SECRET.fullmatch(self.secret.get_secret_value()):
            raise ValueError("secret should be 1 to 256 of A-Z a-z 0-9 _ -")
        return self


class HttpSettings(Section):
    """Our own port: the web page, the API, `/healthz` and Prometheus' `/metrics`."""

    enabled: Annotated[bool, Field(description="serve the web page, the API, /healthz and /metrics")] = False
    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="port; 0: any")] = 8080
    page: Annotated[bool, Field(description="serve the web page")] = True
    api: Annotated[bool, Field(description="serve /api/v1 and what trace.moe's clients call")] = True
    public_url: Annotated[str, Field(pattern=_PUBLIC_URL_PATTERN, description="scheme and host in links")] = ""
    hosts: Annotated[Texts, Field(description="more host names that are answered to; *: any")] = ()
    proxies: Annotated[Texts, Field(description="addresses or networks whose X-Forwarded-For is believed")] = ()
    per_minute: Annotated[int, Field(ge=1, description="requests of an address in a minute")] = 100
    quota: Annotated[int, Field(ge=0, description="pictures in 24 hours, of an address without a key; 0: none")] = 1000
    concurrency: Annotated[int, Field(ge=1, description="searches at one time, of an address without a key")] = 4
    key_required: Annotated[bool, Field(description="search only with an API key")] = False
    media_s: Annotated[float, Field(gt=0, description="seconds that links to previews work")] = 3600.0

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ip_network(text, strict=False)  # its ValueError names the text
        return value

    @field_validator("hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if text != "*" and not _HOST_PATTERN.fullmatch(text):
                raise ValueError(f"{text!r} is no host name: give it without http:// and without a path, or * for any")
        return value

    @field_validator("host")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("should not be empty")
        return value
