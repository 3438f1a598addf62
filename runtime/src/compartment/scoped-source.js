// Evaluates source in a compartment as a script: with the same scopes as ses (make-evaluate.js and
// make-safe-evaluator.js of ses), but written around the source, because V8 can't cache the compiled code of `eval`.
import '../lockdown/import-phases.js'; // before ses
import { scopeTerminators, transforms } from 'ses/tools.js';

/** @import { Scripts } from '../protocols/powers.js' */

const { strictScopeTerminator, createSloppyGlobalsScopeTerminator } = scopeTerminators;

/**
 * @typedef {object} Scope
 * @property {object} globalObject of the compartment
 * @property {ReadonlyArray<string>} constants constant properties of the global object
 * @property {object | undefined} lexicals
 * @property {boolean} sloppy assignments to undeclared names create global variables
 */

/**
 * @param {object} lexicals
 * @returns {string[]}
 */
const constantsOf = (lexicals) =>
  Object.entries(Object.getOwnPropertyDescriptors(lexicals))
    .filter(([, property]) => property.writable === false && !property.configurable)
    .map(([name]) => name)
    .filter(isName);

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export ' +
    'extends false finally for function if implements import in instanceof interface let new null package ' +
    'private protected public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

/** @param {string} name */
export const isName = (name) => /^[A-Za-z_$][\w$]*$/.test(name) && !RESERVED.has(name);

/**
 * @param {ReadonlyArray<string>} names
 * @param {string} owner
 */
const constants = (names, owner) =>
  names.length > 0 ? `const{${names.join(',')}}=this.${owner};` : '';

const OPENED = 'with(this.scopeTerminator){with(this.globalObject){with(this.moduleLexicals){';
const CLOSED = '}}}';

/**
 * @param {string} fixed declarations of constants
 * @returns {string} code before a body: the scopes, and the start of a function in them
 */
export const beforeBody = (fixed) => `(function(){${OPENED}${fixed}return function(){`;

/** Code after a body. */
export const BEHIND_BODY = `}${CLOSED}})`;

/**
 * @param {string} expression
 * @returns {string} the body of a function that returns the expression
 */
export const bodyOf = (expression) => `'use strict';return ${expression}\n`;

/**
 * @param {Scripts} scripts
 * @param {Scope} scope
 * @returns {(expression: string, from: { url: string, files: string[] }) => unknown}
 */
export const makeScopedEvaluate = (
  scripts,
  { globalObject, constants: fixed, lexicals, sloppy },
) => {
  const moduleLexicals = Object.create(null, Object.getOwnPropertyDescriptors(lexicals ?? {}));
  const own = constantsOf(moduleLexicals);
  const ofGlobals = fixed.filter((name) => isName(name) && !Object.hasOwn(moduleLexicals, name));
  const before = beforeBody(
    constants(ofGlobals, 'globalObject') + constants(own, 'moduleLexicals'),
  );
  const scopeTerminator = sloppy
    ? createSloppyGlobalsScopeTerminator(globalObject)
    : strictScopeTerminator;
  return (expression, { url, files }) => {
    // Only a complete function body is inserted into the scopes, so it can't close them.
    const body = bodyOf(expression);
    const factory = scripts.evaluate({
      identity: [url, before, ...files].join('\n'),
      source: `${before}${body}${BEHIND_BODY}\n//# sourceURL=${url}`,
      url,
      check() {
        transforms.mandatoryTransforms(body); // throws for source that SES rejects, as in every evaluation by ses
        scripts.checkBody(body);
      },
    });
    const context = { globalObject, moduleLexicals, scopeTerminator };
    const evaluate = Reflect.apply(/** @type {Function} */ (factory), context, []);
    return Reflect.apply(evaluate, globalObject, []);
  };
};
