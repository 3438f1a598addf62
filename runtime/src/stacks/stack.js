// Stack traces: map positions in a package's joined source back to its files, and drop frames of the runtime, which
// have paths of the host.

import { columnBefore, lineBefore, readEdits } from './edit-table.js';
import { LINE_ENDS, startsOf } from './package-lines.js';
import { makeOriginOf } from './source-map.js';

/** @import { EditTable } from './edit-table.js' */
/** @import { Start } from './package-lines.js' */
/** @import { FunctorSource } from './package-lines.js' */

/**
 * @typedef {object} CallSite the methods of V8's call sites that the runtime uses
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
 * @property {string | undefined} [scriptName] of the file, as the module sees it
 * @property {number | null} line
 * @property {number | null} column
 * @property {CallSite} site
 */

const DEFAULT_LIMIT = 10;
/** Functions that the compiler inserts on the first line of a functor. */
const OF_COMPILER = /^(?:\$h\d*_\w+|get (?:require|module|exports|__filename|__dirname))$/;

/**
 * @param {string} url
 * @returns {boolean} whether the URL is of the host or the runtime
 */
const isHostPlace = (url) => !/^(?:node|compartment):/.test(url);

/**
 * @param {CallSite} site
 * @param {string} where
 */
const describe = (site, where) => {
  const called = site.getFunctionName();
  const name = called === 'eval' ? null : called; // V8's name for anonymous code in evaluated source
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
 * @param {CallSite} site on the first line of a functor
 * @param {import('./edit-table.js').LineEdit | undefined} first insertion of the compiler at the start of that line
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
 * @returns functions to register sources and to map call sites in them to frames
 */
const makeFrames = () => {
  /** @type {Map<string, ReadonlyArray<FunctorSource>>} */
  const sources = new Map();
  /** @type {Map<string, Start[]>} */
  const starts = new Map();
  // Weak: a sandbox forgets the source of each evaluation.
  /** @type {WeakMap<FunctorSource, EditTable>} */
  const tables = new WeakMap();

  /**
   * @param {string} url
   * @param {ReadonlyArray<FunctorSource>} list
   */
  const startIn = (url, list) => {
    const found = starts.get(url) ?? startsOf(list);
    starts.set(url, found);
    return found;
  };

  /** @type {WeakMap<FunctorSource, ReturnType<typeof makeOriginOf>>} */
  const origins = new WeakMap();

  /** @param {FunctorSource} functor */
  const originOf = (functor) => {
    const known = origins.get(functor);
    if (known !== undefined) return known;
    const map = functor.sourceMap();
    const found = map === undefined ? () => undefined : makeOriginOf(map);
    origins.set(functor, found);
    return found;
  };

  /** @param {FunctorSource} functor */
  const editsOf = (functor) => {
    const found = tables.get(functor) ?? readEdits(functor.edits ?? []);
    tables.set(functor, found);
    return found;
  };

  /**
   * @param {CallSite} site
   * @returns {Frame | undefined} undefined: hidden
   */
  const frameOf = (site) => {
    const url = site.getScriptNameOrSourceURL() ?? null;
    const line = site.getLineNumber();
    const column = site.getColumnNumber();
    if (url === null) {
      const where = site.isNative() ? 'native' : '<anonymous>';
      return { where, file: null, line, column, site };
    }
    const known = sources.get(url);
    if (known === undefined) {
      if (isHostPlace(url)) return undefined;
      return { where: `${url}:${line}:${column}`, file: url, line, column, site };
    }
    const start = startIn(url, known).findLast((candidate) => candidate.line <= (line ?? 0));
    if (start === undefined) return undefined;
    const { file, edits, folder } = start.functor;
    const scriptName = start.functor.scriptName?.(file.slice(folder.length));
    const own = (line ?? 0) - start.line + 1;
    if (edits === undefined)
      return { where: `${file}:${own}:${column}`, file, scriptName, line: own, column, site };
    // The functor ends on the last line but one.
    if (own >= start.lines - 1) return undefined;
    if (own === 1 && isOfCompiler(site, editsOf(start.functor).get(0)?.[0])) return undefined;
    const written = columnBefore(editsOf(start.functor).get(own - 1) ?? [], (column ?? 1) - 1) + 1;
    const place = originOf(start.functor)(own, written);
    if (place !== undefined) {
      const source = start.functor.folder + place.source;
      const where = `${source}:${place.line}:${place.column}`;
      const own = { line: place.line, column: place.column };
      return {
        where,
        file: source,
        scriptName: start.functor.scriptName?.(place.source),
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
   * @returns {string | undefined} the original line
   */
  const lineOf = (file, line) => {
    const all = [...sources.values()].flat();
    for (const { folder, sourceMap } of all) {
      if (!file.startsWith(folder)) continue;
      const map = sourceMap();
      const index = map?.sources.findIndex((source) => folder + source === file) ?? -1;
      const source = map?.texts[index];
      if (source) return source.split(LINE_ENDS)[line - 1];
    }
    const functor = all.find((candidate) => candidate.file === file);
    const stored = functor?.source.split(LINE_ENDS)[line - 1];
    if (functor === undefined || stored === undefined) return undefined;
    return lineBefore(editsOf(functor).get(line - 1) ?? [], stored);
  };

  return {
    /**
     * @param {string} url
     * @param {ReadonlyArray<FunctorSource>} list
     */
    located: (url, list) => void sources.set(url, list),
    /** @param {string} url of a source that no longer runs */
    forgotten(url) {
      sources.delete(url);
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
 * @param {boolean} [options.showsHost] whether errors of other code in the realm, such as scripts of the page, keep
 *   their stack traces
 * @param {boolean} [options.hidesFromEvaluated] whether such stack traces omit the host's frames if evaluated code is
 *   below them
 * @returns the formatter of all stack traces, and functions to register sources
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
   * @param {object} holder of a stack trace that V8 has captured and no code has read
   * @param {number} limit
   * @returns {Frame[]} the frames of the code that called the runtime
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
