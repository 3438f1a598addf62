// Requirements of the npm package on its host.

/** @import { VerifyPowers } from '../linker/import-archive.js' */
/** @import { Compiler } from './compile.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Host
 * @property {() => (locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers} prepare
 * @property {VerifyPowers} verifyPowers
 * @property {() => Promise<Compiler>} loadCompiler
 * @property {() => Compiler | undefined} loadCompilerNow undefined: it can't be loaded synchronously
 */

export {};
