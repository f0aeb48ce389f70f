/** Pages of certificates. */
import type { FastifyInstance } from "fastify";
import { form } from "../../core/http/forms.js";
import { acceptFiles } from "../../core/http/multipart.js";
import { Secret } from "../../core/secret.js";
import type { Services } from "../../core/services.js";
import { parseAddress } from "../domains/index.js";
import { authorityPages } from "./authority-pages.js";
import { editSubject, hasOwn, retrySubject } from "./choices.js";
import { AdvancedForm, MAX_UPLOAD_BYTES, Nothing, RevocationInput, SourceForm, UploadForm } from "./forms.js";
import { drawList, drawNone, drawRevoke, drawSubject, drawUpload, drawWarning, subjectKey, subjectPath } from "./pages.js";
import { panelCertificate } from "./panel-certificate.js";
import { revokeCertificate } from "./revocation.js";
import { streamList, streamSubject } from "./stream.js";
import { getSubject } from "./subjects.js";
import { uploadCertificate } from "./uploads.js";

const read = { access: { permission: "certificates.read" } } as const;
const write = { access: { permission: "certificates.write" } } as const;
/** Each look is some connections to elsewhere. */
const looking = { ...read, rateLimit: { max: 30, timeWindow: "1 minute" } } as const;

/** Mounts the pages of certificates. */
export function certificatePages(app: FastifyInstance, services: Services): void {
  app.get("/certificates", { config: read }, (request, reply) => drawList(request, reply, false));
  app.get("/certificates/overview", { config: { access: "admin" } }, (request, reply) => drawList(request, reply, true));
  app.get("/certificates/stream", { config: read }, streamList);
  app.get("/certificates/warning", { config: read }, async (request, reply) => {
    const { name = "" } = request.query as { name?: string };
    const subject = await getSubject(request.ctx, name);
    return reply.redirect(`${subjectPath(subject)}/warning?${new URLSearchParams({ name: parseAddress(name) ?? name })}`, 303);
  });
  app.get("/browser-warning", { config: { access: "public" } }, async (request, reply) =>
    reply.page("certificates/browser-warning", {
      panel: await panelCertificate(services.env),
      host: new URL(services.env.origin).host,
      known: Boolean(request.person),
    }),
  );
  app.get("/certificates/:certificate", { config: read }, drawSubject);
  app.get("/certificates/:certificate/stream", { config: read }, streamSubject);
  app.get("/certificates/:certificate/warning", { config: looking }, (request, reply) => drawWarning(request, reply, services));
  app.get("/certificates/:certificate/chain.pem", { config: read }, async (request, reply) => {
    const { current, names } = await getSubject(request.ctx, subjectKey(request));
    if (!current) return reply.callNotFound();
    const file = `${(names[0]?.name ?? "certificate").replace("*", "_wildcard")}.pem`;
    return reply.type("application/x-pem-file").header("content-disposition", `attachment; filename="${file}"`).send(current.chain);
  });
  authorityPages(app, services);
  mountChoices(app, services);
  mountRevocation(app, services);
  app.register(async (scope) => mountUpload(scope, services));
}

function mountChoices(app: FastifyInstance, services: Services): void {
  app.post(
    "/certificates/:certificate",
    { config: write },
    form({
      schema: SourceForm,
      async act(ctx, input, request) {
        if (input.source === "none") return `${subjectPath(await getSubject(ctx, subjectKey(request), "certificates.write"))}/none`;
        if (input.source === "own" && !(await hasOwn(ctx, subjectKey(request)))) return `/certificates/${encodeURIComponent(subjectKey(request))}/own`;
        return { to: subjectPath(await editSubject(ctx, services, subjectKey(request), input)), says: "shell.saved" };
      },
      again: drawSubject,
    }),
  );
  app.get("/certificates/:certificate/none", { config: write }, drawNone);
  app.post(
    "/certificates/:certificate/none",
    { config: write },
    form({
      schema: Nothing,
      act: async (ctx, _input, request) => ({
        to: subjectPath(await editSubject(ctx, services, subjectKey(request), { source: "none" })),
        says: "certificates.left",
      }),
      again: drawNone,
    }),
  );
  app.post(
    "/certificates/:certificate/advanced",
    { config: write },
    form({
      schema: AdvancedForm,
      act: async (ctx, input, request) => ({ to: subjectPath(await editSubject(ctx, services, subjectKey(request), input)), says: "shell.saved" }),
      again: drawSubject,
    }),
  );
  app.post(
    "/certificates/:certificate/retry",
    { config: write },
    form({
      schema: Nothing,
      act: async (ctx, _input, request) => ({ to: subjectPath(await retrySubject(ctx, subjectKey(request))), says: "certificates.retried" }),
      again: drawSubject,
    }),
  );
}

function mountRevocation(app: FastifyInstance, services: Services): void {
  app.get("/certificates/:certificate/revoke", { config: write }, drawRevoke);
  app.post(
    "/certificates/:certificate/revoke",
    { config: write },
    form({
      schema: RevocationInput,
      act: async (ctx, input, request) => ({
        to: subjectPath(await revokeCertificate(ctx, services, subjectKey(request), input)),
        says: "certificates.revoked",
      }),
      again: drawRevoke,
    }),
  );
}

function mountUpload(app: FastifyInstance, services: Services): void {
  acceptFiles(app, MAX_UPLOAD_BYTES);
  app.get("/certificates/:certificate/own", { config: write }, drawUpload);
  app.post(
    "/certificates/:certificate/own",
    { config: { ...write, rateLimit: { max: 30, timeWindow: "1 minute" } }, bodyLimit: MAX_UPLOAD_BYTES },
    form({
      schema: UploadForm,
      async act(ctx, input, request) {
        const files = (input.files ?? []).filter((file) => Buffer.isBuffer(file)).map((content) => ({ field: "files", content }));
        const texts = (["chain", "key"] as const).flatMap((field) => (input[field] ? [{ field, content: input[field] }] : []));
        const password = input.password ? new Secret(input.password) : null;
        const { subject, notes } = await uploadCertificate(ctx, services, subjectKey(request), {
          parts: [...files, ...texts],
          password,
          partial: input.partial,
        });
        const [note] = notes;
        return { to: subjectPath(subject), says: note ? `certificates.notes.${note.code}` : "certificates.given", ...(note ? { data: note.data } : {}) };
      },
      again: drawUpload,
    }),
  );
}
