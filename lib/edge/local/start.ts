/** The server of the local edge. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import type { LocalEdge, LocalEdgeOptions } from "../../types/local-edge";
import { Edge } from "./edge";
import { checked, invalid } from "./options";
import { READABLE_BYTES } from "./viewer";

/** Starts the server. `startLocalEdge` describes it. */
export async function start(options: LocalEdgeOptions): Promise<LocalEdge> {
  const settings = checked(options);
  const edge = new Edge(options, settings);
  const server = createServer({ maxHeaderSize: READABLE_BYTES }, (request, response) => {
    void edge.handle(request, response);
  });
  // Node has events of their own for CONNECT and for what is not HTTP.
  const tunnels = new Set<Socket>();
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    // The server forgets this socket, and its errors.
    tunnels.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => tunnels.delete(socket));
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on("finish", () => socket.end());
    void edge.handle(request, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return;
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "413 Request Entity Too Large" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  const port = await listening(server, settings.port);
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    for (const socket of tunnels) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: () => [...edge.requests],
    clearCache: () => edge.cache?.clear(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Starts the server, and returns its port. */
function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const found = error.code === "EADDRINUSE" ? `${port}, which is in use` : `${port}: ${error.message}`;
      reject(invalid("port", found, "a free port, or 0 for any"));
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    server.unref();
  });
}
