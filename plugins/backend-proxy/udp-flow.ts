// SPDX-License-Identifier: MIT
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { serverKey, type Clock, type RealServer } from 'sluice';

/** Datagrams that wait while the socket gets ready, a matter of a turn of the event loop. */
const WAITING_MAX = 64;
/** Beyond this the system doesn't keep up, and datagrams are dropped, as a full queue in a kernel does. */
export const SEND_QUEUE_MAX_BYTES = 1024 * 1024;

export interface FlowContext {
  readonly clock: Clock;
  readonly idleMs: number;
  /** Called with every datagram of the member. */
  readonly reply: (datagram: Buffer) => void;
  /** Called once, when it is over. */
  readonly ended: () => void;
}

/** One client of a UDP service and its member: a connected socket, so that ICMP errors of the member show. */
export class UdpFlow {
  readonly member: string;
  readonly #context: FlowContext;
  readonly #socket: Socket;
  #waiting: Buffer[] | null = [];
  #over = false;
  #lastMs: number;
  #timer: Disposable;

  constructor(member: RealServer, context: FlowContext) {
    this.member = serverKey(member);
    this.#context = context;
    this.#lastMs = context.clock.monotonicMs();
    this.#timer = this.#watch(context.idleMs);
    this.#socket = createSocket(isIPv6(member.address) ? 'udp6' : 'udp4');
    // Refused, unreachable: the client's next datagram may go to another member.
    this.#socket.on('error', () => this.close());
    this.#socket.on('message', (datagram) => {
      this.#lastMs = context.clock.monotonicMs();
      context.reply(datagram);
    });
    this.#socket.once('connect', () => this.#ready());
    this.#socket.connect(member.port, member.address);
  }

  send(datagram: Buffer): void {
    this.#lastMs = this.#context.clock.monotonicMs();
    if (this.#waiting === null) this.#transmit(datagram);
    else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(datagram);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer[Symbol.dispose]();
    this.#socket.close();
    this.#context.ended();
  }

  #ready(): void {
    if (this.#over) return;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const datagram of waiting) this.#transmit(datagram);
  }

  #transmit(datagram: Buffer): void {
    if (this.#over || this.#socket.getSendQueueSize() > SEND_QUEUE_MAX_BYTES) return;
    this.#socket.send(datagram, (error) => {
      if (error !== null) this.close();
    });
  }

  #watch(delayMs: number): Disposable {
    const { clock, idleMs } = this.#context;
    return clock.after(delayMs, () => {
      const quietMs = clock.monotonicMs() - this.#lastMs;
      if (quietMs >= idleMs) this.close();
      else this.#timer = this.#watch(idleMs - quietMs);
    });
  }
}
