from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compartment_mapper.archive.compartment_map import (
    CompartmentDescriptor,
    CompartmentMap,
    CompartmentModule,
    ErrorModule,
    ExitModule,
    FileModule,
    is_root,
    map_from_dict,
)
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.locations import ROOT_NAME, CanonicalName, ModuleName
from compartment_mapper.policy.model import PackagePolicy


def small_map() -> dict[str, object]:
    """Return the JSON of a map with each kind of module."""
    return {
        "tags": [],
        "entry": {"compartment": "app-v1.0.0", "module": "./main.js"},
        "compartments": {
            "app-v1.0.0": {
                "name": "app",
                "label": "$root$",
                "location": "app-v1.0.0",
                "modules": {
                    "./main.js": {
                        "location": "main.js",
                        "parser": "pre-mjs-json",
                        "sha512": "00",
                    },
                    "dep": {"compartment": "dep-v", "module": "./index.js"},
                    "fs": {"exit": "fs"},
                    "gone": {"deferredError": "Cannot find 'gone'", "code": "MODULE_NOT_FOUND"},
                },
                "policy": {"builtins": {"fs": True}, "packages": {"dep": True}},
            },
            "dep-v": {
                "name": "dep",
                "label": "dep",
                "location": "dep-v",
                "modules": {
                    "./index.js": {
                        "location": "index.js",
                        "parser": "pre-cjs-json",
                        "sha512": "11",
                    },
                },
                "policy": {},
            },
        },
    }


def changed(path: str, value: object) -> dict[str, object]:
    """Return the small map with *value* at *path*, keys separated by ``/ ``; None removes it."""
    found = copy.deepcopy(small_map())
    here: object = found
    *way, last = path.split(" / ")
    for key in way:
        assert isinstance(here, dict)
        here = here[key]
    assert isinstance(here, dict)
    if value is None:
        del here[last]
    else:
        here[last] = value
    return found


def problem_of(value: object) -> str:
    with pytest.raises(InputError) as caught:
        map_from_dict(value)
    (problem,) = caught.value.problems
    assert problem.code == "INVALID_ARCHIVE"
    return problem.message.removeprefix("compartment-map.json: ")


def test_a_map_is_written_as_it_was_read() -> None:
    assert json.dumps(map_from_dict(small_map()).to_dict()) == json.dumps(small_map())


_APP = "compartments / app-v1.0.0"
_MODULES = f"{_APP} / modules"
_APP_PATH = 'compartments["app-v1.0.0"]'


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("entry", None, "entry must be an object"),
        ("entry / module", 5, "entry.module must be a string"),
        ("entry / compartment", "x", "entry.compartment: there is no compartment 'x'"),
        ("entry / module", "./x.js", "entry.module: there is no module './x.js'"),
        ("compartments", [], "compartments must be an object"),
        (_APP, "x", f"{_APP_PATH} must be an object"),
        (f"{_APP} / name", None, f"{_APP_PATH}.name must be a string"),
        (f"{_APP} / label", 1, f"{_APP_PATH}.label must be a string"),
        (f"{_APP} / location", "elsewhere", f"{_APP_PATH}.location must be 'app-v1.0.0'"),
        (_MODULES, None, f"{_APP_PATH}.modules must be an object"),
        (f"{_MODULES} / fs", [], f'{_APP_PATH}.modules["fs"] must be an object'),
        (f"{_MODULES} / fs / exit", 1, f'{_APP_PATH}.modules["fs"].exit must be a string'),
        (
            f"{_MODULES} / gone / deferredError",
            {},
            f'{_APP_PATH}.modules["gone"].deferredError must be a string',
        ),
        (
            f"{_MODULES} / ./main.js / parser",
            "mjs",
            f"{_APP_PATH}.modules[\"./main.js\"].parser: unknown parser 'mjs'",
        ),
        (
            f"{_MODULES} / ./main.js / sha512",
            None,
            f'{_APP_PATH}.modules["./main.js"].sha512 must be a string',
        ),
        (
            f"{_MODULES} / dep / module",
            "./x.js",
            f"{_APP_PATH}.modules[\"dep\"]: there is no module './x.js' in 'dep-v'",
        ),
        (
            f"{_MODULES} / dep / compartment",
            "x",
            f"{_APP_PATH}.modules[\"dep\"]: there is no module './index.js' in 'x'",
        ),
        (
            f"{_APP} / policy",
            {"globals": 5},
            f"{_APP_PATH}.policy.globals must be an object, got 5",
        ),
    ],
)
def test_what_is_wrong_is_named_by_the_path_of_its_key(
    path: str, value: object, message: str
) -> None:
    assert problem_of(changed(path, value)) == message


@pytest.mark.parametrize("value", [None, [], "x", 5, {}])
def test_invalid_maps_are_rejected(value: object) -> None:
    assert problem_of(value)


def test_cyclic_links_are_rejected() -> None:
    value = changed(f"{_MODULES} / dep", {"compartment": "dep-v", "module": "x"})
    compartments = value["compartments"]
    assert isinstance(compartments, dict)
    compartments["dep-v"]["modules"]["x"] = {"compartment": "app-v1.0.0", "module": "dep"}

    assert problem_of(value) == f'{_APP_PATH}.modules["dep"]: the links form a cycle'


def test_a_link_to_itself_is_refused() -> None:
    value = changed(f"{_MODULES} / dep", {"compartment": "app-v1.0.0", "module": "dep"})

    assert "cycle" in problem_of(value)


def test_a_chain_of_links_may_end_in_any_module() -> None:
    value = changed(f"{_MODULES} / a", {"compartment": "app-v1.0.0", "module": "b"})
    compartments = value["compartments"]
    assert isinstance(compartments, dict)
    compartments["app-v1.0.0"]["modules"]["b"] = {"compartment": "app-v1.0.0", "module": "fs"}

    assert map_from_dict(value).root.modules["a"] == CompartmentModule(
        compartment="app-v1.0.0", module=ModuleName("b")
    )


def test_an_error_without_a_code_is_that_of_a_missing_module() -> None:
    found = map_from_dict(changed(f"{_MODULES} / gone / code", None)).root.modules["gone"]

    assert found == ErrorModule(deferred_error="Cannot find 'gone'", code="MODULE_NOT_FOUND")


def test_the_root_is_the_compartment_of_the_entry() -> None:
    found = map_from_dict(small_map())

    assert found.root.name == "app"
    assert is_root(found.root)
    assert not is_root(found.compartments["dep-v"])


def test_a_program_is_not_json() -> None:
    text = json.dumps(small_map()).replace("pre-mjs-json", "json")

    with pytest.raises(InputError) as caught:
        map_from_dict(json.loads(text))

    assert "'main.js' is JavaScript, not json" in str(caught.value)


_TEXT = st.text(max_size=10)
_PLACE = st.from_regex(r"(?:[^/\\\0.]{1,5}/)?[^/\\\0.]{1,5}(?:\.json)?", fullmatch=True)
_MODULE = (
    st.builds(
        FileModule,
        location=_PLACE,
        parser=st.sampled_from(["pre-mjs-json", "pre-cjs-json", "json", "text", "bytes"]),
        sha512=_TEXT,
        resolutions=st.dictionaries(
            st.sampled_from(["import", "require"]), st.dictionaries(_TEXT, _TEXT, min_size=1)
        ),
    )
    | st.builds(ExitModule, exit=_TEXT)
    | st.builds(ErrorModule, deferred_error=_TEXT, code=_TEXT)
)
_POLICY = st.builds(
    PackagePolicy,
    globals=st.dictionaries(_TEXT.filter(lambda name: name != "attenuate"), st.booleans()),
    builtins=st.just("any"),
)
_SHAPE = st.dictionaries(
    _PLACE, st.tuples(st.dictionaries(_TEXT, _MODULE, min_size=1), _POLICY), min_size=1
)


@st.composite
def maps(draw: Callable[[st.SearchStrategy[object]], object]) -> CompartmentMap:
    """Draw a map with valid links."""
    shape = draw(_SHAPE)
    assert isinstance(shape, dict)
    compartments = {
        name: CompartmentDescriptor(
            name=name,
            label=CanonicalName(name) if number else ROOT_NAME,
            location=name,
            modules=modules,
            policy=policy,
        )
        for number, (name, (modules, policy)) in enumerate(shape.items())
    }
    targets = [(name, key) for name, c in compartments.items() for key in c.modules]
    for name, compartment in compartments.items():
        target = draw(st.sampled_from(targets))
        assert isinstance(target, tuple)
        link = CompartmentModule(compartment=target[0], module=ModuleName(target[1]))
        modules = {**compartment.modules, "a link of its own": link}
        compartments[name] = replace(compartment, modules=modules)
    entry = targets[0]
    return CompartmentMap(
        entry_compartment=entry[0], entry_module=ModuleName(entry[1]), compartments=compartments
    )


@given(maps())
def test_what_is_written_is_read_back(drawn: CompartmentMap) -> None:
    written = json.loads(json.dumps(drawn.to_dict()))

    assert map_from_dict(written) == drawn


@given(maps())
def test_the_order_of_compartments_and_modules_does_not_matter(drawn: CompartmentMap) -> None:
    compartments = {
        name: replace(compartment, modules=dict(reversed(list(compartment.modules.items()))))
        for name, compartment in reversed(list(drawn.compartments.items()))
    }

    reordered = replace(drawn, compartments=compartments)

    assert json.dumps(reordered.to_dict()) == json.dumps(drawn.to_dict())
