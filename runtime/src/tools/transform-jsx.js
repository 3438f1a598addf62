/*! With sucrase, MIT License, Copyright (c) 2012-2018 various contributors */
// Transforms JSX, with or without types, with sucrase: https://github.com/alangpierce/sucrase. It keeps lines and its
// source map has every token, so its output can be expressed as edits of the source.
import { transform } from 'sucrase/dist/esm/index.js';
import { parse } from 'sucrase/dist/esm/parser/index.js';
import { ContextualKeyword as word } from 'sucrase/dist/esm/parser/tokenizer/keywords.js';
import { TokenType as tt } from 'sucrase/dist/esm/parser/tokenizer/types.js';
import { segmentNumbers } from '../stacks/source-map.js';

/**
 * @typedef {object} JsxOptions
 * @property {'automatic' | 'classic'} runtime
 * @property {string} importSource
 * @property {string} factory
 * @property {string} fragment
 *
 * @typedef {[start: number, end: number, text: string]} Edit of the bytes of the source
 *
 * @typedef {object} Refusal
 * @property {string} code
 * @property {string} message
 * @property {number} line from 1; 0: unknown
 * @property {number} column from 1; 0: unknown
 * @property {number} width
 * @property {boolean} drawn whether column and width count terminal cells, with four for a tab; otherwise characters
 */
/** @typedef {ReturnType<typeof parse>['tokens'][number]} Token */

/**
 * @param {string} mappings of a source map
 * @returns {Array<Array<[generated: number, written: number]>>} by line: pairs of corresponding columns
 */
const columnsOf = (mappings) => {
  let line = 0;
  let column = 0;
  return mappings.split(';').map((segments, index) => {
    let generated = 0;
    /** @type {Array<[number, number]>} */
    const pairs = [];
    for (const segment of segments.split(',')) {
      const [by = 0, , lines = 0, columns = 0] = segmentNumbers(segment);
      generated += by;
      line += lines;
      column += columns;
      const [lastGenerated, lastWritten] = pairs.at(-1) ?? [0, 0];
      if (line === index && generated >= lastGenerated && column >= lastWritten)
        pairs.push([generated, column]);
    }
    return pairs;
  });
};

/**
 * @param {string} before
 * @param {string} after
 * @returns {[skipped: number, kept: number]} lengths of the common prefix and suffix
 */
const sameEnds = (before, after) => {
  const most = Math.min(before.length, after.length);
  let first = 0;
  while (first < most && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < most - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  return [first, last];
};

/**
 * @param {string} before a line
 * @param {string} after
 * @param {Array<[number, number]>} pairs
 * @param {number} offset of the line, in bytes
 * @returns {Edit[]}
 */
const editsOfLine = (before, after, pairs, offset) => {
  /** @type {Edit[]} */
  const edits = [];
  let [generated, written] = [0, 0];
  for (const [nextGenerated, nextWritten] of [...pairs, [after.length, before.length]]) {
    const [was, is] = [before.slice(written, nextWritten), after.slice(generated, nextGenerated)];
    if (was !== is) {
      const [first, last] = sameEnds(was, is);
      const start = offset + Buffer.byteLength(before.slice(0, written + first));
      const end = start + Buffer.byteLength(was.slice(first, was.length - last));
      edits.push([start, end, is.slice(first, is.length - last)]);
    }
    [generated, written] = [
      /** @type {number} */ (nextGenerated),
      /** @type {number} */ (nextWritten),
    ];
  }
  return edits;
};

/**
 * @param {string} source
 * @param {string} code of as many lines
 * @param {string} mappings
 * @returns {Edit[]}
 */
const editsBetween = (source, code, mappings) => {
  const [before, after] = [source.split('\n'), code.split('\n')];
  if (before.length !== after.length) throw new Error('sucrase did not keep the lines');
  const columns = columnsOf(mappings);
  let offset = 0;
  return before.flatMap((line, index) => {
    const edits = editsOfLine(line, after[index] ?? '', columns[index] ?? [], offset);
    offset += Buffer.byteLength(line) + 1;
    return edits;
  });
};

const MODIFIERS = new Set([tt._private, tt._protected, tt._public, tt._readonly, tt._override]);

/**
 * TypeScript syntax with runtime semantics, in the terms of Node's messages.
 *
 * @param {Token} token
 * @param {Token | undefined} before
 * @param {[Token | undefined, Token | undefined]} after
 * @returns {string | undefined}
 */
const moreThanTypes = (token, before, [next, second]) => {
  const { contextualKeyword: keyword } = token;
  const isDeclared = before?.contextualKeyword === word._declare || before?.type === tt._declare;
  if ((keyword === word._namespace || keyword === word._module) && !isDeclared) {
    const named = next?.type === tt.name && next.start > token.end;
    if (token.isType && named && second?.type !== tt.colon) return 'namespace declaration';
  }
  if (token.isType) return undefined;
  if (token.type === tt._enum) return 'enum';
  if (token.type === tt._import && next?.type === tt.name && second?.type === tt.eq)
    return 'import equals declaration';
  if (token.type === tt._export && next?.type === tt.eq) return 'export assignment';
  if (!MODIFIERS.has(token.type)) return undefined;
  const starts = before?.type === tt.parenL || before?.type === tt.comma;
  return starts ? 'parameter property' : undefined;
};

/**
 * @param {string} source
 * @param {number} start
 * @param {number} end
 */
const placeOf = (source, start, end) => {
  const before = source.slice(0, start).split('\n');
  const column = [...(before.at(-1) ?? '')].length + 1;
  return { line: before.length, column, width: end - start, drawn: false };
};

/**
 * @param {string} source
 * @param {ReadonlyArray<Token>} tokens
 * @returns {Refusal | undefined}
 */
const refusalIn = (source, tokens) => {
  for (const [index, token] of tokens.entries()) {
    const what = moreThanTypes(token, tokens[index - 1], [tokens[index + 1], tokens[index + 2]]);
    if (what !== undefined) {
      return {
        code: 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
        message: `TypeScript ${what} is not supported in strip-only mode`,
        ...placeOf(source, token.start, token.end),
      };
    }
  }
  return undefined;
};

/**
 * @param {string} source
 * @param {ReadonlyArray<Token>} tokens
 * @param {number} first
 * @returns {string} name of an element, such as `a.b`; empty for a fragment
 */
const elementName = (source, tokens, first) => {
  const typeOf = (/** @type {number} */ at) => tokens[at]?.type;
  if (typeOf(first) !== tt.jsxName) return '';
  let last = first;
  while (typeOf(last + 1) === tt.dot || typeOf(last + 1) === tt.colon) last += 2;
  return source.slice(tokens[first]?.start, tokens[last]?.end).replace(/\s/g, '');
};

/**
 * Checks closing tags, because sucrase accepts any.
 *
 * @param {string} source
 * @param {ReadonlyArray<Token>} tokens
 * @returns {Refusal | undefined}
 */
const wrongClosing = (source, tokens) => {
  /** @type {string[]} */
  const open = [];
  for (const [index, { type }] of tokens.entries()) {
    const next = tokens[index + 1];
    if (type === tt.slash && next?.type === tt.jsxTagEnd) {
      if (tokens[index - 1]?.type !== tt.jsxTagStart) open.pop();
    }
    if (type !== tt.jsxTagStart || next === undefined) continue;
    if (next.type !== tt.slash) open.push(elementName(source, tokens, index + 1));
    else {
      const name = open.pop() ?? '';
      if (elementName(source, tokens, index + 2) !== name) {
        return {
          code: 'ERR_INVALID_TYPESCRIPT_SYNTAX',
          message: `Expected corresponding JSX closing tag for <${name}>`,
          ...placeOf(source, next.start - 1, /** @type {Token} */ (tokens[index + 2]).end),
        };
      }
    }
  }
  return undefined;
};

/** @param {ReadonlyArray<Token>} tokens */
const isModule = (tokens) =>
  tokens.some(
    ({ type, isType }, index) =>
      !isType &&
      (type === tt._export || (type === tt._import && tokens[index + 1]?.type !== tt.parenL)),
  );

const IMPORTS = /^(?:import \{[^}]*\} from "[^"]*";)+/;

/**
 * @param {Edit} edit that inserts imports of the functions that JSX calls
 * @returns {Edit} with `require` instead
 */
const required = ([start, end, text]) => [
  start,
  end,
  text.replace(IMPORTS, (imports) =>
    imports
      .replaceAll(/import \{([^}]*)\} from ("[^"]*");/g, 'const {$1} = require($2);')
      .replaceAll(' as ', ': '),
  ),
];

/**
 * @param {any} error of sucrase
 * @returns {Refusal | undefined} undefined: not a syntax error
 */
const syntaxRefusal = ({ message, loc }) =>
  loc && {
    code: 'ERR_INVALID_TYPESCRIPT_SYNTAX',
    message: `${message}`.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)$/, ''),
    ...{ line: loc.line, column: loc.column, width: 1, drawn: false },
  };

/**
 * @param {string} source
 * @param {object} options
 * @param {boolean} options.isTyped
 * @param {string | null} options.language
 * @param {JsxOptions} options.jsx
 * @returns {{ edits: Edit[] } | Refusal}
 */
export const transformJsx = (source, { isTyped, language, jsx }) => {
  try {
    const { code, sourceMap } = transform(source, {
      transforms: isTyped ? ['jsx', 'typescript'] : ['jsx'],
      jsxRuntime: jsx.runtime,
      jsxImportSource: jsx.importSource,
      jsxPragma: jsx.factory,
      jsxFragmentPragma: jsx.fragment,
      ...{ production: true, disableESTransforms: true, preserveDynamicImport: true },
      ...{ keepUnusedImports: true, filePath: 'source' },
      sourceMapOptions: { compiledFilename: 'code' },
    });
    const { tokens } = parse(source, true, isTyped, false);
    const refusal =
      (isTyped ? refusalIn(source, tokens) : undefined) ?? wrongClosing(source, tokens);
    if (refusal !== undefined) return refusal;
    const edits = editsBetween(source, code, sourceMap?.mappings ?? '');
    const isScript = language === 'cjs' || (language === null && !isModule(tokens));
    return { edits: isScript ? edits.map(required) : edits };
  } catch (error) {
    const refusal = syntaxRefusal(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
};
