/** `mutu transfers …`. */
import type { Command } from "commander";
import { parseCommand } from "../../core/command-input.js";
import type { Context } from "../../core/context.js";
import { notFound } from "../../core/errors.js";
import type { Services } from "../../core/services.js";
import { findAccount } from "../accounts/index.js";
import { acceptOffer, cancelOffer, countTransfer, giveDomain, listOffers, offerDomain, refuseOffer, undoMove } from "./offers.js";
import { challengeRecord } from "./proofs.js";
import { cancelRequest, checkRequest, grantRequest, listRequests, objectRequest, refuseRequest, requestName, yieldRequest } from "./requests.js";
import { OfferInput, RequestInput } from "./schemas.js";
import { proofSources } from "./sources.js";

const ALL = 100_000;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Adds the verbs. */
export function transferCommands(command: Command, services: Services): void {
  const context = () => services.context({ kind: "system", name: "cli" });
  offerCommands(command, context);
  requestCommands(command.command("requests").description("names that an account asks for although another stands in the way"), context, services);
}

function offerCommands(command: Command, context: () => Context): void {
  command
    .command("list")
    .description("offers and moves, the newest first")
    .action(async () => {
      const { rows } = await listOffers(context(), { take: ALL });
      for (const { id, name, account, toAccount, state } of rows) say([id, name, account.login, toAccount.login, state].join("\t"));
    });
  command
    .command("count <domain> [login]")
    .description("what would move with a domain, and what would stop")
    .action(async (domain: string, login?: string) => {
      for (const { what, key, count } of await countTransfer(context(), domain, login)) say([what, key, count].join("\t"));
    });
  command
    .command("offer <domain> <login>")
    .description("offer a domain to another account, whose owner accepts")
    .action(async (domain: string, to: string) => {
      say((await offerDomain(context(), domain, parseCommand(OfferInput, { to }))).id);
    });
  command
    .command("move <domain> <login>")
    .description("move a domain to another account now; `undo` takes it back")
    .action(async (domain: string, to: string) => {
      say((await giveDomain(context(), domain, parseCommand(OfferInput, { to }))).id);
    });
  const acts = { accept: acceptOffer, refuse: refuseOffer, cancel: cancelOffer, undo: undoMove };
  for (const [verb, act] of Object.entries(acts)) {
    command.command(`${verb} <offer>`).action(async (id: string) => {
      await act(context(), id);
    });
  }
}

function requestCommands(command: Command, context: () => Context, services: Services): void {
  command.command("list").action(async () => {
    const { rows } = await listRequests(context(), { side: "all", take: ALL });
    for (const { id, name, kind, account, state } of rows) say([id, name, kind, account.login, state].join("\t"));
  });
  command
    .command("add <account> <name>")
    .description("ask for a name; prints the record that proves it")
    .action(async (word: string, name: string) => {
      const ctx = context();
      const account = await findAccount(ctx, word);
      if (!account) throw notFound("accounts.account_unknown");
      const request = await requestName(ctx, parseCommand(RequestInput, { accountId: account.id, name }));
      const record = challengeRecord(request.name, request.token);
      say([request.id, record.name, record.type, record.value].join("\t"));
    });
  command
    .command("check <request>")
    .description("look for the proof now")
    .action(async (id: string) => {
      const { proof, request } = await checkRequest(context(), await proofSources(services), id);
      say([request.state, proof.by ?? "-", ...proof.seen].join("\t"));
    });
  const acts = { cancel: cancelRequest, yield: yieldRequest, object: objectRequest, grant: grantRequest, refuse: refuseRequest };
  for (const [verb, act] of Object.entries(acts)) {
    command.command(`${verb} <request>`).action(async (id: string) => {
      await act(context(), id);
    });
  }
}
