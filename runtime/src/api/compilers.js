// The compiler of plain text, loaded when it is needed first.

/** @import { Compiler } from './compile.js' */
/** @import { Compilers } from './sources.js' */

/**
 * @param {object} loaders
 * @param {() => Promise<Compiler>} loaders.load
 * @param {() => Compiler | undefined} loaders.loadNow undefined: this host can't
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
        'importNow of plain text needs a compiler that this host loads only asynchronously: `await prepareSources()` before',
      );
    },
  };
};
