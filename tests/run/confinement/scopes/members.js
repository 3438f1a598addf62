const fs = require('fs');
const fsp = require('fs/promises');
const http = require('http');
const processes = require('child_process');

const probes = {
  'a denied function': () => fs.writeFileSync('out/a', ''),
  'a denied promise': () => fs.promises.writeFile('out/b', ''),
  'a denied program': () => processes.spawnSync('printf', ['x']).stdout.length,
  'a denied request': () => http.get('http://localhost:1/').on('error', () => undefined).path,
  'a narrower function': () => fs.readFileSync(['out', 'old'].join('/'), 'utf8'),
  'the list of matches': async () => {
    const found = [];
    for await (const name of fsp.glob('*')) found.push(name);
    return found.length;
  },
  'the list of matches by fs': async () => {
    const found = [];
    for await (const name of fs.promises.glob('*')) found.push(name);
    return found.length;
  },
};

module.exports = async () => {
  const found = {};
  for (const [name, probe] of Object.entries(probes)) {
    try {
      await probe();
      found[name] = true;
    } catch {
      found[name] = false;
    }
  }
  console.log(JSON.stringify(found));
};
