// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { type CheckOutcome, type CheckTarget, type PluginContext, closeByReset } from 'sluice';
import { type Deadline, deadline } from './deadline.js';
import { type Transcript, startTranscript } from './dialogue/transcript.js';
import { outcomeOfError, timedOut } from './outcome.js';

/** What a check does with its fresh connection. */
export interface Connected {
  readonly socket: Socket | TLSSocket;
  /** From the first packet to the end of the handshake (TLS's too). */
  readonly tookMs: number;
  readonly signal: AbortSignal;
  readonly transcript: Transcript;
}

/**
 * Connects to the target, hands the connection to `use`, and resets it afterwards whatever happened. Errors
 * of the connection become outcomes, and a traced dialogue is put into the outcome's details.
 */
export async function onConnection(
  context: PluginContext,
  target: CheckTarget,
  signal: AbortSignal,
  tls: ConnectionOptions | undefined,
  use: (connected: Connected) => CheckOutcome | Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const { clock } = context;
  const limit = deadline(target, clock, signal);
  const transcript = startTranscript(target.trace, clock);
  try {
    return withDetails(
      await connectAndUse(context, target, limit, tls, transcript, use),
      transcript.details(),
    );
  } finally {
    limit.release();
  }
}

async function connectAndUse(
  context: PluginContext,
  target: CheckTarget,
  limit: Deadline,
  tls: ConnectionOptions | undefined,
  transcript: Transcript,
  use: (connected: Connected) => CheckOutcome | Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const { address, port, source, fwmark } = target;
  const startMs = context.clock.monotonicMs();
  let socket: Socket | TLSSocket;
  try {
    socket = await context.connect({
      address,
      port,
      source,
      fwmark,
      signal: limit.signal,
      ...(tls !== undefined && { tls }),
    });
  } catch (error) {
    if (limit.signal.aborted) return timedOut(tls === undefined ? 'connecting' : 'connecting with TLS');
    if (error instanceof Error) transcript.note(error.message);
    return outcomeOfError(error);
  }
  transcript.note(`connected to ${target.address} port ${target.port}`);
  try {
    const tookMs = context.clock.monotonicMs() - startMs;
    return await use({ socket, tookMs, signal: limit.signal, transcript });
  } finally {
    closeByReset(socket);
  }
}

function withDetails(outcome: CheckOutcome, details: object | undefined): CheckOutcome {
  return details === undefined ? outcome : { ...outcome, details: { ...outcome.details, ...details } };
}
