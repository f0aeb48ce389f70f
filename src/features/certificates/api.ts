/** Certificates in JSON. No answer holds a key. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { ListQuery, listAnswer, listBody, windowOf } from "../../core/http/paging.js";
import type { Services } from "../../core/services.js";
import { authorityApi } from "./authority-pages.js";
import { editSubject, retrySubject } from "./choices.js";
import { MAX_UPLOAD_BYTES, RevocationInput, SubjectChange, SubjectOutput, UploadInput } from "./forms.js";
import { lookAt } from "./looks.js";
import { revokeCertificate } from "./revocation.js";
import { subjectBody } from "./shown.js";
import { getSubject, listSubjects, type ShownSubject } from "./subjects.js";
import { uploadCertificate, uploadOf } from "./uploads.js";

const MAX_ID = 300;
const read = { access: { permission: "certificates.read" } } as const;
const write = { access: { permission: "certificates.write" } } as const;
const params = Type.Object({ certificate: Type.String({ maxLength: MAX_ID }) });
const query = Type.Object({
  ...ListQuery.properties,
  account: Type.Optional(Type.String({ maxLength: MAX_ID })),
  state: Type.Optional(Type.Enum(["waiting", "valid", "partial", "failing", "none", "expiring"])),
});
const one = { 200: SubjectOutput };
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Sight = Type.Object({
  name: Type.String(),
  alias: nullable(Type.String()),
  looks: Type.Array(
    Type.Object({
      verdict: Type.String(),
      address: nullable(Type.String()),
      ours: nullable(Type.Boolean()),
      issuer: nullable(Type.String()),
      fingerprint: nullable(Type.String()),
      notAfter: nullable(Type.String()),
    }),
  ),
});
const keyOf = (request: FastifyRequest) => (request.params as { certificate: string }).certificate;

/** Mounts the routes of certificates. One is named by its id, its site's, or one of its names. */
export function certificateApi(app: FastifyInstance, services: Services): void {
  authorityApi(app, services);
  const body = (request: FastifyRequest, subject: ShownSubject) => subjectBody(request, subject);
  app.get("/certificates", { config: read, schema: { querystring: query, response: { 200: listAnswer(SubjectOutput) } } }, async (request) => {
    const { account, state } = request.query as { account?: string; state?: string };
    const window = windowOf(request.query);
    const { rows, total } = await listSubjects(request.ctx, { ...window, ...(account ? { accountId: account } : {}), ...(state ? { state } : {}) });
    return listBody({ rows: rows.map((subject) => body(request, subject)), total }, window);
  });
  app.get("/certificates/:certificate", { config: read, schema: { params, response: one } }, async (request) =>
    body(request, await getSubject(request.ctx, keyOf(request))),
  );
  app.patch("/certificates/:certificate", { config: write, schema: { params, body: SubjectChange, response: one } }, async (request) =>
    body(request, await editSubject(request.ctx, services, keyOf(request), request.body as SubjectChange)),
  );
  const upload = {
    config: { ...write, rateLimit: { max: 30, timeWindow: "1 minute" } },
    bodyLimit: MAX_UPLOAD_BYTES,
    schema: { params, body: UploadInput, response: one },
  };
  app.post("/certificates/:certificate/own", upload, async (request) => {
    const { subject } = await uploadCertificate(request.ctx, services, keyOf(request), uploadOf(request.body as UploadInput));
    return body(request, subject);
  });
  app.post("/certificates/:certificate/retry", { config: write, schema: { params, response: one } }, async (request) =>
    body(request, await retrySubject(request.ctx, keyOf(request))),
  );
  app.post("/certificates/:certificate/revoke", { config: write, schema: { params, body: RevocationInput, response: one } }, async (request) =>
    body(request, await revokeCertificate(request.ctx, services, keyOf(request), request.body as RevocationInput)),
  );
  const look = {
    config: { ...read, rateLimit: { max: 30, timeWindow: "1 minute" } },
    schema: { params, querystring: Type.Object({ name: Type.Optional(Type.String({ maxLength: MAX_ID })) }), response: { 200: Sight } },
  };
  app.get("/certificates/:certificate/look", look, async (request) => {
    const sight = await lookAt(request.ctx, services, keyOf(request), (request.query as { name?: string }).name);
    return {
      ...sight,
      looks: sight.looks.map(({ verdict, address, ours, facts }) => ({
        verdict,
        address,
        ours,
        issuer: facts?.issuer ?? null,
        fingerprint: facts?.fingerprint ?? null,
        notAfter: facts?.notAfter.toISOString() ?? null,
      })),
    };
  });
}
