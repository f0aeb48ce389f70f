/** Forms: parse, act, lead on; what is refused is drawn again with what was typed, the sentence at its field, and status 422. */
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import type { Static, TSchema } from "typebox";
import type { Context } from "../context.js";
import { isRefusal, messageKey, type Refusal } from "../errors.js";
import { parseInput } from "./input.js";

/** What a page knows of the form that was just refused. */
export interface FormState {
  failed: boolean;
  message: string | null;
  values: Record<string, unknown>;
  /** Field → sentence. */
  errors: Record<string, string>;
  list: { field: string; message: string }[];
  /** Field → label, as the page names it; filled while the page is drawn. */
  labels: Record<string, string>;
}

/** Where a form leads: an address, or an address and a sentence to show there. */
export type Answer = string | { to: string; says: string; data?: Record<string, string | number> };

export interface FormSpec<S extends TSchema> {
  schema: S;
  /** Does it, and says where to go. May also send the reply itself. */
  act(ctx: Context, input: Static<S>, request: FastifyRequest, reply: FastifyReply): Promise<Answer | FastifyReply>;
  /** Draws the page of the form again; `reply.page` adds what was typed and what is wrong. */
  again(request: FastifyRequest, reply: FastifyReply): unknown;
}

/** Refusals that the person can mend in the form; the others are pages of their own. */
const MENDABLE = new Set([409, 422, 429]);

declare module "fastify" {
  interface FastifyRequest {
    formState: FormState | null;
  }
}

/** Gives the state of a form that nobody has sent yet. */
export function freshForm(): FormState {
  return { failed: false, message: null, values: {}, errors: {}, list: [], labels: {} };
}

/** Makes the handler of a POST route from a schema and an act. */
export function form<S extends TSchema>(spec: FormSpec<S>): RouteHandlerMethod {
  return async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    try {
      const input = parseInput(request, spec.schema, body);
      const answer = await spec.act(request.ctx, input, request, reply);
      // A reply is thenable: to await an act that sent its own page waits until that is sent, and gives nothing.
      return reply.sent || isReply(answer) ? reply : lead(reply, answer);
    } catch (error) {
      if (!isRefusal(error) || !MENDABLE.has(error.status)) throw error;
      request.formState = refusedForm(request, spec.schema, body, error);
      reply.code(error.status);
      return spec.again(request, reply);
    }
  };
}

/** Leads the browser on after a form: 303, with a sentence for the next page when given. */
export function lead(reply: FastifyReply, answer: Answer): FastifyReply {
  if (typeof answer === "string") return reply.redirect(answer, 303);
  reply.flash("good", answer.says, answer.data);
  return reply.redirect(answer.to, 303);
}

function isReply(answer: Answer | FastifyReply): answer is FastifyReply {
  return typeof answer === "object" && "sent" in answer;
}

function refusedForm(request: FastifyRequest, schema: TSchema, body: Record<string, unknown>, refusal: Refusal): FormState {
  const list = refusal.fields.map(({ field, code, data }) => ({ field, message: request.t(messageKey(code), data) }));
  const message = list.length === 0 ? request.t(messageKey(refusal.code), refusal.data) : null;
  const errors = Object.fromEntries(list.map((item) => [item.field, item.message]).reverse());
  return { failed: true, message, values: typed(schema, body), errors, list, labels: {} };
}

/** What was typed, but never a password: a page that shows one can be kept by a cache or a screen. */
function typed(schema: TSchema, body: Record<string, unknown>): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { format?: string }> }).properties ?? {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== "_csrf" && properties[name]?.format !== "password"));
}
