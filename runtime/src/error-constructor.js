// An `Error` of its own for a package that uses V8's stack trace API, which ses withholds because a
// realm has only one: prepareStackTrace and stackTraceLimit of a package concern what it makes itself.

/** @import { Frame, Stacks } from './stack.js' */

/** A call site that knows places and names, but no values. */
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
    return this.#frame.file ?? undefined;
  }
  getScriptNameOrSourceURL() {
    return this.#frame.file ?? undefined;
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
 * @property {ErrorConstructor} SharedError the one of ses, with the prototype that all errors share
 * @property {(holder: object, below?: Function) => void} capture V8's captureStackTrace
 * @property {Stacks} stacks
 *
 * @typedef {ErrorConstructor & { prepareStackTrace?: unknown, stackTraceLimit?: unknown }} OwnError
 */

/**
 * @param {ErrorPowers} powers
 * @returns {ErrorConstructor}
 */
export const makeErrorConstructor = ({ SharedError, capture, stacks }) => {
  harden(CallSite);
  /**
   * @param {object} error
   * @param {Function | undefined} below
   * @returns {unknown} what its stack is to be: the package's own format, or a string
   */
  const stackOf = (error, below) => {
    const own = /** @type {OwnError} */ (OwnError);
    const limit = typeof own.stackTraceLimit === 'number' ? Math.max(0, own.stackTraceLimit) : 0;
    const frames = stacks.collect((holder) => capture(holder, below), limit);
    if (typeof own.prepareStackTrace === 'function') {
      return own.prepareStackTrace(
        /** @type {Error} */ (error),
        /** @type {any[]} */ (frames.map((frame) => new CallSite(frame, stacks))),
      );
    }
    return stacks.format(error, frames);
  };

  /**
   * @param {object} error
   * @param {Function} [below]
   */
  const defineStack = (error, below) => {
    const value = stackOf(error, below);
    Object.defineProperty(error, 'stack', {
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  };

  /** @type {any} */
  const OwnError = function Error(/** @type {unknown[]} */ ...args) {
    const error = Reflect.construct(SharedError, args, new.target ?? OwnError);
    if (typeof OwnError.prepareStackTrace === 'function') defineStack(error, new.target);
    return error;
  };
  const hidden = { writable: true, enumerable: false, configurable: true };
  Object.setPrototypeOf(OwnError, SharedError);
  Object.defineProperties(OwnError, {
    length: { value: 1 },
    prototype: { value: SharedError.prototype, writable: false },
    stackTraceLimit: { ...hidden, value: 10, enumerable: true },
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
