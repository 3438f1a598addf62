"""ECMAScript modules: entries, bindings, early errors, and functors."""
