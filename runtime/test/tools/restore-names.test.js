import test from 'node:test';
import assert from 'node:assert/strict';
import { areAlike, visibleNames, withNames } from '../../src/tools/restore-names.js';

/**
 * @param {string} text `a<b>` stands for `b`, renamed from `a`
 */
const mapped = (text) => {
  /** @type {string[]} */
  const names = [];
  let made = '';
  let end = 0;
  const segments = [...text.matchAll(/([\w#]+)<([\w#]+)>/g)].map((match) => {
    const [whole, name = '', short = ''] = match;
    made += text.slice(end, match.index);
    end = match.index + whole.length;
    const segment = { start: made.length, at: undefined, name: names.length };
    names.push(name);
    made += short;
    return segment;
  });
  return { text: made + text.slice(end), segments: [segments], names };
};

test('names are restored, and later segments move', () => {
  const { text, segments } = withNames(
    mapped('let first<a>,second<b>;first<a>(second<b>)'),
    (name) => name === 'first',
  );
  assert.equal(text, 'let first,b;first(b)');
  assert.deepEqual(
    segments[0]?.map(({ start }) => start),
    [4, 10, 12, 18],
  );
});

const ALIKE = /** @type {const} */ ([
  ['f<a>(g<b>,f<a>)', 'f<x>(g<y>,f<x>)', true],
  ['f<a>(g<b>,f<a>)', 'f<b>(g<a>,f<b>)', true],
  ['f<a>(g<b>,f<a>)', 'f<x>(g<x>,f<x>)', false], // two became one
  ['f<a>(g<b>,f<a>)', 'f<x>(g<y>,h<z>)', false], // one became two
  ['f<a>(free)', 'f<a>(other)', false],
  ['f<a>("a")', 'f<b>("a")', true],
  ['f<a>("a")', 'f<b>("b")', false],
  ['f<a>(1)', 'f<a>(1,)', false],
]);

for (const [one, other, expected] of ALIKE) {
  test(`${one} and ${other} are ${expected ? '' : 'not '}alike`, () => {
    assert.equal(areAlike(mapped(one), mapped(other)), expected);
  });
}

test('names that programs can observe are found', () => {
  const visible = visibleNames(
    'function f(p){}function*g(){}class C{#x}const a=()=>1,b=x=>1,c=async x=>1,d=function(){},e=class{},n=1,' +
      '{h=()=>1}=p;i||=(q,r)=>1;async function j(){}',
  );
  const names = [...'fgCabcdehij', '#x'];
  assert.deepEqual([...visible].sort(), names.sort());
});
