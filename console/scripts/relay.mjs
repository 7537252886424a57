// Stands between the browser and the server as a proxy does: answers for a made-up inbox, puts frames of its own into the
// sockets, and hands everything else on. What is measured behind it is the page and its socket, not a test's hooks.
import { createServer, request } from "node:http";
import { connect } from "node:net";

export class Relay {
  #server;
  #inbox;
  #http;
  #sockets = new Set();

  static async start(server, inbox) {
    const relay = new Relay(server, inbox);
    await new Promise((resolve) => relay.#http.listen(0, "127.0.0.1", resolve));
    relay.url = `http://127.0.0.1:${relay.#http.address().port}`;
    return relay;
  }

  constructor(server, inbox) {
    this.#server = new URL(server.url);
    this.#inbox = inbox;
    this.#http = createServer((incoming, outgoing) => void this.#answer(incoming, outgoing));
    this.#http.on("upgrade", (incoming, socket) => this.#upgrade(incoming, socket));
  }

  /** Sends a frame to every open socket. */
  send(text) {
    const frame = framed(text);
    for (const socket of this.#sockets) socket.say(frame);
  }

  async stop() {
    for (const socket of this.#sockets) socket.end();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #answer(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(incoming.url, this.url);
    const isJson = /json/.test(incoming.headers["content-type"] ?? "") && body.length > 0;
    const made = this.#inbox.answer(url, incoming.method, isJson ? JSON.parse(body) : null);
    if (made !== null) {
      outgoing.writeHead(incoming.method === "POST" ? 201 : 200, { "content-type": "application/json" });
      outgoing.end(JSON.stringify(made));
      return;
    }
    const onward = request({ ...this.#to(), method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    onward.end(body);
  }

  #upgrade(incoming, socket) {
    const onward = connect(this.#to());
    const head = incoming.rawHeaders.reduce((text, part, at) => text + part + (at % 2 === 0 ? ": " : "\r\n"), "");
    onward.write(`GET ${incoming.url} HTTP/1.1\r\n${head}\r\n`);
    socket.setNoDelay(true);
    socket.pipe(onward);
    const between = new Between(socket);
    onward.on("data", (chunk) => between.take(chunk));
    this.#sockets.add(between);
    const end = () => {
      this.#sockets.delete(between);
      socket.destroy();
      onward.destroy();
    };
    for (const side of [socket, onward]) for (const event of ["close", "error"]) side.on(event, end);
  }

  #to() {
    return { host: this.#server.hostname, port: Number(this.#server.port) };
  }
}

/** Hands on what the server sends, whole frames at a time, so that others may be put between two. */
class Between {
  #socket;
  #rest = Buffer.alloc(0);
  #open = false;

  constructor(socket) {
    this.#socket = socket;
  }

  take(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let size = this.#next(); size !== 0 && size <= this.#rest.length; size = this.#next()) {
      this.#socket.write(this.#rest.subarray(0, size));
      this.#rest = this.#rest.subarray(size);
      this.#open = true;
    }
  }

  say(frame) {
    if (this.#open) this.#socket.write(frame);
  }

  end() {
    this.#socket.destroy();
  }

  /** How long what comes next is; 0 while that cannot be told. First comes the answer to the upgrade, then frames. */
  #next() {
    if (!this.#open) {
      const end = this.#rest.indexOf("\r\n\r\n");
      return end === -1 ? 0 : end + 4;
    }
    const length = this.#rest.length < 2 ? 127 : this.#rest[1] & 0x7f;
    if (length < 126) return 2 + length;
    if (length === 126) return this.#rest.length < 4 ? 0 : 4 + this.#rest.readUInt16BE(2);
    return this.#rest.length < 10 ? 0 : 10 + Number(this.#rest.readBigUInt64BE(2));
  }
}

/** A text as one frame of a server. */
function framed(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.alloc(4);
  if (body.length >= 126) {
    head[0] = 0x81;
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, body]);
}
