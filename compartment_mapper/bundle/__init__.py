"""From an entry to an archive or a script: load, link, compile and pack an application."""
