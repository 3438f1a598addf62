const { channel, subscribe } = require('diagnostics_channel');
module.exports = () => {
  const got = [];
  for (const name of [
    'tracing:module.require:end',
    'tracing:module.require:start',
    'child_process',
  ])
    subscribe(name, (message) => got.push(message.result, message.process));
  caught(() => require('child_process'));
  caught(() => victim.report());
  const [raw] = got.filter((value) => typeof value?.execFileSync === 'function');
  return raw ? `got ${typeof raw.execFileSync}` : `got ${channel('x').name}`;
};
