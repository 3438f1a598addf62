// A server that asks itself one question, and stops.
import express from 'express';
import http from 'node:http';

const app = express();
app.get('/hello/:name', (request, response) => {
  response.json({ hello: request.params.name });
});

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  http.get({ host: '127.0.0.1', port, path: '/hello/world', agent: false }, (answer) => {
    answer.setEncoding('utf8');
    answer.on('data', (text) => console.log(answer.statusCode, text));
    answer.on('end', () => server.close());
  });
});
