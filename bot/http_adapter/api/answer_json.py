"""JSON of an answer over HTTP: the engine's own object, with links to media in place of paths on the server's disk."""

from collections.abc import Mapping
from pathlib import PurePath

from aiohttp import web

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.public_address import public_url
from bot.http_adapter.services import SERVICES
from bot.replies.button_actions import AnswerId
from core.catalogue.identities import ShowIdentity
from core.domain import Scene, SearchResult
from core.search.result_json import result_json, scene_json


def answer_json(request: web.Request, answer_id: AnswerId, result: SearchResult) -> Mapping[str, object]:
    """The object of one answer: that of `core.search.result_json` without `picture`, with `id` and what is linked.

    No path of the server's disk is in it: `file` is a base name, and `null` unless the settings allow names of files.
    """
    body = {name: value for name, value in result_json(("",), result).items() if name != "picture"}
    scenes = [
        {**scene_body, **_private(request, scene), **_linked(request, answer_id, scene, index)}
        for index, (scene, scene_body) in enumerate(zip(result.scenes, body["scenes"], strict=True))  # type: ignore[call-overload]  # a list of its own objects
    ]
    elsewhere = result.elsewhere
    return {
        "id": answer_id or None,
        **body,
        "scenes": scenes,
        "elsewhere": None if elsewhere is None else {**scene_json(elsewhere), **_private(request, elsewhere)},
    }


def _private(request: web.Request, scene: Scene) -> Mapping[str, object]:
    """What stands in place of paths, here and in the places where the scene is repeated; and the show's identity."""
    spec = request.app[SERVICES].spec
    identity = request.app[SERVICES].engine.identities.get(scene.name.show, ShowIdentity())
    also = [
        {**place, "file": _file_name(str(place["file"]), shown=spec.file_names)}
        for place in scene_json(scene)["also"]  # type: ignore[attr-defined]  # a list of its own objects
    ]
    return {
        "file": _file_name(scene.path, shown=spec.file_names),
        "also": also,
        "anilist": identity.anilist_of(scene.name.season),
        "titles": titles_json(identity),
    }


def _linked(request: web.Request, answer_id: AnswerId, scene: Scene, index: int) -> Mapping[str, object]:
    """Addresses of the scene's media, and of its page."""
    media_id = request.app[SERVICES].links.sign(MediaMoment.of(scene))
    return {
        "preview": {
            "mp4": public_url(request, f"/video/{media_id}"),
            "gif": public_url(request, f"/gif/{media_id}"),
            "still": public_url(request, f"/image/{media_id}"),
        },
        "url": public_url(request, f"/scene/{answer_id}/{index}") if answer_id else None,
    }


def titles_json(identity: ShowIdentity) -> Mapping[str, str | None]:
    """The four titles of a show; `null` for what is not known."""
    return {
        "native": identity.native,
        "romaji": identity.romaji,
        "english": identity.english,
        "chinese": identity.chinese,
    }


def _file_name(path: str, *, shown: bool) -> str | None:
    return PurePath(path).name if shown else None
