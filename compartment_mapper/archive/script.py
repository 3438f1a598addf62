"""Build a self-contained script: the runtime, the map, and the sources of all packages as data.

``docs/formats/script.md`` describes it. The data is plain ASCII that is safe inside an HTML page;
only the compartments of the packages evaluate it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pkgutil import get_data

from compartment_mapper.archive.compartment_map import CompartmentMap, FileModule
from compartment_mapper.archive.writer import file_path
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing

_RUNTIME = "_runtime/script.js"
#: Scripts on the same page share one runtime if they use the same data format.
_SHARED = "compartment-mapper/script/1"
#: A key of JSON objects with a different meaning in a JavaScript literal.
_PROTO = re.compile(r'"__proto__"\s*:')
#: Strings that end a script in HTML, or change how HTML finds its end.
_UNSAFE_IN_HTML = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleExports:
    """The exports of a script that is an ES module."""

    names: tuple[str, ...]
    #: Whether importers must wait because a module of the application has a top-level await.
    awaits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOptions:
    """Options of a script."""

    #: Values of ``process.env`` in a page.
    node_env: str
    #: The global variable that holds the namespace of the entry.
    global_name: str | None = None
    #: Whether it has a source map file.
    has_map_file: bool = False
    #: None for a script, which has no exports.
    exports: ModuleExports | None = None


def script_bytes(
    compartment_map: CompartmentMap,
    files: Mapping[str, bytes],
    *,
    sha512: str,
    options: ScriptOptions,
) -> bytes:
    """Return the script; equal input produces equal bytes.

    Args:
        compartment_map: The map of the application.
        files: The files by path, as in an archive.
        sha512: The hash of the map, which identifies the application.
        options: The options of the script.

    Raises:
        InputError: RUNTIME_MISSING.
    """
    data = {
        "map": _map_literal(compartment_map),
        "files": _object(
            (path, _stored(parser, files[path]))
            for path, parser in _parsers(compartment_map).items()
        ),
        "nodeEnv": _literal(options.node_env),
    }
    if options.global_name is not None:
        data["globalName"] = _literal(options.global_name)
    if options.has_map_file:
        data["maps"] = _literal(sha512)
    if options.exports is not None:
        data["place"] = "import.meta.url"
    elif options.has_map_file:
        data["place"] = _PLACE
    start = _start(_object(data.items()), options.exports)
    text = f"// Application sha512 {sha512}\n// {_NOTICE}\n{start}\n"
    return text.encode("ascii")


#: An expression for the location of the script, where the script can determine it.
_PLACE = 'typeof __filename=="string"?__filename:void 0'
_NOTICE = "Built by compartment-mapper; contains ses (https://github.com/endojs/endo), Apache-2.0"


def runtime_text() -> str:
    """Return the source of the runtime that scripts contain.

    Raises:
        InputError: RUNTIME_MISSING.
    """
    try:
        text = get_data("compartment_mapper", _RUNTIME)
    except OSError:
        text = None
    if text is None:
        raise InputError(runtime_missing())
    return text.decode("ascii")


def integrity(content: bytes, algorithm: str) -> str:
    """Return the hash of a script in the syntax of CSP and the ``integrity`` attribute.

    >>> integrity(b"", "sha256")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def _start(data: str, exports: ModuleExports | None) -> str:
    key = json.dumps(_SHARED)
    runtime = (
        f"(()=>{{const key=Symbol.for({key});if(globalThis[key])return globalThis[key];"
        "const module={exports:{}};((module,exports)=>{"
        f"{runtime_text().rstrip()}\n"
        "})(module,module.exports);const run=Object.freeze(module.exports.run);"
        "Object.defineProperty(globalThis,key,{value:run});return run})()"
    )
    if exports is None:
        return f"{runtime}({data});"
    variables = [f"$h_{index}" for index in range(len(exports.names))]
    named = list(zip(variables, exports.names, strict=True))
    exported = ",".join(f"{variable} as {_export_name(name)}" for variable, name in named)
    setters = _object((name, f"$h=>{{{variable}=$h}}") for variable, name in named)
    return "\n".join(
        [
            f"let {','.join(variables)};" if variables else "",
            f"export{{{exported}}};",
            f"{'await ' if exports.awaits else ''}{runtime}({data},{setters});",
        ]
    )


def _export_name(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else _literal(name)


def _parsers(compartment_map: CompartmentMap) -> dict[str, str]:
    """Return the literal of each file, by its path, in the order of the map."""
    return {
        file_path(name, module): module.parser
        for name, compartment in sorted(compartment_map.compartments.items())
        for _key, module in sorted(compartment.modules.items())
        if isinstance(module, FileModule)
    }


def _map_literal(compartment_map: CompartmentMap) -> str:
    """Return the map without hashes: a script is a single file."""
    text = json.dumps(compartment_map.to_dict(), separators=(",", ":"))
    return _value(_HASH.sub("", text))


#: The key of a module entry; inside a string, backslashes would precede the quotes.
_HASH = re.compile(r',"sha512":"[0-9a-f]{128}"')


def _stored(parser: str, content: bytes) -> str:
    """Return a literal: for the JSON of a compiled module, a source, or bytes in an array."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _literal([base64.b64encode(content).decode()])
    return _value(text) if parser.startswith("pre-") else _literal(text)


def _value(text: str) -> str:
    r"""Return an expression for the value of JSON, or for its source.

    >>> print(_value('{"a":"<!--"}'), _value('{"__proto__":1}'))
    {"a":"\u003c!--"} "{\"__proto__\":1}"
    """
    if _PROTO.search(text):
        return _literal(text)
    return _safe_in_html(text if text.isascii() else _OTHER.sub(_escaped, text))


_OTHER = re.compile(r"[^\x00-\x7f]+")


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _literal(value: object) -> str:
    return _safe_in_html(json.dumps(value, separators=(",", ":")))


def _safe_in_html(text: str) -> str:
    return _UNSAFE_IN_HTML.sub(r"\\u003c", text)


def _object(members: Iterable[tuple[str, str]]) -> str:
    """Return an object literal; all its keys are plain names.

    >>> _object([("a", "1"), ("__proto__", "2")])
    '{"a":1,["__proto__"]:2}'
    """
    written = (f"{_key(name)}:{value}" for name, value in members)
    return f"{{{','.join(written)}}}"


def _key(name: str) -> str:
    return f"[{_literal(name)}]" if name == "__proto__" else _literal(name)
