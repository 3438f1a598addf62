// Paths of files that the scope of a grant lists. Links are resolved before the decision, and an opened file is checked
// again, because links can change in between.
import { codedError } from '../base/errors.js';
import { fixedLength, makePathMatcher, namesOf } from '../policy/path-patterns.js';
import { makeKept, namesKept } from './kept-files.js';
import { refusal } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Access, Places } from '../taming/fs-places.js' */
/** @import { Rule } from './rules.js' */

/**
 * @typedef {object} Anchors real paths of the folders that patterns start at
 * @property {string} cwd
 * @property {string} home
 * @property {string} tmp
 */

/**
 * @param {string} pattern
 * @param {Anchors} anchors
 * @returns {{ start: string, rest: string }} the folder that it starts at, which has no wildcards, and the rest
 */
const anchored = (pattern, { cwd, home, tmp }) => {
  for (const [anchor, start] of [
    ['./', cwd],
    ['$HOME/', home],
    ['$TMP/', tmp],
  ])
    if (pattern.startsWith(`${anchor}`))
      return { start: `${start}`, rest: pattern.slice(`${anchor}`.length) };
  return { start: '', rest: pattern };
};

// As the kernel compares them.
const toBytes = (/** @type {string} */ path) => Buffer.from(path).toString('latin1');

/**
 * @param {ReadonlyArray<string>} patterns
 * @param {Anchors} anchors
 * @param {(path: string) => string} realOf resolves links
 */
const matcherOf = (patterns, anchors, realOf) =>
  makePathMatcher(
    patterns.map((pattern) => {
      const { start, rest } = anchored(pattern, anchors);
      const names = namesOf(toBytes(rest));
      const fixed = fixedLength(names);
      const folder = [...namesOf(toBytes(start)), ...names.slice(0, fixed)];
      return { folder: namesOf(realOf(`/${folder.join('/')}`)), names: names.slice(fixed) };
    }),
  );

/**
 * @typedef {object} ScopedPlaces
 * @property {Places} places as those of the host's `fs`
 * @property {(path: unknown, access: Access) => void} checkTree everything below the path too
 * @property {(path: unknown, access: Access) => void} checkPlace where it is, if it is a link
 * @property {(from: unknown, to: unknown, isTree: boolean) => void} checkMove a file that becomes readable by another
 *   name was readable before
 * @property {(path: unknown) => void} checkParents folders that are missing on the way to it, which `mkdir` would make
 */

const KEPT = 'it decides what runs with which grants, so a pattern allows it only by its name';

/**
 * @typedef {object} Keeping
 * @property {(path: string) => boolean} keeps whether no pattern allows writing it that does not name it
 * @property {(from: string, to: string) => string | undefined} findBelow a file that is kept, after a move of `from` to
 *   `to`
 */

/**
 * @param {Rule} rule
 * @param {Anchors} anchors
 * @param {{ realOf: (path: string) => string, namesIn: (path: string) => Array<{ name: string, isFolder: boolean }> }} host
 * @returns {Keeping}
 */
const makeKeeping = (rule, anchors, { realOf, namesIn }) => {
  if (rule.pkg.application.more === undefined)
    return { keeps: () => false, findBelow: () => undefined };
  const project = realOf(toBytes(anchors.cwd));
  const keptAs = makeKept(project);
  const naming = (/** @type {'file' | 'package'} */ kept) =>
    matcherOf(
      rule.scope.write.filter((pattern) => namesKept(pattern, kept)),
      anchors,
      realOf,
    );
  const matchers = { file: naming('file'), package: naming('package') };
  const keeps = (/** @type {string} */ path) => {
    const kept = keptAs(path);
    return kept !== undefined && !matchers[kept].allows(path);
  };
  /** @type {Keeping['findBelow']} */
  const findBelow = (from, to) => {
    if (keeps(to)) return to;
    if (`${project}/`.startsWith(to === '/' ? to : `${to}/`)) return project;
    for (const { name, isFolder } of namesIn(from)) {
      const [source, target] = [`${from}/${name}`, `${to}/${name}`];
      const found = isFolder ? findBelow(source, target) : keeps(target) && target;
      if (found) return found;
    }
    return undefined;
  };
  return { keeps, findBelow };
};

/** Configuration of the user and of the system: `~/.npmrc`, `~/.config/tool/rc.json`, `/etc/npmrc`. */
const CONFIGURATION =
  /\/(?:\.[^/]*(?:rc|config|ignore)(?:\.[a-z]+)?|\.config\/.+|etc\/[^/]*(?:rc|config))$/;

/**
 * @param {Error} error
 * @returns {Error} with the code of a file that does not exist
 */
const absent = (error) => Object.assign(error, { code: 'ENOENT', errno: -2 });

/**
 * @param {Rule} rule
 * @param {Anchors} anchors
 * @param {{ resolve: (path: unknown) => string | undefined, placeOf: (path: unknown) => string | undefined, realOf: (path: string) => string, openedAt: (descriptor: number) => string | undefined, namesIn: (path: string) => Array<{ name: string, isFolder: boolean }>, exists: (path: string) => boolean }} host
 *   `resolve`: the real path of an argument
 * @returns {ScopedPlaces}
 */
export const makeScopedPlaces = (rule, anchors, host) => {
  const { resolve, placeOf, realOf, openedAt, exists } = host;
  const { read, write } = rule.scope;
  const matchers = {
    read: matcherOf(read, anchors, realOf),
    write: matcherOf(write, anchors, realOf),
  };
  const kept = makeKeeping(rule, anchors, host);
  // A tool looks for its configuration in the folders above the project, of the user and of the system, which it may
  // not see: nothing is there.
  const isSearched = (/** @type {string} */ path) =>
    rule.pkg.application.more !== undefined &&
    (CONFIGURATION.test(path) ||
      `${anchors.cwd}/`.startsWith(path.replace(/(?:\.config\/)?[^/]*$/, '')));
  /**
   * @param {string} path real
   * @param {Access} access
   * @param {string} [reason]
   * @returns {Error}
   */
  const refused = (path, access, reason) => {
    const shown = Buffer.from(path, 'latin1').toString();
    const isBelow = shown.startsWith(`${anchors.cwd}/`);
    const entry = isBelow ? `.${shown.slice(anchors.cwd.length)}` : shown;
    const both = read.length === write.length && read.every((one, at) => one === write[at]);
    const key = both ? 'paths' : access;
    const error = refusal(rule, {
      action: access,
      target: shown,
      key,
      entry,
      ...(reason === undefined ? {} : { reason }),
    });
    return isSearched(shown) && access === 'read' ? absent(error) : error;
  };
  /**
   * @param {string | undefined} path
   * @param {Access} access
   * @param {'allows' | 'allowsTree'} how
   */
  const need = (path, access, how) => {
    if (path === undefined) return;
    if (!matchers[access][how](path)) throw refused(path, access);
    if (access === 'write' && kept.keeps(path)) throw refused(path, access, KEPT);
  };
  /**
   * @param {string | undefined} from
   * @param {string | undefined} [to] where everything below `from` will be
   */
  const needTree = (from, to = from) => {
    const found = from === undefined || to === undefined ? undefined : kept.findBelow(from, to);
    if (found !== undefined) throw refused(found, 'write', KEPT);
  };
  return {
    places: {
      check: (value, access) => need(resolve(value), access, 'allows'),
      checkLink() {
        throw codedError('ERR_ACCESS_DENIED', 'a grant with paths creates no symbolic links');
      },
      checkOpened(descriptor, _value, access) {
        const path = openedAt(descriptor);
        if (path !== undefined) need(path, access, 'allows');
      },
    },
    checkTree(value, access) {
      const path = resolve(value);
      need(path, access, 'allowsTree');
      if (access === 'write') needTree(path);
    },
    checkPlace: (value, access) => need(placeOf(value), access, 'allows'),
    checkMove(from, to, isTree) {
      const target = resolve(to);
      if (isTree) needTree(resolve(from), target);
      const becomesReadable =
        target !== undefined &&
        (isTree ? matchers.read.meetsTree(target) : matchers.read.allows(target));
      if (becomesReadable) need(resolve(from), 'read', isTree ? 'allowsTree' : 'allows');
    },
    checkParents(value) {
      const path = resolve(value);
      if (path === undefined) return;
      for (let at = path; at !== '' && !exists(at); at = at.slice(0, at.lastIndexOf('/')))
        if (!(at.endsWith('/node_modules') && matchers.write.allows(at)))
          need(at, 'write', 'allows');
    },
  };
};
