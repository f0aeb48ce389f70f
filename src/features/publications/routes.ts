/** Pages of publications: the list, one publication in words and as a diff, releases, and what would be published now. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import { pagedList, windowOf } from "../../core/http/paging.js";
import { isAdmin } from "../../core/ownership.js";
import type { Services } from "../../core/services.js";
import { publisherOf } from "../../publish/index.js";
import { filesOf, getPublication, listPublications, listReleases, planNow, publishNow, READ, releasesOf } from "./publications.js";
import { RunInput } from "./schemas.js";
import { chipFor, errorBodies, namesOf, partBody, plannedParts, publicationBody, sayTo } from "./shown.js";
import { streamUnits } from "./stream.js";

const reader = { access: { permission: READ } } as const;
const admin = { access: "admin" } as const;

/** Mounts the pages. */
export function publicationPages(app: FastifyInstance, services: Services): void {
  const publisher = () => publisherOf(services);
  const hosts = (request: FastifyRequest) => publisher().hosts.list(request.ctx.db);

  app.get("/publications", { config: reader }, async (request, reply) => {
    const window = windowOf(request.query);
    const hostId = hostOf(request);
    const { rows, total } = await listPublications(request.ctx, { ...window, hostId });
    const known = await hosts(request);
    const views = rows.map((row) => ({ ...viewOf(request, namesOf(known), row), more: Math.max(0, row.total - row.parts.length) }));
    const list = pagedList({ rows: views, total }, window, hostId ? `/publications?host=${encodeURIComponent(hostId)}` : "/publications");
    const sees = isAdmin(request.actor);
    return reply.page("publications/list", { list, admin: sees, audience: sees ? "admin" : "member", hosts: sees ? optionsOf(known, hostId) : [] });
  });

  app.get("/publications/releases", { config: admin }, async (request, reply) => {
    const window = windowOf(request.query);
    const hostId = hostOf(request);
    const names = namesOf(await hosts(request));
    const { rows, total } = await listReleases(request.ctx, { ...window, hostId });
    const views = rows.map((row) => ({
      ...row,
      host: names.get(row.hostId) ?? row.hostId,
      short: row.root.slice(0, 12),
      chip: row.state === "live" ? "verified" : "held",
    }));
    return reply.page("publications/releases", { list: pagedList({ rows: views, total }, window, "/publications/releases") });
  });

  app.get("/publications/plan", { config: admin }, drawPlan);
  app.post(
    "/publications",
    { config: admin },
    form({
      schema: RunInput,
      async act(ctx, { host, all }) {
        await publishNow(ctx, publisher(), host, all === true);
        return { to: `/publications?host=${encodeURIComponent(host)}`, says: "publications.started" };
      },
      again: drawPlan,
    }),
  );

  app.get("/publications/:publication", { config: reader }, async (request, reply) => {
    const { ctx } = request;
    const publication = await getPublication(ctx, (request.params as { publication: string }).publication);
    const [known, files, releases] = await Promise.all([hosts(request), filesOf(ctx, publisher().store, publication.id), releasesOf(ctx, publication.id)]);
    return reply.page("publications/publication", {
      publication: viewOf(request, namesOf(known), publication),
      admin: isAdmin(request.actor),
      more: Math.max(0, publication.total - publication.parts.length),
      errors: publication.state === "done" ? [] : errorBodies(ctx, sayTo(request), publication.errors),
      steps: isAdmin(request.actor) ? publication.steps : [],
      releases,
      files,
    });
  });

  app.get("/events/units", { config: { access: "user" } }, (request, reply) => streamUnits(request, reply, publisher().events));

  async function drawPlan(request: FastifyRequest, reply: FastifyReply) {
    const known = await hosts(request);
    const chosen = known.find(({ id }) => id === hostOf(request)) ?? known[0];
    const dry = chosen === undefined ? null : await planNow(request.ctx, publisher(), chosen.id);
    return reply.page("publications/plan", {
      host: chosen?.name ?? null,
      hostId: chosen?.id ?? null,
      hosts: optionsOf(known, chosen?.id),
      parts: dry === null ? [] : plannedParts(request.ctx, sayTo(request), dry).map((part) => ({ ...part, chip: chipFor(part.result) })),
      files: dry?.files ?? [],
    });
  }
}

function viewOf(request: FastifyRequest, names: ReadonlyMap<string, string>, publication: Parameters<typeof publicationBody>[2]) {
  const body = publicationBody(request.ctx, names, publication);
  const parts = publication.parts.map((part) => ({ ...partBody(request.ctx, sayTo(request), part), chip: chipFor(part.result) }));
  return { ...body, chip: chipFor(body.state), parts, none: publication.total === 0 };
}

function hostOf(request: FastifyRequest): string | undefined {
  const { host } = { ...(request.query as object), ...((request.body ?? {}) as object) } as { host?: unknown };
  return typeof host === "string" && host !== "" ? host : undefined;
}

const optionsOf = (hosts: readonly { id: string; name: string }[], chosen: string | undefined) =>
  hosts.map(({ id, name }) => ({ value: id, label: name, current: id === chosen }));
