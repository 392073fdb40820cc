// SPDX-License-Identifier: MIT
import type { ServerResponse } from 'node:http';
import type { Diagnostic } from '../../config/diagnostics.js';
import { SluiceError, type ErrorCode } from '../../errors.js';

/** The body of every failure of the control API. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly diagnostics?: readonly Diagnostic[];
  };
}

/** A failure whose HTTP status or body says more than its code does. */
export class RequestError extends SluiceError {
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];
  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    extra: { diagnostics?: readonly Diagnostic[] } = {},
  ) {
    super(code, message);
    this.name = 'RequestError';
    this.status = status;
    this.diagnostics = extra.diagnostics ?? [];
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Errors that are not the caller's are told as SLUICE_INTERNAL; the log has the whole of them. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  sendJson(response, statusOf(error), errorBody(error));
}

export function errorBody(error: unknown): ErrorBody {
  if (!(error instanceof SluiceError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      error: { code: 'SLUICE_INTERNAL', message: `a bug in sluice: ${message}; see the daemon's log` },
    };
  }
  const { code, message } = error;
  const diagnostics = error instanceof RequestError ? error.diagnostics : [];
  return { error: { code, message, ...(diagnostics.length > 0 && { diagnostics }) } };
}

function statusOf(error: unknown): number {
  if (error instanceof RequestError) return error.status;
  if (!(error instanceof SluiceError)) return 500;
  if (error.code.startsWith('SLUICE_CFG_')) return 422;
  if (error.code === 'SLUICE_NOT_FOUND') return 404;
  if (error.code === 'SLUICE_BAD_REQUEST') return 400;
  if (error.code === 'SLUICE_FORBIDDEN') return 403;
  if (error.code === 'SLUICE_UNAVAILABLE') return 503;
  return 500;
}
