"""An archive of one module, for sandboxes to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from command_line import write


def packed(folder: Path, text: str, *grants: str) -> Path:
    """Return an archive with the entry source *text* and the grants *grants*."""
    write(folder, {"package.json": json.dumps({"name": "app", "type": "module"}), "main.js": text})
    done = subprocess.run(
        [
            *(sys.executable, "-m", "compartment_mapper", "bundle", "main.js", "-o", "app.zip"),
            *(part for grant in grants for part in ("--grant", f"$root$:{grant}")),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "app.zip"
