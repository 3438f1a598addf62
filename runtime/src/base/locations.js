// Locations of modules as packages see them: the same on every machine, without details of the host.

/**
 * @param {string} location of the compartment
 * @param {string} key such as `./lib/a.js`
 * @returns {string} such as `/app-v1.0.0/lib/a.js`
 */
export const filenameOf = (location, key) =>
  `/${location}/${key.startsWith('./') ? key.slice(2) : key}`;

/** What Node's `require` appends to a path, in its order. */
export const REQUIRE_SUFFIXES = ['', '.js', '.json', '/index.js', '/index.json'];

/** @param {string} filename */
export const dirnameOf = (filename) => filename.slice(0, filename.lastIndexOf('/')) || '/';

// Differences between the escapes of Node's pathToFileURL and of encodeURI.
/** @type {Record<string, string>} */
const ESCAPES = { '?': '%3F', '#': '%23', '%5B': '[', '%5D': ']', '%5E': '^', '%7C': '|' };

/** @param {string} filename */
export const urlOf = (filename) =>
  `file://${encodeURI(filename).replace(/[?#]|%5[BDE]|%7C/g, (found) => ESCAPES[found] ?? found)}`;

/**
 * @param {string} url
 * @returns {string | undefined} the path of a `file:` URL without query and fragment
 */
export const filenameOfUrl = (url) => {
  const match = /^file:(?:\/\/(?:localhost)?)?(\/[^?#]*)/i.exec(url);
  if (match?.[1] === undefined) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
};

/** @param {string} specifier */
export const isRelative = (specifier) => /^\.{1,2}(?:\/|$)/.test(specifier);

/**
 * Path arithmetic, as in Endo: a specifier that is not relative is used as a key unchanged.
 *
 * @param {string} specifier
 * @param {string} referrerKey
 * @returns {string | undefined} undefined above the package's root
 */
export const resolveKey = (specifier, referrerKey) => {
  const relative = isRelative(specifier);
  const parts = relative ? [...referrerKey.split('/').slice(0, -1)] : [];
  /** @type {string[]} */
  const solved = [];
  for (const part of [...parts, ...specifier.split('/')]) {
    if (part === '..') {
      if (solved.pop() === undefined) return undefined;
    } else if (part !== '.' && part !== '') {
      solved.push(part);
    }
  }
  return relative ? ['.', ...solved].join('/') : solved.join('/');
};

/**
 * @param {string} directory absolute
 * @returns {string[]} folders that Node would search for packages
 */
export const nodeModulesPaths = (directory) => {
  const parts = directory.split('/').filter((part) => part !== '');
  return parts
    .map((_, index) => ['', ...parts.slice(0, parts.length - index), 'node_modules'].join('/'))
    .concat('/node_modules');
};
