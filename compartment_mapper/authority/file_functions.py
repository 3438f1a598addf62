"""Functions of ``fs`` that reach a file by its path, by what they do with it.

The names are those of ``fs/promises``, without ``Sync``. Functions that open a file with given
flags, and those with several paths, are in neither list.
"""

from __future__ import annotations

#: The builtins that have them.
FILE_MODULES = frozenset({"fs", "fs/promises"})

READING = frozenset(
    "access createReadStream exists glob lstat openAsBlob opendir readFile readdir readlink "
    "realpath stat statfs unwatchFile watch watchFile".split()
)
WRITING = frozenset(
    "appendFile chmod chown lchmod lchown lutimes mkdir mkdtemp rmdir truncate unlink utimes "
    "writeFile".split()
)
