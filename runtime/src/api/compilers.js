// The compiler of source text, loaded on demand.

/** @import { Compiler } from './compile.js' */
/** @import { Compilers } from './sources.js' */

/**
 * @param {object} loaders
 * @param {() => Promise<Compiler>} loaders.load
 * @param {() => Compiler | undefined} loaders.loadNow undefined: not supported by the host
 * @returns {Compilers}
 */
export const makeCompilers = ({ load, loadNow }) => {
  /** @type {Compiler | undefined} */
  let compiler;
  return {
    later: async () => (compiler ??= await load()),
    now: () => {
      compiler ??= loadNow();
      if (compiler !== undefined) return compiler;
      throw new Error(
        'importNow of source text needs a compiler that this host can only load asynchronously: call `await prepareSources()` before',
      );
    },
  };
};
