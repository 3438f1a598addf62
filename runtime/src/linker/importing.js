// import(), and `require` of ECMAScript modules: link, evaluate, return the namespace.
import { requireAsync, requireCycle } from '../base/errors.js';
import { makeFacade } from './esm.js';
import { evaluate, evaluateSynthetic } from '../cyclic-modules/evaluation.js';
import { isAsyncGraph, link } from '../cyclic-modules/linking.js';
import { recordOf } from './module-records.js';
import { namespaceOf } from '../cyclic-modules/namespace.js';
import { resolveRequest } from '../resolve/resolve.js';

/** @import { CyclicRecord, ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Package } from '../protocols/package.js' */

/** @type {import('../cyclic-modules/linking.js').LoadRequest} */
const load = (referrer, specifier) => {
  const pkg = /** @type {Package} */ (referrer.owner);
  return recordOf(pkg, resolveRequest({ pkg, key: referrer.key, kind: 'import', specifier }));
};

/** AsyncGeneratorYield awaits its value; a generator resumes immediately only after it has suspended. */
const firstYield = async () => {
  await undefined;
  await undefined;
};

/**
 * @type {Promise<void> | undefined} of the last linked graph; modules that another call linked start together with
 *   that call
 */
let yielding;

const OF_COMMONJS = /^(require|exports|module|__filename|__dirname) is not defined$/;

/**
 * Extends the message as Node does if the module did not catch the error. The error may be an object of the package.
 *
 * @param {unknown} error
 */
const explain = (error) => {
  try {
    if (!(error instanceof ReferenceError)) return;
    const { message, stack } = error;
    const name = OF_COMMONJS.exec(message)?.[1];
    if (name === undefined) return;
    const more = `${message} in ES module scope${name === 'require' ? ', you can use import instead' : ''}`;
    Reflect.set(error, 'message', more); // it may be frozen
    if (typeof stack === 'string')
      Reflect.set(
        error,
        'stack',
        stack.replace(message, () => more),
      );
  } catch {
    // its accessors throw: the message stays unchanged
  }
};

/**
 * @param {CyclicRecord} record
 * @returns {Promise<void>} exactly the promise of the evaluation, because another one would change the order of
 *   reactions
 */
const evaluateExplaining = (record) => {
  const done = evaluate(record);
  if (record.evaluationError === undefined) done.catch(explain);
  else explain(record.evaluationError.error);
  return done;
};

/**
 * @param {ModuleRecord} record
 * @param {() => void} [onLinked]
 * @returns {Promise<object>} its namespace, after evaluation
 */
export const importRecord = async (record, onLinked) => {
  if (link(record, load)) await (yielding = firstYield());
  else if (record.kind === 'cyclic' && record.status === 'linked') await yielding;
  onLinked?.();
  if (record.kind === 'cyclic') await evaluateExplaining(record);
  else evaluateSynthetic(record);
  return namespaceOf(record);
};

/**
 * Evaluates the entry module of a script, synchronously up to the first await.
 *
 * @param {ModuleRecord} record
 * @returns {Promise<void> | undefined} undefined: it has been evaluated; its errors are thrown
 */
export const startRecord = (record) => {
  const begin = () => {
    if (record.kind !== 'cyclic') {
      evaluateSynthetic(record);
      return undefined;
    }
    const done = evaluateExplaining(record);
    if (record.evaluationError === undefined)
      return record.status === 'evaluated' ? undefined : done;
    done.catch(() => undefined);
    throw record.evaluationError.error;
  };
  return link(record, load) ? firstYield().then(begin) : begin();
};

/**
 * @param {ModuleRecord} record
 * @returns {object} its namespace
 */
export const importRecordNow = (record) => {
  if (record.kind !== 'cyclic') {
    evaluateSynthetic(record);
    return namespaceOf(record);
  }
  link(record, load);
  if (record.status === 'evaluating') throw requireCycle(record.filename);
  if (isAsyncGraph(record)) throw requireAsync(record.filename);
  evaluateExplaining(record).catch(() => undefined);
  if (record.evaluationError !== undefined) throw record.evaluationError.error;
  return namespaceOf(record);
};

/** @type {WeakMap<CyclicRecord, object>} */
const requiredNamespaces = new WeakMap();

/**
 * @param {CyclicRecord} record
 * @returns {unknown} the result of `require` for an ECMAScript module
 */
export const requireEsm = (record) => {
  const namespace = /** @type {Record<string, unknown>} */ (importRecordNow(record));
  if (Object.hasOwn(namespace, 'module.exports')) return namespace['module.exports'];
  if (!Object.hasOwn(namespace, 'default') || Object.hasOwn(namespace, '__esModule'))
    return namespace;
  const facade = requiredNamespaces.get(record) ?? namespaceOf(makeFacade(record));
  requiredNamespaces.set(record, facade);
  return facade;
};
