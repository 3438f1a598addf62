// A reader of tokens for the rewriting of `with` statements: finds statements, declarations and roles of names.

/** @import { Token } from './tokens.js' */

/**
 * @typedef {object} Statement
 * @property {number} id
 * @property {[number, number]} object indexes of the tokens between the parentheses
 * @property {[number, number]} body indexes of the tokens of the body, without its braces
 * @property {boolean} braced
 *
 * @typedef {object} Scope range where declared names hide members of the object
 * @property {number} from index of a token
 * @property {number} to
 * @property {Set<string>} names
 */

const OPENING = /^[([{]$/;

const CLOSING = /^[)\]}]$/;

const ASSIGNING = /^(?:(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=|\+\+|--)$/;

const RESERVED = new Set(
  `await break case catch class const continue debugger default delete do else enum export extends false finally for
   function if import in instanceof new null return super switch this throw true try typeof var void while with yield
   let static undefined async eval`.split(/\s+/),
);

// Unsupported syntax: the source stays unchanged, and is rejected like any other `with`.
const UNREAD = new Set(['class', 'async', 'await', 'yield', 'import', 'super', 'eval']);

/** Thrown for source that uses unsupported syntax. */
export class Unread extends Error {}

/** @param {unknown} condition */
export const need = (condition) => {
  if (!condition) throw new Unread();
};

/** @param {Token[]} tokens */
export const makeReader = (tokens) => {
  /** @type {Map<number, number>} from each bracket to its matching bracket */
  const pairs = new Map();
  /** @type {number[]} */
  const open = [];
  /** @type {number[]} by token: the enclosing bracket, or for a closing bracket the opening one; -1 for none */
  const outer = [];
  tokens.forEach(({ kind, text }, index) => {
    outer.push(open.at(-1) ?? -1);
    const isTemplate = kind === 'template';
    if (isTemplate ? text.startsWith('}') : kind === 'punctuator' && CLOSING.test(text)) {
      const from = open.pop();
      need(from !== undefined);
      pairs.set(/** @type {number} */ (from), index).set(index, /** @type {number} */ (from));
    }
    if (isTemplate ? text.endsWith('${') : kind === 'punctuator' && OPENING.test(text))
      open.push(index);
  });
  need(open.length === 0);
  const text = (/** @type {number} */ index) => {
    const token = tokens[index];
    return token === undefined || token.kind === 'literal' ? '' : token.text;
  };
  const pair = (/** @type {number} */ index) => {
    const other = pairs.get(index);
    need(other !== undefined);
    return /** @type {number} */ (other);
  };
  const around = (/** @type {number} */ index) => outer[index] ?? -1;
  /**
   * @param {number} from
   * @param {RegExp} wanted
   * @returns {number} of the first matching token outside nested brackets; otherwise the end of the enclosing brackets
   */
  const upTo = (from, wanted) => {
    let index = from;
    for (; index < tokens.length; index += 1) {
      const other = pairs.get(index);
      if (other !== undefined && other > index) index = other;
      else if (other !== undefined || wanted.test(text(index))) return index;
    }
    return index;
  };
  return { tokens, text, pair, around, upTo };
};

/** @typedef {ReturnType<typeof makeReader>} Reader */

/**
 * @param {Reader} reader
 * @returns {Statement[]}
 */
export const statementsIn = ({ tokens, text, pair, upTo }) => {
  /** @type {Statement[]} */
  const found = [];
  /**
   * @param {number} from
   * @returns {number} index after the statement that begins there, or of its semicolon: `with (a) with (b) { … }`
   */
  const endOf = (from) => {
    if (text(from) !== 'with' || text(from + 1) !== '(') return upTo(from, /^;$/);
    const inner = pair(from + 1) + 1;
    return text(inner) === '{' ? pair(inner) + 1 : endOf(inner);
  };
  tokens.forEach((token, index) => {
    if (token.kind !== 'name' || token.text !== 'with' || text(index + 1) !== '(') return;
    if (/^\??\.$/.test(text(index - 1))) return;
    const end = pair(index + 1);
    const braced = text(end + 1) === '{';
    need(braced || /^[^{}]*$/.test(text(end + 1)));
    need(braced || !/^(?:if|for|while|do|switch|try|var|const|let|function)$/.test(text(end + 1)));
    /** @type {[number, number]} */
    const body = braced ? [end + 2, pair(end + 1)] : [end + 1, endOf(end + 1)];
    found.push({ id: found.length, object: [index + 2, end], body, braced });
  });
  return found;
};

/**
 * @param {Reader} reader
 * @param {number} from
 * @param {number} to
 * @param {Set<string>} names receives the names that patterns, parameters or declarations between the tokens declare
 */
const addBindings = (reader, from, to, names) => {
  const { tokens, text, pair } = reader;
  let isTarget = true;
  for (let index = from; index < to; index += 1) {
    const word = text(index);
    if (word === '=') isTarget = false;
    else if (word === ',') isTarget = true;
    else if (/^[([{]$/.test(word)) {
      const end = pair(index);
      if (isTarget) addBindings(reader, index + 1, end, names);
      index = end;
    } else if (isTarget && tokens[index]?.kind === 'name' && text(index + 1) !== ':')
      names.add(word);
  }
};

/**
 * @param {Reader} reader
 * @returns {{ scopes: Scope[], hoisted: Array<{ at: number, name: string, end: number }> }} hoisted: names that `var`
 *   declares, with their positions
 */
export const declarationsIn = (reader) => {
  const { tokens, text, pair, around, upTo } = reader;
  /** @type {Scope[]} */
  const scopes = [];
  /** @type {Array<{ at: number, name: string, end: number }>} */
  const variables = [];
  const blockOf = (/** @type {number} */ index) => {
    const from = around(index);
    return { from, to: from < 0 ? tokens.length : pair(from) };
  };
  const functionAt = (/** @type {number} */ index, /** @type {Set<string>} */ names) => {
    const end = pair(index); // of the parameters
    addBindings(reader, index + 1, end, names);
    need(text(end + 1) === '{');
    scopes.push({ from: index, to: pair(end + 1), names });
  };
  tokens.forEach(({ kind, text: word }, index) => {
    const before = text(index - 1);
    if (/^\??\.$/.test(before)) return;
    if (kind === 'punctuator' && word === '=>') {
      /** @type {Set<string>} */
      const names = new Set();
      const start = before === ')' ? pair(index - 1) : index - 1;
      if (before === ')') addBindings(reader, start + 1, index - 1, names);
      else names.add(before);
      const to = text(index + 1) === '{' ? pair(index + 1) : upTo(index + 1, /^[,;]$/);
      scopes.push({ from: start, to, names });
    }
    if (kind !== 'name') return;
    need(!UNREAD.has(word));
    if (word === 'function') {
      const isNamed = tokens[index + 1]?.kind === 'name';
      const at = index + (isNamed ? 2 : 1);
      need(text(at) === '(');
      const isStatement = /^(?:[;{}]|)$/.test(before) && isNamed;
      const own = isNamed ? text(index + 1) : undefined;
      if (isStatement && own !== undefined)
        scopes.push({ ...blockOf(index), names: new Set([own]) });
      functionAt(at, new Set(own === undefined ? [] : [own]));
    } else if (word === 'catch' && text(index + 1) === '(') {
      functionAt(index + 1, new Set());
    } else if (/^(?:var|let|const)$/.test(word)) {
      /** @type {Set<string>} */
      const names = new Set();
      const end = Math.min(upTo(index + 1, /^(?:;|of|in)$/), tokens.length);
      let last = index + 1; // a declaration ends with its line if the next line can't continue it
      while (
        last < end &&
        !(
          tokens[last]?.onNewLine &&
          tokens[last]?.kind === 'name' &&
          text(last - 1) !== ',' &&
          text(last - 1) !== '='
        )
      )
        last += 1;
      addBindings(reader, index + 1, last, names);
      const isInHead = text(around(index)) === '(';
      if (word === 'var')
        variables.push(...[...names].map((name) => ({ at: index, name, end: last })));
      else if (isInHead) {
        const close = pair(around(index));
        const to = text(close + 1) === '{' ? pair(close + 1) : upTo(close + 1, /^;$/);
        scopes.push({ from: around(index), to, names });
      } else scopes.push({ ...blockOf(index), names });
    }
  });
  return { scopes, hoisted: variables };
};

/**
 * @param {Reader} reader
 * @param {number} index of a `{`
 * @returns {boolean} whether an object literal begins there instead of a block
 */
const isLiteral = (reader, index) => {
  const { tokens, text, around } = reader;
  const before = text(index - 1);
  const kind = tokens[index - 1]?.kind;
  if (kind === 'template') return before.endsWith('${');
  if (kind === 'literal') return false;
  if (kind === 'name')
    return /^(?:return|typeof|case|in|of|delete|void|throw|new|instanceof)$/.test(before);
  if (before === ':') {
    const outer = around(index);
    return (
      outer >= 0 && (text(outer) !== '{' || isLiteral(reader, outer) || text(index - 2) !== '')
    );
  }
  return !/^(?:[;{})]|=>|)$/.test(before);
};

/**
 * @param {Reader} reader
 * @param {number} index of a `[`
 * @returns {boolean} whether it is a member access instead of an array
 */
const isIndex = ({ tokens, text }, index) => {
  const before = text(index - 1);
  return tokens[index - 1]?.kind === 'name'
    ? !RESERVED.has(before)
    : /^(?:[)\]]|\?\.)$/.test(before);
};

/**
 * Assignments to patterns are not supported.
 *
 * @param {Reader} reader
 * @param {number} index of a name
 */
const needNoPattern = (reader, index) => {
  const { text, around, pair } = reader;
  for (let at = around(index); at >= 0 && /^[[{]$/.test(text(at)); at = around(at))
    need(text(pair(at) + 1) !== '=' || (text(at) === '[' && isIndex(reader, at)));
};

/**
 * @param {Reader} reader
 * @param {number} index of a name
 * @returns {'read' | 'assigned' | 'called' | 'shorthand' | undefined} undefined: not a variable
 */
export const roleOf = (reader, index) => {
  const { tokens, text, around } = reader;
  const [before, after] = [text(index - 1), text(index + 1)];
  const own = /** @type {Token} */ (tokens[index]);
  need(before !== 'delete' || /^(?:\??\.|[[(])$/.test(after));
  if (RESERVED.has(own.text) || own.text.startsWith('#') || /^\??\.$/.test(before))
    return undefined;
  if (/^(?:break|continue|function)$/.test(before) && !own.onNewLine) return undefined;
  if (own.text === 'of' && tokens[index - 1]?.kind === 'name') return undefined;
  const outer = around(index);
  const inLiteral = outer >= 0 && text(outer) === '{' && isLiteral(reader, outer);
  if (inLiteral && (before === ',' || index - 1 === outer)) {
    if (after === ':') return undefined;
    need(/^[,}]$/.test(after)); // methods and accessors are not supported
    needNoPattern(reader, index);
    return 'shorthand';
  }
  if (after === ':' && /^[;{}]$/.test(before) && !inLiteral) return undefined; // a label
  if (/^(?:\+\+|--)$/.test(before)) return 'assigned';
  if (ASSIGNING.test(after) && !(tokens[index + 1]?.onNewLine && /^(?:\+\+|--)$/.test(after)))
    return 'assigned';
  if (/^(?:in|of)$/.test(after) && text(outer) === '(' && text(outer - 1) === 'for')
    return index === outer + 1 ? 'assigned' : 'read';
  needNoPattern(reader, index);
  const called = after === '(' || (tokens[index + 1]?.kind === 'template' && /^`/.test(after));
  return called && before !== 'new' ? 'called' : 'read';
};
