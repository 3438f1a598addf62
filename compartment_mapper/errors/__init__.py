"""The catalog of problems: one factory function each; `docs/errors.md` explains each code.

``errors.entry_not_found(path)`` returns a `Diagnostic`; the modules below are grouped by subject.
"""

# New factories join the catalog automatically, without a list to maintain here.
from compartment_mapper.errors.application import *  # noqa: F403 - as above
from compartment_mapper.errors.diagnostic import *  # noqa: F403 - as above
from compartment_mapper.errors.environment import *  # noqa: F403 - as above
from compartment_mapper.errors.modules import *  # noqa: F403 - as above
from compartment_mapper.errors.policies import *  # noqa: F403 - as above
