// `lockdown` as SES has it, which also gets ready for archives.
import { secure } from '../lockdown/lockdown.js';
import { makeStacks } from '../stacks/stack.js';

/** @import { Stacks } from '../stacks/stack.js' */
/** @import { Host } from './host.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Locked what archives need of a realm that is locked down
 * @property {Powers} powers
 * @property {Stacks} stacks
 *
 * @typedef {import('ses').Lockdown} Lockdown
 */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/**
 * SES's own console, since a console of Node's that is hardened breaks at `console.group`.
 *
 * @type {import('ses').RepairOptions}
 */
const SETTINGS = { consoleTaming: 'safe' };

/**
 * @param {Host} host
 * @returns {{ lockdown: Lockdown, lockedRealm: () => Locked }}
 */
export const makeLock = (host) => {
  /** @type {Locked | undefined} */
  let locked;

  /** @type {Lockdown} */
  const lockdown = (settings = {}) => {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    const options = /** @type {typeof settings} */ (Object.fromEntries(given));
    // By us or by others: SES says that it is too late, before anything of the host is changed.
    if (Object.isFrozen(Function.prototype)) start['repairIntrinsics'](options);
    const { console } = globalThis;
    const stacks = makeStacks({ showsHost: true, hidesFromEvaluated: true });
    const withLocked = host.prepare();
    const { errorTaming = 'unsafe' } = options;
    const prepareStackTrace = errorTaming === 'unsafe' ? stacks.prepareStackTrace : undefined;
    const realm = secure(prepareStackTrace, { ...SETTINGS, ...options });
    locked = { stacks, powers: { ...withLocked(realm), console } };
  };

  return {
    lockdown,
    lockedRealm() {
      if (locked !== undefined) return locked;
      throw new Error("an archive needs a realm that this package's `lockdown()` has locked down");
    },
  };
};
