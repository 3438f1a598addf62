// Dynamic code: source that programs generate and evaluate with `Function` and `eval`. SES rejects possible HTML-like
// comments and dynamic imports anywhere, also in a string, so no template engine could render a page. Evasive
// transforms rewrite them.
import { ownProperty } from '../base/descriptors.js';
import { withoutWith } from './with-statement.js';

const { Function: HostFunction } = globalThis;

/** @type {Record<string, Function>} the host's constructors by prefix, used only to check the syntax of a source */
const HOST_CONSTRUCTORS = Object.fromEntries(
  Object.entries({
    function: function () {},
    'async function': async function () {},
    'function*': function* () {},
    'async function*': async function* () {},
  }).map(([prefix, example]) => [prefix, example.constructor]),
);

const REJECTED = /<!--(?!>)|<!-->|-->|(?<![.\w$])import(?=\s*(?:\(|\/[/*]))/g;

// Each match is checked by parsing, unless all are in literals: source with more matches is left to SES.
const MOST = 200;
/** Limit of characters to parse for the classification of matches. */
const MOST_LOOKED_AT = 20_000_000;

/**
 * @param {string} source
 * @returns {boolean} whether it is a valid program, without evaluating it
 */
const isProgram = (source) => {
  try {
    return new HostFunction(source) !== undefined;
  } catch {
    return false;
  }
};

/**
 * Equivalent escapes in a string, template or regular expression. The first character stays, because a backslash may
 * precede it.
 *
 * @type {Record<string, string>}
 */
const IN_LITERALS = {
  '<!--': '<\\x21--',
  '<!-->': '<\\x21--\\x3e',
  '-->': '--\\x3e',
  import: 'i\\x6dport',
};

/** The name of `import` in run-time source, as a function of the package's global object. */
const IMPORTER = '$importFromText';
/** @type {Record<string, string>} */
const NAMES_OF_IMPORT = { import: IMPORTER, method: "['import']" };

/**
 * @param {string} source
 * @param {number} at position of `import`
 * @returns {boolean} whether it is a call, and not the name of a method
 */
const isImportCall = (source, at) => isProgram(`${source.slice(0, at)}void ${source.slice(at)}`);

/**
 * Outside modules these start comments (ECMA-262 B.1.1): `<!--` anywhere, `-->` at the start of a line.
 *
 * @param {string} found
 * @param {string} before the source before the match
 * @returns {string}
 */
const inCode = (found, before) => {
  if (found.startsWith('<!--')) return '//--';
  if (found !== '-->') return found;
  return /(?:^|[\n\r\u2028\u2029])\s*$/.test(before.slice(-200)) ? '//>' : '-- >';
};

/**
 * Evasive transforms for SES rejections: a match in a literal becomes an equivalent escape; in code, an HTML-like
 * comment becomes a plain comment, the operators of `a-->b` get a space, and an `import()` becomes a call of the package's
 * function for it; without one, it stays and is rejected. V8's parser decides whether a match is in a literal.
 *
 * @param {string} source of a script, or of the function that `Function` assembles from its arguments
 * @param {() => void} [provideImport] defines the function
 * @returns {string} source that SES accepts, if the transforms apply
 */
export const respell = (source, provideImport = undefined) => {
  const places = [...source.matchAll(REJECTED)].map(({ index, 0: found }) => ({
    at: index,
    found,
  }));
  if (places.length === 0) return source;

  /** @param {(index: number) => 'literal' | 'code' | 'import' | 'method' | 'same'} choose */
  const spelled = (choose) => {
    let result = '';
    let end = 0;
    places.forEach(({ at, found }, index) => {
      const chosen = choose(index);
      result += source.slice(end, at);
      end = at + found.length;
      result +=
        chosen === 'literal'
          ? IN_LITERALS[found]
          : chosen === 'code'
            ? inCode(found, source.slice(0, at))
            : (NAMES_OF_IMPORT[chosen] ?? found);
    });
    return result + source.slice(end);
  };

  const asLiterals = spelled(() => 'literal');
  if (isProgram(asLiterals)) return asLiterals;
  if (places.length > MOST || !isProgram(source)) return source;
  const isLiteral = places.map((_place, index) =>
    isProgram(spelled((other) => (other === index ? 'literal' : 'same'))),
  );
  return spelled((index) => {
    if (isLiteral[index]) return 'literal';
    const { at, found } = /** @type {{ at: number, found: string }} */ (places[index]);
    if (found !== 'import') return 'code';
    if (!isImportCall(source, at)) return 'method';
    if (provideImport === undefined) return 'code';
    provideImport();
    return 'import';
  });
};

/**
 * @param {object} globalThis of a package
 * @param {(specifier: unknown, options: unknown) => Promise<object>} load
 */
export const defineImporter = (globalThis, load) => {
  if (!Object.hasOwn(globalThis, IMPORTER))
    Object.defineProperty(globalThis, IMPORTER, { value: Object.freeze(load) });
};

// The oldest idiom for the global object; `this` of a plain call is undefined in strict code.
const RETURNS_GLOBAL = /(\{\s*return this)(;?\s*\}\s*\)\s*)$/;
const STRICT = /(['"])use strict\1/;
const ASSIGNED =
  /(?<![.\w$])([A-Za-z_$][\w$]*)\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?)?=(?![=>])|\+\+|--)|for\s*\(\s*([A-Za-z_$][\w$]*)\s+(?:in|of)\b/g;

const DECLARATIONS = /\b(?:var|let|const|function|class)\b([^;{}()]*)/g;
const NAMES = /(?<![.\w$])[A-Za-z_$][\w$]*/g;

/**
 * Sloppy code creates global variables by assignment (ECMA-262 6.2.5.6), but strict code throws, and SES evaluates
 * all code as strict. So the variables are created before, with the value undefined.
 *
 * @param {string} source
 * @param {object} globalThis
 */
const makeVariables = (source, globalThis) => {
  const declared = new Set(
    [...source.matchAll(DECLARATIONS)].flatMap(([, names = '']) => names.match(NAMES) ?? []),
  );
  for (const [, assigned, looped] of source.matchAll(ASSIGNED)) {
    const name = /** @type {string} */ (assigned ?? looped);
    if (name in globalThis || declared.has(name)) continue;
    Object.defineProperty(globalThis, name, {
      ...{ value: undefined, writable: true, enumerable: true, configurable: true },
    });
  }
};

const CONSTRUCTOR_WRITE =
  /(?<![\w$.)\]])((?:[A-Za-z_$][\w$]*\s*\.\s*)*[A-Za-z_$][\w$]*)(\s*)\.\s*constructor(?=\s*=(?![=>]))/g;
/** Constants of every realm (ECMA-262 19.1): sloppy code may assign to them without effect. */
const CONSTANT_WRITE =
  /(?<![\w$.])(?:this|globalThis|window|self)\s*\.\s*(?:Infinity|NaN|undefined)\s*=(?![=>])/g;
const THE_OBJECT = '({}).constructor'; // the source may declare another `Object`
/** Defines an own `constructor` on an object that inherits a locked one. */
const MAKE_OWN = `((o,O)=>{if(o===null||typeof o!=="object"&&typeof o!=="function")return;for(let p=o;p!==null;p=O.getPrototypeOf(p)){const d=O.getOwnPropertyDescriptor(p,"constructor");if(d===undefined)continue;if(p!==o&&d.writable===false&&O.isExtensible(o))O.defineProperty(o,"constructor",{value:d.value,writable:true,enumerable:true,configurable:true});return}})`;

/**
 * `Sub.prototype.constructor = Sub` assigns to an own property if the inherited one is locked. The compiler
 * transforms modules in the same way.
 *
 * @param {string} source
 * @returns {string}
 */
const withOwnConstructors = (source) =>
  replaced(
    source,
    CONSTRUCTOR_WRITE,
    (_all, holder = '', space = '') =>
      `${holder}${space}[(${MAKE_OWN}(${holder},${THE_OBJECT}),"constructor")]`,
  );

/**
 * @param {string} source
 * @param {RegExp} pattern
 * @param {(...found: string[]) => string} instead replacement for matches in code; matches in literals and comments
 *   stay
 * @returns {string}
 */
const replaced = (source, pattern, instead) => {
  const places = [...source.matchAll(pattern)];
  if (places.length === 0 || places.length * source.length > MOST_LOOKED_AT) return source;
  let result = '';
  let end = 0;
  for (const found of places) {
    const { index } = found;
    const after = index + found[0].length;
    if (isProgram(`${source.slice(0, after)}]${source.slice(after)}`)) continue;
    result += source.slice(end, index) + instead(...found);
    end = after;
  }
  result += source.slice(end);
  return isProgram(result) ? result : source;
};

/** A reference of a sloppy function to itself; strict code lacks it (ECMA-262 10.4.4.6). */
const CALLEE = /(?<![\w$.])arguments\s*\.\s*callee(?![\w$])/g;

/**
 * @param {string} source
 * @returns {boolean} whether it is a function that `Function` assembled, without nested functions
 */
const isOneFunction = (source) =>
  source.startsWith('(function anonymous(') && !/\bfunction\b|=>/.test(source.slice(20));

/**
 * @param {string} written source that a package generated: sloppy code unless it has a directive, as in Node
 * @param {object} [globalThis] of the package, if assigned names have to be defined as variables
 * @param {() => void} [provideImport] defines the function that `import()` becomes
 * @returns {string} equivalent strict code
 */
export const strictly = (written, globalThis, provideImport) => {
  const named = isOneFunction(written) ? replaced(written, CALLEE, () => 'anonymous') : written;
  const source = replaced(withOwnConstructors(named), CONSTANT_WRITE, () => 'void ');
  if (STRICT.test(source)) return respell(source, provideImport);
  if (globalThis !== undefined) makeVariables(source, globalThis);
  if (source.length < 80 && RETURNS_GLOBAL.test(source))
    return source.replace(RETURNS_GLOBAL, '$1??globalThis$2');
  const plain = withoutWith(source);
  const isSame = plain === source || !isProgram(source) || !isProgram(plain);
  return respell(isSame ? source : plain, provideImport);
};

/** @type {WeakMap<object, string>} their `toString` result, which packages use to detect the kind of a function */
const shownAsNative = new WeakMap();

/**
 * @param {object} replacement a function that replaces one of the language
 * @param {string} name
 */
export const showAsNative = (replacement, name) =>
  void shownAsNative.set(replacement, `function ${name}() { [native code] }`);

/** Makes `Function.prototype.toString` show the constructors defined here as native code. */
export const showConstructors = () => {
  const shown = Function.prototype.toString;
  const { toString } = {
    /** @this {any} */
    toString() {
      return shownAsNative.get(this) ?? Reflect.apply(shown, this, []);
    },
  };
  showAsNative(toString, 'toString');
  Object.defineProperty(Function.prototype, 'toString', { value: toString });
};

/**
 * A `Function` constructor for subclasses. The one of a compartment creates plain functions, even for a class that
 * extends it.
 *
 * @param {Function} shared
 * @returns {Function} a constructor that creates instances of such classes (ECMA-262 20.2.1.1)
 */
export const withSubclasses = (shared) => {
  const { Function: own } = {
    Function: function (/** @type {unknown[]} */ ...args) {
      const created = Reflect.apply(shared, undefined, args);
      const { prototype } = new.target ?? shared;
      const isOther = typeof prototype === 'object' && prototype !== null;
      return isOther ? Object.setPrototypeOf(created, prototype) : created;
    },
  };
  Object.defineProperties(own, {
    length: { value: 1 },
    prototype: { value: shared.prototype, writable: false },
  });
  showAsNative(own, 'Function');
  return Object.freeze(own);
};

/** @type {Compartment | undefined} */
let powerless;

/**
 * Every function leads to a shared constructor by `constructor`, for example that of all async functions. This
 * constructor can't know the calling package, so its functions can access only the language.
 *
 * @param {string} name
 * @param {string} prefix syntax of such a function
 * @param {object} prototype of such functions
 */
export const defineConstructor = (name, prefix, prototype) => {
  const { [name]: Constructor } = {
    [name]: function (/** @type {unknown[]} */ ...args) {
      const sources = args.map((arg) => `${arg}`);
      const body = sources.pop() ?? '';
      const parameters = sources.join(',');
      Reflect.construct(HOST_CONSTRUCTORS[prefix] ?? HostFunction, [parameters, body]); // throws unless parameters and body are both valid alone
      if (powerless === undefined) {
        powerless = new Compartment({ __options__: true, name: 'text', transforms: [respell] });
        harden(powerless.globalThis);
      }
      return powerless.evaluate(`(${prefix} anonymous(${parameters}\n) {\n${body}\n})`);
    },
  };
  const { constructor: replaced } = /** @type {{ constructor: Function }} */ (prototype);
  Object.setPrototypeOf(/** @type {object} */ (Constructor), Object.getPrototypeOf(replaced));
  Object.defineProperties(/** @type {object} */ (Constructor), {
    length: { value: 1 },
    prototype: { value: prototype, writable: false },
  });
  const property = ownProperty(prototype, 'constructor');
  Object.defineProperty(prototype, 'constructor', {
    ...property,
    value: Object.freeze(Constructor),
  });
  showAsNative(/** @type {object} */ (Constructor), name);
};
