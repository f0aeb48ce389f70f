/** The health of domains in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { healthBody } from "./bodies.js";
import { checkNow, getHealth, ignoreItem, listHealth } from "./checks.js";
import type { HealthState } from "./report.js";
import { DomainParams, HealthOutput, HealthRow, ItemInput } from "./schemas.js";

const read = { access: { permission: "domains.read" } } as const;
const write = { access: { permission: "domains.write" } } as const;
const query = Type.Object({
  ...ListQuery.properties,
  account: Type.Optional(Type.String({ maxLength: 64 })),
  state: Type.Optional(HealthRow.properties.state),
});
const one = { params: DomainParams, response: { 200: HealthOutput } };
const keyOf = (request: FastifyRequest) => (request.params as { domain: string }).domain;

/** Mounts the routes. */
export function healthApi(app: FastifyInstance, services: Services): void {
  app.get("/health", { config: read, schema: { querystring: query, response: { 200: listAnswer(HealthRow) } } }, async (request) => {
    const { account, state } = request.query as { account?: string; state?: HealthState };
    const window = windowOf(request.query);
    const { rows, total } = await listHealth(request.ctx, { ...window, ...(account ? { accountId: account } : {}), ...(state ? { state } : {}) });
    const told = rows.map(({ domain, state: now, wrong, checkedAt }) => ({
      domain: domain.name,
      state: now,
      wrong,
      checkedAt: checkedAt?.toISOString() ?? null,
    }));
    return listBody({ rows: told, total }, window);
  });
  app.get("/domains/:domain/health", { config: read, schema: one }, async (request) => healthBody(await getHealth(request.ctx, keyOf(request))));
  app.post("/domains/:domain/health/check", { config: write, schema: one }, async (request) =>
    healthBody(await checkNow(request.ctx, services, keyOf(request))),
  );
  for (const [verb, ignore] of [
    ["ignore", true],
    ["heed", false],
  ] as const) {
    app.post(`/domains/:domain/health/${verb}`, { config: write, schema: { ...one, body: ItemInput } }, async (request) => {
      await ignoreItem(request.ctx, keyOf(request), (request.body as ItemInput).item, ignore);
      return healthBody(await getHealth(request.ctx, keyOf(request)));
    });
  }
}
