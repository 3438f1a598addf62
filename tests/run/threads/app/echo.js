const [, , mode = 'none'] = process.argv;
console.log('echo', mode, process.env.GIVEN, require.main === module);
if (mode === 'fail') process.exitCode = 3;
if (mode === 'one') process.stdin.on('data', (chunk) => console.log('read', String(chunk)));
