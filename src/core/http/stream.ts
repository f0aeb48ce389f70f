/** Server-sent events: what changed goes to open pages at once. A stream lives no longer than its session. */
import { PassThrough } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { tooMany } from "../errors.js";
import { callerOf, type Identity, type Person } from "./identity.js";

const HEARTBEAT_SECONDS = 15;
/** Streams of one session: browsers open six connections to a host over HTTP/1.1. */
const MAX_STREAMS = 6;

/** Sends one event; `data` becomes JSON. */
export type SendEvent = (event: string, data: unknown) => void;

declare module "fastify" {
  interface FastifyReply {
    /** Answers with a stream; `begin` is told how to send and when to stop. Events named `fragment` ({ id, html }) replace the element of that id. */
    events(begin: (send: SendEvent, signal: AbortSignal) => void | Promise<void>): FastifyReply;
  }
}

/** Registers `reply.events`. `heartbeatSeconds` is shortened by tests. */
export function registerStreams(app: FastifyInstance, identity: Identity, heartbeatSeconds = HEARTBEAT_SECONDS): void {
  const open = new Map<string, Set<AbortController>>();
  app.addHook("preClose", async () => {
    for (const streams of open.values()) for (const stream of streams) stream.abort();
  });
  app.decorateReply("events", function events(this: FastifyReply, begin: (send: SendEvent, signal: AbortSignal) => void | Promise<void>) {
    const owner = this.request.person?.sessionId ?? this.request.ip;
    const streams = open.get(owner) ?? new Set();
    if (streams.size >= MAX_STREAMS) throw tooMany("shell.too_many");
    const ending = new AbortController();
    open.set(owner, streams.add(ending));

    const body = new PassThrough();
    const send: SendEvent = (event, data) => {
      if (!ending.signal.aborted) body.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const heartbeat = setInterval(() => {
      stillThere(this.request, identity).then(
        (there) => (there ? body.write(": \n\n") : ending.abort()),
        () => ending.abort(),
      );
    }, heartbeatSeconds * 1000);
    ending.signal.addEventListener("abort", () => {
      clearInterval(heartbeat);
      streams.delete(ending);
      if (streams.size === 0) open.delete(owner);
      body.end("event: end\ndata: {}\n\n");
    });
    this.request.raw.on("close", () => ending.abort());
    body.write(": \n\n");
    Promise.resolve(begin(send, ending.signal)).catch((error) => {
      this.request.log.error({ err: error }, "stream failed");
      ending.abort();
    });
    return this.header("x-accel-buffering", "no").header("cache-control", "no-store").type("text/event-stream; charset=utf-8").send(body);
  });
}

/** Rights may have changed since the stream began: a session or key that is over, or rights that are others, end it; the page asks anew with those of now. */
async function stillThere(request: FastifyRequest, identity: Identity): Promise<boolean> {
  const { actor } = request;
  if (actor.kind !== "user") return false;
  const now = (await callerOf(request, identity))?.actor;
  return now !== undefined && now.admin === actor.admin && rolesOf(now) === rolesOf(actor);
}

const rolesOf = ({ memberships }: Person["actor"]): string => JSON.stringify([...memberships].sort());
