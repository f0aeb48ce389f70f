/** No other site may act for a logged-in browser: each verb but GET needs our origin and a token bound to the session (SECURITY.md 15). */
import csrf from "@fastify/csrf-protection";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { forbidden } from "../errors.js";

const SECRET_COOKIE = "__Host-mutu-form";
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Registers the check. `key` binds tokens to sessions; `origin` is where people reach the panel. */
export async function registerCsrf(app: FastifyInstance, key: Buffer, origin: string): Promise<void> {
  await app.register(csrf, {
    cookieKey: SECRET_COOKIE,
    cookieOpts: { path: "/", secure: true, httpOnly: true, sameSite: "lax" },
    csrfOpts: { hmacKey: key },
    getUserInfo: ownerOf,
    getToken: (request) => (request.body as { _csrf?: string } | undefined)?._csrf ?? (request.headers["x-csrf-token"] as string | undefined),
  });
  // After the body is read (the token is in it) and before anything else looks at it.
  app.addHook("preValidation", (request, reply, done) => {
    if (request.is404 || SAFE.has(request.method) || request.headers.authorization !== undefined) return done();
    if (!isOwnOrigin(request, origin)) return done(forbidden("shell.origin"));
    app.csrfProtection(request, reply, done);
  });
}

/** Gives the token for a form of this reply. */
export function csrfToken(reply: FastifyReply): string {
  return reply.generateCsrf({ userInfo: ownerOf(reply.request) } as never);
}

function ownerOf(request: FastifyRequest): string {
  return request.person?.sessionId ?? "nobody";
}

/** Browsers send Origin with each POST; a request without one is not from a form of ours. The Host is compared for panels with several names. */
function isOwnOrigin(request: FastifyRequest, origin: string): boolean {
  const claimed = request.headers.origin;
  return claimed === origin || (claimed !== undefined && claimed === `https://${request.headers.host}`);
}
