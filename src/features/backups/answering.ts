/**
 * Whether the panel of this machine answers. systemd calls it started as soon as its program was executed (Type=exec, systemd.service(5)): that is before it has
 * read its settings, opened its database or its port, and Restart=on-failure would try for ever.
 */
import { type IncomingMessage, request as plainly } from "node:http";
import { request as secretly } from "node:https";
import type { Env } from "../../core/env.js";

const SECONDS = 60;
const PAUSE_MS = 250;
const ANSWER_MS = 5_000;
/** Every address of this machine: it is asked by the one that it always has. */
const ANYWHERE: Record<string, string> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Waits until the panel says that it can serve; throws what it said, or met, last. */
export async function untilAnswers(env: Pick<Env, "listen" | "tls" | "origin">, seconds = SECONDS): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const said = await health(env);
    if (said === null) return;
    if (performance.now() > until) throw new Error(`the panel does not answer ${env.listen.host}:${env.listen.port} (${said}): journalctl -u mutu-panel`);
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

/** null: it can serve; otherwise why not, in a few words. */
function health({ listen, tls, origin }: Pick<Env, "listen" | "tls" | "origin">): Promise<string | null> {
  const { hostname, host: name } = new URL(origin);
  const options = {
    ...{ agent: false, host: ANYWHERE[listen.host] ?? listen.host, port: listen.port, path: "/healthz", headers: { host: name } },
    signal: AbortSignal.timeout(ANSWER_MS),
  };
  return new Promise((resolve) => {
    const heard = (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("error", (error) => resolve(error.message));
      response.on("end", () => resolve(response.statusCode === 200 ? null : `${response.statusCode} ${text.trim().slice(0, 100)}`));
    };
    // Its certificate is of its public name, and may be the one that install made.
    const asked = tls === null ? plainly(options, heard) : secretly({ ...options, servername: hostname, rejectUnauthorized: false }, heard);
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}
