// Paths of files that the scope of a grant lists. Links are resolved before the decision, and an opened file is checked
// again, because links can change in between.
import { codedError } from '../base/errors.js';
import { fixedLength, makePathMatcher, namesOf } from '../policy/path-patterns.js';
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
 * @returns {string} absolute
 */
const absolute = (pattern, { cwd, home, tmp }) =>
  pattern
    .replace(/^\.\//, () => `${cwd}/`)
    .replace(/^\$HOME\//, () => `${home}/`)
    .replace(/^\$TMP\//, () => `${tmp}/`);

/**
 * @param {ReadonlyArray<string>} patterns
 * @param {Anchors} anchors
 * @param {(path: string) => string} realOf resolves links
 */
const matcherOf = (patterns, anchors, realOf) =>
  makePathMatcher(
    patterns.map((pattern) => {
      const bytes = Buffer.from(absolute(pattern, anchors)).toString('latin1'); // as the kernel compares them
      const names = namesOf(bytes);
      const fixed = fixedLength(names);
      return {
        names: [...namesOf(realOf(`/${names.slice(0, fixed).join('/')}`)), ...names.slice(fixed)],
      };
    }),
  );

/**
 * @typedef {object} ScopedPlaces
 * @property {Places} places as those of the host's `fs`
 * @property {(path: unknown, access: Access) => void} checkTree everything below the path too
 * @property {(path: unknown) => void} checkParents folders that are missing on the way to it, which `mkdir` would make
 */

/**
 * @param {Rule} rule
 * @param {Anchors} anchors
 * @param {{ resolve: (path: unknown) => string | undefined, realOf: (path: string) => string, openedAt: (descriptor: number) => string | undefined, exists: (path: string) => boolean }} host
 *   `resolve`: the real path of an argument
 * @returns {ScopedPlaces}
 */
export const makeScopedPlaces = (rule, anchors, { resolve, realOf, openedAt, exists }) => {
  const { read, write } = rule.scope;
  const matchers = {
    read: matcherOf(read, anchors, realOf),
    write: matcherOf(write, anchors, realOf),
  };
  /**
   * @param {string} path real
   * @param {Access} access
   * @returns {Error}
   */
  const refused = (path, access) => {
    const shown = Buffer.from(path, 'latin1').toString();
    const isBelow = shown.startsWith(`${anchors.cwd}/`);
    const entry = isBelow ? `.${shown.slice(anchors.cwd.length)}` : shown;
    const both = read.length === write.length && read.every((one, at) => one === write[at]);
    return refusal(rule, { action: access, target: shown, key: both ? 'paths' : access, entry });
  };
  /**
   * @param {string | undefined} path
   * @param {Access} access
   * @param {'allows' | 'allowsTree'} how
   */
  const need = (path, access, how) => {
    if (path !== undefined && !matchers[access][how](path)) throw refused(path, access);
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
    checkTree: (value, access) => need(resolve(value), access, 'allowsTree'),
    checkParents(value) {
      const path = resolve(value);
      if (path === undefined) return;
      for (let at = path; at !== '' && !exists(at); at = at.slice(0, at.lastIndexOf('/')))
        need(at, 'write', 'allows');
    },
  };
};
