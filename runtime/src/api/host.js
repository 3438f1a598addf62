// What the package needs of its host.

/** @import { Powers } from '../package.js' */
/** @import { VerifyPowers } from '../import-archive.js' */
/** @import { Compiler } from './compile.js' */

/**
 * @typedef {object} Host
 * @property {() => (locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers} prepare
 * @property {VerifyPowers} verifyPowers
 * @property {() => Promise<Compiler>} loadCompiler
 * @property {() => Compiler | undefined} loadCompilerNow undefined: it can't be loaded without waiting
 */

export {};
