const { createServer } = require('http');
module.exports = () =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const tries = [request.socket, response.socket, request.connection, request.client];
      const results = tries.map((socket) => {
        const made = caught(() => new socket.constructor());
        const begun = caught(() => made.connect({ port: 1, host: '127.0.0.1' }));
        caught(() => made.on('error', () => {}));
        return begun?.connecting === true;
      });
      response.end('answered', () => {
        server.close();
        server.closeAllConnections();
        resolve(`connects outwards: ${results.includes(true)}`);
      });
    });
    server.listen(0, '127.0.0.1', () => victim.ask(server.address().port));
  });
