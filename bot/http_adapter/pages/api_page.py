"""API page: the description of the API as people read it, rendered from `openapi.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml
from aiohttp import web
from markupsafe import Markup, escape

from bot.http_adapter.api.routes import DESCRIPTION
from bot.http_adapter.pages.rendering import page
from bot.http_adapter.public_address import public_url

Schema = Mapping[str, Any]
_METHODS: Final = ("get", "post")
_SCHEMAS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Field:
    """An option, a header or a field of an object; `needed`: it is always there, or has to be."""

    name: str
    type: Markup
    text: Markup
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status, what it means, and the types of its body."""

    status: str
    text: Markup
    types: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class OperationView:
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: tuple[Markup, ...]
    options: tuple[Field, ...]
    bodies: tuple[Field, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class TagView:
    """Operations that belong together."""

    name: str
    text: Markup
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True)
class SchemaView:
    """An object that answers or bodies have; without fields it is another name for `type`."""

    name: str
    type: Markup
    text: Markup
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ApiView:
    """The whole description."""

    paragraphs: tuple[Markup, ...]
    tags: tuple[TagView, ...]
    keys: tuple[Markup, ...]
    schemas: tuple[SchemaView, ...]


async def api_page(request: web.Request) -> web.Response:
    """`GET /api`."""
    return page(request, "api.html", page="api", compressed=True, view=api_view(), origin=public_url(request, ""))


@cache
def api_view() -> ApiView:
    """The view of our own description."""
    return _DescriptionReader(yaml.safe_load(DESCRIPTION)).view()


class _DescriptionReader:
    """Reads a description of OpenAPI 3.1 as far as ours goes."""

    def __init__(self, description: Schema) -> None:
        self._description = description

    def view(self) -> ApiView:
        components = self._description["components"]
        return ApiView(
            _paragraphs(self._description["info"]["description"]),
            tuple(self._tag(tag) for tag in self._description["tags"]),
            tuple(self._key(scheme) for scheme in components["securitySchemes"].values()),
            tuple(self._schema(name, schema) for name, schema in components["schemas"].items()),
        )

    def _tag(self, tag: Schema) -> TagView:
        operations = tuple(
            self._operation(path, method, item, item[method])
            for path, item in self._description["paths"].items()
            for method in _METHODS
            if method in item and tag["name"] in item[method]["tags"]
        )
        return TagView(tag["name"], _text(tag["description"]), operations)

    def _operation(self, path: str, method: str, item: Schema, operation: Schema) -> OperationView:
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        return OperationView(
            operation["operationId"],
            method.upper(),
            path,
            operation["summary"],
            _paragraphs(operation.get("description", "")),
            tuple(self._option(self._resolved(parameter)) for parameter in parameters),
            tuple(self._bodies(operation)),
            tuple(
                self._outcome(status, self._resolved(response)) for status, response in operation["responses"].items()
            ),
        )

    def _option(self, parameter: Schema) -> Field:
        schema = parameter["schema"]
        return Field(
            parameter["name"], self._type(schema), _text(parameter.get("description", "")), "required" in parameter
        )

    def _bodies(self, operation: Schema) -> Iterator[Field]:
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content.get("schema", {})
            fields = ", ".join(schema.get("properties", ()))
            text = Markup("fields: {}").format(Markup("<code>{}</code>").format(fields)) if fields else Markup("")
            yield Field(kind, self._type(schema) if "$ref" in schema else Markup(""), text)

    def _outcome(self, status: str, response: Schema) -> Outcome:
        types = tuple(
            Markup("{} <code>{}</code>").format(self._type(content["schema"]), kind)
            if "$ref" in content.get("schema", {})
            else Markup("<code>{}</code>").format(kind)
            for kind, content in response.get("content", {}).items()
        )
        return Outcome(status, _text(response["description"]), types)

    def _schema(self, name: str, schema: Schema) -> SchemaView:
        return SchemaView(
            name, self._type(schema), _text(schema.get("description", "")), tuple(self._fields(schema, ""))
        )

    def _fields(self, schema: Schema, prefix: str) -> Iterator[Field]:
        """Fields of an object, and after it those of the objects in it, by their paths."""
        for name, field in schema.get("properties", {}).items():
            needed = name in schema.get("required", ())
            yield Field(prefix + name, self._type(field), _text(field.get("description", "")), needed)
            inner = field.get("items", field)
            yield from self._fields(inner, f"{prefix}{name}{'[]' if 'items' in field else ''}.")

    def _type(self, schema: Schema) -> Markup:
        """A type in few words, with links to objects that have names."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_SCHEMAS)
            return Markup('<a href="#{0}">{0}</a>').format(name)
        if "oneOf" in schema:
            return Markup(" or ").join(self._type(choice) for choice in schema["oneOf"])
        if "enum" in schema:
            choices = ("null" if choice is None else str(choice) for choice in schema["enum"])
            return Markup(", ").join(Markup("<code>{}</code>").format(choice) for choice in choices)
        if schema.get("type") == "array" and "items" in schema:
            return Markup("list of {}").format(self._type(schema["items"]))
        kinds = schema.get("type", "")
        words = kinds if isinstance(kinds, str) else " or ".join(kinds)
        return escape(" ".join(filter(None, (words, _range(schema)))))

    def _key(self, scheme: Schema) -> Markup:
        if scheme["type"] == "http":
            return _text(scheme["description"])
        text = Markup("<code>{}</code> in the {}").format(scheme["name"], scheme["in"])
        return text + (Markup(": ") + _text(scheme["description"]) if "description" in scheme else Markup(""))

    def _resolved(self, node: Schema) -> Schema:
        while "$ref" in node:
            target: Any = self._description
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


def _range(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}"
    return "" if least is None else f"from {least}"


def _paragraphs(text: str) -> tuple[Markup, ...]:
    return tuple(_text(" ".join(part.split())) for part in text.split("\n\n") if part.strip())


def _text(text: str) -> Markup:
    """A text with `code` in it."""
    parts: Sequence[str] = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
