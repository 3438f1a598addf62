"""Which globals, builtins and members of them a module uses, makes or changes."""
