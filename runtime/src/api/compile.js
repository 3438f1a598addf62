// Compiles plain text to what SES's Compartment takes. With the parser that it brings, this is loaded only when needed.
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
 * @property {string} url what the module is called in stack traces
 *
 * @typedef {object} Compiler
 * @property {(module: TextModule) => object} compileSource a module source
 */

// SES refuses texts in which these stand, even in a comment or a string.
const REJECTED = /import\s*\(|<!--|-->/;

const COMMONJS = /\b(?:module|exports|require)\b/;

/**
 * @param {string} text
 * @param {'module' | 'script'} sourceType
 */
const accepted = (text, sourceType) =>
  REJECTED.test(text) ? evadeCensorSync(text, { sourceType }).code : text;

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
 * Syntax decides, as in Node: what imports or exports is ESM. Of what does neither, CommonJS is what names one of its
 * variables.
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
