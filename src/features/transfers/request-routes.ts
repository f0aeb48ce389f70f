/** Pages of names that an account asks for although another one stands in the way. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { messageKey } from "../../core/errors.js";
import type { Access } from "../../core/feature.js";
import { form } from "../../core/http/forms.js";
import { accountsWith, isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { displayName } from "../domains/index.js";
import { challengeRecord, challengeServers, delegationWorks } from "./proofs.js";
import { cancelRequest, checkRequest, getRequest, grantRequest, objectRequest, refuseRequest, requestName, WAITING_DAYS, yieldRequest } from "./requests.js";
import { Nothing, RequestInput } from "./schemas.js";
import { proofSources } from "./sources.js";

const read = { access: { permission: "transfers.read" } } as const;
const write = { access: { permission: "transfers.write" } } as const;
const admin = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { request: string }).request;
const pageOf = (id: string) => `/domains/transfers/requests/${id}`;

/** Mounts the pages. */
export function requestPages(app: FastifyInstance, services: Services): void {
  const draw = (request: FastifyRequest, reply: FastifyReply) => drawRequest(request, reply, services);
  app.get("/domains/transfers/requests/new", { config: write }, drawNew);
  app.post(
    "/domains/transfers/requests",
    { config: write },
    form({
      schema: RequestInput,
      async act(ctx, input) {
        const { id, name } = await requestName(ctx, input);
        return { to: pageOf(id), says: "transfers.says.asked", data: { name: displayName(name) } };
      },
      again: drawNew,
    }),
  );
  app.get("/domains/transfers/requests/:request", { config: read }, draw);
  app.post(
    "/domains/transfers/requests/:request/check",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request, reply) {
        const { proof } = await checkRequest(ctx, await proofSources(services), idOf(request));
        if (proof.by !== null) return { to: pageOf(idOf(request)), says: "transfers.says.proven" };
        reply.flash("wait", proof.unknown ? "transfers.says.nobody_knows" : "transfers.says.not_yet");
        return pageOf(idOf(request));
      },
      again: draw,
    }),
  );
  const acts = { cancel: cancelRequest, yield: yieldRequest, object: objectRequest };
  for (const [verb, act] of Object.entries(acts)) mountAct(app, verb, write, act, draw);
  mountAct(app, "grant", admin, grantRequest, draw);
  mountAct(app, "refuse", admin, refuseRequest, draw);
}

function mountAct(app: FastifyInstance, verb: string, config: { access: Access }, act: typeof cancelRequest, again: Parameters<typeof form>[0]["again"]): void {
  app.post(
    `/domains/transfers/requests/:request/${verb}`,
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { name } = await act(ctx, idOf(request));
        return { to: pageOf(idOf(request)), says: `transfers.says.request_${verb}`, data: { name: displayName(name) } };
      },
      again,
    }),
  );
}

function drawNew(request: FastifyRequest, reply: FastifyReply) {
  const { name = "", account } = request.query as { name?: string; account?: string };
  const accounts = accountsWith(request.actor, "transfers.write");
  const accountId = [account, request.person?.accountId].find((id) => id && (accounts === null || accounts.includes(id))) ?? accounts?.[0];
  return reply.page("transfers/request-new", { name: name.slice(0, 300), accountId, waitingDays: WAITING_DAYS });
}

async function drawRequest(request: FastifyRequest, reply: FastifyReply, services: Services) {
  const row = await getRequest(request.ctx, idOf(request));
  const own = accountsWith(request.actor, "transfers.write");
  const may = (accountId: string) => own === null || own.includes(accountId);
  const open = row.state === "waiting" || row.state === "proven" || row.state === "objected";
  const asks = may(row.accountId);
  const sources = asks && row.state === "waiting" ? await proofSources(services) : null;
  const servers = sources && (await delegationWorks(sources, row.token)) ? challengeServers(row.token, sources.nameServers) : [];
  return reply.page("transfers/request", {
    request: { ...row, display: displayName(row.name), held: displayName(row.heldName), [row.state]: true, [row.kind]: true },
    // What proves a name is shown to who asks for it, and to nobody else.
    record: sources ? challengeRecord(row.name, row.token) : null,
    servers,
    fault: row.fault ? faultText(request, row.fault) : null,
    mayCheck: sources !== null,
    mayCancel: open && asks,
    mayAnswer: open && row.state !== "objected" && may(row.holderId) && (row.kind === "consent" || row.provenAt !== null),
    mayDecide: open && isAdmin(request.actor),
    chip: { granted: "verified", proven: "published", waiting: "waiting" }[row.state as "granted" | "proven" | "waiting"] ?? "held",
    waitingDays: WAITING_DAYS,
  });
}

function faultText(request: FastifyRequest, stored: string): string {
  const { code, data } = JSON.parse(stored) as { code: string; data: Record<string, string | number> };
  return request.t(messageKey(code), data);
}
