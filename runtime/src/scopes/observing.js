// `run --audit`: records the hosts, files and programs that a package uses with an unrestricted grant, as the scope that
// would be enough.
import { noted } from '../audit/report.js';
import { scopeKind, scopedMembers } from '../policy/scopes.js';
import { accessOf } from '../taming/fs-open.js';
import { METHODS, resolutionOf } from '../taming/tame-fs.js';
import { connectOptionsOf } from './connections.js';
import { hostOf } from '../policy/host-patterns.js';
import { requestOf } from './requests.js';
import { withPort } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Granted } from '../policy/policy.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { Load } from './connections.js' */

const { URL } = globalThis;

/** @typedef {Record<string, string[]>} Used a scope: `{ hosts: ['example.org'] }` */

/**
 * @param {unknown} requested
 * @param {unknown} port
 * @returns {Used | undefined}
 */
const atHost = (requested, port) => {
  const host = hostOf(requested);
  if (host === undefined) return undefined;
  const isUsual = port === undefined || [80, 443].includes(Number(port));
  return { hosts: [isUsual ? host.name : withPort(host.name, `${port}`)] };
};

/**
 * @param {unknown} requested
 * @returns {Used | undefined}
 */
const atUrl = (requested) => {
  const href = /** @type {any} */ (requested)?.url ?? `${requested}`;
  if (!URL.canParse(href)) return undefined;
  const { protocol, hostname, port } = new URL(href);
  return /^(?:https?|wss?):$/.test(protocol) ? atHost(hostname, port || undefined) : undefined;
};

// Functions of `fs` that only read, besides those in METHODS.
const READS = ['createReadStream', 'exists', 'readFile', 'FileReadStream', 'ReadStream'];

/**
 * @param {string} name of a function of `fs`
 * @param {unknown[]} args
 * @param {AnyObject} fs
 * @param {string} cwd
 * @returns {Used | undefined}
 */
const atPaths = (name, args, fs, cwd) => {
  const resolution = resolutionOf(fs);
  const shown = (/** @type {unknown} */ value, isThere = false) => {
    const path = resolution?.resolve(value);
    // Files of the archive are not on the disk.
    if (path === undefined || path === '/' || (isThere && !resolution?.exists(path))) return [];
    const text = Buffer.from(path, 'latin1').toString();
    return [text.startsWith(`${cwd}/`) ? `.${text.slice(cwd.length)}` : text];
  };
  const [first, second] = args;
  if (typeof first === 'number') return undefined;
  const base = name.replace(/Sync$/, '');
  const { paths, access } = METHODS[base] ?? {
    paths: 1,
    access:
      base === 'open'
        ? accessOf(typeof second === 'function' ? undefined : second, fs['constants'])
        : READS.includes(base)
          ? 'read'
          : 'write',
  };
  if (paths === 1) return { [access]: shown(first, access === 'read') };
  return base === 'copyFile'
    ? { read: shown(first, true), write: shown(second) }
    : { write: [...shown(first), ...shown(second)] };
};

/**
 * @param {Package} pkg
 * @param {Load} load
 * @param {string} builtin
 * @param {string} member
 * @param {unknown[]} args
 * @returns {Used | undefined} undefined: unknown
 */
const usedBy = (pkg, load, builtin, member, args) => {
  const name = member.replace(/^promises\./, '');
  if (builtin === 'http' || builtin === 'https') {
    const { options } = requestOf(args, load('url'));
    const port = options['port'] || options['defaultPort'] || undefined;
    return atHost(options['hostname'] || options['host'] || 'localhost', port);
  }
  if (builtin === 'http2') return atUrl(args[0]);
  if (builtin === 'net' || builtin === 'tls') {
    const { host = 'localhost', port } = connectOptionsOf(args);
    return port === undefined ? undefined : atHost(host, port);
  }
  if (builtin.startsWith('dns')) return atHost(args[0], undefined);
  if (builtin === 'child_process') return { programs: [`${args[0]}`] };
  const { anchors } = pkg.application.powers;
  return anchors && atPaths(name, args, load('fs'), anchors().cwd);
};

/**
 * @param {Function} original
 * @param {(args: unknown[]) => void} note
 * @returns {Function} the same; what it records must not change what it does
 */
const observed = (original, note) =>
  noted(original, (args) => {
    try {
      note(args);
    } catch {
      // Node reports wrong arguments.
    }
  });

const NOT_CALLED = ['Agent', 'globalAgent', 'promises', 'Socket', 'Stream', 'createSocket'];

/**
 * @param {Package} pkg under `--audit`
 * @param {string} builtin
 * @param {AnyObject} view of the package
 * @param {Granted} granted
 * @param {Load} load
 * @returns {Map<string, unknown>} members that record what they are used for, by path
 */
export const observedMembers = (pkg, builtin, view, granted, load) => {
  /** @type {Map<string, unknown>} */
  const found = new Map();
  const kind = scopeKind('builtins', builtin);
  if (kind === undefined) return found;
  const nested = scopedMembers(kind, `${builtin}/promises`).map((name) => `promises.${name}`);
  for (const member of [...scopedMembers(kind, builtin), ...nested]) {
    const [head = '', inner] = member.split('.');
    const below = granted.members.get(head);
    const isGranted =
      below === undefined
        ? granted.whole
        : (inner && below.members.get(inner)?.whole) || below.whole;
    const value = inner === undefined ? view[head] : view[head]?.[inner];
    if (!isGranted || NOT_CALLED.includes(member) || typeof value !== 'function') continue;
    const isWhole = granted.whole && !granted.members.has(head);
    const path = isWhole ? builtin : `${builtin}.${member}`;
    const note = (/** @type {unknown[]} */ args) => {
      const used = usedBy(pkg, load, builtin, member, args);
      if (used !== undefined && Object.values(used).some((list) => list.length > 0))
        pkg.application.audit?.use(pkg.label, 'builtins', path, used);
    };
    found.set(member, observed(value, note));
  }
  return found;
};

/**
 * @param {Package} pkg under `--audit`
 * @param {string} name of a global
 * @param {unknown} original
 * @returns {unknown}
 */
export const observedGlobal = (pkg, name, original) => {
  if (scopeKind('globals', name) === undefined || typeof original !== 'function') return original;
  return observed(original, ([url]) => {
    const used = atUrl(url);
    if (used !== undefined) pkg.application.audit?.use(pkg.label, 'globals', name, used);
  });
};
