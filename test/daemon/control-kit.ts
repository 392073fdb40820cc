// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DaemonApi } from '../../src/daemon-api.js';
import { openControl, type ControlOptions, type ControlServer } from '../../src/runtime/control.js';

/** A directory that goes with the test; short, for the limit on socket paths. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface Opened {
  readonly server: ControlServer;
  readonly socket: string;
  readonly twin: string;
  readonly internalErrors: unknown[];
}

export async function openOn(
  t: TestContext,
  api: DaemonApi,
  more: Partial<ControlOptions> = {},
  directory = temporaryDirectory(t),
): Promise<Opened> {
  const [socket, twin] = [join(directory, 'control.sock'), join(directory, 'status.sock')];
  const internalErrors: unknown[] = [];
  const server = await openControl({
    api,
    control: { socket, group: null, statusSocket: twin, statusGroup: null },
    onInternalError: (error) => internalErrors.push(error),
    ...more,
  });
  t.after(() => server[Symbol.asyncDispose]());
  return { server, socket, twin, internalErrors };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

export async function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: string | object,
): Promise<Answer> {
  const response = await open(socketPath, method, path, {}, body);
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, text, json: parseOrNull(text) };
}

export async function open(
  socketPath: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string | object,
): Promise<IncomingMessage> {
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const length = { 'content-length': String(Buffer.byteLength(text)) };
  const asked = request({ socketPath, method, path, headers: { ...headers, ...length }, agent: false });
  asked.end(text);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/** `Promise.withResolvers` of Node 22. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Waits for a condition rather than for a while. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
