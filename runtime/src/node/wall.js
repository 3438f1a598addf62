// Node's permission model is the second layer of isolation around the compartments: its options grant the union of
// the capabilities of all packages. This module hides it from the program.

const OF_WALL = /^--(?:permission$|allow-|disable-warning=SecurityWarning$)/;
const WARNING = /^The flag --allow-[\w-]+ must be used with extreme caution/;

/** Suppresses Node's warnings about intended grants, which it emits on the first tick. */
const withoutWarnings = () => {
  const host = /** @type {any} */ (process);
  const { emit } = host;
  const own = (/** @type {unknown[]} */ ...args) => {
    const [event, warning] = /** @type {[string, Error]} */ (args);
    if (event === 'warning' && warning.name === 'SecurityWarning' && WARNING.test(warning.message))
      return true;
    return Reflect.apply(emit, host, args);
  };
  host.emit = own;
  process.nextTick(() => {
    if (host.emit === own) delete host.emit;
  });
};

/** @returns {boolean} whether the permission model is active */
export const hideWall = () => {
  const { execArgv } = process;
  if (!execArgv.includes('--permission')) return false;
  // Node passes the options in `execArgv` on to child processes.
  process.execArgv = execArgv.filter((option) => !OF_WALL.test(option));
  withoutWarnings();
  return true;
};
