"""Format the JavaScript of the runtime, with the Node of the virtual environment.

Usage: .venv/bin/python scripts/prettier.py [FILE]…
Without a file, everything below ``runtime/`` is only checked.
"""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, install_locked, node_folder

_RUNTIME = ROOT / "runtime"


def main() -> None:
    """Run prettier, and pass on its status."""
    install_locked(_RUNTIME)
    prettier = _RUNTIME / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    files = [str((ROOT / name).resolve()) for name in sys.argv[1:]]
    arguments = ["--write", "--ignore-unknown", *files] if files else ["--check", "."]
    command = [str(node_folder() / "node"), str(prettier), *arguments]
    sys.exit(subprocess.run(command, cwd=_RUNTIME, check=False).returncode)


if __name__ == "__main__":
    main()
