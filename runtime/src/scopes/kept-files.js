// Files of a project that confine the packages of a tool: its policies, its description, and installed packages, whose
// code runs with the grants of its package. A pattern such as `./**` does not allow to write them.

const POLICY = /^compartment-(?:policy.*\.json|mapper\.toml)$/s;

/** @typedef {'file' | 'package'} Kept */

/**
 * @param {string} name of a file
 * @returns {boolean}
 */
const isKeptName = (name) => name === 'package.json' || POLICY.test(name);

/**
 * @param {string} project its real path
 * @returns {(path: string) => Kept | undefined} of a real path
 */
export const makeKept = (project) => {
  const start = `${project}/`;
  return (path) => {
    const names = path.split('/');
    for (
      let at = names.indexOf('node_modules');
      at >= 0;
      at = names.indexOf('node_modules', at + 1)
    ) {
      // Those in the folders above the project are installed for it, too.
      const folder = `${names.slice(0, at).join('/')}/`;
      const isOurs = folder.startsWith(start) || start.startsWith(folder);
      const name = names[at + 1];
      if (isOurs && (name === undefined || !name.startsWith('.'))) return 'package';
    }
    if (!path.startsWith(start)) return undefined;
    const below = path.slice(start.length);
    const name = `${names.at(-1)}`;
    return below === 'package.json' || POLICY.test(name) ? 'file' : undefined;
  };
};

/**
 * @param {string} pattern
 * @param {Kept} kept
 * @returns {boolean} whether it names such files itself
 */
export const namesKept = (pattern, kept) => {
  const names = pattern.split('/');
  return kept === 'package' ? names.includes('node_modules') : isKeptName(`${names.at(-1)}`);
};
