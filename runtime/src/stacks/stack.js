// Stack traces that speak of modules: positions in a package's joined text are mapped back to its files,
// and frames of the runtime, with the host's paths in them, are dropped.

import { columnBefore, lineBefore, readEdits } from './edit-table.js';
import { LINE_ENDS, startsOf } from './package-lines.js';
import { makeOriginOf } from './source-map.js';

/** @import { EditTable } from './edit-table.js' */
/** @import { Start } from './package-lines.js' */
/** @import { FunctorSource } from './package-lines.js' */

/**
 * @typedef {object} CallSite what is used of V8's
 * @property {() => string | null} getTypeName
 * @property {() => string | null} getFunctionName
 * @property {() => string | null} getMethodName
 * @property {() => string | null} getFileName
 * @property {() => number | null} getLineNumber
 * @property {() => number | null} getColumnNumber
 * @property {() => string | undefined} getScriptNameOrSourceURL
 * @property {() => boolean} isToplevel
 * @property {() => boolean} isEval
 * @property {() => boolean} isNative
 * @property {() => boolean} isConstructor
 * @property {() => boolean} isAsync
 *
 * @typedef {object} Frame
 * @property {string} where `<file>:<line>:<column>`, or a word
 * @property {string | null} file
 * @property {string | undefined} [scriptName] of the file, as the module itself knows it
 * @property {number | null} line
 * @property {number | null} column
 * @property {CallSite} site
 */

const DEFAULT_LIMIT = 10;
/** Functions that the compiler puts before a text, on its first line. */
const OF_COMPILER = /^(?:\$h\d*_\w+|get (?:require|module|exports|__filename|__dirname))$/;

/**
 * @param {string} url
 * @returns {boolean} whether it names a place on the host, or in the runtime
 */
const isHostPlace = (url) => !/^(?:node|compartment):/.test(url);

/**
 * @param {CallSite} site
 * @param {string} where
 */
const describe = (site, where) => {
  const called = site.getFunctionName();
  const name = called === 'eval' ? null : called; // as V8 calls what has no name in evaluated text
  const prefix = site.isAsync() ? 'async ' : '';
  if (site.isConstructor()) return `${prefix}new ${name ?? '<anonymous>'} (${where})`;
  if (name === null || name === '') return `${prefix}${where}`;
  const type = site.isToplevel() ? null : site.getTypeName();
  const owner = type === null || name.startsWith(type) ? '' : `${type}.`;
  const method = site.getMethodName();
  const alias = method && method !== name && !name.endsWith(`.${method}`) ? ` [as ${method}]` : '';
  return `${prefix}${owner}${name}${alias} (${where})`;
};

/**
 * @param {CallSite} site on a text's first line
 * @param {import('./edit-table.js').LineEdit | undefined} first what was put before that line, if anything
 */
const isOfCompiler = (site, first) =>
  first?.start === 0 &&
  (site.getColumnNumber() ?? 1) <= first.length &&
  OF_COMPILER.test(site.getFunctionName() ?? '');

/**
 * @param {unknown} error
 * @returns {string} the first line of its stack
 */
const headerOf = (error) => {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
};

/**
 * @param {unknown} error
 * @param {Frame[]} frames
 */
const format = (error, frames) =>
  headerOf(error) + frames.map(({ site, where }) => `\n    at ${describe(site, where)}`).join('');

/**
 * @returns what texts are where, and the frames that call sites in them stand for
 */
const makeFrames = () => {
  /** @type {Map<string, ReadonlyArray<FunctorSource>>} */
  const texts = new Map();
  /** @type {Map<string, Start[]>} */
  const starts = new Map();
  /** @type {Map<FunctorSource, EditTable>} */
  const tables = new Map();

  /**
   * @param {string} url
   * @param {ReadonlyArray<FunctorSource>} list
   */
  const startIn = (url, list) => {
    const found = starts.get(url) ?? startsOf(list);
    starts.set(url, found);
    return found;
  };

  /** @type {Map<FunctorSource, ReturnType<typeof makeOriginOf>>} */
  const origins = new Map();

  /** @param {FunctorSource} text */
  const originOf = (text) => {
    const known = origins.get(text);
    if (known !== undefined) return known;
    const map = text.sourceMap();
    const found = map === undefined ? () => undefined : makeOriginOf(map);
    origins.set(text, found);
    return found;
  };

  /** @param {FunctorSource} text */
  const editsOf = (text) => {
    const found = tables.get(text) ?? readEdits(text.edits ?? []);
    tables.set(text, found);
    return found;
  };

  /**
   * @param {CallSite} site
   * @returns {Frame | undefined} undefined: a place that is not shown
   */
  const frameOf = (site) => {
    const url = site.getScriptNameOrSourceURL() ?? null;
    const line = site.getLineNumber();
    const column = site.getColumnNumber();
    if (url === null) {
      const where = site.isNative() ? 'native' : '<anonymous>';
      return { where, file: null, line, column, site };
    }
    const known = texts.get(url);
    if (known === undefined) {
      if (isHostPlace(url)) return undefined;
      return { where: `${url}:${line}:${column}`, file: url, line, column, site };
    }
    const start = startIn(url, known).findLast((candidate) => candidate.line <= (line ?? 0));
    if (start === undefined) return undefined;
    const { file, edits, folder } = start.text;
    const scriptName = start.text.scriptName?.(file.slice(folder.length));
    const own = (line ?? 0) - start.line + 1;
    if (edits === undefined)
      return { where: `${file}:${own}:${column}`, file, scriptName, line: own, column, site };
    // Behind the text, in its last line but one, its functor calls itself.
    if (own >= start.lines - 1) return undefined;
    if (own === 1 && isOfCompiler(site, editsOf(start.text).get(0)?.[0])) return undefined;
    const written = columnBefore(editsOf(start.text).get(own - 1) ?? [], (column ?? 1) - 1) + 1;
    const place = originOf(start.text)(own, written);
    if (place !== undefined) {
      const source = start.text.folder + place.source;
      const where = `${source}:${place.line}:${place.column}`;
      const own = { line: place.line, column: place.column };
      return {
        where,
        file: source,
        scriptName: start.text.scriptName?.(place.source),
        ...own,
        site,
      };
    }
    const where = `${file}:${own}:${written}`;
    return { where, file, scriptName, line: own, column: written, site };
  };

  /**
   * @param {string} file
   * @param {number} line from 1
   * @returns {string | undefined} the line as it was written
   */
  const lineOf = (file, line) => {
    const all = [...texts.values()].flat();
    for (const { folder, sourceMap } of all) {
      if (!file.startsWith(folder)) continue;
      const map = sourceMap();
      const index = map?.sources.findIndex((source) => folder + source === file) ?? -1;
      const source = map?.texts[index];
      if (source) return source.split(LINE_ENDS)[line - 1];
    }
    const text = all.find((candidate) => candidate.file === file);
    const stored = text?.text.split(LINE_ENDS)[line - 1];
    if (text === undefined || stored === undefined) return undefined;
    return lineBefore(editsOf(text).get(line - 1) ?? [], stored);
  };

  return {
    /**
     * @param {string} url
     * @param {ReadonlyArray<FunctorSource>} list
     */
    located: (url, list) => void texts.set(url, list),
    /** @param {string} url of a text that nothing runs of any more */
    forgotten(url) {
      texts.delete(url);
      starts.delete(url);
    },
    lineOf,
    /**
     * @param {CallSite[]} sites
     * @param {number} limit
     */
    framesOf: (sites, limit) => {
      /** @type {Frame[]} */
      const frames = [];
      for (const site of sites) {
        if (frames.length >= limit) break;
        const frame = frameOf(site);
        if (frame !== undefined) frames.push(frame);
      }
      return frames;
    },
  };
};

/**
 * @param {object} [options]
 * @param {boolean} [options.showsHost] whether errors of others in the realm, such as a page's own script, are to have
 *   their traces
 * @param {boolean} [options.hidesFromEvaluated] whether they lack the host's frames where evaluated code is below them
 * @returns the formatter of all stack traces, and what it must be told
 */
export const makeStacks = ({ showsHost = false, hidesFromEvaluated = false } = {}) => {
  const { located, forgotten, framesOf, lineOf } = makeFrames();
  /** @type {unknown} */
  let collecting;
  let collectLimit = 0;
  /** @type {Frame[]} */
  let collected = [];

  /**
   * @param {unknown} error
   * @param {CallSite[]} sites
   */
  const prepareStackTrace = (error, sites) => {
    if (collecting !== undefined && error === collecting) {
      collected = framesOf(sites, collectLimit);
      return '';
    }
    const frames = framesOf(sites, DEFAULT_LIMIT);
    const isHosts = !hidesFromEvaluated || !sites.some((site) => site.isEval());
    if (showsHost && isHosts && frames.every(({ file }) => !file?.startsWith('compartment:'))) {
      return headerOf(error) + sites.map((site) => `\n    at ${site}`).join('');
    }
    return format(error, frames);
  };

  /**
   * @param {object} holder of a trace that V8 has captured, and that nobody has read
   * @param {number} limit
   * @returns {Frame[]} the frames of whoever called the runtime
   */
  const collect = (holder, limit) => {
    collecting = holder;
    collectLimit = limit;
    collected = [];
    try {
      void (/** @type {{ stack?: unknown }} */ (holder).stack);
      return collected;
    } finally {
      collecting = undefined;
    }
  };

  return Object.freeze({
    prepareStackTrace: Object.freeze(prepareStackTrace),
    collect,
    format,
    located,
    forgotten,
    lineOf,
    /** @param {Frame} frame */
    describe: ({ site, where }) => describe(site, where),
  });
};

/** @typedef {ReturnType<typeof makeStacks>} Stacks */
