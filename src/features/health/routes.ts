/** The page of a domain's health: what should be seen against what is, live. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { PAGE_SIZE, pagedList, windowOf } from "../../core/http/paging.js";
import { accountsWith } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { readSettings } from "../dns/index.js";
import { displayName, getDomain } from "../domains/index.js";
import { checkHealth, checkNow, getHealth, type Health, ignoreItem } from "./checks.js";
import { ItemInput, Nothing } from "./schemas.js";
import { shownItems, shownState, shownSteps } from "./shown.js";
import { createWatch, type Watch } from "./watch.js";

const read = { access: { permission: "domains.read" } } as const;
const write = { access: { permission: "domains.write" } } as const;
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** Mounts the pages. */
export function healthPages(app: FastifyInstance, services: Services): void {
  const watch = createWatch(services);
  app.get("/domains/:domain/health", { config: read }, (request, reply) => draw(request, reply, services));
  app.get("/domains/:domain/health/stream", { config: read }, (request, reply) => stream(request, reply, watch));
  app.post(
    "/domains/:domain/health/check",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const { zone } = await checkNow(ctx, services, keyOf(request));
        return `/domains/${zone.domainId}/health`;
      },
      again: (request, reply) => draw(request, reply, services),
    }),
  );
  for (const [verb, ignore] of [
    ["ignore", true],
    ["heed", false],
  ] as const) {
    app.post(
      `/domains/:domain/health/${verb}`,
      { config: write },
      form({
        schema: ItemInput,
        async act(ctx, { item }, request) {
          await ignoreItem(ctx, keyOf(request), item, ignore);
          return `/domains/${encodeURIComponent(keyOf(request))}/health`;
        },
        again: (request, reply) => draw(request, reply, services),
      }),
    );
  }
}

async function draw(request: FastifyRequest, reply: FastifyReply, services: Services) {
  const domain = await getDomain(request.ctx, keyOf(request));
  const known = await getHealth(request.ctx, domain.id);
  // The first page after a domain was added has something to say at once.
  const health = known.row || domain.state === "bin" ? known : await checkHealth(request.ctx, services, domain.id, false);
  const window = windowOf(request.query);
  const items = shownItems(health, request.t.bind(request)).filter(({ key }) => key.includes(window.q));
  const { nameServers } = await readSettings(request.ctx.db);
  const ids = accountsWith(request.actor, "domains.write");
  return reply.page("health/health", {
    domain: { ...domain, display: displayName(domain.name), bin: domain.state === "bin" },
    report: { ...health.report, mode: health.zone.mode },
    state: shownState(health),
    steps: shownSteps(health, request.t.bind(request)),
    // Until the world asks us, what to do at the registrar stands first.
    servers: health.zone.mode === "hosted" && health.report.delegated !== true ? nameServers : [],
    list: pagedList({ rows: items.slice(window.skip, window.skip + PAGE_SIZE), total: items.length }, window, `/domains/${domain.id}/health`),
    mayWrite: domain.state === "live" && (ids === null || ids.includes(domain.accountId)),
  });
}

async function stream(request: FastifyRequest, reply: FastifyReply, watch: Watch): Promise<FastifyReply> {
  const { zone } = await getHealth(request.ctx, keyOf(request));
  return reply.events((send, signal) => {
    let last = "";
    const stop = watch.follow(zone.domainId, (health) => {
      if (health.zone.accountId !== zone.accountId) return;
      const fragments = fragmentsOf(request, health);
      const now = JSON.stringify(fragments);
      if (now !== last) for (const one of fragments) send("fragment", one);
      last = now;
    });
    if (stop) signal.addEventListener("abort", stop);
  });
}

function fragmentsOf(request: FastifyRequest, health: Health): { id: string; html: string }[] {
  const state = shownState(health);
  return [
    { id: "health-state", html: request.fragment("health/state", { state }) },
    { id: "health-steps", html: request.fragment("health/steps", { steps: shownSteps(health, request.t.bind(request)) }) },
    ...shownItems(health, request.t.bind(request)).map((item) => ({ id: item.id, html: request.fragment("health/item", { item }) })),
  ];
}
