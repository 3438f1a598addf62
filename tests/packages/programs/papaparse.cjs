const Papa = require('papaparse');

const text = 'name,amount,note\n"Ada, Countess",12.5,"said ""hi"""\nBob,,"two\nlines"\n';
const { data, errors, meta } = Papa.parse(text, {
  header: true,
  dynamicTyping: true,
  skipEmptyLines: true,
});
console.log(JSON.stringify(data));
console.log(errors.length, meta.fields.join('|'), JSON.stringify(meta.delimiter));
console.log(Papa.parse('a;b\n1;2', { delimitersToGuess: [';', '\t'] }).meta.delimiter);
console.log(
  JSON.stringify(
    Papa.unparse(
      [
        { a: 1, b: 'x,y' },
        { a: 2, b: '=cmd' },
      ],
      { escapeFormulae: true },
    ),
  ),
);
console.log(Papa.parse('a,b\n1', { header: true }).errors[0].code);
Papa.parse('1,2\n3,4', {
  step: (row) => console.log(row.data.join('+')),
  complete: () => console.log('done'),
});
