// Module languages: the table that the bundler has, by the parsers that a compartment map names.
import table from '../../../compartment_mapper/languages.json' with { type: 'json' };

/**
 * @typedef {'pre-mjs-json' | 'pre-cjs-json' | 'json' | 'text' | 'bytes'} Parser
 *
 * @typedef {object} LanguageFacts
 * @property {boolean} program whether it is code, which was compiled; else data
 * @property {boolean} copied whether each package gets a copy of its own, since the value can be modified
 */

/** @type {ReadonlyMap<string, LanguageFacts>} */
const LANGUAGES = new Map(Object.values(table).map((facts) => [facts.parser, facts]));

/** The names of all parsers. */
export const PARSERS = [...LANGUAGES.keys()];

/** @param {Parser} parser */
export const isProgram = (parser) => LANGUAGES.get(parser)?.program === true;

/** @param {Parser} parser */
export const isCopied = (parser) => LANGUAGES.get(parser)?.copied === true;
