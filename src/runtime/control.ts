// SPDX-License-Identifier: MIT
/** The control server: the daemon's API (design A5) as HTTP on a UNIX socket, with a read-only twin. */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DaemonApi } from '../daemon-api.js';
import { SluiceError } from '../errors.js';
import type { Config } from '../model.js';
import { errorBody, sendError } from './control/answer.js';
import { badRequest } from './control/body.js';
import { groupId } from './control/group.js';
import { matchRoute } from './control/router.js';
import { listenOnUnixSocket, type Unlink } from './control/unix-socket.js';

const SOCKET_MODE = 0o660;
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** A client that reads nothing for so long is cut off. */
const CLIENT_TIMEOUT_MS = 30_000;
/** Answers under way when the daemon stops get so long to be read. */
const CLOSE_GRACE_MS = 2000;

export interface ControlOptions {
  readonly api: DaemonApi;
  /** `config.control` of the configuration at start. */
  readonly control: Config['control'];
  /** Told of each error that is a bug rather than the caller's. */
  readonly onInternalError: (error: unknown, request: string) => void;
  readonly clientTimeoutMs?: number;
}

/** Open sockets; disposing removes them from the file system first and then ends what is under way. */
export interface ControlServer extends AsyncDisposable {
  readonly sockets: readonly string[];
}

/**
 * Opens the control socket and, where configured, its read-only twin. Throws SLUICE_RUNNING with the pid of
 * the daemon that already answers there, SLUICE_SOCKET when the socket cannot be made.
 */
export async function openControl(options: ControlOptions): Promise<ControlServer> {
  const { socket, group, statusSocket, statusGroup } = options.control;
  const listeners: Listener[] = [];
  const server: ControlServer = {
    sockets: statusSocket === null ? [socket] : [socket, statusSocket],
    async [Symbol.asyncDispose]() {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
  try {
    listeners.push(await Listener.open(options, { path: socket, group, readOnly: false }));
    if (statusSocket !== null) {
      listeners.push(
        await Listener.open(options, { path: statusSocket, group: statusGroup, readOnly: true }),
      );
    }
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

interface Place {
  readonly path: string;
  readonly group: string | null;
  readonly readOnly: boolean;
}

class Listener {
  readonly #options: ControlOptions;
  readonly #readOnly: boolean;
  readonly #server: Server;
  readonly #stop = new AbortController();
  #unlink: Unlink = () => {};

  static async open(options: ControlOptions, place: Place): Promise<Listener> {
    const listener = new Listener(options, place.readOnly);
    const gid = place.group === null ? null : groupId(place.group);
    listener.#unlink = await listenOnUnixSocket(listener.#server, {
      path: place.path,
      mode: SOCKET_MODE,
      gid,
    });
    return listener;
  }

  private constructor(options: ControlOptions, readOnly: boolean) {
    this.#options = options;
    this.#readOnly = readOnly;
    // One for each event stream, taken off when it ends; many are no leak.
    setMaxListeners(0, this.#stop.signal);
    this.#server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 5000,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on('clientError', refuseGarbage);
  }

  async close(): Promise<void> {
    this.#unlink();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#stop.abort();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    // A write that meets a client which has just gone is no fault; `close` follows and ends the work.
    response.on('error', () => {});
    // One connection a request: nothing idle to keep track of when the daemon stops.
    response.shouldKeepAlive = false;
    const method = request.method ?? 'GET';
    const target = request.url ?? '/';
    try {
      const { route, parts, query } = matchRoute(method, target, this.#readOnly);
      await route.handle({
        api: this.#options.api,
        request,
        response,
        parts,
        query,
        signal: gone.signal,
        stop: this.#stop.signal,
        clientTimeoutMs: this.#options.clientTimeoutMs ?? CLIENT_TIMEOUT_MS,
      });
    } catch (error) {
      if (gone.signal.aborted) return;
      if (!(error instanceof SluiceError)) this.#options.onInternalError(error, `${method} ${target}`);
      sendError(response, error);
    }
  }
}

/** What is not HTTP, or comes too slowly, gets the API's error form and the door. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOfClientError(error.code);
  const body = `${JSON.stringify(errorBody(badRequest(`this is not a request: ${error.message}`)))}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function statusOfClientError(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout';
  return '400 Bad Request';
}
