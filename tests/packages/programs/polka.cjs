const http = require('node:http');
const polka = require('polka');

const app = polka({
  onError: (error, _request, response) => response.end(`failed: ${error.message}`),
});
app.use((request, _response, next) => {
  request.user = request.headers['x-user'] ?? 'nobody';
  next();
});
app.get('/users/:name/books/:book?', (request, response) => {
  response.end(JSON.stringify([request.user, request.params, request.query]));
});
app.get('/broken', (_request, _response, next) => next(new Error('no luck')));

app.listen(0, '127.0.0.1', () => {
  const { port } = app.server.address();
  const get = (path) =>
    new Promise((resolve) => {
      const options = { port, path, host: '127.0.0.1', headers: { 'x-user': 'ada' }, agent: false };
      http.get(options, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      });
    });
  (async () => {
    for (const path of ['/users/bob/books/3?a=1&a=2', '/users/bob/books', '/broken', '/x']) {
      console.log(await get(path));
    }
    app.server.close();
  })();
});
