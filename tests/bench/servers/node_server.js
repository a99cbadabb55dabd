// node_server.js tcp|unix|tls|udp|http DESCRIPTOR [PEM|BYTES]
const [transport, descriptor, more] = process.argv.slice(2);
const fd = Number(descriptor);

function echo(socket) {
  if (transport === "tcp") socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("data", (data) => socket.write(data));
}

function makeServer() {
  if (transport === "tls") {
    const pem = require("fs").readFileSync(more);
    return require("tls").createServer({ key: pem, cert: pem }, echo);
  }
  if (transport === "http") {
    const body = Buffer.alloc(Number(more), "x");
    const headers = { "Content-Type": "text/plain", "Content-Length": body.length };
    return require("http").createServer((request, response) => response.writeHead(200, headers).end(body));
  }
  return require("net").createServer(echo);
}

if (transport === "udp") {
  const socket = require("dgram").createSocket("udp4");
  socket.on("message", (data, peer) => socket.send(data, peer.port, peer.address));
  socket.bind({ fd });
} else {
  makeServer().listen({ fd, backlog: 4096 });
}
