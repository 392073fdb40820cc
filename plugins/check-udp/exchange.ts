// SPDX-License-Identifier: MIT
import type { Socket } from 'node:dgram';
import { type CheckOutcome, type CheckTarget, type PluginContext, connectDatagram } from 'sluice';
import { deadline } from '../deadline.js';
import { quoteBytes } from '../dialogue/bytes.js';
import { type Pattern, holds } from '../dialogue/pattern.js';
import { startTranscript } from '../dialogue/transcript.js';
import { codeOf, fail, formatMs, outcomeOfError, pass, timedOut } from '../outcome.js';

export interface Wanted {
  readonly datagram: Buffer;
  /** null: silence will do. */
  readonly pattern: Pattern | null;
  /** The port should refuse. */
  readonly closed: boolean;
}

/** One datagram out of a fresh, connected socket, and what comes back. */
export async function exchange(
  context: PluginContext,
  target: CheckTarget,
  signal: AbortSignal,
  wanted: Wanted,
): Promise<CheckOutcome> {
  const { clock } = context;
  const limit = deadline(target, clock, signal);
  const transcript = startTranscript(target.trace, clock);
  const { address, port, source, fwmark } = target;
  let socket: Socket | undefined;
  let outcome: CheckOutcome;
  try {
    socket = await connectDatagram({ address, port, source, fwmark, signal: limit.signal });
    transcript.sent(wanted.datagram);
    const startMs = clock.monotonicMs();
    const heard = await listen(socket, wanted, limit.signal, (bytes) => transcript.received(bytes));
    outcome = judge(heard, wanted, formatMs(clock.monotonicMs() - startMs));
  } catch (error) {
    outcome = limit.signal.aborted ? timedOut('opening a socket') : outcomeOfError(error);
  } finally {
    limit.release();
    socket?.close();
  }
  const details = transcript.details();
  return details === undefined ? outcome : { ...outcome, details };
}

type Heard =
  | { readonly kind: 'match' }
  | { readonly kind: 'error'; readonly error: Error }
  | { readonly kind: 'end'; readonly last: Buffer | null };

/** Sends, and waits for a matching answer, an ICMP error or the end of the time. */
function listen(
  socket: Socket,
  { datagram, pattern, closed }: Wanted,
  signal: AbortSignal,
  received: (bytes: Buffer) => void,
): Promise<Heard> {
  return new Promise((resolve) => {
    let last: Buffer | null = null;
    const finish = (heard: Heard): void => {
      socket.off('message', onMessage).off('error', onError);
      // An ICMP error that comes after the end interests nobody.
      socket.on('error', () => {});
      signal.removeEventListener('abort', onAbort);
      resolve(heard);
    };
    const onMessage = (bytes: Buffer): void => {
      received(bytes);
      last = bytes;
      if (closed) finish({ kind: 'end', last });
      else if (pattern === null || holds(pattern, bytes)) finish({ kind: 'match' });
    };
    const onError = (error: Error): void => finish({ kind: 'error', error });
    const onAbort = (): void => finish({ kind: 'end', last });
    socket.on('message', onMessage).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else socket.send(datagram, (error) => error !== null && onError(error));
  });
}

function judge(heard: Heard, { pattern, closed }: Wanted, took: string): CheckOutcome {
  if (heard.kind === 'error') {
    const refused = codeOf(heard.error) === 'ECONNREFUSED';
    if (!refused) return outcomeOfError(heard.error);
    return closed ? pass(`refused in ${took}, as wanted`) : fail('refused', 'port unreachable (ICMP)');
  }
  if (heard.kind === 'match') return pass(`answered in ${took}`);
  if (closed) {
    return fail('mismatch', heard.last === null ? 'the port does not refuse' : 'the port answers');
  }
  if (pattern === null) return pass('no ICMP error');
  if (heard.last === null) return fail('timeout', `timed out: expected "${pattern.text}", got nothing`);
  return fail('mismatch', `expected "${pattern.text}", got ${quoteBytes(heard.last)}`);
}
