/** Pages of what administrators decide for all zones: name servers, secondaries, templates. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { findHost, hostsWithRole } from "../hosts/index.js";
import { primaryAddress } from "./probers.js";
import { RECORD_TYPES } from "./record-types.js";
import { Nothing, SecondaryInput, SettingsForm, TemplateForm } from "./schemas.js";
import { addSecondary, listSecondaries, type NewSecondary, removeSecondary, renewSecondary } from "./secondaries.js";
import { bindSheet, knotSheet } from "./secondary-sheets.js";
import { getSettings, mailboxAddress, readSettings } from "./settings.js";
import { ttlWords } from "./shown.js";
import { addTemplate, listTemplates, removeTemplate } from "./templates.js";
import { changeSettings } from "./zone-settings.js";

const config = { access: "admin" } as const;

/** Mounts the pages. */
export function adminPages(app: FastifyInstance, services: Services): void {
  app.get("/dns/settings", { config }, drawSettings);
  app.post(
    "/dns/settings",
    { config },
    form({
      schema: SettingsForm,
      async act(ctx, input) {
        await changeSettings(ctx, input);
        return { to: "/dns/settings", says: "shell.saved" };
      },
      again: drawSettings,
    }),
  );
  mountSecondaries(app, services);
  mountTemplates(app);
}

function mountSecondaries(app: FastifyInstance, services: Services): void {
  app.get("/dns/secondaries", { config }, drawSecondaries);
  app.post(
    "/dns/secondaries",
    { config },
    form({
      schema: SecondaryInput,
      act: async (ctx, input, request, reply) => drawNewKey(request, reply, services, await addSecondary(ctx, services.env, input)),
      again: drawSecondaries,
    }),
  );
  app.post(
    "/dns/secondaries/:secondary/renew",
    { config },
    form({
      schema: Nothing,
      act: async (ctx, _input, request, reply) => drawNewKey(request, reply, services, await renewSecondary(ctx, services.env, secondaryKey(request))),
      again: drawSecondaries,
    }),
  );
  app.post(
    "/dns/secondaries/:secondary/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeSecondary(ctx, secondaryKey(request));
        return { to: "/dns/secondaries", says: "shell.saved" };
      },
      again: drawSecondaries,
    }),
  );
}

function mountTemplates(app: FastifyInstance): void {
  app.get("/dns/templates", { config }, drawTemplates);
  app.post(
    "/dns/templates",
    { config },
    form({
      schema: TemplateForm,
      async act(ctx, { ttl, ...input }) {
        await addTemplate(ctx, { ...input, ttl: ttl === "" ? null : Number(ttl) });
        return { to: "/dns/templates", says: "shell.saved" };
      },
      again: drawTemplates,
    }),
  );
  app.post(
    "/dns/templates/:template/delete",
    { config },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await removeTemplate(ctx, (request.params as { template: string }).template);
        return { to: "/dns/templates", says: "shell.saved" };
      },
      again: drawTemplates,
    }),
  );
}

const secondaryKey = (request: FastifyRequest) => (request.params as { secondary: string }).secondary;

async function drawSettings(request: FastifyRequest, reply: FastifyReply) {
  const settings = await getSettings(request.ctx);
  const hosts = await hostsWithRole(request.ctx.db, "dns");
  return reply.page("names/settings", {
    settings: {
      ...settings,
      nameServers: settings.nameServers.map(({ name, addresses }) => [name, ...addresses].join(" ")).join("\n"),
      hostmaster: settings.mailbox && mailboxAddress(settings.mailbox),
      issuers: settings.issuers.join(" "),
    },
    hosts: [{ value: "", label: request.t("names.settings.first_host") }, ...hosts.map(({ id, name }) => ({ value: id, label: name }))],
    noHost: hosts.length === 0,
  });
}

async function drawSecondaries(request: FastifyRequest, reply: FastifyReply) {
  const algorithms = ["hmac-sha256", "hmac-sha512"].map((value) => ({ value, label: value }));
  return reply.page("names/secondaries", { secondaries: await listSecondaries(request.ctx), algorithms });
}

/** The only page that ever shows a key: it is not kept by browsers, and the key is not told again. */
async function drawNewKey(request: FastifyRequest, reply: FastifyReply, services: Services, { row, secret }: NewSecondary): Promise<FastifyReply> {
  const { catalog, hostId } = await readSettings(request.ctx.db);
  const hosts = await hostsWithRole(request.ctx.db, "dns");
  const host = hosts.find(({ id }) => id === hostId) ?? hosts[0];
  const facts = {
    catalog,
    primary: await primaryAddress(services, host && (await findHost(request.ctx.db, host.id))),
    tsig: { name: row.tsigName, algorithm: row.algorithm, secret: secret.reveal() },
  };
  reply.header("cache-control", "no-store");
  return reply.page("names/new-key", { secondary: row, secret: facts.tsig.secret, knot: knotSheet(facts), bind: bindSheet(facts) });
}

async function drawTemplates(request: FastifyRequest, reply: FastifyReply) {
  const rows = await listTemplates(request.ctx);
  return reply.page("names/templates", {
    templates: rows.map((row) => ({ ...row, shownTtl: row.ttl ? ttlWords(request, row.ttl) : null })),
    types: RECORD_TYPES.map((value) => ({ value, label: request.t(`records.types.${value}`) })),
  });
}
