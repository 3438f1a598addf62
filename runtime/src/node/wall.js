// Behind the compartments stands a second wall: Node's permission model, whose options say what the packages together
// may do. A program is to see nothing of it.

const OF_WALL = /^--(?:permission$|allow-|disable-warning=SecurityWarning$)/;
const WARNING = /^The flag --allow-[\w-]+ must be used with extreme caution/;

/** Node warns of what packages were granted, as if it were not meant so; the warning comes with the first tick. */
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

/** @returns {boolean} whether this process stands behind one */
export const hideWall = () => {
  const { execArgv } = process;
  if (!execArgv.includes('--permission')) return false;
  // Node hands these on to the processes that a program starts, as far as they are seen here.
  process.execArgv = execArgv.filter((option) => !OF_WALL.test(option));
  withoutWarnings();
  return true;
};
