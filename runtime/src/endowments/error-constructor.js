// A separate `Error` constructor for a package that uses V8's stack trace API. ses removes the API because a realm
// has only one: prepareStackTrace and stackTraceLimit of a package only affect its own errors.

/** @import { Frame, Stacks } from '../stacks/stack.js' */

/** V8's `Error.stackTraceLimit`. */
const DEFAULT_LIMIT = 10;

/** A call site with positions and names, but without values. */
class CallSite {
  #frame;
  #stacks;
  /**
   * @param {Frame} frame
   * @param {Stacks} stacks
   */
  constructor(frame, stacks) {
    this.#frame = frame;
    this.#stacks = stacks;
    Object.freeze(this);
  }
  getThis() {
    return undefined;
  }
  getFunction() {
    return undefined;
  }
  getTypeName() {
    return this.#frame.site.getTypeName();
  }
  getFunctionName() {
    return this.#frame.site.getFunctionName();
  }
  getMethodName() {
    return this.#frame.site.getMethodName();
  }
  getFileName() {
    return this.#frame.scriptName ?? this.#frame.file ?? undefined;
  }
  getScriptNameOrSourceURL() {
    return this.#frame.scriptName ?? this.#frame.file ?? undefined;
  }
  getLineNumber() {
    return this.#frame.line;
  }
  getColumnNumber() {
    return this.#frame.column;
  }
  getEvalOrigin() {
    return undefined;
  }
  getPromiseIndex() {
    return null;
  }
  isToplevel() {
    return this.#frame.site.isToplevel();
  }
  isEval() {
    return false;
  }
  isNative() {
    return this.#frame.site.isNative();
  }
  isConstructor() {
    return this.#frame.site.isConstructor();
  }
  isAsync() {
    return this.#frame.site.isAsync();
  }
  isPromiseAll() {
    return false;
  }
  toString() {
    return this.#stacks.describe(this.#frame);
  }
}

/**
 * @typedef {object} ErrorPowers
 * @property {ErrorConstructor} SharedError the constructor of ses, with the prototype that all errors share
 * @property {(holder: object, below?: Function) => void} capture V8's captureStackTrace
 * @property {Stacks} stacks
 *
 * @typedef {object} Stack of one error
 * @property {object} holder of V8's captured stack
 * @property {number} limit of frames
 * @property {boolean} isFormatted
 * @property {unknown} value
 *
 * @typedef {ErrorConstructor & { prepareStackTrace?: unknown, stackTraceLimit?: unknown }} OwnError
 */

/**
 * @param {ErrorPowers} powers
 * @returns {ErrorConstructor}
 */
export const makeErrorConstructor = ({ SharedError, capture, stacks }) => {
  harden(CallSite);
  /** @type {WeakMap<object, Stack>} */
  const known = new WeakMap();

  /**
   * @param {object} error
   * @param {Stack} stack
   * @returns {unknown} the package's own format, or a string
   */
  const formatted = (error, { holder, limit }) => {
    const own = /** @type {OwnError} */ (OwnError);
    const frames = stacks.collect(holder, limit);
    if (typeof own.prepareStackTrace === 'function') {
      return own.prepareStackTrace(
        /** @type {Error} */ (error),
        /** @type {any[]} */ (frames.map((frame) => new CallSite(frame, stacks))),
      );
    }
    return stacks.format(error, frames);
  };

  // As in V8, a stack is captured at once and formatted on first read: by then the error has its name.
  const accessor = harden({
    enumerable: false,
    configurable: true,
    /** @this {object} */
    get() {
      const stack = known.get(this);
      if (stack === undefined) return undefined;
      if (!stack.isFormatted) {
        stack.isFormatted = true; // set before, because the package's format may read `stack`
        stack.value = formatted(this, stack);
      }
      return stack.value;
    },
    /**
     * @this {object}
     * @param {unknown} value
     */
    set(value) {
      const stack = known.get(this);
      if (stack !== undefined) Object.assign(stack, { isFormatted: true, value });
    },
  });

  /**
   * @param {object} error
   * @param {Function} [below]
   */
  const defineStack = (error, below) => {
    const { stackTraceLimit: limit } = /** @type {OwnError} */ (OwnError);
    // In Node this defines a property of the class, such as `Function`, which is a frozen intrinsic here.
    if (typeof error === 'function' && !Object.isExtensible(error)) return;
    const isShown = typeof limit === 'number';
    Object.defineProperty(error, 'stack', accessor);
    const holder = {};
    capture(holder, below);
    const shown = { holder, limit: isShown ? Math.max(0, limit) : 0 };
    known.set(error, { ...shown, isFormatted: !isShown, value: undefined });
  };

  /** @type {any} */
  const OwnError = function Error(/** @type {unknown[]} */ ...args) {
    const error = Reflect.construct(SharedError, args, new.target ?? OwnError);
    const { prepareStackTrace, stackTraceLimit } = OwnError;
    if (typeof prepareStackTrace === 'function' || stackTraceLimit !== DEFAULT_LIMIT)
      defineStack(error, new.target);
    return error;
  };
  const hidden = { writable: true, enumerable: false, configurable: true };
  Object.setPrototypeOf(OwnError, SharedError);
  Object.defineProperties(OwnError, {
    length: { value: 1 },
    prototype: { value: SharedError.prototype, writable: false },
    stackTraceLimit: { ...hidden, value: DEFAULT_LIMIT, enumerable: true },
    prepareStackTrace: { ...hidden, value: undefined },
    captureStackTrace: {
      ...hidden,
      value: harden({
        captureStackTrace: (/** @type {object} */ error, /** @type {Function} */ below) =>
          defineStack(error, typeof below === 'function' ? below : undefined),
      }).captureStackTrace,
    },
  });
  return OwnError;
};
