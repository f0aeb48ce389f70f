/** A sentence that outlives one redirect, in a cookie: its key and data, never HTML. */
import type { FastifyInstance, FastifyReply } from "fastify";

const COOKIE = "__Host-mutu-says";
const OPTIONS = { path: "/", secure: true, httpOnly: true, sameSite: "lax" } as const;
const MAX_LENGTH = 2000;

export type FlashKind = "good" | "bad" | "wait";

/** What is to be said on the next page. */
export interface Flash {
  kind: FlashKind;
  key: string;
  data: Record<string, string | number>;
}

declare module "fastify" {
  interface FastifyReply {
    flash(kind: FlashKind, key: string, data?: Flash["data"]): FastifyReply;
  }
}

/** Registers `reply.flash`. */
export function registerFlash(app: FastifyInstance): void {
  app.decorateReply("flash", function flash(this: FastifyReply, kind: FlashKind, key: string, data: Flash["data"] = {}) {
    const value = Buffer.from(JSON.stringify({ kind, key, data })).toString("base64url");
    return value.length > MAX_LENGTH ? this : this.setCookie(COOKIE, value, OPTIONS);
  });
}

/** Reads the sentence and forgets it. What the browser holds is checked like any input. */
export function readFlash(reply: FastifyReply): Flash | null {
  const value = reply.request.cookies?.[COOKIE];
  if (!value) return null;
  reply.clearCookie(COOKIE, OPTIONS);
  try {
    const { kind, key, data } = JSON.parse(Buffer.from(value, "base64url").toString("utf8")) as Partial<Flash>;
    if (!["good", "bad", "wait"].includes(kind as string) || !/^[a-z_]+(\.[a-z_]+)+$/.test(String(key))) return null;
    const plain = Object.entries(data ?? {}).filter(([, item]) => typeof item === "string" || typeof item === "number");
    return { kind: kind as FlashKind, key: String(key), data: Object.fromEntries(plain) };
  } catch {
    // Not ours, or cut: there is nothing to say.
    return null;
  }
}
