/** A panel as a process of its own (src/server.ts), on a database that others may share, and browsers that speak to it over TCP. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import type { Scope } from "../support/database.js";
import { freePort } from "../support/free-port.js";
import { TYPESCRIPT } from "../support/typescript.js";
import { until } from "../support/until.js";
import { TestBrowser } from "../support/visitor.js";

const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));
const HOST = "panel.test";

export interface PanelProcess {
  port: number;
  pid: number;
  /** Sends one request as the proxy in front would; what inject gives, as far as a browser without a screen reads it. */
  ask(options: { method: string; url: string; headers?: Record<string, string>; payload?: string }): Promise<Asked>;
  /** A browser of nobody. */
  visitor(): TestBrowser;
  /** A browser that has these cookies already: a balancer sent it here. */
  visitedBy(browser: TestBrowser): TestBrowser;
  /** Listens to a stream of events; gives the lines as they come. */
  listen(t: Scope, browser: TestBrowser, url: string): Promise<string[]>;
}

interface Asked {
  statusCode: number;
  headers: IncomingMessage["headers"];
  body: string;
  cookies: { name: string; value: string; maxAge?: number }[];
}

/** Starts it, and waits until it says that it is well. */
export async function startPanelProcess(t: Scope, settings: { database: string; state: string }): Promise<PanelProcess> {
  const port = await freePort();
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", MUTU_CONFIG: "/dev/null", MUTU_MODE: "test", MUTU_LOG_LEVEL: "silent", MUTU_TRUSTED_PROXIES: "127.0.0.1" },
    ...{
      MUTU_DATABASE: settings.database,
      MUTU_STATE: settings.state,
      MUTU_ORIGIN: `https://${HOST}`,
      MUTU_LISTEN: `127.0.0.1:${port}`,
      MUTU_RESOLVER: "127.0.0.1:1",
    },
  };
  const child = spawn(process.execPath, [...TYPESCRIPT, SERVER], { env, stdio: ["ignore", "inherit", "inherit"] });
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await ended;
  });
  const panel = processAt(port, child.pid as number);
  await until(async () => (await panel.ask({ method: "GET", url: "/healthz" }).catch(() => null))?.statusCode === 200, 60);
  return panel;
}

function processAt(port: number, pid: number): PanelProcess {
  const ask: PanelProcess["ask"] = ({ method, url, headers = {}, payload }) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, method, path: url, headers: { host: HOST, "x-forwarded-proto": "https", ...headers } }, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        answer.on("error", reject).on("end", () => resolve({ statusCode: answer.statusCode ?? 0, headers: answer.headers, body, cookies: cookiesOf(answer) }));
      });
      sent.on("error", reject).end(payload);
    });
  const visitor = () => new TestBrowser({ inject: ask } as unknown as FastifyInstance, "en");
  return {
    port,
    pid,
    ask,
    visitor,
    visitedBy(browser) {
      const here = visitor();
      for (const [name, value] of browser.cookies) here.cookies.set(name, value);
      return here;
    },
    async listen(t, browser, url) {
      const lines: string[] = [];
      const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const sent = request({ host: "127.0.0.1", port, path: url, headers: { host: HOST, "x-forwarded-proto": "https", cookie } });
      t.after(() => sent.destroy());
      sent.on("error", () => undefined).end();
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      if (answer.statusCode !== 200) throw new Error(`the stream answered ${answer.statusCode}`);
      answer.setEncoding("utf8").on("data", (chunk: string) => lines.push(...chunk.split("\n").filter(Boolean)));
      answer.on("error", () => undefined);
      return lines;
    },
  };
}

function cookiesOf(answer: IncomingMessage): Asked["cookies"] {
  return (answer.headers["set-cookie"] ?? []).map((line) => {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    const maxAge = /max-age=(\d+)/i.exec(line)?.[1];
    const expired = /expires=thu, 01 jan 1970/i.test(line);
    return { name, value, ...(maxAge !== undefined ? { maxAge: Number(maxAge) } : expired ? { maxAge: 0 } : {}) };
  });
}
