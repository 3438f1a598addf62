"""The configuration of a project: option values in compartment-mapper.toml or package.json."""
