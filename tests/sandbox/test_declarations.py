"""Declarations of tools: the TypeScript compiler accepts them, and rejects programs that misuse a tool."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from declared_tools import TOOLS
from support import assert_golden
from typescript import type_problems

from compartment_mapper import Sandbox

GOOD = {
    "plain": "const n: number = await tools.plain('a'); await tools.plain('a', 1, true, new Uint8Array(1)); n.toFixed()",
    "keywords": "(await tools.keywords('a', { limit: 3, order: 'down' }))[0]?.trim(); await tools.keywords('a')",
    "needs": "const r: null = await tools.needs(undefined, { key: 'k' });",
    "several": "await tools.several(1, 2, 3); await tools.several()",
    "open_ended": "(await tools.open_ended({ a: 1 })).b?.toFixed()",
    "trees": "const t = await tools.trees({ name: 'a', children: [{ name: 'b' }] }, 'red', 2); t.children[0]?.children[0]?.color satisfies 'red' | 'blue' | undefined",
    "users": "const p = await tools.users({ name: 'a' }, [1, 2], 7); p.items[0]?.tags?.[0]?.trim(); p.next?.toFixed()",
    "order": "const i = await tools.order({ id: 'x', price: 3.5, name: 'n', parts: [{ id: 'y', price: '1' }] }, ['a']); i.price.trim(); i.due?.trim(); i.name",
    "moments": "const [at, day, path] = await tools.moments(new Date(0), '2026-01-02', 3, '/tmp', ['a']); at.getTime(); day.trim(); path.trim()",
    "anything": "const j = await tools.anything({ a: [1, null, 'x', { b: true }] }, () => 1, { a: [1] }); if (typeof j === 'string') j.trim()",
    "rows": "for await (const [x, y] of await tools.rows(3)) x.toFixed() + y.toFixed()",
    "pages": "for await (const user of await tools.web.pages('a', 1)) user.name.trim()",
    "fetch_user": "(await tools.web.fetch_user(1))?.name.trim()",
    "quoted": "(await tools.web['read file']('a')).trim(); await tools['new'](1, 2); await tools.constructor['__proto__']([1])",
    "weather": "const { degrees } = await tools.web.weather({ city: 'Rome', unit: null, where: { lat: 1, near: [{ lat: 2 }] } }); degrees[0]?.toFixed()",
}

BAD = {
    "wrong": "await tools.plain(3)",
    "missing": "await tools.plain()",
    "many": "await tools.plain('a', 1, true, new Uint8Array(1), 5)",
    "boolean": "await tools.plain('a', true)",
    "unawaited": "(tools.plain('a')).toFixed()",
    "unknown": "await tools.plane('a')",
    "keyword": "await tools.keywords('a', { limits: 3 })",
    "literal": "await tools.keywords('a', { order: 'sideways' })",
    "required": "await tools.needs(1)",
    "nested": "await tools.trees({ name: 'a', children: [{ name: 1 }] }, 'red')",
    "enum": "await tools.trees({ name: 'a' }, 'green')",
    "level": "await tools.trees({ name: 'a' }, 'red', 3)",
    "typed": "await tools.users({ tags: [] }, [1, 2], 7)",
    "tuple": "await tools.users({ name: 'a' }, [1, 2, 3], 7)",
    "model": "await tools.order({ id: 'x' })",
    "hidden": "(await tools.order({ id: 'x', price: 1 })).secret",
    "nullable": "(await tools.web.fetch_user(1)).name",
    "result": "(await tools.moments(new Date(), 'x', 1, '', [])).join().foo",
    "namespace": "await tools.web('a')",
    "iterator": "for (const row of await tools.rows(3)) row",
    "schema": "await tools.web.weather({ city: 'Rome', day: 1 })",
    "schematic": "await tools.web.weather({})",
    "output": "(await tools.web.weather({ city: 'a' })).degree",
}  # fmt: skip


@pytest.fixture(scope="module")
def declarations() -> Iterator[str]:
    with Sandbox(tools=TOOLS) as sandbox:
        yield sandbox.declarations()


@pytest.fixture(scope="module")
def problems(declarations: str) -> dict[str, list[str]]:
    return type_problems(declarations, {**GOOD, **BAD})


def test_the_text_is_as_expected(declarations: str) -> None:
    assert_golden("sandbox/declarations.d.ts", declarations)


def test_the_compiler_accepts_the_declarations(problems: dict[str, list[str]]) -> None:
    assert problems.get("tools.d") is None


@pytest.mark.parametrize("name", GOOD)
def test_the_compiler_accepts_programs_that_use_tools_well(
    problems: dict[str, list[str]], name: str
) -> None:
    assert problems.get(name) is None


@pytest.mark.parametrize("name", BAD)
def test_the_compiler_rejects_programs_that_misuse_tools(
    problems: dict[str, list[str]], name: str
) -> None:
    assert problems.get(name)


def test_some_tools_are_declared_by_name() -> None:
    with Sandbox(tools=TOOLS) as sandbox:
        one = sandbox.declarations("web.fetch_user")
        space = sandbox.declarations("web")
        with pytest.raises(KeyError, match=r"web\.nope"):
            sandbox.declarations("web.nope")

    assert "fetch_user" in one
    assert "pages" not in one
    assert "interface Tree" not in space
    assert "fetch_user" in space
    assert "weather" in space


@pytest.mark.parametrize("budget", [200, 300, 500, 1000, 2000, 10_000])
def test_a_budget_is_kept(budget: int) -> None:
    with Sandbox(tools=TOOLS) as sandbox:
        text = sandbox.declarations(budget=budget)

    assert len(text) <= budget
    assert ("declarations(" in text) == ("declare const" not in text)
    assert type_problems(text, {}) == {}


def test_a_list_has_the_first_lines_of_documentation() -> None:
    with Sandbox(tools=TOOLS) as sandbox:
        text = sandbox.declarations(budget=1000)

    assert "// plain - Return a number.\n" in text
    assert "It is long" not in text
    assert "// web.weather - Forecast the weather.\n" in text


def test_a_budget_that_is_too_small_is_refused() -> None:
    with Sandbox() as sandbox, pytest.raises(ValueError, match="at least 200"):
        sandbox.declarations(budget=10)


def test_no_tools_are_an_empty_object() -> None:
    with Sandbox() as sandbox:
        assert sandbox.declarations() == "declare const tools: {\n};\n"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        pytest.param("fetch user", "web.fetch_user", id="words-of-the-name"),
        pytest.param("USERS", "users", id="plural-and-case"),
        pytest.param("user", "users", id="short-names-first"),
        pytest.param("how is the weather in a city?", "web.weather", id="a-sentence"),
        pytest.param("forecast", "web.weather", id="documentation"),
        pytest.param("limit", "keywords", id="members-of-parameters"),
        pytest.param("read", 'web["read file"]', id="hostile-names"),
    ],
)
def test_tools_are_found_by_words(query: str, first: str) -> None:
    with Sandbox(tools=TOOLS) as sandbox:
        found = sandbox.search(query)

    assert found[0].name == first


def test_what_does_not_match_is_not_found() -> None:
    with Sandbox(tools=TOOLS) as sandbox:
        assert sandbox.search("zebra") == []
        assert sandbox.search("") == []
        assert len(sandbox.search("web", limit=2)) == 2
