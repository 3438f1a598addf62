import figlet from 'figlet';

console.log(figlet.textSync('SES', { font: 'Slant' }));
console.log(figlet.textSync('1 2', 'Doom'));
console.log(await figlet.text('read', { font: 'Small Keyboard' }));
console.log(figlet.fontsSync().length, figlet.fontsSync().slice(0, 3));
console.log((await new Promise((done) => figlet.fonts((_, names) => done(names)))).at(-1));
try {
  figlet.textSync('x', { font: 'No Such Font' });
} catch (error) {
  console.log(error.code, error.syscall);
}
