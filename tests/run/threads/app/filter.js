// Prints what it reads.
const [word] = process.argv.slice(2);
if (word === 'hang') setInterval(() => 0, 1000);
else if (word === 'fail') {
  console.error('failed');
  process.exitCode = 3;
} else {
  let text = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (chunk) => (text += chunk));
  process.stdin.on('end', () => console.log(word, process.env.GIVEN, text));
}
