"""Access to the host: files, processes, and services that run in Node."""
