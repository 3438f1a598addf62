// The audit of what can be reached: `node audit/audit.mjs [--update] [--grant PART:PATH] [--list]`. See docs/reachability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { archive, cjs, to } from '../test/archive.js';
import { run } from '../test/world.js';

const here = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), 'utf8');

const table = JSON.parse(here('../../compartment_mapper/authority.json'));

/** @param {'globals' | 'builtins'} part */
export const harmless = (part) =>
  Object.entries(table[part]).flatMap(([path, { severity }]) => (severity === 'harmless' ? [path] : []));

const MARK = '\u0001audit:';

/**
 * @param {{ globals?: string[], builtins?: string[], deep?: number, flags?: string[] }} grants beside what is harmless
 * @returns {{ lines: Array<[string, string, boolean, boolean]>, loose: string[], handles: string[], foreign: string[], reached: number }}
 */
export const audit = ({ globals = [], builtins = [], deep = 2 } = {}) => {
  const granted = {
    globals: [...harmless('globals'), ...globals],
    builtins: [...harmless('builtins'), ...builtins],
  };
  const names = [...new Set(granted.builtins.map((path) => path.split('.')[0] ?? ''))];
  const policy = {
    packages: { helper: true },
    globals: Object.fromEntries(granted.globals.map((path) => [path, true])),
    builtins: Object.fromEntries(granted.builtins.map((path) => [path, true])),
  };
  const freely = [...new Set(granted.globals.map((path) => path.split('.')[0] ?? ''))];
  const walked = `${process.env['AUDIT_DEBUG'] ? 'globalThis.AUDIT_DEBUG = true;' : ''}${here('./walk.cjs')}
    const roots = { ${freely.map((name) => `get ${name}() { return globalThis.${name} }`).join(', ')} };
    const builtins = ${JSON.stringify(names)}; const failed = [];
    module.exports = async () => { module.exports.failed = failed;
      const all = {};
      for (const name of Object.keys(roots)) if (roots[name] !== undefined) all[name] = roots[name];
      for (const name of builtins) { try { all['node:' + name] = require(name) } catch (error) { failed.push(name + ': ' + error.message) } }
      all.module = module; all.require = require;
      return exports.walk(all, { deep: ${deep} });
    };`.replaceAll('exports.walk = ', 'const walkAll = ').replaceAll('exports.walk(', 'walkAll(');
  const exits = Object.fromEntries(names.map((name) => [name, { exit: name }]));
  const source = cjs(walked, { names: { hostNames: freely } });
  const app = cjs(`${here('./compare.cjs')}
    const compare = module.exports;
    compare(require('one'), require('two'), (result) => { process.stdout.write(${JSON.stringify(MARK)} + JSON.stringify(result) + '\\n', () => process.exit(0)) });`,
    { names: { hostNames: ['process', 'console'] } });
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: 'any', globals: { console: true, process: true, 'process.exit': true, setTimeout: true, Buffer: true }, builtins: {} },
        modules: { './main.js': app, one: to('one-v1', './index.js'), two: to('two-v1', './index.js') },
      },
      'one-v1': { policy, modules: { './index.js': source, ...exits } },
      'two-v1': { policy, modules: { './index.js': source, ...exits } },
    },
    {},
  );
  if (process.env['AUDIT_KEEP']) writeFileSync(process.env['AUDIT_KEEP'], bytes);
  const { stdout, stderr, status, signal } = run(bytes, { env: { NODE_NO_WARNINGS: '1' } });
  const at = stdout.lastIndexOf(MARK);
  if (at < 0) throw new Error(stderr.slice(0, 1500) || `${stdout.slice(-500)} status ${status} ${signal}`);
  return JSON.parse(stdout.slice(at + MARK.length));
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const grant = process.argv.flatMap((arg, index, all) => (all[index - 1] === '--grant' ? [arg] : []));
  const of = (/** @type {string} */ part) => grant.flatMap((text) => (text.startsWith(`${part}:`) ? [text.slice(part.length + 1)] : []));
  const { lines, loose, handles, foreign, reached, failed } = audit({ globals: of('globals'), builtins: of('builtins'), deep: grant.length > 0 ? 0 : 2 });
  if (process.argv.includes('--list')) for (const line of lines) console.log(line.join(' '));
  console.log([...failed, ...loose, ...foreign.map((way) => `${way}: is of all`)].join('\n'));
  console.log(`${reached} reached, ${lines.filter(([, , shared]) => shared).length} shared, ${loose.length} loose, ${handles.length} handles, ${lines.filter(([, , , host]) => host).length} native`);
}
