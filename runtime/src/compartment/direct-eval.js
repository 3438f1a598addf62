// Direct eval (ECMA-262 19.2.1.1): its text is evaluated in the package's own compartment, which confines it like
// any other text, and sees the variables around the call through accessors.
/** @import { AnyObject } from '../base/objects.js' */
/** @import { DirectEval, Variable } from '../protocols/modules.js' */

const { bind } = Function.prototype;

/**
 * @param {string} text
 * @param {string} name
 * @returns {boolean} whether the text may assign to the name
 */
const mayWrite = (text, name) => {
  const word = name.replaceAll('$', '\\$');
  const after = '\\s*(?:\\+\\+|--|(?:[-+*/%&|^?]|<<|>>){0,3}=(?![=>])|[\\]},)])';
  return new RegExp(`(?<![\\w$.])${word}${after}|(?:\\+\\+|--)\\s*${word}`).test(text);
};

/**
 * A function that is called by a name of an object environment is given the object as `this`, here the scope with
 * all its variables. So functions are constants, which ses keeps out of such an environment, and what becomes a
 * function later is bound.
 *
 * @param {Variable} variable
 * @param {string} text
 * @returns {PropertyDescriptor}
 */
const descriptorOf = ([name, read, write], text) => {
  try {
    const value = read();
    if (typeof value === 'function' && !(write && mayWrite(text, name)))
      return { value, writable: false, enumerable: true, configurable: false };
  } catch {
    // in its temporal dead zone: reading it says so
  }
  const get = () => {
    const value = read();
    return typeof value === 'function' ? Reflect.apply(bind, value, [undefined]) : value;
  };
  const set = write ?? readonly(name);
  return { get, set, enumerable: true, configurable: false };
};

/** @param {string} name */
const readonly = (name) => () => {
  throw new TypeError(`Assignment to constant variable '${name}'`);
};

/**
 * @param {Variable[]} variables
 * @param {string} text
 * @returns {AnyObject}
 */
const scopeOf = (variables, text) => {
  const scope = Object.create(null);
  for (const variable of variables) {
    const [name] = variable;
    // Only names that the text has; ses looks at each.
    if (name !== 'arguments' && (text.includes(name) || text.includes('\\u')))
      Object.defineProperty(scope, name, descriptorOf(variable, text));
  }
  return Object.freeze(scope);
};

/**
 * @param {string} text
 * @param {(text: string, lexicals: object) => unknown} evaluate
 * @param {AnyObject} scope
 * @returns {Function} of no parameters, that gives the text's value
 */
const withThis = (text, evaluate, scope) => {
  const expression = text.replace(/[;\s]+$/, '');
  try {
    return /** @type {Function} */ (evaluate(`(function(){return(\n${expression}\n)})`, scope));
  } catch (error) {
    if (/** @type {Error} */ (error)?.name !== 'SyntaxError') throw error;
  }
  // DEVIATION: statements that use `this` have no value.
  return /** @type {Function} */ (evaluate(`(function(){${text}\n})`, scope));
};

/**
 * @param {(text: string, lexicals: object) => unknown} evaluate in the package's compartment
 * @param {unknown} intrinsicEval of the compartment, as it was at first
 * @returns {DirectEval}
 */
export const makeDirectEval = (evaluate, intrinsicEval) => {
  return (callee, getThis, variables, ...args) => {
    if (callee !== intrinsicEval)
      return Reflect.apply(/** @type {Function} */ (callee), undefined, args);
    const [text] = args;
    if (typeof text !== 'string') return text;
    const scope = scopeOf(variables, text);
    if (!/\b(?:this|arguments)\b/.test(text)) return evaluate(text, scope);
    const parameters = variables.find(([name]) => name === 'arguments')?.[1]() ?? [];
    const inner = withThis(text, evaluate, scope);
    return Reflect.apply(inner, getThis(), /** @type {ArrayLike<unknown>} */ (parameters));
  };
};
