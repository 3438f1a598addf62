// Stored modules: parses the JSON of pre-mjs-json and pre-cjs-json.
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { parseSourceMap } from '../stacks/source-map.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { SourceMap } from '../stacks/source-map.js' */

/**
 * @typedef {object} EsmSource
 * @property {'esm'} kind
 * @property {string} functor an expression
 * @property {readonly string[] | undefined} edits see `edit-table.js`
 * @property {SourceMap | undefined} sourceMap
 * @property {string[]} requests the specifiers of static imports, in their order
 * @property {ReadonlyMap<string, string[]> | undefined} importNames undefined: unknown until it runs
 * @property {string[]} stars the specifiers of `export * from`
 * @property {ReadonlyMap<string, Array<[importName: string, exportName: string]>>} reexports
 * @property {ReadonlyMap<string, string>} fixed local names by export names
 * @property {ReadonlyMap<string, [local: string, accessor: boolean]>} live
 * @property {boolean} async has a top-level await
 * @property {boolean} needsImportMeta
 * @property {boolean} split for a module in a cycle: its functor can suspend before the module body
 * @property {string | undefined} syntaxError message of the engine for source that is no module
 * @property {Names} names
 *
 * @typedef {object} CjsSource
 * @property {'cjs'} kind
 * @property {string} functor an expression
 * @property {readonly string[] | undefined} edits see `edit-table.js`
 * @property {SourceMap | undefined} sourceMap
 * @property {string[]} exports the names that ESM can import
 * @property {boolean} sloppy relies on assignments that create global variables
 * @property {Names} names
 *
 * @typedef {object} Names
 * @property {string[]} assigns the global names that the module assigns
 * @property {string[]} hostNames free variables of the module that are host globals
 */

/**
 * @template T
 * @param {json.Members} members
 * @param {string} key
 * @param {(json: Json) => T} as
 * @param {T} otherwise
 * @returns {T}
 */
const optional = (members, key, as, otherwise) => {
  const found = members.get(key);
  return found === undefined ? otherwise : as(found);
};

/**
 * @param {json.Members} members
 * @returns {Names}
 */
const namesOf = (members) => ({
  assigns: optional(members, 'assigns', json.asStrings, []),
  hostNames: optional(members, 'hostNames', json.asStrings, []),
});

/**
 * @param {json.Members} members
 * @returns {string[] | undefined}
 */
const editsOf = (members) =>
  optional(
    members,
    'edits',
    (edits) => /** @type {string[] | undefined} */ (json.asStrings(edits)),
    undefined,
  );

/**
 * @param {json.Members} members
 * @returns {SourceMap | undefined}
 */
const mapOf = (members) => {
  const found = members.get('sourceMap');
  return found && parseSourceMap(found);
};

/**
 * @param {Json} input
 * @returns {[string, string]}
 */
const asPair = (input) => {
  const [first, second, ...rest] = json.asStrings(input);
  if (first === undefined || second === undefined || rest.length > 0)
    json.complain(input, 'two strings');
  return [/** @type {string} */ (first), /** @type {string} */ (second)];
};

/** @param {Json} input */
const asFixed = (input) => json.asStrings(input)[0] ?? json.complain(input, 'a local name');

/**
 * @param {Json} input
 * @returns {[string, boolean]}
 */
const asLive = (input) => {
  const { value } = input;
  if (!Array.isArray(value)) json.complain(input, 'an array');
  const [local, accessor] = /** @type {unknown[]} */ (value);
  return [
    json.asString(json.memberAt(input, 0, local)),
    json.asBoolean(json.memberAt(input, 1, accessor ?? false)),
  ];
};

/**
 * @param {Json} input the stored file
 * @returns {EsmSource}
 */
export const parseEsmSource = (input) => {
  const members = json.asObject(input);
  const imports = json.asStrings(members.need('imports'));
  const importNames = optional(
    members,
    'importNames',
    (names) =>
      /** @type {Map<string, string[]> | undefined} */ (json.asMapOf(names, json.asStrings)),
    undefined,
  );
  const needed = [...new Set(imports)];
  const source = {
    kind: /** @type {const} */ ('esm'),
    functor: json.asString(members.need('__syncModuleProgram__')),
    edits: editsOf(members),
    sourceMap: mapOf(members),
    // `imports` may also have specifiers of import(), not only of static imports.
    requests: importNames === undefined ? needed : needed.filter((name) => importNames.has(name)),
    importNames,
    stars: optional(members, 'reexports', json.asStrings, []),
    reexports: optional(
      members,
      '__reexportMap__',
      (map) => json.asMapOf(map, (pairs) => json.asListOf(pairs, asPair)),
      new Map(),
    ),
    fixed: json.asMapOf(members.need('__fixedExportMap__'), asFixed),
    live: json.asMapOf(members.need('__liveExportMap__'), asLive),
    async: optional(members, 'async', json.asBoolean, false),
    needsImportMeta: optional(members, '__needsImportMeta__', json.asBoolean, true),
    split: optional(members, 'split', json.asBoolean, false),
    syntaxError: optional(
      members,
      'syntaxError',
      (message) => /** @type {string | undefined} */ (json.asString(message)),
      undefined,
    ),
    names: namesOf(members),
  };
  for (const specifier of [...source.stars, ...source.reexports.keys()]) {
    if (!source.requests.includes(specifier)) {
      throw new InvalidArchive(
        `${input.path}: re-exports ${JSON.stringify(specifier)} without importing it`,
      );
    }
  }
  return source;
};

/**
 * @param {Json} input the stored file
 * @returns {CjsSource}
 */
export const parseCjsSource = (input) => {
  const members = json.asObject(input);
  return {
    kind: 'cjs',
    functor: json.asString(members.need('source')),
    edits: editsOf(members),
    sourceMap: mapOf(members),
    exports: optional(members, 'exports', json.asStrings, []),
    sloppy: optional(members, 'sloppy', json.asBoolean, false),
    names: namesOf(members),
  };
};
