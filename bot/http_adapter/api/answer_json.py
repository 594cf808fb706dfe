"""JSON of an answer over HTTP: the engine's own object, with links to media in place of paths on the server's disk."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

from aiohttp import web

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.public_address import public_url
from bot.http_adapter.services import SERVICES
from bot.replies.button_actions import AnswerId
from core.catalogue.identities import ShowIdentity
from core.domain import Scene, SearchResult
from core.search.result_json import identity_json, result_json, scene_json

MAX_SCENES: Final = 20
"""Scenes of an answer at most."""


def answer_json(
    request: web.Request, answer_id: AnswerId, result: SearchResult, limit: int = MAX_SCENES
) -> Mapping[str, object]:
    """The object of one answer: that of `core.search.result_json` without `picture`, with `id` and what is linked, and
    at most `limit` scenes.

    No path of the server's disk is in it: `file` is a base name, and `null` unless the settings allow names of files.
    """
    result = replace(result, scenes=result.scenes[:limit])
    identities = request.app[SERVICES].engine.identities
    body: dict[str, Any] = dict(result_json(("",), result, identities))
    del body["picture"]
    scenes = [
        scene_body | _public(request, scene, _scene_page(request, answer_id, index), scene_body)
        for index, (scene, scene_body) in enumerate(zip(result.scenes, body["scenes"], strict=True))
    ]
    return {"id": answer_id or None, **body, "scenes": scenes, "elsewhere": _elsewhere(request, result, identities)}


def _elsewhere(
    request: web.Request, result: SearchResult, identities: Mapping[str, ShowIdentity]
) -> Mapping[str, object] | None:
    scene = result.elsewhere
    if scene is None:
        return None
    body = scene_json(scene) | identity_json(identities.get(scene.name.show), scene.name.season)
    return body | _public(request, scene, None, body)


def _public(request: web.Request, scene: Scene, page: str | None, body: Mapping[str, Any]) -> dict[str, object]:
    """What stands in place of paths, here and in the places where the scene is repeated, and addresses of media."""
    shown = request.app[SERVICES].spec.file_names
    media_id = request.app[SERVICES].links.sign(MediaMoment.of(scene))
    return {
        "file": _file_name(body["file"], shown=shown),
        "also": [place | {"file": _file_name(place["file"], shown=shown)} for place in body["also"]],
        "preview": {
            "mp4": public_url(request, f"/video/{media_id}"),
            "gif": public_url(request, f"/gif/{media_id}"),
            "still": public_url(request, f"/image/{media_id}"),
        },
        "url": page,
    }


def _scene_page(request: web.Request, answer_id: AnswerId, index: int) -> str | None:
    """Address of the scene's page; `None` for an answer that is not stored."""
    return public_url(request, f"/scene/{answer_id}/{index}") if answer_id else None


def _file_name(path: str, *, shown: bool) -> str | None:
    return PurePath(path).name if shown else None
