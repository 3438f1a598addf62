// Which members of a builtin, and which globals, a package gets by its grants with a scope.
import { isDecidedBelow } from '../policy/policy.js';
import { plainMembers, scopedMembers } from '../policy/scopes.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { restrictedNet, restrictedTls } from './connections.js';
import { restrictedDatagrams } from './datagrams.js';
import { restrictedClass, restrictedFetch, restrictedPageFetch } from './fetch.js';
import { restrictedFiles } from './files.js';
import { restrictedNames } from './names.js';
import { clusterFor } from '../threads/cluster.js';
import { processStarters } from '../threads/fork-sync.js';
import { makePageWorkerClass } from '../threads/page-worker.js';
import { makeWorkerClass } from '../threads/worker.js';
import { restrictedProcesses } from './processes.js';
import { restrictedHttp, restrictedHttp2, restrictedHttps } from './requests.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Scope } from '../policy/scopes.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

/**
 * @param {Package} pkg
 * @returns {Load}
 */
const loaderOf =
  ({ application }) =>
  (name) =>
    /** @type {AnyObject} */ (sharedBuiltin(application, name));

/**
 * @typedef {object} FileView functions of `fs` for the package's own files and for those of a scope
 * @property {AnyObject} fs
 * @property {AnyObject} promises
 *
 * @typedef {(fs: AnyObject) => FileView} WithOwnFiles adds the files of the package to the functions of a scope
 */

/** @type {Record<string, (rule: Rule, load: Load) => AnyObject>} */
const OF_HOSTS = {
  __proto__: /** @type {never} */ (null),
  dgram: restrictedDatagrams,
  dns(rule, load) {
    const members = scopedMembers('hosts', 'dns');
    const promises = restrictedNames(rule, load, 'dns/promises', members);
    return { ...restrictedNames(rule, load, 'dns', members), promises };
  },
  'dns/promises': (rule, load) =>
    restrictedNames(rule, load, 'dns/promises', scopedMembers('hosts', 'dns/promises')),
  http: restrictedHttp,
  http2: restrictedHttp2,
  https: restrictedHttps,
  net: restrictedNet,
  tls: restrictedTls,
};

/**
 * @param {Rule} rule
 * @param {string} name of a builtin
 * @param {WithOwnFiles} withOwnFiles
 * @returns {AnyObject} its restricted members
 */
const makeMembers = (rule, name, withOwnFiles) => {
  const load = loaderOf(rule.pkg);
  const { powers } = rule.pkg.application;
  if (rule.scope.kind === 'hosts') return OF_HOSTS[name]?.(rule, load) ?? {};
  if (rule.scope.kind === 'modules')
    return {
      ...(name === 'worker_threads' && { Worker: makeWorkerClass(rule.pkg, undefined) }),
      ...(name === 'child_process' && processStarters(rule.pkg)),
      ...(name === 'cluster' && clusterFor(rule.pkg)),
    };
  if (rule.scope.kind === 'programs')
    return restrictedProcesses(rule, load, () => ({ ...powers.globals['process'].env }));
  const { anchors, inherited = 0 } = powers;
  if (anchors === undefined) return {};
  const { fs, promises } = withOwnFiles(restrictedFiles(rule, load('fs'), anchors(), inherited));
  return name === 'fs' ? { ...fs, promises } : promises;
};

/**
 * @param {string} member path of a member of a builtin; '' is the whole builtin
 * @param {string} name of the builtin
 * @param {Scope} scope of its grant
 * @returns {string[]} the paths of the members that the grant restricts
 */
const pathsOf = (member, name, { kind }) => {
  const nested = () => scopedMembers(kind, `${name}/promises`).map((key) => `promises.${key}`);
  if (member === 'promises') return nested();
  // A grant to fork is one to start Node with a module.
  if (kind === 'modules' && name === 'child_process')
    return ['fork', 'spawn', 'execFile', 'spawnSync', 'execFileSync'];
  if (kind === 'modules' && name === 'cluster')
    return ['fork', 'setupPrimary', 'setupMaster', 'disconnect'];
  if (member !== '') return [member];
  return scopedMembers(kind, name).flatMap((key) => (key === 'promises' ? nested() : [key]));
};

/**
 * @param {Package} pkg
 * @param {string} name of a builtin, without `node:`
 * @param {ReadonlyMap<string, Scope>} scopes by the path of a member; '' is the whole builtin
 * @param {WithOwnFiles} withOwnFiles
 * @returns {Map<string, unknown>} by the path of a member: `promises.readFile`
 */
export const restrictedMembers = (pkg, name, scopes, withOwnFiles) => {
  /** @type {Map<string, unknown>} */
  const found = new Map();
  const original = loaderOf(pkg)(name);
  // The longest path decides.
  const shortestFirst = [...scopes].sort(([one], [other]) => one.length - other.length);
  for (const [member, scope] of shortestFirst) {
    const path = member === '' ? name : `${name}.${member}`;
    const isOther = (/** @type {string} */ inner) =>
      isDecidedBelow(pkg.policy, inner === member ? path : name, `${name}.${inner}`) ||
      (scopes.has(inner) && inner !== member);
    const members = makeMembers({ pkg, part: 'builtins', path, scope }, name, withOwnFiles);
    if (member === '')
      for (const key of plainMembers(name))
        if (key in original && !isOther(key)) found.set(key, original[key]);
    for (const inner of pathsOf(member, name, scope)) {
      const value = inner.split('.').reduce((holder, key) => holder?.[key], members);
      if (value !== undefined && !isOther(inner)) found.set(inner, value);
    }
  }
  return found;
};

/**
 * @param {Package} pkg
 * @param {string} name of a global
 * @param {Scope} scope
 * @param {unknown} original as packages share it
 * @returns {unknown}
 */
export const restrictedGlobal = (pkg, name, scope, original) => {
  const rule = /** @type {Rule} */ ({ pkg, part: 'globals', path: name, scope });
  const { globals, page } = pkg.application.powers;
  if (typeof original !== 'function') return undefined;
  if (page && scope.kind === 'modules') return makePageWorkerClass(pkg);
  if (page) return name === 'fetch' ? restrictedPageFetch(rule, globals, original) : undefined;
  if (scope.kind === 'modules') return undefined;
  return name === 'fetch'
    ? restrictedFetch(rule, globals, loaderOf(pkg), original)
    : restrictedClass(rule, globals, loaderOf(pkg), /** @type {any} */ (original));
};
