// Module languages by parser name of the compartment map. The bundler reads the same table.
import table from '../../../compartment_mapper/languages.json' with { type: 'json' };

/**
 * @typedef {'pre-mjs-json' | 'pre-cjs-json' | 'json' | 'text' | 'bytes' | 'native'} Parser
 *
 * @typedef {object} LanguageFacts
 * @property {boolean} program whether the module is compiled code; otherwise data
 * @property {boolean} copied whether each package gets its own copy, because the value is mutable
 */

/** @type {ReadonlyMap<string, LanguageFacts>} */
const LANGUAGES = new Map(Object.values(table).map((facts) => [facts.parser, facts]));

/** The names of all parsers. */
export const PARSERS = [...LANGUAGES.keys()];

/** @param {Parser} parser */
export const isProgram = (parser) => LANGUAGES.get(parser)?.program === true;

/** @param {Parser} parser */
export const isCopied = (parser) => LANGUAGES.get(parser)?.copied === true;
