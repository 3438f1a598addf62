// The source map of a package's joined source, for debuggers, which show the original sources. Created only if a
// debugger may be attached.
// https://tc39.es/ecma426/
import { columnAfter, columnBefore, readEdits } from './edit-table.js';
import { mappingsText } from './mappings.js';
import { LINE_ENDS, startsOf } from './package-lines.js';
import { segmentsOf } from './source-map.js';

/** @import { EditTable } from './edit-table.js' */
/** @import { Segment, SourceMap } from './source-map.js' */
/** @import { FunctorSource } from './package-lines.js' */

/** Debuggers mostly look up positions of words. */
const WORD = /[\p{ID_Continue}$]+/gu;
const CHUNK = 0x8000;
const { btoa } = globalThis; // before other code can replace it
const encoder = new TextEncoder();

/** @param {string} text */
const base64 = (text) => {
  const bytes = encoder.encode(text);
  let units = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    units += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(units);
};

/**
 * @param {string} stored a line
 * @param {number} line from 0
 * @param {EditTable} edits
 * @returns {Segment[]} from the stored line to the original line
 */
const ownSegments = (stored, line, edits) => {
  const changes = edits.get(line) ?? [];
  return [...stored.matchAll(WORD)].map(({ index: start }) => ({
    start,
    at: [0, line, columnBefore(changes, start)],
    name: undefined,
  }));
};

/**
 * @param {FunctorSource} functor
 * @param {SourceMap} map
 * @returns {Segment[][]} of its lines
 */
const segmentsIn = ({ source, edits = [] }, { mappings }) => {
  const table = readEdits(edits);
  const known = mappings === '' ? undefined : segmentsOf(mappings);
  const lines = source.split(LINE_ENDS);
  return lines.map((stored, line) => {
    // The end of the functor is in no source; without a segment it would belong to the line before.
    if (line >= lines.length - 2) return [{ start: 0, at: undefined, name: undefined }];
    if (known === undefined) return ownSegments(stored, line, table);
    const changes = table.get(line) ?? [];
    return (known[line] ?? []).map((segment) => ({
      ...segment,
      start: columnAfter(changes, segment.start),
    }));
  });
};

/**
 * @param {ReadonlyArray<FunctorSource>} functors that are evaluated as one source
 * @returns {string | undefined} a `data:` URL; undefined without source maps
 */
export const debuggerMap = (functors) => {
  /** @type {Segment[][]} */
  const lines = [];
  /** @type {string[]} */
  const sources = [];
  /** @type {Array<string | null>} */
  const sourcesContent = [];
  for (const { line, functor } of startsOf(functors)) {
    const map = functor.sourceMap();
    if (map === undefined || functor.edits === undefined) continue;
    const first = sources.length;
    for (const [index, source] of map.sources.entries()) {
      sources.push(functor.folder + source);
      sourcesContent.push(map.texts[index] || null);
    }
    while (lines.length < line - 1) lines.push([]);
    for (const segments of segmentsIn(functor, map)) {
      lines.push(
        segments.map(({ start, at, name }) => ({
          start,
          at: at && [at[0] + first, at[1], at[2]],
          name,
        })),
      );
    }
  }
  if (sources.length === 0) return undefined;
  const map = { version: 3, sources, sourcesContent, names: [], mappings: mappingsText(lines) };
  return `data:application/json;base64,${base64(JSON.stringify(map))}`;
};
