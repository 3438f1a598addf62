"""The review as JSON: ``report --format json``, and the data in the page."""

from __future__ import annotations

import json
from collections.abc import Mapping

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.report.model import (
    Comparison,
    Review,
    ReviewedCapability,
    ReviewedFile,
    ReviewedPackage,
)

#: Changes with the keys below.
_VERSION = 1


def review_json(review: Review) -> str:
    """Return the output of ``report --format json``."""
    return json.dumps(review_to_dict(review), indent=2, ensure_ascii=False) + "\n"


def review_to_dict(review: Review) -> dict[str, object]:
    """Return *review* as a JSON value."""
    return {
        "version": _VERSION,
        "generator": f"compartment-mapper {review.tool_version}",
        "kind": review.kind,
        "target": review.target,
        "sha512": review.sha512,
        "entries": list(review.entries),
        "summary": {
            "packages": len(review.packages),
            "files": sum(len(package.files) for package in review.packages),
            "bytes": review.size,
            "granted": dict(review.count("granted")),
            "denied": dict(review.count("denied")),
        },
        "packages": [_package(package) for package in review.packages],
        "problems": [problem.to_dict() for problem in review.problems],
        "comparison": None if review.comparison is None else _comparison(review.comparison),
    }


def _package(package: ReviewedPackage) -> dict[str, object]:
    return {
        "canonicalName": package.canonical_name,
        "name": package.name,
        "version": package.version,
        "compartment": package.compartment,
        "bytes": package.size,
        "harden": package.harden,
        "dependencies": list(package.dependencies),
        "dependents": list(package.dependents),
        "capabilities": [_capability(each) for each in package.capabilities],
        "leak": None if package.leak is None else [each.title for each in package.leak],
        "chain": [
            {
                "package": step.package,
                "specifier": step.specifier,
                "file": step.file or None,
                "line": step.line or None,
            }
            for step in package.chain
        ],
        "files": [_file(file) for file in package.files],
    }


def _file(file: ReviewedFile) -> Mapping[str, object]:
    return {"path": file.path, "bytes": file.stored, "sha512": file.sha512}


def _capability(capability: ReviewedCapability) -> dict[str, object]:
    return {
        "part": capability.part,
        "capability": capability.path,
        "severity": capability.severity,
        "reason": capability.reason,
        "status": capability.status,
        "grant": capability.grant or None,
        "used": capability.used,
        "uncertain": capability.uncertain,
        "place": None if capability.place is None else _place(capability.place),
    }


def _place(place: Place) -> dict[str, object]:
    return {
        "file": place.file,
        "line": place.position.line if place.position else None,
        "column": place.position.column if place.position else None,
        "frame": place.frame or None,
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    return {
        "against": comparison.against,
        "bytesBefore": comparison.size_before,
        **comparison.difference.to_dict(),
    }
