/** What a refused or failed request is answered: a page or JSON, with the next step; what is our own fault is logged and told by a reference only. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { forbidden, invalidFields, isRefusal, messageKey, notFound, Refusal } from "../errors.js";
import { isApi } from "./api.js";
import { fieldErrors } from "./input.js";

const INTERNAL = 500;

/** Registers the answers to unknown addresses, refusals and faults. */
export function registerFailures(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => answer(request, reply, notFound("shell.not_found")));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = asRefusal(error);
    if (refusal) return answer(request, reply, refusal);
    request.log.error({ err: error, url: request.routeOptions.url, method: request.method }, "request failed");
    return answer(request, reply, new Refusal(INTERNAL, "shell.internal"));
  });
}

/** Gives the refusal that an error stands for; null: a fault of our own. */
function asRefusal(error: FastifyError): Refusal | null {
  if (isRefusal(error)) return error;
  if (error.validation) return invalidFields(fieldErrors(error.validation));
  if (error.code?.startsWith("FST_CSRF_")) return forbidden("shell.csrf");
  if (holdsNul(error)) return new Refusal(422, "shell.bad_request");
  const status = error.statusCode ?? INTERNAL;
  if (status === 413) return new Refusal(status, "shell.too_large");
  if (status === 429) return new Refusal(status, "shell.too_many");
  return status >= 400 && status < INTERNAL ? new Refusal(status, "shell.bad_request") : null;
}

/** PostgreSQL keeps no NUL in a text (SQLSTATE 22021) and says so at the first query that meets one: what was sent is at fault, not we. */
function holdsNul(error: unknown): boolean {
  for (let fault = error; fault instanceof Error; fault = fault.cause) {
    if (/invalid byte sequence for encoding "UTF8": 0x00/.test(fault.message)) return true;
  }
  return false;
}

function answer(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  reply.code(refusal.status);
  if (refusal.status === 401) reply.header("www-authenticate", "Bearer");
  const internal = refusal.status >= INTERNAL;
  const message = request.t(messageKey(refusal.code), refusal.data);
  if (isApi(request)) {
    const fields = refusal.fields.map(({ field, code, data }) => ({ field, code, message: request.t(messageKey(code), data) }));
    return reply
      .serializer(JSON.stringify)
      .type("application/json; charset=utf-8")
      .send({
        error: { code: refusal.code, message, fields, ...(internal && { request: request.id }) },
      });
  }
  const { icon, title } = look(refusal);
  return reply.page("errors/error", { icon, title: request.t(title), text: message, requestId: internal ? request.id : null });
}

function look(refusal: Refusal): { icon: string; title: string } {
  if (refusal.code === "shell.csrf") return { icon: "refresh", title: "shell.errors.csrf_title" };
  if (refusal.status === 404) return { icon: "map-search", title: "shell.errors.not_found_title" };
  if (refusal.status === 403) return { icon: "lock", title: "shell.errors.forbidden_title" };
  if (refusal.status === 429) return { icon: "hourglass", title: "shell.errors.too_many_title" };
  if (refusal.status >= INTERNAL) return { icon: "bug", title: "shell.errors.internal_title" };
  return { icon: "alert-circle", title: "shell.errors.failed_title" };
}
