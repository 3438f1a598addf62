const Mustache = require('mustache');

const view = {
  title: 'Library <1>',
  books: [
    { name: 'Emma', price: 3 },
    { name: 'Ulysses', price: 4 },
  ],
  taxed() {
    return this.price * 2;
  },
  bold: () => (text, render) => `<b>${render(text)}</b>`,
  empty: [],
};
const template = `{{title}} {{{title}}} {{&title}}
{{#books}}
- {{name}}: {{taxed}} {{> line}}
{{/books}}
{{^empty}}nothing{{/empty}}{{! a comment }}
{{#bold}}Hi {{books.0.name}}{{/bold}}
{{=<% %>=}}<% title %>`;
console.log(Mustache.render(template, view, { line: '({{name.length}} letters)' }));
console.log(JSON.stringify(Mustache.parse('a{{#b}}{{.}}{{/b}}')));
try {
  Mustache.render('{{#open}}', {});
} catch (error) {
  console.log(error.message);
}
console.log(Mustache.render('[x] [[x]]', { x: 1 }, {}, ['[', ']']));
