// Classes of what is made by files, networks and databases: no name leads to them.
const crypto = require("crypto");
const fs = require("fs");
const http = require("http");
const http2 = require("http2");
const tls = require("tls");
const { WASI } = require("wasi");
const { DatabaseSync } = require("node:sqlite");
const made = {};
const keep = (name, object) => {
  made[name] ??= object;
  return object;
};
const valueOf = (object, symbol) =>
  object[caught(() => symbolOf(object, symbol))];
const exchange = () =>
  new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      keep("parser", request.socket.parser);
      keep(
        "parser resource",
        valueOf(request.socket.parser, "resource_symbol"),
      );
      response.end();
      server.close();
    });
    server.listen(0, () => {
      keep("connections", valueOf(server, "http.server.connections"));
      const { port } = server.address();
      http.get({ port, agent: false }, (response) =>
        response.resume().on("end", resolve),
      );
    });
  });
const exchange2 = () =>
  new Promise((resolve) => {
    const server = keep("http2 server", http2.createServer());
    server.on("stream", (stream) => {
      keep("server stream", stream);
      keep("server session", stream.session);
      keep("stream handle", valueOf(stream, "kHandle"));
      keep("session handle", valueOf(stream.session, "kHandle"));
      stream.respond({ ":status": 200 });
      stream.end("x");
    });
    server.listen(0, () => {
      const client = keep(
        "client session",
        http2.connect(`http://localhost:${server.address().port}`),
      );
      const stream = keep("client stream", client.request());
      stream.resume().on("end", () => {
        client.close();
        server.close();
        resolve();
      });
    });
  });
const talk = () =>
  new Promise((resolve) => {
    const server = http.createServer().on("upgrade", ({ headers }, socket) => {
      const hash = crypto.createHash("sha1");
      hash.update(
        `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      );
      socket.write(
        `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${hash.digest("base64")}\r\n\r\n`,
      );
      socket.write(Buffer.from([0x81, 2, 104, 105, 0x88, 2, 3, 232]));
      socket.on("data", () => socket.end()).on("error", () => undefined);
    });
    server.listen(0, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
      for (const name of ["message", "close"])
        socket.addEventListener(name, (event) => keep(`event ${name}`, event));
      socket.addEventListener("close", () => server.close(resolve));
    });
  });
const fail = () =>
  new Promise((resolve) => {
    const socket = new WebSocket("ws://127.0.0.1:1");
    socket.addEventListener("error", (event) =>
      resolve(keep("event error", event)),
    );
  });
module.exports = async () => {
  const file = __filename.startsWith("/evil-") ? "/etc/passwd" : __filename;
  keep("watcher", fs.watch(file)).close();
  keep(
    "stat watcher",
    fs.watchFile(file, () => undefined),
  );
  fs.unwatchFile(file);
  keep("statfs", fs.statfsSync("/"));
  keep("context", tls.createSecureContext().context);
  keep("group", valueOf(crypto.getDiffieHellman("modp1"), "kHandle"));
  keep("import of WASI", new WASI({ version: "preview1" }).wasiImport);
  keep("rows", new DatabaseSync(":memory:").prepare("select 1").iterate());
  keep("response", await fetch("data:,x"));
  keep(
    "key",
    await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, [
      "encrypt",
    ]),
  );
  await Promise.all([exchange(), exchange2(), talk(), fail()]);
  const open = Object.keys(made).filter((name) => {
    const object = made[name];
    return object && Object.isExtensible(Object.getPrototypeOf(object));
  });
  return `open: ${open}\nlooked at: ${Object.keys(made).length}`;
};
