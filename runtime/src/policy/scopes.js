// Scopes of grants: the hosts, files or programs that a package may use. They are apart from the other grants of a
// policy, so that code that does not know scopes grants nothing.
import table from '../../../compartment_mapper/authority/scopes.json' with { type: 'json' };
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { coversHost, parseHostPattern } from './host-patterns.js';
import { coversPath, isPathPattern } from './path-patterns.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { HostPattern } from './host-patterns.js' */

/**
 * @typedef {'hosts' | 'paths' | 'programs' | 'modules'} ScopeKind
 *
 * @typedef {object} Scope
 * @property {ScopeKind} kind
 * @property {ReadonlyArray<HostPattern>} hosts
 * @property {ReadonlyArray<string>} read patterns of files
 * @property {ReadonlyArray<string>} write
 * @property {ReadonlyArray<string>} programs
 * @property {ReadonlyArray<ReadonlyArray<string>> | undefined} args argument lists; undefined: any
 * @property {ReadonlyArray<string>} env names of variables, or `PREFIX_*`
 * @property {boolean} modules whether modules of the archive may be started in threads and processes
 *
 * @typedef {ReadonlyMap<string, Scope>} Scopes by path, without `node:`
 */

/** @type {{ globals: Scopes, builtins: Scopes }} */
export const NO_SCOPES = { globals: new Map(), builtins: new Map() };

const PARTS = /** @type {const} */ (['globals', 'builtins']);
const KINDS = /** @type {const} */ (['hosts', 'paths', 'programs', 'modules']);
const KEYS = {
  hosts: ['hosts'],
  paths: ['paths', 'read', 'write'],
  programs: ['programs', 'args', 'env'],
  modules: ['modules'],
};

/** @typedef {Record<string, string>} Members separated by spaces, by the name of a builtin or a global */

/** @type {Record<ScopeKind, Partial<Record<'globals' | 'builtins', Members>>>} */
const rows = {
  hosts: table.hosts,
  paths: table.paths,
  programs: table.programs,
  modules: table.modules,
};

/** @type {Members} */
const plain = table.plain;

/**
 * @param {Members | undefined} members
 * @param {string} name
 * @returns {string[] | undefined}
 */
const listOf = (members, name) =>
  members !== undefined && Object.hasOwn(members, name)
    ? members[name]?.split(' ').filter(Boolean)
    : undefined;

/**
 * @param {'globals' | 'builtins'} part
 * @param {string} path
 * @returns {ScopeKind | undefined} undefined: its grant can't have a scope
 */
export const scopeKind = (part, path) => {
  const [head = '', ...rest] = path.replace(/^(fs|dns)\.promises\./, '$1/promises.').split('.');
  const member = rest.join('.');
  return KINDS.find((kind) => {
    const members = listOf(rows[kind][part], head);
    if (members === undefined) return false;
    return (
      members.includes(member) || (member === '' && (part === 'globals' || kind !== 'modules'))
    );
  });
};

/**
 * @param {ScopeKind} kind
 * @param {string} name of a builtin
 * @returns {string[]} members whose grants can have a scope
 */
export const scopedMembers = (kind, name) => listOf(rows[kind].builtins, name) ?? [];

/**
 * @param {string} name of a builtin
 * @returns {string[]} members that come with a grant of the builtin that has a scope: they use no capability
 */
export const plainMembers = (name) => listOf(plain, name) ?? [];

/** @param {Json | undefined} input */
const strings = (input) => (input === undefined ? [] : json.asStrings(input));

/**
 * @param {Json} input
 * @returns {HostPattern}
 */
const asHost = (input) => {
  const pattern = parseHostPattern(json.asString(input));
  if (pattern === undefined) throw new InvalidArchive(`${input.path}: is not a pattern of hosts`);
  return pattern;
};

/**
 * @param {Json | undefined} input
 * @returns {string[]}
 */
const paths = (input) =>
  strings(input).map((text) => {
    if (isPathPattern(text)) return text;
    throw new InvalidArchive(`${input?.path}: '${text}' is not a pattern of files`);
  });

/**
 * @param {Json} input
 * @returns {true}
 */
const asOwn = (input) => {
  if (json.asString(input) === 'own') return true;
  throw new InvalidArchive(`${input.path}: must be "own"`);
};

/**
 * @param {Json} input
 * @param {ScopeKind} kind
 * @returns {Scope}
 */
const asScope = (input, kind) => {
  const members = json.asObject(input);
  members.only(KEYS[kind]);
  const [hosts, args] = [members.get('hosts'), members.get('args')];
  const both = paths(members.get('paths'));
  const modules = members.get('modules');
  return {
    kind,
    hosts: hosts === undefined ? [] : json.asListOf(hosts, asHost),
    read: [...both, ...paths(members.get('read'))],
    write: [...both, ...paths(members.get('write'))],
    programs: strings(members.get('programs')),
    args: args === undefined ? undefined : json.asListOf(args, json.asStrings),
    env: strings(members.get('env')),
    modules: modules !== undefined && asOwn(modules),
  };
};

/**
 * @param {Json | undefined} options of a policy
 * @param {(part: 'globals' | 'builtins', path: string) => boolean} isGranted whether the policy decides about the path
 *   otherwise, which then holds
 * @returns {{ globals: Scopes, builtins: Scopes }}
 */
export const readScopes = (options, isGranted) => {
  if (options === undefined || typeof options.value !== 'object' || options.value === null)
    return NO_SCOPES;
  const listed = json.asObject(options).get('scopes');
  if (listed === undefined) return NO_SCOPES;
  const parts = json.asObject(listed);
  parts.only([...PARTS]);
  const read = (/** @type {'globals' | 'builtins'} */ part) => {
    const input = parts.get(part);
    /** @type {Map<string, Scope>} */
    const found = new Map();
    for (const [name, each] of input === undefined ? [] : json.asMapOf(input, (member) => member)) {
      const path = part === 'builtins' ? name.replace(/^node:/, '') : name;
      const kind = scopeKind(part, path);
      if (kind === undefined)
        throw new InvalidArchive(`${each.path}: a grant of '${path}' can't have a scope`);
      const scope = asScope(each, kind);
      if (!isGranted(part, path)) found.set(path, scope);
    }
    return found;
  };
  return { globals: read('globals'), builtins: read('builtins') };
};

/**
 * @param {Scopes} scopes
 * @param {string} name of a builtin or a global
 * @returns {Map<string, Scope>} by the path of a member; '' is the whole
 */
export const scopesBelow = (scopes, name) => {
  /** @type {Map<string, Scope>} */
  const found = new Map();
  for (const [path, scope] of scopes) {
    if (path === name) found.set('', scope);
    else if (path.startsWith(`${name}.`)) found.set(path.slice(name.length + 1), scope);
  }
  return found;
};

/**
 * @param {ReadonlyArray<string>} one
 * @param {ReadonlyArray<string>} other
 */
const listCovers = (one, other) => {
  if (one[0] === '**') return true;
  if (one.length === 0 || other.length === 0) return one.length === other.length;
  if (other[0] === '**' || (one[0] !== '*' && one[0] !== other[0])) return false;
  return listCovers(one.slice(1), other.slice(1));
};

/**
 * @param {string} one
 * @param {string} name
 * @returns {boolean} whether the name, or the pattern of names, is covered
 */
export const coversName = (one, name) =>
  one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name;

/**
 * @param {Scope} one
 * @param {Scope} other
 * @returns {boolean} whether `one` certainly allows everything that `other` allows
 */
export const coversScope = (one, other) => {
  /** @type {<T>(all: ReadonlyArray<T>, others: ReadonlyArray<T>, covers: (one: T, other: T) => boolean) => boolean} */
  const all = (patterns, others, covers) =>
    others.every((each) => patterns.some((pattern) => covers(pattern, each)));
  const anyArguments = [['**']];
  return (
    one.kind === other.kind &&
    all(one.hosts, other.hosts, coversHost) &&
    all(one.read, other.read, coversPath) &&
    all(one.write, other.write, coversPath) &&
    all(one.programs, other.programs, (first, second) => first === second) &&
    (one.args === undefined || all(one.args, other.args ?? anyArguments, listCovers)) &&
    all(one.env, other.env, coversName) &&
    (one.modules || !other.modules)
  );
};

/**
 * @param {ReadonlyArray<ReadonlyArray<string>> | undefined} patterns
 * @param {ReadonlyArray<string>} args of a program
 * @returns {boolean}
 */
export const allowsArguments = (patterns, args) =>
  patterns === undefined ||
  patterns.some((pattern) =>
    pattern.at(-1) === '**'
      ? listCovers(pattern, args)
      : pattern.length === args.length && listCovers(pattern, args),
  );
