// Which members of a builtin, and which globals, a package gets by its grants with a scope.
import { plainMembers, scopedMembers } from '../policy/scopes.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { restrictedNet, restrictedTls } from './connections.js';
import { restrictedDatagrams } from './datagrams.js';
import { restrictedClass, restrictedFetch, restrictedPageFetch } from './fetch.js';
import { restrictedFiles } from './files.js';
import { restrictedNames } from './names.js';
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
  if (rule.scope.kind === 'programs')
    return restrictedProcesses(rule, load, () => ({ ...powers.globals['process'].env }));
  const { anchors, inherited = 0 } = powers;
  if (anchors === undefined) return {};
  const { fs, promises } = withOwnFiles(restrictedFiles(rule, load('fs'), anchors(), inherited));
  return name === 'fs' ? { ...fs, promises } : promises;
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
  for (const [member, scope] of scopes) {
    const path = member === '' ? name : `${name}.${member}`;
    const members = makeMembers({ pkg, part: 'builtins', path, scope }, name, withOwnFiles);
    if (member === '') {
      for (const key of plainMembers(name)) if (key in original) found.set(key, original[key]);
      for (const key of scopedMembers(scope.kind, name))
        if (key === 'promises') {
          const nested = scopedMembers(scope.kind, `${name}/promises`);
          for (const inner of nested) found.set(`promises.${inner}`, members[key][inner]);
        } else if (members[key] !== undefined) found.set(key, members[key]);
    } else {
      const value = member.split('.').reduce((holder, key) => holder?.[key], members);
      if (value !== undefined) found.set(member, value);
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
  if (page) return name === 'fetch' ? restrictedPageFetch(rule, globals, original) : undefined;
  return name === 'fetch'
    ? restrictedFetch(rule, globals, loaderOf(pkg), original)
    : restrictedClass(rule, globals, loaderOf(pkg), /** @type {any} */ (original));
};
