/** Pages of sites. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Context } from "../../core/context.js";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { AddressForm, CanonicalForm, FilesForm, HttpsForm, NewSiteForm, Nothing, PhpForm, ShowsForm } from "./forms.js";
import { logPages } from "./log-pages.js";
import { drawDelete, drawKind, drawList, drawNew, drawSite, siteKey, sitePath } from "./pages.js";
import { releaseSite, removeSite, restoreSite } from "./removal.js";
import type { SiteChange } from "./schemas.js";
import { addAddress, addSite, editSite, removeAddress } from "./sites.js";
import { streamSites } from "./stream.js";
import { targetPages } from "./target-routes.js";

const read = { access: { permission: "sites.read" } } as const;
const write = { access: { permission: "sites.write" } } as const;

/** Mounts the pages of sites. */
export function sitePages(app: FastifyInstance, services: Services): void {
  app.get("/sites", { config: read }, (request, reply) => drawList(request, reply, "live"));
  app.get("/sites/bin", { config: read }, (request, reply) => drawList(request, reply, "bin"));
  app.get("/sites/new", { config: write }, drawNew);
  app.post(
    "/sites",
    { config: write },
    form({
      schema: NewSiteForm,
      async act(ctx, input, request) {
        const site = await addSite(ctx, { ...input, language: request.locale });
        return { to: sitePath(site), says: "sites.added", data: { name: site.title } };
      },
      again: drawNew,
    }),
  );
  app.get("/sites/stream", { config: read }, (request, reply) => streamSites(request, reply, services));
  app.get("/sites/:site", { config: read }, drawSite);
  app.get("/sites/:site/kind", { config: write }, drawKind);
  mountSettings(app);
  mountAddresses(app);
  mountRemoval(app);
  targetPages(app);
  logPages(app, services);
}

function mountSettings(app: FastifyInstance): void {
  const save = async (ctx: Context, change: SiteChange, request: FastifyRequest) => {
    const site = await editSite(ctx, siteKey(request), change);
    return { to: sitePath(site), says: "shell.saved" };
  };
  app.post(
    "/sites/:site",
    { config: write },
    form({
      schema: ShowsForm,
      // An unticked box is not sent: it counts only where the box was drawn.
      act: (ctx, { keepPath, ...input }, request) => save(ctx, input.kind === "redirect" ? { ...input, keepPath } : input, request),
      again: drawKind,
    }),
  );
  app.post("/sites/:site/php", { config: write }, form({ schema: PhpForm, act: save, again: drawSite }));
  app.post("/sites/:site/https", { config: write }, form({ schema: HttpsForm, act: save, again: drawSite }));
  app.post("/sites/:site/files", { config: write }, form({ schema: FilesForm, act: save, again: drawSite }));
  app.post("/sites/:site/canonical", { config: write }, form({ schema: CanonicalForm, act: save, again: drawSite }));
}

function mountAddresses(app: FastifyInstance): void {
  app.post(
    "/sites/:site/addresses",
    { config: write },
    form({
      schema: AddressForm,
      async act(ctx, input, request) {
        const site = await addAddress(ctx, siteKey(request), input);
        return { to: sitePath(site), says: "sites.address_added" };
      },
      again: drawSite,
    }),
  );
  app.post(
    "/sites/:site/addresses/:address/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const site = await removeAddress(ctx, siteKey(request), (request.params as { address: string }).address);
        return { to: sitePath(site), says: "sites.address_removed" };
      },
      again: drawSite,
    }),
  );
}

function mountRemoval(app: FastifyInstance): void {
  app.get("/sites/:site/delete", { config: write }, drawDelete);
  app.post(
    "/sites/:site/delete",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const site = await removeSite(ctx, siteKey(request));
        return { to: sitePath(site), says: "sites.removed", data: { name: site.title } };
      },
      again: drawDelete,
    }),
  );
  app.post(
    "/sites/:site/restore",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        const site = await restoreSite(ctx, siteKey(request));
        return { to: sitePath(site), says: "sites.restored", data: { name: site.title } };
      },
      again: drawSite,
    }),
  );
  app.post(
    "/sites/:site/release",
    { config: write },
    form({
      schema: Nothing,
      async act(ctx, _input, request) {
        await releaseSite(ctx, siteKey(request));
        return { to: "/sites", says: "sites.released" };
      },
      again: drawSite,
    }),
  );
}
