// The `process` of a compartment: granted members on top of an inert base. Never the real object.
import { isObject } from '../base/objects.js';
import { bindMethod, defineOwn, frozenAccessor } from './view.js';
import { EMITTER_METHODS, makeEmitter } from './emitter-view.js';
import { makeEnvView } from './env-view.js';
import { accessDenied } from '../base/errors.js';
import { sentMessage } from './sent-message.js';
import { isDenied, memberOf, variableOf } from '../policy/policy.js';

/** @import { Granted } from '../policy/policy.js' */
/** @import { StdioName } from './stdio-view.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {object} ProcessOptions
 * @property {string} label the package
 * @property {(name: string) => unknown} getBuiltinModule subject to the policy of the package
 * @property {() => AnyObject} events the builtin, hardened
 * @property {() => AnyObject} constants result of `process.binding('constants')`, which code compiled by emscripten
 *   calls
 * @property {(name: StdioName, granted: Granted, deny: (member: string) => Error) => AnyObject} stdio
 * @property {(argv: any) => unknown} [ownArguments] maps the host's arguments to those that packages see
 * @property {(message: object) => unknown} [copyOf] copies messages of the channel to the parent; undefined: they are JSON
 */

// Members that code calls without a check for undefined: a denial explains more than a TypeError.
const STUBS = [
  ...['exit', 'abort', 'kill', 'chdir', 'binding', 'dlopen', '_linkedBinding', 'execve'],
  ...['reallyExit', 'setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups'],
];

// Every package has these in a harmless form, regardless of grants.
const OF_EVERY_VIEW = ['getBuiltinModule', 'cwd'];

const STDIO = /** @type {StdioName[]} */ (['stdin', 'stdout', 'stderr']);

// The host's own objects, which only give access to the state of other packages.
const HIDDEN = ['domain', 'mainModule', 'channel', '_events', 'constructor'];

// A program with a grant for all of `process` may set its exit code.
const ASSIGNED = ['exitCode'];

/** @type {Granted} */
const NOTHING = { whole: false, write: false, unlimited: false, members: new Map() };

/**
 * @param {unknown} value plain data of the host
 * @returns {unknown} a copy, so that changes don't affect other packages
 */
const deepCopy = (value) => {
  if (!isObject(value) || typeof value === 'function') return value;
  if (Array.isArray(value)) return value.map(deepCopy);
  if (value instanceof Set) {
    // The `has` of `allowedNodeEnvironmentFlags` accepts other spellings too.
    const copy = new Set(value);
    const has = Object.freeze((/** @type {unknown} */ member) => value.has(member));
    return Object.defineProperty(copy, 'has', { value: has });
  }
  const entries = Object.entries(value).filter(([, member]) => typeof member !== 'function');
  return Object.freeze(Object.fromEntries(entries.map(([key, member]) => [key, deepCopy(member)])));
};

/**
 * @param {AnyObject} object of methods and plain data, such as `process.report`
 * @returns {AnyObject}
 */
const copyOfMethods = (object) => {
  const copy = {};
  for (const key of Object.keys(object)) {
    const read = () => {
      const value = object[key];
      return typeof value === 'function' ? bindMethod(value, object) : deepCopy(value);
    };
    const accessor = frozenAccessor(read, (own) => defineOwn(copy, key, own));
    Object.defineProperty(copy, key, accessor);
  }
  return copy;
};

/**
 * @param {AnyObject} process
 * @param {string} name
 * @param {(value: unknown) => unknown} toView
 * @returns {Function}
 */
const methodOf = (process, name, toView) => {
  const original = process[name];
  const method = /** @type {AnyObject} */ (
    (/** @type {unknown[]} */ ...args) => toView(Reflect.apply(original, process, args))
  );
  for (const key of Object.keys(original)) {
    if (typeof original[key] === 'function')
      method[key] = Object.freeze((/** @type {unknown[]} */ ...args) => original[key](...args));
  }
  Object.defineProperties(method, {
    name: { value: original.name || name },
    length: { value: original.length },
  });
  return /** @type {Function} */ (Object.freeze(method));
};

/**
 * @param {AnyObject} process
 * @param {ProcessOptions['copyOf']} copyOf
 * @returns {Function} `process.send`, without handles
 */
const sendOf = (process, copyOf) => {
  const send = (/** @type {unknown} */ message, /** @type {unknown[]} */ ...rest) =>
    process['send'](
      sentMessage(message, copyOf),
      ...rest.filter((each) => typeof each === 'function'),
    );
  return Object.freeze(send);
};

/**
 * @param {AnyObject} process the host's
 * @param {Granted} granted
 * @returns {string[]} names of its granted members
 */
const grantedNames = (process, granted) => {
  const named = [...granted.members.keys()];
  if (granted.whole) {
    for (let holder = process; ; holder = Object.getPrototypeOf(holder)) {
      if (holder === null || Object.hasOwn(holder, 'addListener')) break; // EventEmitter.prototype
      named.push(...Object.getOwnPropertyNames(holder).filter((name) => !name.startsWith('_')));
    }
  }
  return [...new Set(named)].filter(
    (name) =>
      !HIDDEN.includes(name) &&
      !EMITTER_METHODS.includes(name) &&
      name !== 'getBuiltinModule' &&
      !isDenied(memberOf(granted, name)),
  );
};

/**
 * @param {AnyObject} process
 * @param {AnyObject} view
 * @param {ProcessOptions} options
 * @param {(value: unknown) => unknown} toView
 * @returns {(name: string, granted: Granted) => unknown} creates a member of the view on first read
 */
const memberMaker =
  (process, view, { label, stdio, copyOf, ownArguments = (argv) => argv }, toView) =>
  (name, granted) => {
    if (STDIO.includes(/** @type {StdioName} */ (name))) {
      const deny = (/** @type {string} */ member) =>
        accessDenied(label, 'global', `process.${name}.${member}`);
      return stdio(/** @type {StdioName} */ (name), granted, deny);
    }
    if (name === 'env') return granted.whole ? envOf(process, granted) : view[name];
    const value = process[name];
    if (name === 'argv') return ownArguments(deepCopy(value));
    if (name === 'send' && typeof value === 'function') return sendOf(process, copyOf);
    if (typeof value === 'function') return methodOf(process, name, toView);
    if (!isObject(value)) return value;
    const hasMethods = Object.values(value).some((member) => typeof member === 'function');
    return hasMethods ? copyOfMethods(value) : deepCopy(value);
  };

/**
 * @param {AnyObject} process
 * @param {AnyObject} view
 * @param {Granted} granted of `process`
 * @param {ReturnType<typeof memberMaker>} make
 */
const addMembers = (process, view, granted, make) => {
  for (const name of grantedNames(process, granted)) {
    const member = memberOf(granted, name);
    if (name === 'env' && !member.whole) continue;
    /** @type {{ value: unknown } | undefined} */
    let assigned;
    const known = { created: false, from: undefined, value: undefined };
    const writes = member.write || (granted.whole && ASSIGNED.includes(name));
    const read = () => {
      if (assigned !== undefined && process[name] === assigned.value) return assigned.value;
      // Values that the host computes on every read stay live; objects are created once.
      const from = STDIO.includes(/** @type {StdioName} */ (name)) ? name : process[name];
      if (!isObject(from) && from !== name) return from;
      if (!known.created || known.from !== from)
        Object.assign(known, { created: true, from, value: make(name, member) });
      return known.value;
    };
    const assign = (/** @type {unknown} */ value) => {
      if (!writes) return defineOwn(view, name, value);
      process[name] = value;
      assigned = { value }; // the package has the object already and may modify it later
    };
    if (name in process) Object.defineProperty(view, name, frozenAccessor(read, assign));
  }
};

/**
 * @param {AnyObject} process
 * @param {Granted} granted for `process.env`: all of it, or names by patterns
 */
const envOf = (process, granted) =>
  makeEnvView(() => process['env'], {
    isVisible: (name) => !isDenied(variableOf(granted, name)),
    isWritable: (name) => variableOf(granted, name).write,
  });

/**
 * Single variables: an unset one must not appear in `'X' in process.env`.
 *
 * @param {AnyObject} process
 * @param {AnyObject} env
 * @param {Granted} granted
 */
const addVariables = (process, env, granted) => {
  for (const [name, member] of granted.members) {
    if (isDenied(member) || !(name in process['env'] || member.write)) continue;
    const assign = (/** @type {unknown} */ value) => {
      if (member.write) process['env'][name] = value;
      else defineOwn(env, name, `${value}`);
    };
    const read = () => process['env'][name];
    Object.defineProperty(env, name, frozenAccessor(read, assign));
  }
};

// https://nodejs.org/api/process.html#process-events, except those that expose objects of other packages: `worker`
// passes a Worker, and `message` a socket besides the message.
const HEARD = new Set([
  ...['beforeExit', 'disconnect', 'exit', 'multipleResolves', 'rejectionHandled', 'warning'],
  ...['uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection', 'workerMessage'],
]);

let emitting = 0; // packages with a grant for `emit` may exchange events of any name

/**
 * @param {string | symbol} event
 * @param {unknown[]} args
 * @param {ProcessOptions['copyOf']} copyOf
 */
const passed = (event, args, copyOf) => {
  // Other packages get the same message. As JSON it has no memory that they could share.
  if (event === 'message')
    return args
      .slice(0, 1)
      .map((message) => (copyOf && isObject(message) ? copyOf(message) : message));
  const isKnown = typeof event === 'string' && (HEARD.has(event) || event.startsWith('SIG'));
  return isKnown || emitting > 0 ? args : undefined;
};

/**
 * @param {AnyObject} process
 * @param {AnyObject} view
 * @param {(value: unknown) => unknown} toView
 */
const emitterOf = (process, view, toView) => {
  const original = methodOf(process, 'emit', toView);
  const { emit } = {
    emit(/** @type {unknown[]} */ ...args) {
      emitting += 1;
      try {
        return Reflect.apply(original, view, args);
      } finally {
        emitting -= 1;
      }
    },
  };
  return Object.freeze(emit);
};

/**
 * @param {AnyObject} process
 * @param {AnyObject} view
 * @param {Granted} granted
 * @param {ProcessOptions} options
 * @param {(value: unknown) => unknown} toView
 */
const addListening = (process, view, granted, { events, copyOf }, toView) => {
  const wanted = EMITTER_METHODS.filter((name) => !isDenied(memberOf(granted, name)));
  if (wanted.length === 0) return;
  const EventEmitter = events();
  const { constructor } = { constructor: Object.freeze(function process() {}) };
  const prototype = Object.create(EventEmitter['prototype'], {
    constructor: { value: constructor },
  });
  Object.setPrototypeOf(view, Object.freeze(prototype));
  Reflect.apply(/** @type {any} */ (EventEmitter), view, []);
  makeEmitter({
    ...{ view, real: () => process, EventEmitter, isHeard: () => true, toView },
    passed: (event, args) => passed(event, args, copyOf),
  });
  // `emit` reaches the listeners of all packages: without a grant, it reaches only the package's own.
  if (wanted.includes('emit')) defineOwn(view, 'emit', emitterOf(process, view, toView), false);
};

/**
 * @param {AnyObject} process the host's
 * @param {Granted | undefined} decision grant for `process`
 * @param {ProcessOptions} options
 * @returns {AnyObject}
 */
export const makeProcessView = (process, decision, options) => {
  const granted = decision ?? NOTHING;
  /** @type {AnyObject} */
  const view = { env: {}, argv: [], execArgv: [], cwd: Object.freeze(() => '/') };
  const toView = (/** @type {unknown} */ value) => {
    if (value === process) return view;
    const stream = STDIO.find((name) => isStdio(process, name, value));
    return stream === undefined ? value : view[stream];
  };
  const { label, getBuiltinModule, constants } = options;
  addListening(process, view, granted, options, toView);
  defineOwn(
    view,
    'getBuiltinModule',
    Object.freeze((/** @type {unknown} */ name) => getBuiltinModule(`${name}`)),
  );
  const stubs = [...STUBS, ...deniedNames(granted)].filter((name) => !OF_EVERY_VIEW.includes(name));
  for (const name of stubs) {
    // Reading a standard stream would open it.
    const isMethod =
      !STDIO.includes(/** @type {StdioName} */ (name)) && typeof process[name] === 'function';
    if (!isMethod) continue;
    const deny = () => {
      throw accessDenied(label, 'global', `process.${name}`);
    };
    const value = (/** @type {unknown} */ requested) => {
      if (name === 'binding' && requested === 'constants') return constants();
      // Code that reads it while loading may never use it.
      if (name === 'binding' && requested === 'tty_wrap')
        return {
          TTY: function TTY() {
            deny();
          },
        };
      return deny();
    };
    Object.defineProperty(value, 'name', { value: name });
    defineOwn(view, name, Object.freeze(value), false);
  }
  const variables = memberOf(granted, 'env');
  if (!variables.whole && [...variables.members.keys()].some((name) => name.endsWith('*')))
    view['env'] = envOf(process, variables);
  else addVariables(process, view['env'], variables);
  addMembers(process, view, granted, memberMaker(process, view, options, toView));
  Object.defineProperty(view, Symbol.toStringTag, { value: 'process', configurable: true });
  return view;
};

/** @param {Granted} granted */
const deniedNames = (granted) =>
  [...granted.members].flatMap(([name, member]) => (isDenied(member) ? [name] : []));

/**
 * @param {AnyObject} process
 * @param {StdioName} name
 * @param {unknown} value
 * @returns {boolean} whether it is that stream, without opening the stream
 */
const isStdio = (process, name, value) =>
  isObject(value) && typeof value['fd'] === 'number' && process[name] === value;
