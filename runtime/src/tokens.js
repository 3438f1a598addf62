// The tokens of a text, ECMA-262 clause 12: as much as is needed to find names in it.

/**
 * @typedef {object} Token
 * @property {'name' | 'punctuator' | 'literal' | 'template'} kind 'template': a piece of one, from a quote or `}` on
 * @property {string} text
 * @property {number} start
 * @property {number} end
 * @property {boolean} onNewLine whether a line ends between it and the one before
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
const ENDS_VALUE = /^(?:\)|\]|\}|\+\+|--)$/;

/**
 * @param {Token | undefined} before
 * @returns {boolean} whether a slash after it begins a regular expression: after a parenthesis or a brace it is taken
 *   for a division
 */
const mayBeRegexp = (before) => {
  if (before === undefined) return true;
  if (before.kind === 'name') return BEFORE_REGEXP.test(before.text);
  if (before.kind === 'template') return before.text.endsWith('${');
  return before.kind === 'punctuator' && !ENDS_VALUE.test(before.text);
};

/**
 * @param {string} text
 * @returns {Token[] | undefined} undefined: it is no program, or one that can't be read so simply
 */
export const tokensOf = (text) => {
  /** @type {Token[]} */
  const tokens = [];
  /** @type {boolean[]} whether the braces that are open are those of templates */
  const braces = [];
  let index = 0;
  let onNewLine = false;
  /** @param {RegExp} pattern */
  const match = (pattern) => {
    pattern.lastIndex = index;
    return pattern.exec(text)?.[0];
  };
  while (index < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      onNewLine ||= /[\n\r\u2028\u2029]/.test(space);
      index += space.length;
      continue;
    }
    const first = text[index];
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
    else if (first === '/' && mayBeRegexp(tokens.at(-1))) found = match(REGEXP);
    else {
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
    tokens.push({ kind, text: found, start: index, end: index + found.length, onNewLine });
    index += found.length;
    onNewLine = false;
  }
  return tokens;
};
