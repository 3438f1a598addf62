"""Reviews of applications in memory, and one with names that attack the output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from support import bundled, package

from compartment_mapper.archive.reader import unpack
from compartment_mapper.bundle.application import Options
from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.report.collect import (
    BuiltApplication,
    review_of_application,
    review_of_archive,
)
from compartment_mapper.report.model import (
    Review,
    ReviewedCapability,
    ReviewedFile,
    ReviewedPackage,
)
from compartment_mapper.report.places import SourceRoot
from compartment_mapper.text import Position

VERSION = "1.2.3"
HERE = SourceRoot(prefix="", fallback="package.json")
INFERRED = Options(infer=True, enforces=False)

FILES: Mapping[str, str] = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1", "@s/b": "1"}),
    "main.js": "require('a');\nrequire('./lib/x');\nconsole.log(process.env.HOME);\n",
    "lib/x.js": "\nrequire('@s/b');\n",
    "node_modules/a/package.json": package(name="a", version="2.0.0", dependencies={"c": "1"}),
    "node_modules/a/index.js": "const fs = require('fs');\nfetch(fs.readFileSync('x'));\nrequire('c');\n",
    "node_modules/@s/b/package.json": package(
        name="@s/b", version="3.0.0", dependencies={"c": "1"}
    ),
    "node_modules/@s/b/index.js": "process.binding('fs');\nimport('c');\n",
    "node_modules/c/package.json": package(name="c", version="0.1.0"),
    "node_modules/c/index.js": "process.stdout.write('');\n",
}

#: Ends scripts, comments, lines and quotes; changes the direction of text.
HOSTILE = "</script><!--<script>alert(1)//\u2028\u202e\"'`|\n::error::%0A&lt;"


def reviewed(files: Mapping[str, str] = FILES, *, options: Options = INFERRED) -> Review:
    """Return the review of the application of *files* with ``main.js``."""
    made = bundled(files, options=options)
    application = made.application
    built = BuiltApplication(
        scanned=application.scanned,
        policy=application.policy,
        map=made.map,
        sizes=made.sizes,
        sha512=made.sha512,
        problems=application.warnings,
    )
    return review_of_application(built, target="main.js", tool_version=VERSION)


def reviewed_archive(files: Mapping[str, str] = FILES, *, options: Options = INFERRED) -> Review:
    """Return the review of the archive of *files*."""
    archive = unpack(bundled(files, options=options).content)
    return review_of_archive(archive, target="app.zip", tool_version=VERSION)


def hostile_review() -> Review:
    """Return a review in which every string that packages choose is `HOSTILE`."""
    name = CanonicalName(HOSTILE)
    capability = ReviewedCapability(
        package=name,
        part="globals",
        path=HOSTILE,
        severity="high",
        reason="reaches the network",
        status="granted",
        used=True,
        place=Place(file=HOSTILE, position=Position(3, 4), frame=HOSTILE),
    )
    file = ReviewedFile(name=HOSTILE, path=HOSTILE, size=5, stored=5, sha512="0" * 128)
    own = ReviewedPackage(
        canonical_name=name,
        name=HOSTILE,
        version=HOSTILE,
        compartment=HOSTILE,
        files=(file,),
        dependencies=(),
        dependents=(),
        harden=False,
        capabilities=(capability, replace(capability, status="denied", part="builtins")),
        leak=(capability, capability),
    )
    return Review(
        kind="source",
        target=HOSTILE,
        sha512="0" * 128,
        entries=(HOSTILE,),
        packages=(own,),
        policy=Policy(entry=PackagePolicy(), resources={}),
        tool_version=VERSION,
    )
