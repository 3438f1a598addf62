// The audit of reachable objects: `node audit/audit.mjs [--update] [--grant PART:PATH] [--list]`. See
// docs/reachability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { archive, cjs, to } from '../test/archive.js';
import { run } from '../test/application.js';

const here = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), 'utf8');

const table = JSON.parse(here('../../compartment_mapper/authority/authority.json'));

/** @param {'globals' | 'builtins'} part */
export const harmless = (part) =>
  Object.entries(table[part]).flatMap(([path, { severity }]) =>
    severity === 'harmless' ? [path] : [],
  );

const MARK = '\u0001audit:';

/**
 * @param {{ globals?: string[], builtins?: string[], deep?: number, hardens?: boolean, alone?: boolean, thread?: boolean }} grants in
 *   addition to harmless capabilities; `hardens: false`: without the runtime's hardening; `alone: true`: without
 *   harmless capabilities, whose grants harden more objects; `thread: true`: in a thread that a package started
 * @returns {{ lines: Array<[string, string, boolean, boolean]>, loose: string[], handles: string[], foreign: string[], failed: string[], reached: number }}
 */
export const audit = ({
  globals = [],
  builtins = [],
  deep = 2,
  hardens = true,
  alone = false,
  thread = false,
} = {}) => {
  const granted = {
    globals: [...(alone ? ['setTimeout'] : harmless('globals')), ...globals],
    builtins: [...(alone ? [] : harmless('builtins')), ...builtins],
  };
  const names = [...new Set(granted.builtins.map((path) => path.split('.')[0] ?? ''))];
  const policy = {
    packages: { helper: true },
    globals: Object.fromEntries(granted.globals.map((path) => [path, true])),
    builtins: Object.fromEntries(granted.builtins.map((path) => [path, true])),
  };
  const freely = [...new Set(granted.globals.map((path) => path.split('.')[0] ?? ''))];
  const walked =
    `${process.env['AUDIT_DEBUG'] ? 'globalThis.AUDIT_DEBUG = true;' : ''}${here('./walk.cjs')}
    const roots = { ${freely.map((name) => `get ${name}() { return globalThis.${name} }`).join(', ')} };
    const builtins = ${JSON.stringify(names)}; const failed = [];
    module.exports = async () => { module.exports.failed = failed;
      const all = {};
      for (const name of Object.keys(roots)) if (roots[name] !== undefined) all[name] = roots[name];
      for (const name of builtins) { try { all['node:' + name] = require(name) } catch (error) { failed.push(name + ': ' + error.message) } }
      all.module = module; all.require = require;
      return exports.walk(all, { deep: ${deep} });
    };`
      .replaceAll('exports.walk = ', 'const walkAll = ')
      .replaceAll('exports.walk(', 'walkAll(');
  const exits = Object.fromEntries(names.map((name) => [name, { exit: name }]));
  const source = cjs(walked, { hostNames: freely });
  const app = cjs(
    `${here('./compare.cjs')}
    const compare = module.exports;
    for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => undefined);
    compare(require('one'), require('two'), (result) => { process.stdout.write(${JSON.stringify(MARK)} + JSON.stringify(result) + '\\n', () => process.exit(0)) });`,
    { hostNames: ['process', 'console'] },
  );
  const bytes = archive(
    {
      'app-v1': {
        policy: {
          packages: 'any',
          globals: {
            console: true,
            process: true,
            'process.exit': true,
            setTimeout: true,
            Buffer: true,
          },
          builtins: {},
          options: { scopes: { builtins: { 'worker_threads.Worker': { modules: 'own' } } } },
        },
        modules: {
          './main.js': thread
            ? cjs("new (require('worker_threads').Worker)('/app-v1/walk.js');")
            : app,
          './walk.js': app,
          worker_threads: { exit: 'worker_threads' },
          one: to('one-v1', './index.js'),
          two: to('two-v1', './index.js'),
        },
      },
      'one-v1': { policy, modules: { './index.js': source, ...exits } },
      'two-v1': { policy, modules: { './index.js': source, ...exits } },
    },
    {},
  );
  if (process.env['AUDIT_KEEP']) writeFileSync(process.env['AUDIT_KEEP'], bytes);
  const flags = hardens ? [] : ['--allow-all'];
  const { stdout, stderr, status, signal } = run(bytes, { flags, env: { NODE_NO_WARNINGS: '1' } });
  const at = stdout.lastIndexOf(MARK);
  if (at < 0)
    throw new Error(stderr.slice(0, 1500) || `${stdout.slice(-500)} status ${status} ${signal}`);
  return JSON.parse(stdout.slice(at + MARK.length));
};

const MAJOR = process.versions.node.split('.')[0];
const LIST = new URL(`../../tests/reachable/node-${MAJOR}.txt`, import.meta.url);

/** @param {'globals' | 'builtins'} part capabilities that inference can grant as a whole */
const grantable = (part) =>
  Object.entries(table[part]).flatMap(([path, { severity }]) =>
    ['low', 'medium', 'high'].includes(severity) && !path.includes('.') && !path.includes('*')
      ? [path]
      : [],
  );

/** @typedef {{ title: string, found: ReturnType<typeof audit>, lines: string[] }} Section */

/**
 * @param {ReturnType<typeof audit>} found
 * @returns {string[]} objects that packages share or that belong to the host; others belong to the package
 */
const reviewed = ({ lines }) => [
  ...new Set(
    lines
      .filter(([, , shared, native]) => shared || native)
      .map(([way, kind, , native]) => `${way} ${native ? 'native ' : ''}${kind}`),
  ),
];

/** @returns {Section[]} reachable objects without a grant, and the additional ones of each grant */
export const auditAll = () => {
  const found = audit({});
  const base = { title: 'without a grant', found, lines: reviewed(found) };
  const shallow = new Set(reviewed(audit({ deep: 0 })));
  const granted = /** @type {const} */ (['builtins', 'globals']).flatMap((part) =>
    grantable(part).map((path) => {
      const found = audit({ [part]: [path], deep: 0 });
      const lines = reviewed(found).filter((line) => !shallow.has(line));
      return { title: `${part} ${path}`, found, lines };
    }),
  );
  const inThread = audit({ thread: true });
  const known = new Set(base.lines);
  const more = reviewed(inThread).filter((line) => !known.has(line));
  return [base, { title: 'in a thread', found: inThread, lines: more }, ...granted];
};

/**
 * @param {string[]} lines
 * @returns {string[]} a line for each object with its members
 */
const folded = (lines) => {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const line of [...lines].sort()) {
    const way = line.slice(0, line.lastIndexOf(' ') - (line.includes(' native ') ? 7 : 0));
    const dot = way.lastIndexOf('.');
    const holder = dot < 0 ? '' : way.slice(0, dot);
    const group = groups.get(holder) ?? [];
    group.push(line.slice(dot + 1));
    groups.set(holder, group);
  }
  return [...groups].map(([holder, members]) => `${holder} | ${members.join(' | ')}`);
};

/** @param {Section[]} sections */
const textOf = (sections) =>
  sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => `# ${title}\n${folded(lines).join('\n')}\n`)
    .join('\n');

/** @returns {Map<string, string[]>} lines of the committed list by title */
export const committed = () =>
  new Map(
    readFileSync(LIST, 'utf8')
      .split(/^# /m)
      .slice(1)
      .map((section) => {
        const [title = '', ...lines] = section.split('\n');
        return [title, lines.filter(Boolean)];
      }),
  );

/** @param {Section} section */
export const foldedLines = ({ lines }) => folded(lines);

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const grant = process.argv.flatMap((arg, index, all) =>
    all[index - 1] === '--grant' ? [arg] : [],
  );
  if (process.argv.includes('--update')) writeFileSync(LIST, textOf(auditAll()));
  else {
    const of = (/** @type {string} */ part) =>
      grant.flatMap((text) => (text.startsWith(`${part}:`) ? [text.slice(part.length + 1)] : []));
    const found = audit({
      ...{ globals: of('globals'), builtins: of('builtins') },
      deep: grant.length > 0 ? 0 : 2,
    });
    const { lines, loose, handles, foreign, reached, failed } = found;
    if (process.argv.includes('--list')) console.log(reviewed(found).join('\n'));
    console.log(
      [...failed, ...loose, ...foreign.map((way) => `${way}: shared by all packages`)].join('\n'),
    );
    const shared = lines.filter(([, , shared]) => shared).length;
    console.log(
      `${reached} reached, ${shared} shared, ${loose.length} loose, ${handles.length} handles`,
    );
  }
}
