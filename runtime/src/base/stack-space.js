// Stack space. A package can call the runtime from the very end of the stack and catch the RangeError: an operation
// that had begun would stay half done forever. So every function that changes state shared by packages checks for
// stack space before it begins.

const { apply } = Reflect;
const nothing = () => undefined;

/**
 * @param {number} kibibytes
 * @returns {() => void} throws a RangeError if less is left, as any call at the end of the stack does
 */
const stackSpaceOf = (kibibytes) => {
  // The engine pushes all arguments at once, before the call.
  /** @type {undefined[] | undefined} */
  let fill;
  return () => {
    fill ??= new Array((kibibytes * 1024) / 8).fill(undefined);
    apply(nothing, undefined, fill);
  };
};

// V8's stack has 984 KiB. A nested operation requires less than the outer one, or it could fail after the outer one
// has begun. The largest check takes 50 µs, and a millisecond the first time.

/** For linking modules, which creates compartments. */
export const needStackToLink = stackSpaceOf(304);

/** For creating a compartment, which hardens its endowments. */
export const needStackToEndow = stackSpaceOf(256);

/** For starting to harden the host. */
export const needStackForHost = stackSpaceOf(208);

/** For loading and hardening one builtin. */
export const needStackForBuiltin = stackSpaceOf(160);

/** For hardening a few objects. */
export const needStackToHarden = stackSpaceOf(112);

/** For frequent operations that call few functions. */
export const needStack = stackSpaceOf(32);

/** @type {WeakMap<object, Set<string>>} finished operations by owner */
const done = new WeakMap();

/**
 * Runs an operation that hardens a few objects, once per owner. Throws at the end of the stack before it begins.
 *
 * @param {object} owner
 * @param {string} what name of the operation
 * @param {() => void} act
 */
export const once = (owner, what, act) => {
  const known = done.get(owner) ?? new Set();
  if (known.has(what)) return;
  needStackToHarden();
  done.set(owner, known.add(what));
  act();
};
