"""CycloneDX 1.6: packages as components, with their capabilities as properties.

The official library, of the extra ``sbom``, makes it. It takes the time and a random number for its
own; both are replaced, so that equal reviews give equal files.
"""

from __future__ import annotations

import json
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from compartment_mapper.locations import ROOT_NAME
from compartment_mapper.report.model import (
    Review,
    ReviewedCapability,
    ReviewedFile,
    ReviewedPackage,
)
from compartment_mapper.text import without_surrogates

_NAMESPACE = "compartment-mapper"


def cyclonedx(review: Review) -> str:
    """Return the bill of materials of *review*."""
    components = {own.canonical_name: _component(own) for own in review.packages}
    root = components.get(ROOT_NAME)
    bom = Bom(components=[each for each in components.values() if each is not root])
    if root is not None:
        root.type = ComponentType.APPLICATION
        bom.metadata.component = root
    bom.metadata.tools = ToolRepository(components=[_tool(review.tool_version)])
    bom.metadata.properties.add(Property(name=f"{_NAMESPACE}:sha512", value=review.sha512))
    refs = {name: each.bom_ref for name, each in components.items()}
    for package in review.packages:
        targets = [refs[name] for name in package.dependencies if name in refs]
        own = Dependency(
            ref=refs[package.canonical_name],
            dependencies=[Dependency(ref=target) for target in sorted(targets, key=str)],
        )
        bom.dependencies.add(own)
    return _without_time_and_chance(JsonV1Dot6(bom).output_as_string())


def _without_time_and_chance(text: str) -> str:
    """Return the bill without its time, and with a serial number that follows from the rest."""
    found: dict[str, object] = json.loads(text)
    metadata = found["metadata"]
    assert isinstance(metadata, dict)
    del metadata["timestamp"], found["serialNumber"]
    serial = uuid5(NAMESPACE_URL, json.dumps(found, sort_keys=True))
    found["serialNumber"] = f"urn:uuid:{serial}"
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def _tool(version: str) -> Component:
    return Component(
        type=ComponentType.APPLICATION,
        name="compartment-mapper",
        version=version,
        bom_ref="tool",
    )


def _component(package: ReviewedPackage) -> Component:
    scope, _, name = package.name.rpartition("/")
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=BomRef(package.compartment),
        group=scope or None,
        name=name,
        version=package.version or None,
        purl=PackageURL("npm", scope or None, name, package.version or None),
        properties=_properties(package),
        components=[_file(file, package) for file in package.files],
    )


def _file(file: ReviewedFile, package: ReviewedPackage) -> Component:
    """Return a file, with the hash of its bytes in the archive."""
    return Component(
        type=ComponentType.FILE,
        name=_text(file.path),
        bom_ref=_text(f"{package.compartment}/{file.path}"),
        hashes=[HashType(alg=HashAlgorithm.SHA_512, content=file.sha512)],
    )


def _properties(package: ReviewedPackage) -> list[Property]:
    harden = {False: "none", True: "all", "code": "code"}[package.harden]
    found = [
        Property(name=f"{_NAMESPACE}:canonicalName", value=_text(package.canonical_name)),
        Property(name=f"{_NAMESPACE}:bytes", value=str(package.size)),
        Property(name=f"{_NAMESPACE}:hardenedExports", value=harden),
    ]
    found += [
        Property(name=f"{_NAMESPACE}:{each.status}:{each.severity}", value=_text(_described(each)))
        for each in package.capabilities
    ]
    if package.leak is not None:
        titles = ", ".join(each.title for each in package.leak)
        found.append(Property(name=f"{_NAMESPACE}:leak", value=_text(titles)))
    return found


def _described(capability: ReviewedCapability) -> str:
    details = f" ({capability.grant})" if capability.grant else ""
    return f"{capability.title}{details}"


def _text(name: str) -> str:
    """Return *name* without the parts of file names that are not Unicode."""
    return without_surrogates(name)
