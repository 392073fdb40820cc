// SPDX-License-Identifier: MIT
/** The CLI's end of the control API (design A5). */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Diagnostic } from '../config/diagnostics.js';
import { isErrorCode, SluiceError, type ErrorCode } from '../errors.js';
import type { JournalEvent } from '../status.js';

const ANSWER_TIMEOUT_MS = 60_000;

/** What the daemon refused, with its own words. */
export class ControlError extends SluiceError {
  readonly diagnostics: readonly Diagnostic[];
  constructor(code: ErrorCode, message: string, diagnostics: readonly Diagnostic[]) {
    super(code, message);
    this.name = 'ControlError';
    this.diagnostics = diagnostics;
  }
}

export class ControlClient {
  readonly socketPath: string;
  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  async send<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<T> {
    const response = await this.#open(method, path, {}, body);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw this.#unreachable(error);
    }
    return readAnswer(response, Buffer.concat(chunks).toString('utf8')) as T;
  }

  /** Everything remembered since a time, oldest first. */
  async *history(sinceIso: string | null): AsyncGenerator<JournalEvent> {
    const response = await this.#openStream(eventsPath(sinceIso, false), {});
    for await (const line of pieces(response, '\n')) yield JSON.parse(line) as JournalEvent;
  }

  /** History and then what happens, until the daemon ends the stream. `lastId` resumes after that event. */
  async *events(sinceIso: string | null, lastId: string | null): AsyncGenerator<JournalEvent> {
    const headers = lastId === null ? {} : { 'last-event-id': lastId };
    const response = await this.#openStream(eventsPath(sinceIso, true), headers);
    for await (const block of pieces(response, '\n\n')) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) yield JSON.parse(data) as JournalEvent;
    }
  }

  async #openStream(path: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const response = await this.#open('GET', path, headers);
    // An open stream may be silent for hours.
    response.socket.setTimeout(0);
    if (response.statusCode === 200) return response;
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += chunk;
    readAnswer(response, text);
    throw new SluiceError('SLUICE_INTERNAL', `the daemon answered ${response.statusCode} to ${path}`);
  }

  async #open(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<IncomingMessage> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const asked = request({
      socketPath: this.socketPath,
      method,
      path,
      agent: false,
      timeout: ANSWER_TIMEOUT_MS,
      headers: { ...headers, host: 'sluice', 'content-length': Buffer.byteLength(text) },
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
    asked.end(text);
    try {
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return response;
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #unreachable(error: unknown): SluiceError {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const why = error instanceof Error ? error.message : String(error);
    const path = this.socketPath;
    const message =
      code === 'ENOENT' || code === 'ECONNREFUSED'
        ? `no daemon answers on ${path}; start one with "sluice run", or name its socket with --socket`
        : code === 'EACCES' || code === 'EPERM'
          ? `no permission to use ${path}; run as root or as a member of its group`
          : `the daemon on ${path} does not answer: ${why}`;
    return new SluiceError('SLUICE_NO_DAEMON', message, { cause: error });
  }
}

/** True when nothing listens there, as opposed to a daemon that cannot be asked. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof SluiceError) || error.code !== 'SLUICE_NO_DAEMON') return false;
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

/** `shop/http/a@10.0.0.1` as parts of a path. */
export function pathParts(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/');
}

function eventsPath(sinceIso: string | null, follow: boolean): string {
  const query = new URLSearchParams();
  if (sinceIso !== null) query.set('since', sinceIso);
  if (!follow) query.set('follow', '0');
  const text = query.toString();
  return text === '' ? '/v1/events' : `/v1/events?${text}`;
}

async function* pieces(response: IncomingMessage, separator: string): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let pending = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = (pending + chunk).split(separator);
    pending = parts.pop() ?? '';
    yield* parts.filter((part) => part !== '');
  }
}

interface Refusal {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly diagnostics?: readonly Diagnostic[];
  };
}

function readAnswer(response: IncomingMessage, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SluiceError('SLUICE_NO_DAEMON', 'what answers on the socket is no sluice daemon', {
      cause: error,
    });
  }
  if ((response.statusCode ?? 0) < 400 || !isRefusal(value)) return value;
  const { code, message, diagnostics = [] } = value.error;
  throw new ControlError(isErrorCode(code) ? code : 'SLUICE_INTERNAL', message, diagnostics);
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'object';
}
