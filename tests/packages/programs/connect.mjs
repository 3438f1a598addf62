import http from 'node:http';
import connect from 'connect';

const app = connect();
app.use((request, _response, next) => {
  request.steps = ['first'];
  next();
});
app.use('/hello', (request, response) => {
  response.setHeader('x-steps', request.steps.join());
  response.end(`hello ${request.url}`);
});
app.use('/broken', () => {
  throw new Error('a middleware failed');
});
app.use((error, _request, response, _next) => {
  response.statusCode = 500;
  response.end(`caught: ${error.message}`);
});

const server = http.createServer(app).listen(0, '127.0.0.1', async () => {
  for (const path of ['/hello/world', '/broken', '/nowhere']) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`);
    const body = await response.text();
    console.log(response.status, response.headers.get('x-steps'), body.replace(/\s+/g, ' '));
  }
  server.closeAllConnections();
  server.close();
});
