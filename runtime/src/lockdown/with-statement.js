// The `with` statement (ECMA-262 14.11) in source generated at run time: template engines compile to it. Compartments
// evaluate strict code, which has no `with`, so each name in the body becomes an explicit lookup in the object first.
import { tokensOf } from './tokens.js';
import { Unread, declarationsIn, makeReader, need, roleOf, statementsIn } from './with-reader.js';

/** @import { Token } from './tokens.js' */
/** @import { Statement } from './with-reader.js' */

// Globals that the generated code uses.
const USED = new Set(['Proxy', 'Symbol', 'SyntaxError', 'TypeError']);

/**
 * @param {string} prefix for names that do not occur in the source
 * @param {Statement} statement
 * @param {ReadonlyMap<string, string>} assigned assigned names, with their expression outside the statement
 * @param {string[]} own variables that `var` in the body declares outside it
 * @returns {string}
 */
const prologueOf = (prefix, { id }, assigned, own) => {
  const [object, has, scope] = ['o', 'h', 's'].map((letter) => `${prefix}${letter}${id}`);
  const thunks = [...assigned].map(
    ([name, outside]) => `get ${name}(){return ${outside}},set ${name}(v){${outside}=v}`,
  );
  const parts = [
    `const ${has}=(k)=>k in ${object}&&!${object}[Symbol.unscopables]?.[k];`,
    ...own.map(
      (name) =>
        `if(${has}("${name}"))throw new SyntaxError("with: '${name}' is declared in the body, and is a property too");`,
    ),
    assigned.size === 0
      ? ''
      : `const ${scope}=new Proxy({${thunks.join(',')}},{get:(t,k)=>${has}(k)?${object}[k]:t[k],set:(t,k,v)=>{if(${has}(k))${object}[k]=v;else t[k]=v;return true}});`,
  ];
  return parts.join('');
};

/**
 * @param {string} source with `with` statements
 * @returns {string} equivalent source without `with`
 */
const rewritten = (source) => {
  const tokens = tokensOf(source);
  need(tokens !== undefined);
  const reader = makeReader(/** @type {Token[]} */ (tokens));
  const statements = statementsIn(reader);
  const { scopes, hoisted } = declarationsIn(reader);
  const declared = [
    ...scopes.flatMap(({ names }) => [...names]),
    ...hoisted.map(({ name }) => name),
  ];
  need(!declared.some((name) => USED.has(name)));
  let prefix = '$w';
  while (source.includes(prefix)) prefix += '_';

  const isInside = (/** @type {number} */ index, /** @type {[number, number]} */ [from, to]) =>
    index >= from && index < to;
  /** @type {(index: number) => Statement[]} enclosing statements of a token, the innermost first */
  const around = (index) => statements.filter(({ body }) => isInside(index, body)).reverse();
  const isDeclared = (
    /** @type {number} */ index,
    /** @type {string} */ name,
    /** @type {Statement} */ { body },
  ) =>
    scopes.some(
      ({ from, to, names }) =>
        from >= body[0] - 1 && from <= index && index <= to && names.has(name),
    ) ||
    hoisted.some((variable) => {
      if (variable.name !== name || !isInside(variable.at, body)) return false;
      const owner = scopes.findLast(
        ({ from, to }) => from <= variable.at && variable.at < to && reader.text(from) === '(',
      );
      return (
        owner !== undefined && owner.from >= body[0] && owner.from <= index && index <= owner.to
      );
    });
  const read = (/** @type {string} */ name, /** @type {Statement[]} */ active) =>
    active.reduceRight(
      (outside, { id }) => `(${prefix}h${id}("${name}")?${prefix}o${id}.${name}:${outside})`,
      name,
    );
  const target = (/** @type {string} */ name, /** @type {Statement[]} */ active) =>
    active.length === 0 ? name : `${prefix}s${/** @type {Statement} */ (active[0]).id}.${name}`;

  /** @type {Map<Statement, Map<string, string>>} */
  const assigned = new Map(statements.map((statement) => [statement, new Map()]));
  /** @type {Array<{ at: number, end: number, text: string }>} */
  const edits = [];
  reader.tokens.forEach((token, index) => {
    const inside = token.kind === 'name' ? around(index) : [];
    if (inside.length === 0) return;
    const active = inside.filter(
      (statement, n) =>
        !inside.slice(0, n + 1).some((inner) => isDeclared(index, token.text, inner)),
    );
    if (active.length === 0) return;
    const role = roleOf(reader, index);
    if (role === undefined) return;
    const isDeclaration = hoisted.some(
      ({ at, end, name }) =>
        name === token.text &&
        at < index &&
        index < end &&
        /^(?:var|,)$/.test(reader.text(index - 1)),
    );
    if (isDeclaration) return;
    const name = token.text;
    const edit = { at: token.start, end: token.end };
    if (role === 'assigned') {
      active.forEach((statement, n) =>
        assigned.get(statement)?.set(name, target(name, active.slice(n + 1))),
      );
      edits.push({ ...edit, text: target(name, active) });
    } else if (role === 'called') {
      const called = active.reduceRight(
        (outside, { id }) =>
          `(${prefix}h${id}("${name}")?(...a)=>${prefix}o${id}.${name}(...a):${outside})`,
        name,
      );
      edits.push({ ...edit, text: called });
    } else
      edits.push({
        ...edit,
        text: `${role === 'shorthand' ? `${name}:` : ''}${read(name, active)}`,
      });
  });
  for (const statement of statements) {
    const { object, body, braced, id } = statement;
    const keyword = reader.tokens[object[0] - 2];
    const open = reader.tokens[object[1]];
    need(keyword !== undefined && open !== undefined);
    const own = hoisted.filter(
      ({ at, name }) => isInside(at, body) && !isDeclared(at, name, statement),
    );
    const names = [...new Set(own.map(({ name }) => name))];
    const first = /** @type {Token} */ (keyword);
    const close = /** @type {Token} */ (open);
    edits.push({
      at: first.start,
      end: /** @type {Token} */ (reader.tokens[object[0] - 1]).end,
      text: `{const ${prefix}o${id}=(0,(o)=>{if(o==null)throw new TypeError("Cannot convert undefined or null to object");return({}).constructor(o)})(`,
    });
    edits.push({
      at: close.start,
      end: close.end,
      text: `);${prologueOf(prefix, statement, assigned.get(statement) ?? new Map(), names)}`,
    });
    const last = reader.tokens[braced ? body[1] : body[1] - 1];
    const end = reader.tokens[body[1]];
    const at =
      braced || end?.text === ';'
        ? /** @type {Token} */ (end).end
        : /** @type {Token} */ (last).end;
    edits.push({ at, end: at, text: '}' });
  }
  edits.sort((one, other) => one.at - other.at || one.end - other.end);
  let result = '';
  let done = 0;
  for (const { at, end, text: instead } of edits) {
    need(at >= done);
    result += source.slice(done, at) + instead;
    done = end;
  }
  return result + source.slice(done);
};

const WITH = /(?<![.\w$])with\s*\(/;

/**
 * @param {string} source
 * @returns {string} source without `with`, or the unchanged source if its syntax is not supported
 */
export const withoutWith = (source) => {
  if (!WITH.test(source)) return source;
  try {
    return rewritten(source);
  } catch (error) {
    if (error instanceof Unread) return source;
    throw error;
  }
};
