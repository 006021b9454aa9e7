// A real Lotse with a store of its own, and what it says of the events that it has taken.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export class Service {
  url;
  token;  ///< of a web shop, as its clients have it
  #admin;
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), "lotse-clients-"));
  #process;

  /// Answers once it is listening, on a free port.
  static async start(lotse, workspace) {
    const service = new Service();
    const place = [workspace, "--store", path.join(service.#folder, "lotse.db")];
    const token = (...words) => {
      const made = spawnSync(lotse, ["token", "add", ...words, "--workspace", ...place], { encoding: "utf8" });
      if (made.status !== 0) throw new Error(`lotse token add: ${made.error ?? made.stderr}`);
      return made.stdout.trim();
    };
    service.token = token("shop", "--role", "channel", "--channel", "web");
    service.#admin = token("operator", "--role", "admin");

    const port = path.join(service.#folder, "port");
    service.#process = spawn(lotse, ["serve", ...place, "--port", "0", "--port-file", port], { stdio: ["ignore", "ignore", "inherit"] });
    const written = () => fs.existsSync(port) && fs.readFileSync(port, "utf8").endsWith("\n");
    while (service.#process.exitCode === null && !written()) await sleep(50);
    if (service.#process.exitCode !== null) throw new Error(`lotse serve has ended with ${service.#process.exitCode}`);
    service.url = `http://127.0.0.1:${Number(fs.readFileSync(port, "utf8"))}`;
    return service;
  }

  async stop() {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGTERM");
      await ended;
    }
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  /// Everything that Lotse has about a customer; undefined: nobody is known as `user`.
  async customer(user) {
    return this.#read(`/v1/customers/user_id:${user}/export`);
  }

  async rejects() {
    return (await this.#read("/v1/rejects")).rejects;
  }

  async #read(target) {
    const answer = await fetch(this.url + target, { headers: { authorization: `Bearer ${this.#admin}` } });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
