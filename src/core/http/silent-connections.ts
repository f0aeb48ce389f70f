/**
 * Connections on which nothing is being asked end with the server. Browsers open some before they need them, and Node waits a minute for the first
 * request on each (`closeIdleConnections` knows only those that have asked before): every restart would take that long.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Follows the connections of a server; the function that it gives ends those that carry no request, and later each that has answered its last one. */
export function followConnections(server: Pick<HttpServer, "on">): () => void {
  // A TLS connection is two sockets, and only its ends are the same.
  const sockets = new Map<string, Socket>();
  const asking = new Map<string, number>();
  let closing = false;
  const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, "remoteAddress" | "remotePort">) => `${remoteAddress}:${remotePort}`;

  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    sockets.set(name, socket);
    socket.once("close", () => {
      if (sockets.get(name) === socket) sockets.delete(name);
      asking.delete(name);
    });
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(request.socket);
    asking.set(name, (asking.get(name) ?? 0) + 1);
    response.once("close", () => {
      const left = (asking.get(name) ?? 1) - 1;
      if (left > 0) asking.set(name, left);
      else asking.delete(name);
      if (closing && left <= 0) sockets.get(name)?.destroySoon();
    });
  });
  return () => {
    closing = true;
    for (const [name, socket] of sockets) if (!asking.has(name)) socket.destroy();
  };
}
