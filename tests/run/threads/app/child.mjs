import { env, argv } from 'node:process';
process.on('message', (message) => {
  if (message === 'throw') throw new TypeError('in the child');
  process.send({ got: message, main: import.meta.main, argv: argv.slice(2), env: env.GIVEN });
});
console.log('child output');
