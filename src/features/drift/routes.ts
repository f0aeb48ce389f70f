/** Pages of what was changed by hand: the list by machine or account, one file with what differs, and the repair of many with its count. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { changedByHost, probeAll } from "../hosts/index.js";
import { adopt, countByHost, countRepairs, getDrift, listDrift, look, type Place, repair, repairAll } from "./drifts.js";
import { LookInput, PlaceInput } from "./schemas.js";
import { chipFor, driftBody, lookBody } from "./shown.js";

const config = { access: "admin" } as const;
const idOf = (request: FastifyRequest) => (request.params as { drift: string }).drift;

/** Mounts the pages. */
export function driftPages(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const hostsOf = (request: FastifyRequest) => publisher().hosts.list(request.ctx.db);

  app.get("/drift", { config }, drawList);
  app.post(
    "/drift/look",
    { config },
    form({
      schema: LookInput,
      async act(ctx, { host }) {
        // Each machine's status tells which files of the installation were changed.
        await probeAll(ctx, services.env);
        const looks = (await look(ctx, publisher(), host || undefined)).map(lookBody);
        const files = looks.reduce((sum, { files: found }) => sum + (found ?? 0), 0);
        const away = looks.filter(({ files: found }) => found === null).map(({ host: name }) => name);
        const data: Record<string, string | number> = { count: files, hosts: away.join(", ") };
        return { to: `/drift${queryOf({ hostId: host || undefined })}`, says: says(looks), data };
      },
      again: drawList,
    }),
  );

  app.get("/drift/repair", { config }, drawRepair);
  app.post(
    "/drift/repair",
    { config },
    form({
      schema: PlaceInput,
      async act(ctx, { host, account, count }) {
        const place = placeOf({ host, account });
        const files = await repairAll(ctx, publisher(), place, count);
        return { to: `/drift${queryOf(place)}`, says: "drift.repaired", data: { count: files } };
      },
      again: drawRepair,
    }),
  );

  app.get("/drift/:drift", { config }, drawFile);
  app.post(
    "/drift/:drift/adopt",
    { config },
    form({
      schema: Type.Object({}),
      async act(ctx, _input, request) {
        const id = idOf(request);
        return { to: `/drift/${encodeURIComponent(id)}`, says: "drift.adopted", data: { count: await adopt(ctx, id) } };
      },
      again: drawFile,
    }),
  );
  app.post(
    "/drift/:drift/repair",
    { config },
    form({
      schema: Type.Object({}),
      async act(ctx, _input, request) {
        const id = idOf(request);
        return { to: `/drift/${encodeURIComponent(id)}`, says: "drift.repaired", data: { count: await repair(ctx, publisher(), id) } };
      },
      again: drawFile,
    }),
  );

  async function drawList(request: FastifyRequest, reply: FastifyReply) {
    const window = windowOf(request.query);
    const place = placeOf(request.query);
    const [hosts, counts, { rows, total }, installed] = await Promise.all([
      hostsOf(request),
      countByHost(request.ctx),
      listDrift(request.ctx, { ...window, ...place }),
      changedByHost(request.ctx.db),
    ]);
    const names = new Map(hosts.map(({ id, name }) => [id, name]));
    const views = rows.map((row) => ({ ...driftBody(names, row), chip: chipFor(row.state) }));
    const open = (hostId: string) => counts.find((row) => row.hostId === hostId && row.state === "open");
    return reply.page("drift/list", {
      list: pagedList({ rows: views, total }, window, `/drift${queryOf(place)}`),
      machines: hosts.map(({ id, name }) => ({ id, name, count: open(id)?.count ?? 0, since: open(id)?.since ?? null, installed: installed.get(id) ?? 0 })),
      place,
      repairs: place.accountId === undefined ? 0 : await countRepairs(request.ctx, place),
    });
  }

  async function drawFile(request: FastifyRequest, reply: FastifyReply) {
    const { row, diff, instead } = await getDrift(request.ctx, publisher(), idOf(request));
    const names = new Map((await hostsOf(request)).map(({ id, name }) => [id, name]));
    const lies = row.state === "open" || row.state === "adopted";
    return reply.page("drift/file", {
      file: { ...driftBody(names, row), chip: chipFor(row.state) },
      files: diff === null ? [] : [diff],
      // a name of its own for who hears the page
      instead: instead === null ? [] : [{ ...instead, path: `${instead.path} (${request.t("drift.instead")})` }],
      lies,
      noticeKind: { open: "wait", adopted: "wait", refused: "bad", repaired: "good" }[row.state] ?? null,
      asked: row.state === "open" && row.decidedBy !== null,
      /** Nobody's to keep: it waits for the next run, not for a person. */
      waits: row.state === "open" && row.role === null,
    });
  }

  async function drawRepair(request: FastifyRequest, reply: FastifyReply) {
    const place = placeOf({ ...(request.query as object), ...((request.body ?? {}) as object) });
    const hosts = await hostsOf(request);
    const name = hosts.find(({ id }) => id === place.hostId)?.name ?? "";
    return reply.page("drift/repair", { place, name, count: await countRepairs(request.ctx, place), back: `/drift${queryOf(place)}` });
  }
}

/** A machine that is older than the question is told with the command that updates it. */
function says(looks: readonly { reason: string | null }[]): string {
  if (looks.some(({ reason }) => reason === "old")) return "drift.looked_old";
  return looks.some(({ reason }) => reason !== null) ? "drift.looked_away" : "drift.looked";
}

function placeOf(query: unknown): Place {
  const { host, account } = (query ?? {}) as { host?: unknown; account?: unknown };
  const word = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value.slice(0, 64) : undefined);
  return { hostId: word(host), accountId: word(account) };
}

function queryOf({ hostId, accountId }: Place): string {
  const query = new URLSearchParams({ ...(hostId && { host: hostId }), ...(accountId && { account: accountId }) }).toString();
  return query === "" ? "" : `?${query}`;
}
