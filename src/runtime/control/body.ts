// SPDX-License-Identifier: MIT
import type { IncomingMessage } from 'node:http';
import { RequestError } from './answer.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON object of at most `maxBytes`; no body at all is an empty object. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  const text = await readText(request, maxBytes);
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('the body must be a JSON object');
  }
  return value as JsonObject;
}

/** A misspelt key must not pass for a default. */
export function refuseUnknownKeys(body: JsonObject, known: readonly string[]): void {
  for (const key of Object.keys(body)) {
    if (!known.includes(key)) {
      const expected = known.length === 0 ? 'no keys are expected' : `expected: ${known.join(', ')}`;
      throw badRequest(`unknown key "${key}" in the body; ${expected}`);
    }
  }
}

export function badRequest(message: string): RequestError {
  return new RequestError(400, 'SLUICE_BAD_REQUEST', message);
}

/** Not `for await`: leaving that loop would destroy the connection before the answer is out. */
function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
      } else {
        chunks.length = 0;
        reject(new RequestError(413, 'SLUICE_BAD_REQUEST', `the body is larger than ${maxBytes} bytes`));
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => reject(badRequest('the body ended early')));
  });
}
