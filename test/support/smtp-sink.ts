/** A mail relay that keeps what it is given: SMTP over plain TCP on loopback, and the answers that a test wants. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Scope } from "./database.js";

export interface SunkMail {
  from: string;
  to: string[];
  /** The message as it came, lines ended by \n, dots unstuffed. */
  data: string;
}

export interface SmtpSink {
  url: string;
  mails: SunkMail[];
  /** Every command but the data itself. */
  commands: string[];
  /** Answers RCPT instead of 250, by address; changed by the test at will. */
  refusals: Map<string, string>;
}

/** Starts a relay; it ends after the test. `extensions` are told after EHLO. */
export async function startSmtpSink(t: Scope, extensions: string[] = []): Promise<SmtpSink> {
  const sink: SmtpSink = { url: "", mails: [], commands: [], refusals: new Map() };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    talk(socket, sink, extensions);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  sink.url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return sink;
}

function talk(socket: Socket, sink: SmtpSink, extensions: string[]): void {
  let mail: SunkMail = { from: "", to: [], data: "" };
  let inData = false;
  let text = "";
  const say = (line: string) => socket.write(`${line}\r\n`);
  const answer = (line: string): void => {
    if (inData) {
      if (line !== ".") {
        mail.data += `${line.replace(/^\./, "")}\n`;
        return;
      }
      inData = false;
      sink.mails.push(mail);
      mail = { from: "", to: [], data: "" };
      say("250 kept");
      return;
    }
    sink.commands.push(line);
    const [verb = ""] = line.toUpperCase().split(" ");
    const address = /<([^>]*)>/.exec(line)?.[1] ?? "";
    if (verb === "EHLO") {
      const lines = ["sink", ...extensions];
      for (const [index, one] of lines.entries()) say(`250${index === lines.length - 1 ? " " : "-"}${one}`);
    } else if (verb === "MAIL") {
      mail = { from: address, to: [], data: "" };
      say("250 ok");
    } else if (verb === "RCPT") {
      const refusal = sink.refusals.get(address);
      if (!refusal) mail.to.push(address);
      say(refusal ?? "250 ok");
    } else if (verb === "DATA") {
      inData = true;
      say("354 go on");
    } else if (verb === "QUIT") {
      say("221 bye");
      socket.end();
    } else say(verb === "AUTH" ? "235 ok" : "250 ok");
  };
  say("220 sink");
  socket.on("data", (bytes) => {
    text += bytes.toString("utf8");
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      answer(line);
    }
  });
}
