"""``python -m compartment_mapper``."""

from __future__ import annotations

from compartment_mapper.cli import main

if __name__ == "__main__":
    main(prog_name="compartment-mapper")
