// A cluster: its workers share a port of the primary.
const cluster = require('cluster');
const http = require('http');

const WORKERS = 2;

const main = async () => {
  console.log(cluster.isMaster, cluster.isWorker, cluster.worker, Object.keys(cluster.workers));
  for (let number = 0; number < WORKERS; number += 1) cluster.fork({ NUMBER: number });
  const ports = [];
  await new Promise((resolve) => {
    cluster.on('listening', (worker, { port }) => ports.push(port) === WORKERS && resolve());
  });
  const answers = new Set();
  while (answers.size < WORKERS)
    answers.add(await (await fetch(`http://127.0.0.1:${ports[0]}/`)).text());
  console.log([...answers].sort(), Object.keys(cluster.workers).length);
  const messages = [];
  cluster.on('message', (worker, message) => messages.push(message));
  const exits = [];
  cluster.on('exit', (worker, code, signal) => {
    exits.push([code, signal, worker.exitedAfterDisconnect, worker.isDead()]);
    if (exits.length === WORKERS) console.log(messages, exits);
  });
  for (const worker of Object.values(cluster.workers)) worker.send('stop');
};

if (cluster.isPrimary) void main();
else {
  const server = http.createServer((request, response) => {
    response.setHeader('connection', 'close');
    response.end(`worker ${process.env.NUMBER}`);
  });
  server.listen(0);
  process.on('message', () => process.send({ stops: true }, () => cluster.worker.disconnect()));
}
