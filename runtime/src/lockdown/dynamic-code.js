// Texts that programs make while they run, and evaluate by `Function` and `eval`. SES refuses what may be an HTML-like
// comment or a dynamic import wherever it stands, also in a string: so no template engine could render a page.
import { ownProperty } from '../base/descriptors.js';
import { withoutWith } from './with-statement.js';

const { Function: HostFunction } = globalThis;

/** @type {Record<string, Function>} the host's, by what makes such a function: asked whether a text is one, and no more */
const HOST_CONSTRUCTORS = Object.fromEntries(
  Object.entries({
    function: function () {},
    'async function': async function () {},
    'function*': function* () {},
    'async function*': async function* () {},
  }).map(([prefix, made]) => [prefix, made.constructor]),
);

const REJECTED = /<!--(?!>)|<!-->|-->|(?<![.\w$])import(?=\s*(?:\(|\/[/*]))/g;

// Each is checked by parsing, if not all stand in literals: a text that has more is left to SES.
const MOST = 200;
/** Characters that are parsed to find out what stands where. */
const MOST_LOOKED_AT = 20_000_000;

/**
 * @param {string} text
 * @returns {boolean} whether it is a program; it is not evaluated
 */
const isProgram = (text) => {
  try {
    return new HostFunction(text) !== undefined;
  } catch {
    return false;
  }
};

/**
 * The same in a string, a template or a regular expression, and no code. The first character stays: there may be a
 * backslash before it.
 *
 * @type {Record<string, string>}
 */
const IN_LITERALS = {
  '<!--': '<\\x21--',
  '<!-->': '<\\x21--\\x3e',
  '-->': '--\\x3e',
  import: 'i\\x6dport',
};

/**
 * Outside of modules these begin comments (ECMA-262 B.1.1): one anywhere, the other where a line begins.
 *
 * @param {string} found
 * @param {string} before it, in the text
 * @returns {string}
 */
const inCode = (found, before) => {
  if (found.startsWith('<!--')) return '//--';
  if (found !== '-->') return found;
  return /(?:^|[\n\r\u2028\u2029])\s*$/.test(before.slice(-200)) ? '//>' : '-- >';
};

/**
 * Of what SES refuses: in literals it becomes an escape, which means the same; in code a comment becomes a plain one, the
 * operators of `a-->b` get a space, and an `import()` stays, and is refused. What stands where, V8's own parser says.
 *
 * @param {string} text of a script, or of what `Function` makes of its arguments
 * @returns {string} a text that SES looks at like at any other
 */
export const respell = (text) => {
  const places = [...text.matchAll(REJECTED)].map(({ index, 0: found }) => ({ at: index, found }));
  if (places.length === 0) return text;

  /** @param {(index: number) => 'literal' | 'code' | 'same'} choose */
  const spelled = (choose) => {
    let made = '';
    let end = 0;
    places.forEach(({ at, found }, index) => {
      const chosen = choose(index);
      made += text.slice(end, at);
      end = at + found.length;
      made +=
        chosen === 'literal'
          ? IN_LITERALS[found]
          : chosen === 'code'
            ? inCode(found, text.slice(0, at))
            : found;
    });
    return made + text.slice(end);
  };

  const asLiterals = spelled(() => 'literal');
  if (isProgram(asLiterals)) return asLiterals;
  if (places.length > MOST || !isProgram(text)) return text;
  const isLiteral = places.map((_place, index) =>
    isProgram(spelled((other) => (other === index ? 'literal' : 'same'))),
  );
  return spelled((index) => (isLiteral[index] ? 'literal' : 'code'));
};

// The oldest way to the global object; `this` of a plain call is undefined in strict code.
const ASKS_FOR_GLOBAL = /(\{\s*return this)(;?\s*\}\s*\)\s*)$/;
const STRICT = /(['"])use strict\1/;
const ASSIGNED =
  /(?<![.\w$])([A-Za-z_$][\w$]*)\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?)?=(?![=>])|\+\+|--)|for\s*\(\s*([A-Za-z_$][\w$]*)\s+(?:in|of)\b/g;

const DECLARATIONS = /\b(?:var|let|const|function|class)\b([^;{}()]*)/g;
const NAMES = /(?<![.\w$])[A-Za-z_$][\w$]*/g;

/**
 * Sloppy code makes global variables by assigning to them (ECMA-262 6.2.5.6); strict code, and all is evaluated as such,
 * throws. So they are there before: undefined, as undeclared names are anyway.
 *
 * @param {string} text
 * @param {object} globalThis
 */
const makeVariables = (text, globalThis) => {
  const declared = new Set(
    [...text.matchAll(DECLARATIONS)].flatMap(([, names = '']) => names.match(NAMES) ?? []),
  );
  for (const [, assigned, looped] of text.matchAll(ASSIGNED)) {
    const name = /** @type {string} */ (assigned ?? looped);
    if (name in globalThis || declared.has(name)) continue;
    Object.defineProperty(globalThis, name, {
      ...{ value: undefined, writable: true, enumerable: true, configurable: true },
    });
  }
};

const CONSTRUCTOR_WRITE =
  /(?<![\w$.)\]])((?:[A-Za-z_$][\w$]*\s*\.\s*)*[A-Za-z_$][\w$]*)(\s*)\.\s*constructor(?=\s*=(?![=>]))/g;
/** What is constant in every realm, ECMA-262 19.1, and sloppy code may assign in vain. */
const CONSTANT_WRITE =
  /(?<![\w$.])(?:this|globalThis|window|self)\s*\.\s*(?:Infinity|NaN|undefined)\s*=(?![=>])/g;
const THE_OBJECT = '({}).constructor'; // the text may call something else `Object`
/** Gives an object a `constructor` of its own, where it inherits one that is locked. */
const MAKE_OWN = `((o,O)=>{if(o===null||typeof o!=="object"&&typeof o!=="function")return;for(let p=o;p!==null;p=O.getPrototypeOf(p)){const d=O.getOwnPropertyDescriptor(p,"constructor");if(d===undefined)continue;if(p!==o&&d.writable===false&&O.isExtensible(o))O.defineProperty(o,"constructor",{value:d.value,writable:true,enumerable:true,configurable:true});return}})`;

/**
 * `Sub.prototype.constructor = Sub`, where what it inherits from is locked, assigns to a property of its own. Modules are
 * compiled so.
 *
 * @param {string} text
 * @returns {string}
 */
const withOwnConstructors = (text) =>
  replaced(
    text,
    CONSTRUCTOR_WRITE,
    (_all, holder = '', space = '') =>
      `${holder}${space}[(${MAKE_OWN}(${holder},${THE_OBJECT}),"constructor")]`,
  );

/**
 * @param {string} text
 * @param {RegExp} pattern
 * @param {(...found: string[]) => string} instead of what it finds in code, and not in literals or comments
 * @returns {string}
 */
const replaced = (text, pattern, instead) => {
  const places = [...text.matchAll(pattern)];
  if (places.length === 0 || places.length * text.length > MOST_LOOKED_AT) return text;
  let made = '';
  let end = 0;
  for (const found of places) {
    const { index } = found;
    const after = index + found[0].length;
    if (isProgram(`${text.slice(0, after)}]${text.slice(after)}`)) continue;
    made += text.slice(end, index) + instead(...found);
    end = after;
  }
  made += text.slice(end);
  return isProgram(made) ? made : text;
};

/** What a function of sloppy code calls itself; strict code has it not, ECMA-262 10.4.4.6. */
const CALLEE = /(?<![\w$.])arguments\s*\.\s*callee(?![\w$])/g;

/**
 * @param {string} text
 * @returns {boolean} whether it is what `Function` makes of its arguments, and has no other function in it
 */
const isOneFunction = (text) =>
  text.startsWith('(function anonymous(') && !/\bfunction\b|=>/.test(text.slice(20));

/**
 * @param {string} written that a package made, as Node would evaluate it: as sloppy code, if it doesn't say otherwise
 * @param {object} [globalThis] of the package, where nothing else makes variables of what is assigned
 * @returns {string} a text that means the same as strict code
 */
export const strictly = (written, globalThis) => {
  const named = isOneFunction(written) ? replaced(written, CALLEE, () => 'anonymous') : written;
  const text = replaced(withOwnConstructors(named), CONSTANT_WRITE, () => 'void ');
  if (STRICT.test(text)) return respell(text);
  if (globalThis !== undefined) makeVariables(text, globalThis);
  if (text.length < 80 && ASKS_FOR_GLOBAL.test(text))
    return text.replace(ASKS_FOR_GLOBAL, '$1??globalThis$2');
  const plain = withoutWith(text);
  return respell(plain === text || !isProgram(text) || !isProgram(plain) ? text : plain);
};

/** @type {WeakMap<object, string>} what they show as their text: people ask it of what kind a function is */
const shownAsNative = new WeakMap();

/**
 * @param {object} made a function that stands for one of the language's
 * @param {string} name
 */
export const showAsNative = (made, name) =>
  void shownAsNative.set(made, `function ${name}() { [native code] }`);

/** Has `Function.prototype.toString` show the constructors that are defined here as an engine shows its own. */
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
 * That of a compartment makes plain functions, whatever class extends it.
 *
 * @param {Function} shared
 * @returns {Function} another one, which makes instances of such classes (ECMA-262 20.2.1.1)
 */
export const withSubclasses = (shared) => {
  const { Function: own } = {
    Function: function (/** @type {unknown[]} */ ...args) {
      const made = Reflect.apply(shared, undefined, args);
      const { prototype } = new.target ?? shared;
      const isOther = typeof prototype === 'object' && prototype !== null;
      return isOther ? Object.setPrototypeOf(made, prototype) : made;
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
 * A function can reach the constructor of all functions, and of all asynchronous ones, by `constructor`: who calls it, it
 * can't know. So what it makes sees nothing but the language.
 *
 * @param {string} name
 * @param {string} prefix what makes such a function
 * @param {object} prototype of such functions
 */
export const defineConstructor = (name, prefix, prototype) => {
  const { [name]: Constructor } = {
    [name]: function (/** @type {unknown[]} */ ...args) {
      const texts = args.map((arg) => `${arg}`);
      const body = texts.pop() ?? '';
      const parameters = texts.join(',');
      Reflect.construct(HOST_CONSTRUCTORS[prefix] ?? HostFunction, [parameters, body]); // throws for what is not both, alone
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
