"""esbuild's metafile: https://esbuild.github.io/api/#metafile."""

from __future__ import annotations

import json

from compartment_mapper.report.model import FileImport, Review, ReviewedFile


def metafile(review: Review) -> str:
    """Return the metafile: the files, their imports, and their sizes in the output."""
    files = [file for package in review.packages for file in package.files]
    names = {file.name for file in files}
    inputs = {file.name: _input(file, names) for file in sorted(files, key=lambda f: f.name)}
    entry = next((file.name for file in files if file.is_entry), None)
    output: dict[str, object] = {
        "imports": _external(files),
        "exports": [],
        "inputs": {
            file.name: {"bytesInOutput": file.stored}
            for file in sorted(files, key=lambda f: (-f.stored, f.name))
        },
        "bytes": review.size,
    }
    if entry is not None:
        output["entryPoint"] = entry
    name = review.target if review.kind == "archive" else "app.zip"
    return json.dumps({"inputs": inputs, "outputs": {name: output}}, indent=2) + "\n"


def _input(file: ReviewedFile, names: set[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "bytes": file.size,
        "imports": [
            _import(each) for each in file.imports if each.is_external or each.target in names
        ],
    }
    if file.format:
        found["format"] = file.format
    return found


def _import(found: FileImport) -> dict[str, object]:
    if found.is_external:
        return {"path": found.target, "kind": found.kind, "external": True}
    return {"path": found.target, "kind": found.kind, "original": found.specifier}


def _external(files: list[ReviewedFile]) -> list[dict[str, object]]:
    """Return the requests of builtins by all files, once each."""
    found = {
        (each.target, each.kind) for file in files for each in file.imports if each.is_external
    }
    return [{"path": path, "kind": kind, "external": True} for path, kind in sorted(found)]
