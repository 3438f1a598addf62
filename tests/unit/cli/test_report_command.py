"""``report``: its formats as files and on standard output, its inputs, and bad input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import invoke, refused
from support import package


def test_a_page_is_written_with_a_summary(app: Path) -> None:
    result = invoke("report", "main.js", "-o", "report.html")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("report.html: 2 packages, 3 modules, ")
    assert "1 capability denied (1 high)" in result.stdout
    assert (app / "report.html").read_text().startswith("<!doctype html>")


def test_an_archive_is_reviewed_without_its_sources(app: Path) -> None:
    assert invoke("bundle", "main.js", "-o", "app.zip", "--infer").exit_code == 0
    (app / "main.js").unlink()

    result = invoke("report", "app.zip", "--format", "json")

    found = json.loads(result.stdout)
    assert (found["kind"], found["target"]) == ("archive", "app.zip")
    assert found["summary"]["granted"] == {"high": 1}


@pytest.mark.parametrize("form", ["markdown", "sarif", "github", "cyclonedx", "metafile", "json"])
def test_formats_go_to_standard_output(app: Path, form: str) -> None:
    result = invoke("report", str(app / "main.js"), "--infer", "--format", form)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("\n")
    if form not in {"markdown", "github"}:
        assert isinstance(json.loads(result.stdout), dict)


def test_annotations_begin_at_severity_high(app: Path) -> None:
    (app / "main.js").write_text("process.env.HOME;\nrequire('a');\n")

    usual = invoke("report", "main.js", "--infer", "--format", "github").stdout
    every = invoke(
        "report", "main.js", "--infer", "--format", "github", "--min-severity", "low"
    ).stdout

    assert (len(usual.splitlines()), len(every.splitlines())) == (1, 2)
    assert usual.startswith("::warning title=compartment-mapper%3A global/fetch,file=")


def test_places_are_relative_to_the_repository(app: Path) -> None:
    (app.parent / ".git").mkdir()

    found = invoke("report", "main.js", "--infer", "--format", "github").stdout

    assert ",file=app/node_modules/a/index.js,line=2,col=1::" in found


def test_uses_that_a_policy_does_not_cover_are_denied(app: Path) -> None:
    (app / "compartment-policy.json").write_text('{"entry": {"globals": {"console": true}}}')

    result = invoke("report", "main.js", "--format", "json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["summary"]["denied"] == {"high": 1}


def test_another_version_than_in_the_policy_is_a_warning(app: Path) -> None:
    policy = '{"entry": {}, "resources": {"a": {"version": "1.0.0", "globals": {"fetch": true}}}}'
    (app / "compartment-policy.json").write_text(policy)

    found = json.loads(invoke("report", "main.js", "--format", "json").stdout)

    assert [problem["code"] for problem in found["problems"]] == ["POLICY_STALE"]


def test_changes_since_an_archive_and_since_a_policy(app: Path) -> None:
    assert invoke("bundle", "main.js", "-o", "old.zip", "--infer").exit_code == 0
    assert invoke("policy", "infer", "main.js").exit_code == 0
    (app / "node_modules/a/index.js").write_text("fetch('/');\nrequire('fs').readFileSync('x');\n")

    for other in ("old.zip", "compartment-policy.json"):
        result = invoke("report", "main.js", "--infer", "-o", "r.md", "--format", "markdown",
                        "--against", other)  # fmt: skip
        assert result.exit_code == 0, result.output
        assert f"since {other}: 1 capability added (1 high)" in result.stdout
        text = (app / "r.md").read_text()
        assert "| **added** | high | `a` | builtin `fs.readFileSync`" in text


def test_packages_and_severities_are_chosen(app: Path) -> None:
    result = invoke("report", "main.js", "--infer", "--format", "json", "--package", "a",
                    "--min-severity", "critical")  # fmt: skip

    (only,) = json.loads(result.stdout)["packages"]
    assert (only["canonicalName"], only["capabilities"]) == ("a", [])


def test_json_describes_the_written_file(app: Path) -> None:
    result = invoke("report", "main.js", "-o", "r.html", "--json")

    found = json.loads(result.stdout)
    assert found["report"] == "r.html"
    assert found["bytes"] == (app / "r.html").stat().st_size
    assert found["denied"] == {"high": 1}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("missing.js", "-o", "r.html"), "ENTRY_NOT_FOUND", id="no-entry"),
        pytest.param(("missing.zip", "-o", "r.html"), "CANNOT_READ", id="no-archive"),
        pytest.param(("bad.zip", "-o", "r.html"), "INVALID_ARCHIVE", id="bad-archive"),
        pytest.param(("main.js", "-o", "package.json"), "CANNOT_WRITE", id="package-json"),
        pytest.param(
            ("main.js", "-o", "compartment-mapper.toml"), "CANNOT_WRITE", id="configuration"
        ),
        pytest.param(("main.js", "-o", "main.js"), "CANNOT_WRITE", id="a-script"),
        pytest.param(("main.js", "-o", "data.txt", "--asset", "data.txt"), "CANNOT_WRITE", id="an-input"),
        pytest.param(("main.js", "-o", "old.json", "--against", "old.json"), "CANNOT_WRITE", id="the-other"),
        pytest.param(("main.js", "-o", "."), "CANNOT_WRITE", id="a-folder"),
        pytest.param(("main.js", "-o", "no/r.html"), "CANNOT_WRITE", id="no-folder"),
        pytest.param(("main.js", "-o", "r.html", "--against", "none.json"), "CANNOT_READ", id="no-other"),
        pytest.param(("main.js", "-o", "r.html", "--against", "main.js"), "INVALID_POLICY", id="other-is-no-policy"),
        pytest.param(("main.js", "-o", "r.html", "--package", "b"), "UNKNOWN_PACKAGE", id="no-package"),
    ],
)  # fmt: skip
def test_bad_input_is_reported_and_nothing_written(
    app: Path, arguments: tuple[str, ...], code: str
) -> None:
    (app / "bad.zip").write_bytes(b"PK\x03\x04")
    (app / "data.txt").write_text("x")
    (app / "old.json").write_text('{"entry": {}, "resources": {}}')
    before = {path: path.read_bytes() for path in app.rglob("*") if path.is_file()}

    assert f"[{code}]" in refused("report", *arguments)

    after = {path: path.read_bytes() for path in app.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("main.js",), "add -o report.html"),
        (("main.js", "--format", "json", "--json"), "choose --format json"),
        (("app.zip", "--infer", "--format", "json"), "an archive carries its policy"),
        (
            ("main.js", "--min-severity", "bad", "-o", "r.html"),
            "Invalid value for '--min-severity'",
        ),
    ],
)
def test_conflicting_options_are_refused(
    app: Path, arguments: tuple[str, ...], message: str
) -> None:
    del app
    result = invoke("report", *arguments)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_missing_extra_is_named(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del app
    monkeypatch.delitem(sys.modules, "compartment_mapper.report.cyclonedx", raising=False)
    for name in [each for each in sys.modules if each.partition(".")[0] == "cyclonedx"]:
        monkeypatch.setitem(sys.modules, name, None)

    error = refused("report", "main.js", "--format", "cyclonedx")

    assert "[SBOM_NOT_INSTALLED]" in error
    assert "pip install 'compartment-mapper[sbom]'" in error


def test_names_that_are_no_unicode_are_written(app: Path) -> None:
    folder = app / "node_modules" / "a"
    (folder / "package.json").write_text(package(name="a", main="./b\udc80.js"))
    (folder / "b\udc80.js").write_text("fetch('/');")
    forms = ("markdown", "sarif", "github", "cyclonedx", "metafile", "json")

    for form in (*forms, "html"):
        result = invoke("report", "main.js", "--infer", "--format", form, "-o", f"r.{form}")
        assert result.exit_code in {0, 1}, result.output


def test_inspect_and_explain_have_the_same_filters(app: Path) -> None:
    (app / "node_modules/a/index.js").write_text("fetch('/');\nprocess.env.HOME;\nos = 1;\n")

    one = invoke("inspect", "main.js", "--infer", "--package", "a").stdout
    high = invoke("inspect", "main.js", "--infer", "--min-severity", "high", "--json").stdout
    code = invoke("policy", "explain", "a", "--entry", "main.js", "--min-severity", "high").stdout
    every = invoke("policy", "explain", "a", "--entry", "main.js").stdout

    assert one.startswith("1 package, 1 module, ")
    assert "2 capabilities granted (1 high, 1 medium)" in one.splitlines()[0]
    assert [each["globals"] for each in json.loads(high)["packages"]] == [[], ["fetch"]]
    assert "global fetch" in code
    assert "process.env" not in code
    assert "2 uses: 2 capabilities used (1 high, 1 medium)" in every
    assert "[UNKNOWN_PACKAGE]" in refused("inspect", "main.js", "--package", "b")
