/** Lets few large texts in at once: each is megabytes while it is read and drawn, and the panel's memory is small on purpose. */
import { finished } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { tooMany } from "../../../core/errors.js";
import { Gate } from "../../../core/gate.js";

const AT_ONCE = 2;
const LINE = 30;

const gate = new Gate(AT_ONCE, LINE);

/** Waits for its turn before the body is read; who waits holds nothing but a connection. For `onRequest` of a route. */
export function takeTurn(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((enter, refuse) => {
    const visit = () =>
      new Promise<true>((left) => {
        finished(reply.raw, () => left(true));
        enter();
      });
    void gate.pass(visit).then((passed) => {
      if (passed === null) refuse(tooMany("dns.import_busy"));
    });
  });
}
