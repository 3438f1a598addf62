"""Files that templates name are included."""

from __future__ import annotations

import pytest

from compartment_mapper.graph.entry_assets import named_by_files
from compartment_mapper.locations import location_of_path
from compartment_mapper.powers import MemoryFiles


def named(files: dict[str, str], first: str = "/app/views/page.twig") -> list[str]:
    read = MemoryFiles({path: text.encode() for path, text in files.items()})
    package = location_of_path("/app/")
    found = named_by_files([location_of_path(first)], package=package, read=read)
    return sorted(place.removeprefix("file://") for place in found)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("{% extends 'base.twig' %}", "/app/views/base.twig"),
        ('{% import "./base.twig" as b %}', "/app/views/base.twig"),
        ('{% include "parts/nav.twig" %}', "/app/views/parts/nav.twig"),
        ('{% include "views/parts/nav.twig" %}', "/app/views/parts/nav.twig"),
        ("<%- include('base') %>", "/app/views/base.twig"),
        ("extends base", "/app/views/base.twig"),
        ("{{> parts/nav}}", "/app/views/parts/nav.twig"),
        ("include ../mail/head.twig", "/app/mail/head.twig"),
        ("<img src='logo.svg'>", "/app/views/logo.svg"),
    ],
)
def test_a_template_names_another(text: str, file: str) -> None:
    assert named({"/app/views/page.twig": text, file: ""}) == [file]


def test_what_is_named_names_more_and_a_circle_ends() -> None:
    files = {
        "/app/views/page.twig": "{% extends 'a.twig' %}",
        "/app/views/a.twig": "{% extends 'b.twig' %}",
        "/app/views/b.twig": "{% include 'page.twig' %}{% include 'a.twig' %}",
    }

    assert named(files) == ["/app/views/a.twig", "/app/views/b.twig"]


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("{% extends '../../secret.twig' %}", "/secret.twig"),
        ("{% extends '/etc/passwd.twig' %}", "/etc/passwd.twig"),
        ("{% include 'node_modules/d/x.twig' %}", "/app/node_modules/d/x.twig"),
        ("<script src='page.js'></script>", "/app/views/page.js"),
        ("write to '.env.local'", "/app/.env.local"),
        ("your 'server.pem' has expired", "/app/server.pem"),
        ("\0 'base.twig'", "/app/views/base.twig"),
        ("'" * 262_145 + "'base.twig'", "/app/views/base.twig"),
    ],
)
def test_nothing_outside_of_the_package_and_no_program_is_taken(text: str, file: str) -> None:
    assert named({"/app/views/page.twig": text, file: ""}) == []


def test_a_page_of_spaces_is_read_at_once() -> None:
    assert named({"/app/views/page.twig": "<p>" + " " * 200_000 + "<p>"}) == []


def test_data_names_nothing() -> None:
    files = {"/app/data.json": '"base.json"', "/app/base.json": ""}

    assert named(files, first="/app/data.json") == []
