// `child_process` of packages whose grants list programs.
import { codedError } from '../base/errors.js';
import { allowsArguments, coversName } from '../policy/scopes.js';
import { childView, withPromises } from '../views/child-view.js';
import { refusal } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

/**
 * @param {Rule} rule
 * @param {string} what
 */
const refused = (rule, what) =>
  codedError(
    'ERR_ACCESS_DENIED',
    `package '${rule.pkg.label}' may not use ${what} with '${rule.path}': its grant lists programs`,
  );

// The package chooses the folder that a relative one starts at.
const isAbsolute = (/** @type {string} */ folder) => folder.startsWith('/');

/**
 * Looks the program up on the PATH of the process: that of the package's options could lead to another program.
 *
 * @param {string} program
 * @param {string} path
 * @param {AnyObject} fs
 * @returns {string} absolute, if there is such a program
 */
const located = (program, path, fs) => {
  if (program.includes('/')) return program;
  for (const folder of path.split(':').filter(isAbsolute)) {
    const candidate = `${folder}/${program}`;
    try {
      fs['accessSync'](candidate, fs['constants'].X_OK);
      if (fs['statSync'](candidate).isFile()) return candidate;
    } catch {
      // not in this folder
    }
  }
  return program; // Node reports that it does not exist
};

const STDIO = ['pipe', 'ignore', 'inherit', 'overlapped'];

/**
 * @param {Rule} rule
 * @param {unknown} stdio
 * @returns {unknown} a copy without streams and descriptors, which can be those of other packages
 */
const settledStdio = (rule, stdio) => {
  if (stdio === undefined || stdio === null) return undefined;
  const all = Array.isArray(stdio) ? [...stdio] : [stdio, stdio, stdio];
  for (const each of all) {
    const isFine =
      each === undefined || each === null || STDIO.includes(each) || [0, 1, 2].includes(each);
    if (!isFine)
      throw refused(rule, `${typeof each === 'object' ? 'a stream' : `'${each}'`} as 'stdio'`);
  }
  return all;
};

const OPTIONS = [
  ...['cwd', 'encoding', 'input', 'killSignal', 'maxBuffer', 'signal', 'timeout', 'windowsHide'],
  ...['serialization', 'detached'],
];

/**
 * @typedef {object} Started what Node is to start
 * @property {string} file
 * @property {string[]} args
 * @property {AnyObject} options
 * @property {string} program as the package named it
 *
 * @typedef {{ env: () => Record<string, string | undefined>, fs: AnyObject }} Host
 */

/**
 * @param {Rule} rule
 * @param {Host} host
 * @param {unknown[]} args of `spawn` or `execFile`, without a callback
 * @returns {Started}
 * @throws {Error} if the scope leaves the program or its arguments out
 */
const checked = (rule, { env, fs }, [requested, ...rest]) => {
  const program = `${requested}`;
  const { programs, args: patterns, env: names } = rule.scope;
  // Spread, because the list can have a `map` of its own.
  const listed = Array.isArray(rest[0]) ? [...rest[0]].map((arg) => `${arg}`) : [];
  const given = Object(
    Array.isArray(rest[0]) || rest[0] === undefined || rest[0] === null ? rest[1] : rest[0],
  );
  const [action, target] = ['start', program];
  if (!programs.includes(program))
    throw refusal(rule, { action, target, key: 'programs', entry: program });
  if (!allowsArguments(patterns, listed)) {
    const command = [program, ...listed].join(' ');
    throw refusal(rule, { action, target: command, key: 'args', entry: listed });
  }
  const { shell, argv0, uid, gid, stdio, env: ownEnv } = given;
  if (shell) throw refused(rule, "'shell'");
  for (const [name, value] of Object.entries({ argv0, uid, gid }))
    if (value !== undefined) throw refused(rule, `'${name}'`);
  const own = env();
  const source = ownEnv === undefined || ownEnv === null ? own : { ...ownEnv };
  const handed = Object.keys(source).filter((name) => names.some((one) => coversName(one, name)));
  const variables = Object.fromEntries(handed.map((name) => [name, `${source[name]}`]));
  const path = (own['PATH'] ?? '').split(':').filter(isAbsolute).join(':');
  /** @type {AnyObject} */
  const options = { env: { ...variables, PATH: path }, shell: false };
  for (const name of OPTIONS) if (given[name] !== undefined) options[name] = given[name];
  const settled = settledStdio(rule, stdio);
  if (settled !== undefined) options['stdio'] = settled;
  return { file: located(program, path, fs), args: listed, options, program };
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @param {() => Record<string, string | undefined>} env of the process
 * @returns {AnyObject} members of `child_process`
 */
export const restrictedProcesses = (rule, load, env) => {
  const processes = load('child_process');
  const host = { env, fs: load('fs') };
  const start = (/** @type {unknown[]} */ args) => checked(rule, host, args);
  const shown = (/** @type {AnyObject} */ real, /** @type {Started} */ started) =>
    childView(real, load('events'), load('stream'), { ...started, file: started.program });
  const spawn = (/** @type {unknown[]} */ ...args) => {
    const started = start(args);
    return shown(processes['spawn'](started.file, started.args, started.options), started);
  };
  const execFile = (/** @type {unknown[]} */ ...args) => {
    const done =
      typeof args.at(-1) === 'function' ? /** @type {Function} */ (args.at(-1)) : undefined;
    const started = start(done === undefined ? args : args.slice(0, -1));
    const { file, options } = started;
    const real = processes['execFile'](
      file,
      started.args,
      options,
      (/** @type {unknown[]} */ ...results) => done?.(...results),
    );
    return shown(real, started);
  };
  withPromises(execFile);
  const sync =
    (/** @type {string} */ name) =>
    (/** @type {unknown[]} */ ...args) => {
      const { file, args: listed, options } = start(args);
      return processes[name](file, listed, options);
    };
  return { spawn, execFile, spawnSync: sync('spawnSync'), execFileSync: sync('execFileSync') };
};
