/** Sessions: a random id in a cookie, a row in the database. Nothing else is kept for a browser. */
import { randomBytes } from "node:crypto";
import session from "@fastify/session";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Identity, rowOf, type SessionRow } from "./identity.js";

/** The prefix makes browsers refuse it without Secure, with a Domain or on another path (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = "__Host-mutu";
const ID_BYTES = 32;
const BROWSER_LENGTH = 300;

/** Registers sessions. A visitor who has not logged in gets no row and no cookie. */
export async function registerSessions(app: FastifyInstance, identity: Identity): Promise<void> {
  await app.register(session, {
    // The id has 256 random bits and only its hash is stored: a signature would add a secret and prove nothing more.
    secret: { sign: (value: string) => value, unsign: (value: string) => ({ valid: true, renew: false, value }) },
    cookieName: SESSION_COOKIE,
    cookie: { path: "/", secure: true, httpOnly: true, sameSite: "lax" },
    saveUninitialized: false,
    rolling: false,
    idGenerator: () => randomBytes(ID_BYTES).toString("base64url"),
    store: {
      get: (id, done) => void identity.findSession(id).then((row) => done(null, row as never), done),
      set(id, value, done) {
        const row = rowOf(value as Partial<SessionRow>);
        if (row.userId === "") return done();
        identity.saveSession(id, row, value.begins === true).then(() => done(), done);
      },
      destroy: (id, done) => void identity.endSession(id).then(() => done(), done),
    },
  });
}

/** Makes this browser the user's, under a new id: what was planted before the login is worth nothing. The one place where sessions begin. */
export async function issueSession(request: FastifyRequest, userId: string): Promise<void> {
  await request.session.regenerate();
  const browser = (request.headers["user-agent"] ?? "").slice(0, BROWSER_LENGTH);
  Object.assign(request.session, { userId, accountId: null, address: request.ip, browser } satisfies SessionRow, { begins: true });
}
