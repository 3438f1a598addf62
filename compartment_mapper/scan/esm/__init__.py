"""ECMAScript modules: entries, bindings, early errors, and the functor that a module becomes."""
