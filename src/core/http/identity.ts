/** Who is calling: read anew at each request from the rows of the feature that owns people, never kept in a session (SECURITY.md 11). */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Actor, Context } from "../context.js";
import type { Services } from "../services.js";
import type { Locale } from "../text.js";

export type Appearance = "auto" | "light" | "dark";

/** A person who is logged in, as pages show them. */
export interface Person {
  actor: Extract<Actor, { kind: "user" }>;
  /** Name to greet with. */
  title: string;
  locale: Locale | null;
  appearance: Appearance;
  /** Hash of the session's id; null behind an API token. */
  sessionId: string | null;
  /** The account that this browser looks at; null: all of them. */
  accountId: string | null;
  /** Names of the accounts of which this person is a member. */
  accounts: { id: string; name: string }[];
}

/** What a session row holds beside its id. */
export interface SessionRow {
  userId: string;
  /** The account that this browser looks at; null: all of them. */
  accountId: string | null;
  /** Where it logged in. */
  address: string;
  browser: string;
}

/** What core asks of the feature that owns people; given by the composition root. */
export interface Identity {
  /** Finds a live session by its random id. */
  findSession(id: string): Promise<SessionRow | null>;
  /** Writes a session of this browser. Only one that `begins` (`issueSession`) makes a row: one that was ended meanwhile must not come back. */
  saveSession(id: string, row: SessionRow, begins: boolean): Promise<void>;
  endSession(id: string): Promise<void>;
  personOfSession(id: string, row: SessionRow, address: string): Promise<Person | null>;
  personOfToken(token: string, address: string): Promise<Person | null>;
}

declare module "fastify" {
  interface FastifyRequest {
    actor: Actor;
    /** null: nobody is logged in. */
    person: Person | null;
    /** Context of an act on behalf of the caller; its log lines carry the request's id. */
    ctx: Context;
  }
  interface Session extends Partial<SessionRow> {
    /** Made in this very request, and not stored yet. */
    begins?: boolean;
  }
}

const BEARER = /^Bearer ([A-Za-z0-9_-]{20,200})$/;

/** Fills `request.actor`, `request.person` and `request.ctx` before any other decision. */
export function identify(app: FastifyInstance, services: Services, identity: Identity): void {
  app.decorateRequest("person", null);
  app.decorateRequest("actor", null as never);
  app.decorateRequest("ctx", { getter: contextOf(services) });
  app.addHook("onRequest", async (request) => {
    request.person = await personOf(request, identity);
    request.actor = request.person?.actor ?? { kind: "nobody", address: request.ip };
  });
}

function contextOf(services: Services) {
  return function context(this: FastifyRequest): Context {
    return services.context(this.actor, this.log as unknown as Services["log"]);
  };
}

/** A bearer token counts alone: a request that carries one is never taken for its cookie, so it needs no CSRF proof. */
async function personOf(request: FastifyRequest, identity: Identity): Promise<Person | null> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1];
    return token ? identity.personOfToken(token, request.ip) : null;
  }
  const { session } = request;
  if (!session?.userId) return null;
  return identity.personOfSession(session.sessionId, rowOf(session), request.ip);
}

/** Reads anew who sent a request that is still open; null: the session or key that it came with is over. */
export async function callerOf(request: FastifyRequest, identity: Identity): Promise<Person | null> {
  if (request.headers.authorization !== undefined) return personOf(request, identity);
  const row = await identity.findSession(request.session.sessionId);
  return row && identity.personOfSession(request.session.sessionId, row, request.ip);
}

/** Gives what is stored of a session. */
export function rowOf(session: Partial<SessionRow>): SessionRow {
  return { userId: session.userId ?? "", accountId: session.accountId ?? null, address: session.address ?? "", browser: session.browser ?? "" };
}
