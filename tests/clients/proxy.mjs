// Stands between a client and Lotse. Where it is to disturb, every other POST meets a mischief, in turn, and the client has to send again.
import http from "node:http";

const MISCHIEFS = ["500", "429", "dropped before", "dropped after"];  // before and after Lotse has taken the events

export class Proxy {
  met = Object.fromEntries(MISCHIEFS.map((mischief) => [mischief, 0]));
  owed = new Set();  ///< messageIds that the client still has to send again
  #target;
  #disturbs;
  #posts = 0;
  #server = http.createServer((request, response) => this.#handle(request, response));

  constructor(target, { disturbs = true } = {}) {
    this.#target = new URL(target);
    this.#disturbs = disturbs;
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /// Whether the client met what it was to meet.
  get allMet() {
    return MISCHIEFS.every((mischief) => (this.met[mischief] > 0) === this.#disturbs);
  }

  #mischief(request) {
    if (!this.#disturbs || request.method !== "POST") return undefined;
    const turn = this.#posts++;
    return turn % 2 === 0 ? MISCHIEFS[(turn / 2) % MISCHIEFS.length] : undefined;
  }

  async #handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const ids = Array.from(body.toString().matchAll(/"messageId":"([^"]+)"/g), (match) => match[1]);
    const mischief = this.#mischief(request);
    if (mischief) {
      this.met[mischief] += 1;
      ids.forEach((id) => this.owed.add(id));
    }
    switch (mischief) {
      case "dropped before":
        return request.socket.destroy();
      case "500":
      case "429":
        response.writeHead(Number(mischief), {
          "access-control-allow-origin": "*",
          "access-control-expose-headers": "Retry-After",
          ...(mischief === "429" ? { "retry-after": "1" } : {}),
        });
        return response.end("{}");
      default:
    }
    try {
      const answer = await this.#forward(request, body);
      if (mischief === "dropped after") return request.socket.destroy();
      ids.forEach((id) => this.owed.delete(id));
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    } catch {
      request.socket.destroy();
    }
  }

  async #forward(request, body) {
    const { "transfer-encoding": _, ...headers } = request.headers;
    if (request.method === "POST") headers["content-length"] = body.length;
    const { hostname, port } = this.#target;
    const answer = await new Promise((resolve, reject) => {
      const onward = http.request({ hostname, port, method: request.method, path: request.url, headers }, resolve);
      onward.on("error", reject);
      onward.end(body);
    });
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
  }
}
