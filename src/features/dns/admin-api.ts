/** What administrators decide for all zones, in JSON. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Services } from "../../core/services.js";
import { Done, NewSecondaryOutput, SecondaryInput, SecondaryOutput, SettingsInput, SettingsOutput, TemplateInput, TemplateOutput } from "./schemas.js";
import { addSecondary, listSecondaries, type NewSecondary, removeSecondary, renewSecondary } from "./secondaries.js";
import { type DnsSettings, getSettings, mailboxAddress } from "./settings.js";
import { addTemplate, listTemplates, removeTemplate } from "./templates.js";
import { changeSettings } from "./zone-settings.js";

const config = { access: "admin" } as const;
const secondary = Type.Object({ secondary: Type.String({ maxLength: 64 }) });
const template = Type.Object({ template: Type.String({ maxLength: 64 }) });
const keyOf = (request: FastifyRequest) => request.params as { secondary: string; template: string };

/** Mounts the routes. */
export function adminApi(app: FastifyInstance, { env }: Services): void {
  app.get("/dns/settings", { config, schema: { response: { 200: SettingsOutput } } }, async (request) => shown(await getSettings(request.ctx)));
  app.patch("/dns/settings", { config, schema: { body: SettingsInput, response: { 200: SettingsOutput } } }, async (request) =>
    shown(await changeSettings(request.ctx, request.body as SettingsInput)),
  );
  app.get("/dns/secondaries", { config, schema: { response: { 200: Type.Array(SecondaryOutput) } } }, async (request) => listSecondaries(request.ctx));
  app.post("/dns/secondaries", { config, schema: { body: SecondaryInput, response: { 201: NewSecondaryOutput } } }, async (request, reply) =>
    reply.code(201).send(withSecret(await addSecondary(request.ctx, env, request.body as SecondaryInput))),
  );
  app.post("/dns/secondaries/:secondary/renew", { config, schema: { params: secondary, response: { 200: NewSecondaryOutput } } }, async (request) =>
    withSecret(await renewSecondary(request.ctx, env, keyOf(request).secondary)),
  );
  app.delete("/dns/secondaries/:secondary", { config, schema: { params: secondary, response: { 200: Done } } }, async (request) => {
    await removeSecondary(request.ctx, keyOf(request).secondary);
    return { done: true };
  });
  app.get("/dns/templates", { config, schema: { response: { 200: Type.Array(TemplateOutput) } } }, async (request) => listTemplates(request.ctx));
  app.post("/dns/templates", { config, schema: { body: TemplateInput, response: { 201: TemplateOutput } } }, async (request, reply) =>
    reply.code(201).send(await addTemplate(request.ctx, request.body as TemplateInput)),
  );
  app.delete("/dns/templates/:template", { config, schema: { params: template, response: { 200: Done } } }, async (request) => {
    await removeTemplate(request.ctx, keyOf(request).template);
    return { done: true };
  });
}

function shown({ mailbox, ...settings }: DnsSettings) {
  return { ...settings, hostmaster: mailbox && mailboxAddress(mailbox) };
}

/** The one answer in which a key is told. */
function withSecret({ row, secret }: NewSecondary) {
  const { id, name, address, port, tsigName, algorithm } = row;
  return { id, name, address, port, tsigName, algorithm, secret: secret.reveal() };
}
