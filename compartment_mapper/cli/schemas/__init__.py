"""The JSON Schemas of the `--json` output of commands, one file each, and the output itself."""
