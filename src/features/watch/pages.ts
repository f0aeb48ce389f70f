/** The page "State of the machines", and who gets letters about it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { form } from "../../core/http/forms.js";
import type { Services } from "../../core/services.js";
import { alertAddresses, chooseLetters, setAlertAddresses, wantsLetters } from "./readers.js";
import { AddressesInput, LettersInput } from "./schemas.js";
import { currentChecks, watchView } from "./shown.js";

const config = { access: "admin" } as const;

/** Mounts the pages. */
export function watchPages(app: FastifyInstance, services: Services): void {
  const draw = async (request: FastifyRequest, reply: FastifyReply) => {
    const { ctx, actor } = request;
    const [checks, addresses] = await Promise.all([currentChecks(ctx, services), alertAddresses(ctx.db)]);
    const mine = actor.kind === "user" ? await wantsLetters(ctx.db, actor.userId) : false;
    return reply.page("watch/state", { ...watchView(checks, (key, data) => request.t(key, data)), addresses: addresses.join("\n"), mine });
  };
  app.get("/watch", { config }, draw);
  app.post(
    "/watch/letters",
    { config },
    form({
      schema: LettersInput,
      async act(ctx, { wanted }) {
        await chooseLetters(ctx, wanted === true);
        return { to: "/watch", says: "shell.saved" };
      },
      again: draw,
    }),
  );
  app.post(
    "/watch/addresses",
    { config },
    form({
      schema: AddressesInput,
      async act(ctx, { addresses }) {
        await setAlertAddresses(ctx, addresses);
        return { to: "/watch", says: "shell.saved" };
      },
      again: draw,
    }),
  );
}
