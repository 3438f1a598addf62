// Evaluates source in a session: a script, the body of an async function, or a module.
import { makeDirectEval } from '../compartment/direct-eval.js';
import { exportNameOf, resolveExport } from '../cyclic-modules/exports.js';
import { parseEsmSource } from '../archive/module-source.js';
import { namespaceOf } from '../cyclic-modules/namespace.js';
import { subscribe } from '../cyclic-modules/records.js';
import { define } from './endowments.js';

/** @import { EsmSource } from '../archive/module-source.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { Facts } from './facts.js' */
/** @import { Updates } from '../linker/esm.js' */
/** @import { Session } from './sessions.js' */

/**
 * @typedef {object} Program
 * @property {'script' | 'body' | 'module'} kind
 * @property {string} text source; for a module, the JSON that an archive stores
 * @property {string[]} edits of a script or body; see `edit-table.js`
 * @property {string} prefix of the names that the compiler added to the source
 * @property {string[]} declares names that stay defined after the evaluation
 * @property {string[]} uses free variables
 *
 * @typedef {(session: Session, specifier: string) => Promise<ModuleRecord>} ImportModule
 *
 * @typedef {object} Place
 * @property {string} url
 * @property {string} file
 */

const { apply } = Reflect;
const EVAL = 'compartment:///sandbox/?eval'; // the same for all, so that code can't count evaluations

/**
 * @param {Session} session
 * @param {string} source
 * @param {Place} place
 * @param {object} [lexicals]
 */
const evaluateSource = ({ compartment }, source, { url }, lexicals) =>
  compartment.evaluate(`${source}\n//# sourceURL=${url}`, {
    __rejectSomeDirectEvalExpressions__: false,
    ...(lexicals && { __moduleShimLexicals__: lexicals }),
  });

/**
 * @param {Session} session
 * @param {Place} place
 * @param {ImportModule} importModule
 */
const hooksOf = (session, place, importModule) => {
  const { eval: intrinsicEval } = session.compartment.globalThis;
  return harden({
    import: async (/** @type {unknown} */ specifier) =>
      namespaceOf(await importModule(session, `${specifier}`)),
    eval: makeDirectEval(
      (source, lexicals) => evaluateSource(session, source, { ...place, url: EVAL }, lexicals),
      intrinsicEval,
    ),
  });
};

/**
 * Makes undeclared variables throw a ReferenceError: SES returns undefined for them, which hides misspelled names.
 *
 * @param {Facts} facts
 * @param {string[]} uses
 * @param {Record<string, any>} globalThis
 * @param {Record<string, unknown>} [own]
 * @returns {object} a scope for undefined names of `uses` and for the names of `own`
 */
const scopeOf = (facts, uses, globalThis, own = {}) => {
  const scope = Object.create(null, Object.getOwnPropertyDescriptors(own));
  for (const name of uses) {
    if (name in globalThis) continue;
    const found = () => {
      if (name in globalThis) return;
      const error = new ReferenceError(`${name} is not defined`);
      throw facts.noted(error, { kind: 'undeclared', name });
    };
    Object.defineProperty(scope, name, {
      get() {
        found();
        return globalThis[name];
      },
      set(value) {
        found();
        globalThis[name] = value;
      },
    });
  }
  return Object.freeze(scope);
};

/**
 * @param {EsmSource} source
 * @param {Map<string, unknown>} locals
 * @param {Map<string, ModuleRecord>} requested
 */
const namespaceData = (source, locals, requested) => {
  /** @type {Record<string, unknown>} */
  const data = {};
  const found = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    if (typeof value !== 'function') define(data, name, value);
  };
  for (const specifier of source.stars) {
    const namespace = /** @type {any} */ (namespaceOf(recordOf(requested, specifier)));
    for (const name of Object.keys(namespace)) if (name !== 'default') found(name, namespace[name]);
  }
  for (const [name, local] of source.fixed) found(name, locals.get(local));
  for (const [name, [local]] of source.live) found(name, locals.get(local));
  for (const [specifier, pairs] of source.reexports) {
    const namespace = /** @type {any} */ (namespaceOf(recordOf(requested, specifier)));
    for (const [importName, name] of pairs)
      found(name, importName === '*' ? namespace : namespace[exportNameOf(importName)]);
  }
  return Object.fromEntries(Object.getOwnPropertyNames(data).map((name) => [name, data[name]]));
};

/**
 * @param {Map<string, ModuleRecord>} requested
 * @param {string} specifier
 */
const recordOf = (requested, specifier) => /** @type {ModuleRecord} */ (requested.get(specifier));

/**
 * @param {Map<string, ModuleRecord>} requested
 * @returns {(updates: Updates) => void}
 */
const makeImports = (requested) => (updates) => {
  for (const [specifier, names] of updates) {
    const record = recordOf(requested, specifier);
    for (const [importName, updaters] of names) {
      const found =
        importName === '*' ? undefined : resolveExport(record, exportNameOf(importName));
      if (importName !== '*' && (found === undefined || found === 'ambiguous')) {
        throw new SyntaxError(
          `The requested module '${specifier}' does not provide an export named '${importName}'`,
        );
      }
      const { record: owner, cell } =
        /** @type {import('../cyclic-modules/records.js').Resolution} */ (
          found ?? { record, cell: undefined }
        );
      for (const updater of updaters) {
        if (cell === undefined) updater(namespaceOf(owner));
        else subscribe(cell, updater);
      }
    }
  }
};

/** @param {Map<string, unknown>} locals */
const notifier = (locals) =>
  new Proxy(
    {},
    {
      get: (_target, local) => (/** @type {unknown} */ value) => {
        locals.set(/** @type {string} */ (local), value);
        return value;
      },
    },
  );

/**
 * @param {Program} program
 * @param {Session} session
 * @param {Place} place
 * @param {{ importModule: ImportModule, stacks: Stacks, facts: Facts }} options
 */
const evaluateModule = async (program, session, place, { importModule, stacks, facts }) => {
  const source = parseEsmSource({ value: JSON.parse(program.text), path: place.file });
  if (source.syntaxError !== undefined) throw new SyntaxError(source.syntaxError);
  locate(stacks, place, source.functor, source.edits ?? []);
  const scope = scopeOf(facts, program.uses, session.compartment.globalThis);
  const functor = evaluateSource(session, `\n${source.functor}`, place, scope);
  /** @type {Map<string, ModuleRecord>} */
  const requested = new Map();
  for (const specifier of new Set([
    ...source.requests,
    ...source.stars,
    ...source.reexports.keys(),
  ]))
    requested.set(specifier, await importModule(session, specifier));
  /** @type {Map<string, unknown>} */
  const locals = new Map();
  const { import: dynamicImport, eval: directEval } = hooksOf(session, place, importModule);
  const notify = notifier(locals);
  await functor(
    Object.freeze({
      imports: makeImports(requested),
      onceVar: notify,
      liveVar: notify,
      import: dynamicImport,
      eval: directEval,
      importMeta: Object.create(null),
    }),
  );
  return namespaceData(source, locals, requested);
};

/**
 * @param {Stacks} stacks
 * @param {Place} place
 * @param {string} source
 * @param {readonly string[]} edits
 */
const locate = (stacks, { url, file }, source, edits) => {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  stacks.located(url, [
    // Two extra lines, because stack traces treat the last lines as the end of a functor.
    {
      file,
      source: `${source}\n\n`,
      edits,
      folder,
      sourceMap: () => undefined,
      sloppy: false,
      lexicals: undefined,
    },
  ]);
};

/**
 * @param {Program} program
 * @param {Session} session
 * @param {Place} place
 * @param {{ importModule: ImportModule, stacks: Stacks, facts: Facts }} options
 * @returns {Promise<unknown>} the value of a script, the return value of a body, or the exports of a module except
 *   functions
 */
export const evaluateProgram = async (program, session, place, options) => {
  if (program.kind === 'module') return evaluateModule(program, session, place, options);
  const { text, edits, prefix, declares, uses } = program;
  const { globalThis } = session.compartment;
  for (const name of declares)
    if (!Object.hasOwn(globalThis, name)) define(globalThis, name, undefined);
  locate(options.stacks, place, text, edits);
  const { import: dynamicImport, eval: directEval } = hooksOf(session, place, options.importModule);
  if (program.kind === 'script') {
    const own = { [`${prefix}import`]: dynamicImport, [`${prefix}eval`]: directEval };
    return evaluateSource(
      session,
      `\n${text}`,
      place,
      scopeOf(options.facts, uses, globalThis, own),
    );
  }
  const functor = evaluateSource(
    session,
    `\n${text}`,
    place,
    scopeOf(options.facts, uses, globalThis),
  );
  return apply(functor, globalThis, [dynamicImport, directEval]);
};
