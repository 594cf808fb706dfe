"""Messages between adapters and the dispatcher: values without any platform's types.

An adapter turns what it receives into a `Request` (pictures), a `Command` (`/help`) or a `ButtonPress` (a button, or
the text that a reply asked for), and a `Reply` into what its users see. Texts in a `Reply` are plain: an adapter
escapes them for its platform.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from core.domain import SearchFilter
from core.library.feedback import StatedMoment

UserId = NewType("UserId", str)
"""The platform and its own id of a user: `discord:123`."""
RequestId = NewType("RequestId", str)
"""The platform, the chat and its own id of a message: a request that comes again under one id is answered once."""

ACTION_LIMIT_BYTES = 64
"""The size of `Button.action` on the strictest platform."""


class ChatKind(StrEnum):
    """Who reads along."""

    PRIVATE = "private"
    GROUP = "group"


class MediaKind(StrEnum):
    """What is attached to a reply."""

    MP4 = "mp4"
    GIF = "gif"
    JPEG = "jpeg"

    @property
    def suffix(self) -> str:
        """What the name of its file ends with."""
        return ".jpg" if self is MediaKind.JPEG else f".{self}"


class Tone(StrEnum):
    """The outcome that a reply is about, for a colour or a reaction."""

    FOUND = "found"
    UNSURE = "unsure"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    FAILED = "failed"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a reply goes, a chat or an HTTP client: who reads it, the largest file that it takes, and whether for
    adults.

    `preview_kind` is the preferred kind of a preview.
    """

    kind: ChatKind
    upload_limit_bytes: int
    preview_kind: MediaKind = MediaKind.MP4
    age_restricted: bool = False

    @property
    def adult_allowed(self) -> bool:
        """Whether shows marked adult may be named and shown."""
        return self.kind is ChatKind.PRIVATE or self.age_restricted


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture, an animation or a clip on the platform, not read yet.

    `read` takes the most bytes that are accepted; it raises `FetchError` when the file is larger, gone or cannot be
    had. `url`: an address at which anybody can see it; empty when there is none.
    """

    name: str
    read: Callable[[int], Awaitable[bytes]]
    size_bytes: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """A link to a picture that a user typed."""

    url: str


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a request.

    `together`: the pictures are of one scene, in the order of time. `muted`: no preview.
    """

    where: SearchFilter = field(default_factory=SearchFilter)
    together: bool = False
    private: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Pictures to search. `locale` is a BCP 47 tag from the platform, empty when it has none.

    `spoiler`: the pictures were hidden, so the preview has to be. `notify` shows the user a reply while they wait for
    theirs, at most once; it may raise whatever the platform raises.
    """

    id: RequestId
    user: UserId
    chat: Chat
    locale: str
    pictures: tuple[Upload | PictureUrl, ...]
    options: Options = field(default_factory=Options)
    spoiler: bool = False
    notify: "Callable[[Reply], Awaitable[None]] | None" = field(default=None, compare=False)


class CommandName(StrEnum):
    """Commands without a picture."""

    START = "start"
    HELP = "help"
    LANGUAGE = "lang"


@dataclass(frozen=True, slots=True)
class Command:
    """A text command and what follows it."""

    name: CommandName
    user: UserId
    chat: Chat
    locale: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button that was pressed, or the answer to a `TextPrompt`, by its action; `text` is that answer, and `moment`
    what it says, where a program stated that.
    """

    action: str
    user: UserId
    chat: Chat
    locale: str
    text: str = ""
    moment: StatedMoment | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A file to attach; `spoiler`: hidden until the user opens it."""

    kind: MediaKind
    data: bytes
    name: str
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A choice below a reply: an `action`, ASCII of at most `ACTION_LIMIT_BYTES`, which means the same after a restart;
    or, without an action, a link to `url`. `role` is the same for buttons that do the same for other candidates of one
    answer, such as `next`; empty: the action is.
    """

    label: str
    action: str = ""
    url: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class TextPrompt:
    """Asks the user who pressed for a text, which comes back as a `ButtonPress` with this action."""

    text: str
    action: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: a headline, lines below it, an attachment, rows of buttons.

    `url` is where the headline leads to. `private`: only the user should see it, where the platform can do that.
    `edits`: an answer to a press that takes the place of the message with the button; else it is a message of its own.
    `handle` names the stored answer, its scene and the form of the media, for `RequestHandler.lighter`; empty without.
    """

    tone: Tone
    title: str
    lines: tuple[str, ...] = ()
    url: str = ""
    media: Media | None = None
    rows: tuple[tuple[Button, ...], ...] = ()
    text_prompt: TextPrompt | None = None
    private: bool = False
    edits: bool = False
    handle: str = ""
