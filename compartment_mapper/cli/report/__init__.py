"""``report``: write the review of an application, in formats for people and tools."""
