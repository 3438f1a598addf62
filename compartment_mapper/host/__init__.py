"""Everything that touches the machine: files, processes, and services that run in Node."""
