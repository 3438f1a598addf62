// Compiles source text to module sources for SES's Compartment. Loaded on demand, because it includes a parser.
import { evadeCensorSync } from '@endo/evasive-transform';
import { CjsModuleSource, ModuleSource } from '@endo/module-source';
import { commonJsSource } from './commonjs.js';

/** @import { Place } from './commonjs.js' */

/**
 * @typedef {Place & TextOfModule} TextModule
 *
 * @typedef {object} TextOfModule
 * @property {string} text
 * @property {'module' | 'commonjs' | undefined} language
 * @property {string} url of the module in stack traces
 *
 * @typedef {object} Compiler
 * @property {(module: TextModule) => object} compileSource returns a module source
 */

// SES rejects source with these, even in a comment or a string.
const REJECTED = /import\s*\(|<!--|-->/;

const COMMONJS = /\b(?:module|exports|require)\b/;

/**
 * @param {string} source
 * @param {'module' | 'script'} sourceType
 */
const accepted = (source, sourceType) =>
  REJECTED.test(source) ? evadeCensorSync(source, { sourceType }).code : source;

/** @param {TextModule} module */
const compileModule = ({ text, url }) =>
  new ModuleSource(accepted(text, 'module'), { sourceUrl: url });

/** @param {TextModule} module */
const compileCommonJs = (module) => {
  const { text, url } = module;
  const source = new CjsModuleSource(accepted(text, 'script'), { sourceUrl: url });
  return commonJsSource(source, module);
};

/** @param {ModuleSource} source */
const usesModuleSyntax = ({ imports, exports, reexports, __needsImportMeta__ }) =>
  imports.length > 0 || exports.length > 0 || reexports.length > 0 || Boolean(__needsImportMeta__);

/**
 * @template T
 * @param {() => T} compile
 * @returns {{ source: T } | { error: unknown }}
 */
const attempt = (compile) => {
  try {
    return { source: compile() };
  } catch (error) {
    return { error };
  }
};

/**
 * Detects the language by syntax, as Node does: a module with imports or exports is ESM; otherwise, one that uses a
 * variable of CommonJS is CommonJS.
 *
 * @param {TextModule} module
 */
const compileEither = (module) => {
  const esm = attempt(() => compileModule(module));
  if ('source' in esm && usesModuleSyntax(esm.source)) return esm.source;
  if (COMMONJS.test(module.text)) {
    const commonJs = attempt(() => compileCommonJs(module));
    if ('source' in commonJs) return commonJs.source;
  }
  if ('error' in esm) throw esm.error;
  return esm.source;
};

/** @type {Compiler['compileSource']} */
export const compileSource = (module) => {
  if (module.language === 'module') return compileModule(module);
  if (module.language === 'commonjs') return compileCommonJs(module);
  return compileEither(module);
};
