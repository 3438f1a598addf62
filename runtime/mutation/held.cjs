// Before all else in each process: the runtime freezes what globals hold, and Stryker counts in one of them. What an
// accessor gives is not frozen with it.
'use strict';

let held;
Object.defineProperty(globalThis, '__stryker__', {
  get: () => held,
  set: (value) => {
    held = value;
  },
  configurable: true,
});
