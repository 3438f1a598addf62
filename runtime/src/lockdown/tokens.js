// A tokenizer (ECMA-262 clause 12), as far as needed to find names in source.

/**
 * @typedef {object} Token
 * @property {'name' | 'punctuator' | 'literal' | 'template'} kind 'template': a piece of one, from a quote or `}` on
 * @property {string} text
 * @property {number} start
 * @property {number} end
 * @property {boolean} onNewLine whether a line terminator separates it from the token before
 */

const SPACE = /(?:[\s\uFEFF]|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/y;
const NAME = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER =
  /(?:0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?)n?/y;
const STRING = /'(?:[^'\\\n\r]|\\[^])*'|"(?:[^"\\\n\r]|\\[^])*"/y;
const REGEXP = /\/(?:[^/\\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*\])+\/[\w$]*/y;
const PIECE = /[`}](?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;
const PUNCTUATOR =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()[\];,<>+\-*/%&|^!~?:=.@]/y;

const BEFORE_REGEXP =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|instanceof|yield|await)$/;
const HAS_HEAD = /^(?:if|while|for|with)$/;
const ENDS_VALUE = /^(?:\)|\]|\}|\+\+|--)$/;

/**
 * @param {Token[]} tokens
 * @param {boolean} endsHead whether the last token closes the head of a statement such as `if (…`, so that a
 *   statement begins
 * @returns {boolean | undefined} whether a slash after them begins a regular expression instead of a division;
 *   undefined after a brace, where only a parser can decide
 */
const mayBeRegexp = (tokens, endsHead) => {
  const before = tokens.at(-1);
  if (before === undefined || endsHead) return true;
  if (before.kind === 'name')
    return BEFORE_REGEXP.test(before.text) && !isMember(tokens, tokens.length - 1);
  if (before.kind === 'template') return before.text.endsWith('${');
  if (before.text === '}') return undefined;
  return before.kind === 'punctuator' && !ENDS_VALUE.test(before.text);
};

/**
 * @param {Token[]} tokens
 * @param {number} index of a name
 * @returns {boolean} whether it is a member name: `a.of`
 */
const isMember = (tokens, index) => /^\??\.$/.test(tokens[index - 1]?.text ?? '');

/**
 * @param {string} source
 * @returns {Token[] | undefined} undefined: no valid program, or one that needs a real parser
 */
export const tokensOf = (source) => {
  /** @type {Token[]} */
  const tokens = [];
  /** @type {boolean[]} whether each open brace belongs to a template */
  const braces = [];
  /** @type {boolean[]} whether each open parenthesis belongs to the head of a statement */
  const heads = [];
  let index = 0;
  let onNewLine = false;
  let endsHead = false;
  /** @param {RegExp} pattern */
  const match = (pattern) => {
    pattern.lastIndex = index;
    return pattern.exec(source)?.[0];
  };
  while (index < source.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      onNewLine ||= /[\n\r\u2028\u2029]/.test(space);
      index += space.length;
      continue;
    }
    const first = source[index];
    /** @type {Token['kind']} */
    let kind = 'literal';
    /** @type {string | undefined} */
    let found;
    if (first === '`' || (first === '}' && braces.at(-1))) {
      kind = 'template';
      found = match(PIECE);
      if (first === '}') braces.pop();
      if (found?.endsWith('${')) braces.push(true);
    } else if (first === '"' || first === "'") found = match(STRING);
    else if (first === '/') {
      const isRegexp = mayBeRegexp(tokens, endsHead);
      if (isRegexp === undefined) return undefined;
      if (!isRegexp) kind = 'punctuator';
      found = match(isRegexp ? REGEXP : PUNCTUATOR);
    } else {
      found = match(NAME);
      if (found !== undefined) kind = 'name';
      else {
        found = match(NUMBER);
        if (found === undefined) {
          kind = 'punctuator';
          found = match(PUNCTUATOR);
          if (found === '{') braces.push(false);
          if (found === '}') braces.pop();
        }
      }
    }
    if (!found) return undefined;
    endsHead = kind === 'punctuator' && found === ')' && heads.pop() === true;
    if (kind === 'punctuator' && found === '(') {
      const last = tokens.length - 1;
      heads.push(HAS_HEAD.test(tokens[last]?.text ?? '') && !isMember(tokens, last));
    }
    tokens.push({ kind, text: found, start: index, end: index + found.length, onNewLine });
    index += found.length;
    onNewLine = false;
  }
  return tokens;
};
