// SPDX-License-Identifier: MIT
/** `GET /v1/status`, written in slices: with ten thousand services the loop must stay free for probes. */
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DaemonApi } from '../../daemon-api.js';
import { drained } from './slow-client.js';

/** Longest stretch of work before other work gets its turn. */
const SLICE_MS = 8;
const CHUNK_CHARACTERS = 64 * 1024;

export async function streamStatus(
  api: DaemonApi,
  response: ServerResponse,
  clientTimeoutMs: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  let pending = '';
  let sliceStart = performance.now();
  for (const piece of statusPieces(api)) {
    pending += piece;
    const sliceOver = performance.now() - sliceStart >= SLICE_MS;
    if (!sliceOver && pending.length < CHUNK_CHARACTERS) continue;
    response.write(pending);
    pending = '';
    if (!(await drained(response, clientTimeoutMs))) {
      response.destroy();
      return;
    }
    if (sliceOver) {
      await nextTurn();
      sliceStart = performance.now();
    }
  }
  response.end(pending);
}

/** The status as JSON text, cut at endpoints. */
export function* statusPieces(api: DaemonApi): Generator<string> {
  yield* objectWithList(api.statusHead(), 'clusters', api.clusters(), function* (cluster) {
    const { services, ...clusterHead } = cluster;
    yield* objectWithList(clusterHead, 'services', services, function* (service) {
      const { endpoints, ...serviceHead } = service;
      yield* objectWithList(serviceHead, 'endpoints', endpoints, function* (endpoint) {
        yield JSON.stringify(endpoint);
      });
    });
  });
  yield '\n';
}

/** `head` is never empty: every level has a name or version. */
function* objectWithList<T>(
  head: object,
  key: string,
  items: Iterable<T>,
  pieces: (item: T) => Iterable<string>,
): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"${key}":[`;
  let first = true;
  for (const item of items) {
    if (!first) yield ',';
    first = false;
    yield* pieces(item);
  }
  yield ']}';
}
