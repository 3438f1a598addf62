// The capability table: every capability of the host with its severity. The bundler reads the same file.
import table from '../../../compartment_mapper/authority/authority.json' with { type: 'json' };

/** @typedef {'globals' | 'builtins'} Part */
/**
 * @typedef {{ deep: string[], byHand?: boolean, ownInPages?: boolean }} ByMember
 * @typedef {{ severity: string, reason: string, byMember?: ByMember, formWithoutGrant?: boolean }} Row
 * @typedef {Record<string, Row>} Rows
 */

/** @type {Rows} */
const globals = { ...table.globals, ...table.page };
/** @type {Rows} */
const builtins = table.builtins;

// The builtin `process` is the same object as the global.
const PARTS = {
  globals,
  builtins: {
    ...builtins,
    ...Object.fromEntries(Object.entries(globals).filter(([path]) => path.startsWith('process.'))),
  },
};

/**
 * @param {Rows} rows
 * @param {(members: ByMember) => boolean} isWanted
 * @returns {string[]} names of the rows that are granted by member
 */
const byMember = (rows, isWanted) =>
  Object.keys(rows).filter((name) => {
    const members = rows[name]?.byMember;
    return members !== undefined && isWanted(members);
  });

/** @type {ReadonlyArray<string>} globals whose members can be granted one by one */
export const VIEWED_GLOBALS = byMember(globals, ({ byHand }) => byHand !== true);

/**
 * @type {ReadonlyArray<string>} globals that inference grants as a whole; a policy written by hand may grant single
 *   members
 */
export const VIEWED_BY_HAND = byMember(globals, ({ byHand }) => byHand === true);

/** @type {ReadonlyArray<string>} globals that a package gets in pages the same way as in Node */
export const OWN_IN_PAGES = byMember(globals, ({ ownInPages }) => ownInPages === true);

/** @type {ReadonlyArray<string>} language objects: a package that modifies one gets its own copy */
export const STATICS = Object.keys(table.statics);

/** @type {string[]} builtins with a replacement for packages without a grant */
export const WITHOUT_POWER = Object.keys(builtins).filter(
  (name) => builtins[name]?.formWithoutGrant === true,
);

/** @type {ReadonlyArray<string>} builtin members whose own members can be granted one by one: `fs.promises` */
export const DEEP_BUILTIN_MEMBERS = byMember(builtins, () => true).flatMap((name) =>
  (builtins[name]?.byMember?.deep ?? []).map((member) => `${name}.${member}`),
);

/**
 * @param {Part} part
 * @param {string} severity
 * @returns {string[]} paths
 */
const pathsOf = (part, severity) =>
  Object.keys(PARTS[part]).filter((path) => PARTS[part][path]?.severity === severity);

/**
 * @param {Part} part
 * @returns {string[]} paths that can neither read nor change anything outside the compartment
 */
export const harmlessPaths = (part) =>
  pathsOf(part, 'harmless').filter((path) => part === 'globals' || !path.startsWith('process.'));

/** @param {Part} part */
const criticalByName = (part) => {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const path of pathsOf(part, 'critical')) {
    const [name = '', ...member] = path.split('.');
    if (member.length === 0 || member[0] === '*') continue;
    const paths = found.get(name);
    if (paths === undefined) found.set(name, [path]);
    else paths.push(path);
  }
  return found;
};

const CRITICAL = { globals: criticalByName('globals'), builtins: criticalByName('builtins') };

/**
 * @param {Part} part
 * @param {string} name of a global or builtin
 * @returns {ReadonlyArray<string>} paths of the members that allow a sandbox escape
 */
export const criticalMembers = (part, name) => CRITICAL[part].get(name) ?? [];

/**
 * @param {Part} part
 * @param {string} path
 * @returns {string} severity of the path, or of the nearest object that contains it
 */
export const severityOf = (part, path) => {
  const rows = PARTS[part];
  for (let holder = path, first = true; ; first = false) {
    const row = (first ? undefined : rows[`${holder}.*`]) ?? rows[holder];
    if (row !== undefined) return row.severity;
    const dot = holder.lastIndexOf('.');
    if (dot < 0) return part === 'builtins' ? 'critical' : 'low';
    holder = holder.slice(0, dot);
  }
};
