// A server that asks itself one question, and ends.
const http = require('node:http');
const express = require('express');

const app = express();
app.use(express.json());
app.get('/greet/:name', (request, response) => {
  response.json({ hello: request.params.name, from: request.query.from });
});

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const options = { host: '127.0.0.1', port, path: '/greet/world?from=express', agent: false };
  http.get(options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text) => {
      body += text;
    });
    response.on('end', () => {
      console.log('L', response.statusCode, body);
      server.close();
    });
  });
});
