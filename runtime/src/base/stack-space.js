// Room on the stack. A package can call from the very end of it, and catch what is thrown there: what was begun then would
// stay half done, for all. So whatever changes something that packages share asks for its room before it begins.

const { apply } = Reflect;
const nothing = () => undefined;

/**
 * @param {number} kibibytes
 * @returns {() => void} throws a RangeError where so much is not left, as any call at the end of the stack does
 */
const stackSpaceOf = (kibibytes) => {
  // All arguments are pushed at once, before the call.
  /** @type {undefined[] | undefined} */
  let fill;
  return () => {
    fill ??= new Array((kibibytes * 1024) / 8).fill(undefined);
    apply(nothing, undefined, fill);
  };
};

// V8 has 984 KiB. What is begun within something else asks for less than that, or it would fail when that has begun. The
// largest takes 50 µs to ask, and the first time a millisecond.

/** For what links modules, which makes compartments. */
export const needStackToLink = stackSpaceOf(304);

/** For what makes a compartment, which hardens what it is given. */
export const needStackToEndow = stackSpaceOf(256);

/** For what begins to harden the host. */
export const needStackForHost = stackSpaceOf(208);

/** For what loads and hardens one builtin. */
export const needStackForBuiltin = stackSpaceOf(160);

/** For what hardens few objects. */
export const needStackToHarden = stackSpaceOf(112);

/** For what calls few functions, and often. */
export const needStack = stackSpaceOf(32);

/** @type {WeakMap<object, Set<string>>} what was done already */
const done = new WeakMap();

/**
 * What hardens few objects, and is done once: not at the end of the stack.
 *
 * @param {object} owner
 * @param {string} what of that owner
 * @param {() => void} act
 */
export const once = (owner, what, act) => {
  const known = done.get(owner) ?? new Set();
  if (known.has(what)) return;
  needStackToHarden();
  done.set(owner, known.add(what));
  act();
};
