// Direct eval (ECMA-262 19.2.1.1): evaluates the source in the package's compartment, which confines it like any
// other code. It gets the variables around the call through accessors.
/** @import { AnyObject } from '../base/objects.js' */
/** @import { DirectEval, Variable } from '../protocols/modules.js' */

const { bind } = Function.prototype;

/**
 * @param {string} source
 * @param {string} name
 * @returns {boolean} whether the source may assign to the name
 */
const mayWrite = (source, name) => {
  const word = name.replaceAll('$', '\\$');
  const after = '\\s*(?:\\+\\+|--|(?:[-+*/%&|^?]|<<|>>){0,3}=(?![=>])|[\\]},)])';
  return new RegExp(`(?<![\\w$.])${word}${after}|(?:\\+\\+|--)\\s*${word}`).test(source);
};

/**
 * A call by name in an object environment passes the object as `this`: the scope with all its variables. So functions
 * are constants, which ses keeps out of such an environment, and a variable that becomes a function later is bound.
 *
 * @param {Variable} variable
 * @param {string} source
 * @returns {PropertyDescriptor}
 */
const descriptorOf = ([name, read, write], source) => {
  try {
    const value = read();
    if (typeof value === 'function' && !(write && mayWrite(source, name)))
      return { value, writable: false, enumerable: true, configurable: false };
  } catch {
    // in its temporal dead zone: the getter throws the ReferenceError
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
 * @param {string} source
 * @returns {AnyObject}
 */
const scopeOf = (variables, source) => {
  const scope = Object.create(null);
  for (const variable of variables) {
    const [name] = variable;
    // Only names in the source, because ses checks each name.
    if (name !== 'arguments' && (source.includes(name) || source.includes('\\u')))
      Object.defineProperty(scope, name, descriptorOf(variable, source));
  }
  return Object.freeze(scope);
};

/**
 * @param {string} source
 * @param {(source: string, lexicals: object) => unknown} evaluate
 * @param {AnyObject} scope
 * @returns {Function} a function without parameters that returns the value of the source
 */
const withThis = (source, evaluate, scope) => {
  const expression = source.replace(/[;\s]+$/, '');
  try {
    return /** @type {Function} */ (evaluate(`(function(){return(\n${expression}\n)})`, scope));
  } catch (error) {
    if (/** @type {Error} */ (error)?.name !== 'SyntaxError') throw error;
  }
  // DEVIATION: statements that use `this` have no value.
  return /** @type {Function} */ (evaluate(`(function(){${source}\n})`, scope));
};

/**
 * @param {(source: string, lexicals: object) => unknown} evaluate in the package's compartment
 * @param {unknown} intrinsicEval original `eval` of the compartment
 * @returns {DirectEval}
 */
export const makeDirectEval = (evaluate, intrinsicEval) => {
  return (callee, getThis, variables, ...args) => {
    if (callee !== intrinsicEval)
      return Reflect.apply(/** @type {Function} */ (callee), undefined, args);
    const [source] = args;
    if (typeof source !== 'string') return source;
    const scope = scopeOf(variables, source);
    if (!/\b(?:this|arguments)\b/.test(source)) return evaluate(source, scope);
    const parameters = variables.find(([name]) => name === 'arguments')?.[1]() ?? [];
    const inner = withThis(source, evaluate, scope);
    return Reflect.apply(inner, getThis(), /** @type {ArrayLike<unknown>} */ (parameters));
  };
};
