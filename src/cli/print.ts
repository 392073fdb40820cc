// SPDX-License-Identifier: MIT
import type { Diagnostic } from '../config/diagnostics.js';
import { formatDiagnostics } from '../config/format-diagnostic.js';
import { SluiceError } from '../errors.js';
import { ControlError } from './client.js';
import type { Io } from './io.js';
import { paint } from './paint.js';
import { clean } from './text.js';

export function printLines(io: Io, lines: readonly string[]): void {
  io.out(`${lines.join('\n')}\n`);
}

export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value)}\n`);
}

export function printDiagnostics(io: Io, diagnostics: readonly Diagnostic[]): void {
  io.err(formatDiagnostics(diagnostics, { color: io.errorColor }));
}

/** One sentence for an expected failure, the whole stack for a bug. */
export function printError(io: Io, error: unknown): void {
  const colors = paint(io.errorColor);
  if (!(error instanceof SluiceError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(`${colors.bad('sluice: a bug in sluice')}: ${text}\n`);
    return;
  }
  if (error instanceof ControlError) printDiagnostics(io, error.diagnostics);
  io.err(`${colors.bad(`sluice: error[${error.code}]`)}: ${clean(error.message)}\n`);
}
