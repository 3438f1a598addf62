// `domain` of a package that is not granted Node's: domains that catch synchronous errors of `run` and errors of
// added emitters, but not asynchronous errors. https://nodejs.org/api/domain.html
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {any} EventEmitter
 * @returns {AnyObject}
 */
export const makeOwnDomains = (EventEmitter) => {
  /** @type {object[]} the entered domains */
  const stack = [];

  class Domain extends EventEmitter {
    /** @type {any[]} */
    members = [];

    /**
     * @param {Function} act
     * @param {unknown[]} args
     */
    run(act, ...args) {
      this.enter();
      try {
        return Reflect.apply(act, this, args);
      } catch (error) {
        if (this.listenerCount('error') === 0) throw error;
        this.emit('error', error);
        return undefined;
      } finally {
        this.exit();
      }
    }

    enter() {
      stack.push(this);
    }

    exit() {
      const at = stack.lastIndexOf(this);
      if (at >= 0) stack.splice(at);
    }

    /** @param {any} emitter */
    add(emitter) {
      if (this.members.includes(emitter)) return;
      this.members.push(emitter);
      emitter.on?.('error', this.heard);
    }

    /** @param {any} emitter */
    remove(emitter) {
      const at = this.members.indexOf(emitter);
      if (at >= 0) this.members.splice(at, 1);
      emitter.removeListener?.('error', this.heard);
    }

    /** @param {unknown} error */
    heard = (error) => void this.emit('error', error);

    /** @param {Function} act */
    bind(act) {
      const { run } = this;
      return (/** @type {unknown[]} */ ...args) => Reflect.apply(run, this, [act, ...args]);
    }

    /** @param {Function} act called without the error argument; errors go to the domain */
    intercept(act) {
      return (/** @type {unknown} */ error, /** @type {unknown[]} */ ...args) => {
        if (error instanceof Error) this.emit('error', error);
        else this.run(act, ...args);
      };
    }
  }

  const create = () => new Domain();
  return { Domain, create, createDomain: create, active: null, _stack: [] };
};
