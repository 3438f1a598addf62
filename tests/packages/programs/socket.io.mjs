import http from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

const server = http.createServer();
const sockets = new Server(server, { transports: ['polling', 'websocket'] });
sockets.use((socket, next) =>
  next(socket.handshake.auth.token === 'ok' ? undefined : new Error('not allowed')),
);
sockets.on('connection', (socket) => {
  socket.join('room');
  socket.on('add', (numbers, answer) => answer(numbers.reduce((a, b) => a + b)));
  socket.on('bytes', (bytes) => sockets.to('room').emit('sizes', bytes.length, socket.rooms.size));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const refused = io(url, { auth: { token: 'no' }, forceNew: true });
await new Promise((resolve) =>
  refused.on('connect_error', (error) => resolve(console.log(error.message))),
);
refused.close();
for (const transport of ['polling', 'websocket']) {
  const client = io(url, { auth: { token: 'ok' }, transports: [transport], forceNew: true });
  await new Promise((resolve) => client.on('connect', resolve));
  console.log(client.io.engine.transport.name, await client.emitWithAck('add', [1, 2, 3]));
  const sizes = new Promise((resolve) => client.on('sizes', (...sizes) => resolve(sizes)));
  client.emit('bytes', Buffer.from('four'));
  console.log(await sizes);
  client.close();
}
sockets.close();
