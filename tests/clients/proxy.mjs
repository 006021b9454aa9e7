// Stands between a client and Lotse and makes the client send again: every other request with events meets a mischief.
import http from "node:http";

const MISCHIEFS = ["500", "429", "dropped before", "dropped after"];

export class Proxy {
  met = Object.fromEntries(MISCHIEFS.map((mischief) => [mischief, 0]));
  #requests = 0;
  #target;
  #server;

  constructor(target) {
    this.#target = new URL(target);
    this.#server = http.createServer((request, response) => this.#handle(request, response));
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get allMet() {
    return MISCHIEFS.every((mischief) => this.met[mischief] > 0);
  }

  async #handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const turn = request.method === "POST" ? this.#requests++ : 1;
    const mischief = turn % 2 === 0 ? MISCHIEFS[(turn / 2) % MISCHIEFS.length] : undefined;
    if (mischief) this.met[mischief] += 1;
    if (mischief === "dropped before") return request.socket.destroy();
    if (mischief === "500" || mischief === "429") {
      response.writeHead(Number(mischief), {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "Retry-After",
        ...(mischief === "429" ? { "retry-after": "1" } : {}),
      });
      return response.end("{}");
    }
    this.#forward(request, body, (answer, text) => {
      if (mischief === "dropped after") return request.socket.destroy();
      response.writeHead(answer.statusCode, answer.headers);
      response.end(text);
    }, () => request.socket.destroy());
  }

  #forward(request, body, done, failed) {
    const { "transfer-encoding": _, ...headers } = request.headers;
    const onward = http.request({
      host: this.#target.hostname,
      port: this.#target.port,
      method: request.method,
      path: request.url,
      headers: request.method === "POST" ? { ...headers, "content-length": body.length } : headers,
    }, async (answer) => {
      const chunks = [];
      for await (const chunk of answer) chunks.push(chunk);
      done(answer, Buffer.concat(chunks));
    });
    onward.on("error", failed);
    onward.end(body);
  }
}
