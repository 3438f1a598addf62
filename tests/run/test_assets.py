"""Files of the application that only its user knows of."""

from __future__ import annotations

from pathlib import Path

from process import mapper


def test_an_asset_travels_in_the_archive(tmp_path: Path) -> None:
    project = tmp_path / "app"
    (project / "texts").mkdir(parents=True)
    (project / "package.json").write_text('{"name": "app"}')
    (project / "texts" / "one.txt").write_text("one")
    (project / "main.js").write_text(
        "const name = ['texts', 'one.txt'].join('/');\n"
        "const place = require('path').join(__dirname, name);\n"
        "console.log(require('fs').readFileSync(place, 'utf8'));\n"
    )
    archive = tmp_path / "app.zip"

    assert mapper("bundle", project / "main.js", "-o", archive).returncode == 0
    assert "ENOENT" in mapper("run", archive).stderr
    made = mapper("bundle", project / "main.js", "-o", archive, "--asset", "texts/*.txt")
    assert made.returncode == 0, made.stderr
    (project / "texts" / "one.txt").unlink()

    assert mapper("run", archive).stdout == "one\n"
