"""The catalogue of problems: one factory for each, `docs/errors.md` has each code.

``errors.entry_not_found(path)`` makes a `Diagnostic`; the modules below have them by subject.
"""

# What a subject adds is in the catalogue: a list here would be one more place to forget.
from compartment_mapper.errors.application import *  # noqa: F403 - as above
from compartment_mapper.errors.diagnostic import *  # noqa: F403 - as above
from compartment_mapper.errors.environment import *  # noqa: F403 - as above
from compartment_mapper.errors.modules import *  # noqa: F403 - as above
from compartment_mapper.errors.policies import *  # noqa: F403 - as above
