import ejs from 'ejs';

const strict = { strict: true, _with: false, localsName: 'it' };
console.log(
  ejs.render(
    '<% for (const x of it.list) { -%><li><%= x %></li><% } -%><%- it.raw %>',
    { list: ['a', '<b>'], raw: '<hr>' },
    strict,
  ),
);
const render = ejs.compile(
  'Dear <%= it.name %>,\n<%_ if (it.late) { _%>\n  too late\n<%_ } _%>\nbye',
  { ...strict, compileDebug: false },
);
console.log(render({ name: 'A & B', late: true }));
console.log(render({ name: 'C', late: false }));
console.log(
  ejs.render(
    '<?= a + b ?>',
    { a: 1, b: 2 },
    { strict: true, _with: false, destructuredLocals: ['a', 'b'], delimiter: '?' },
  ),
);
const outer = (path, data) => ejs.render({ head: '<h1><%= it.title %></h1>' }[path], data, strict);
console.log(ejs.render('<%- it.outer("head", { title: "T" }) %>body', { outer }, strict));
try {
  ejs.render('line 1\n<% it.missing.deep %>', {}, { ...strict, filename: 'page.ejs' });
} catch (error) {
  console.log(error.name, error.message.includes('page.ejs:2'));
}
