// SPDX-License-Identifier: MIT
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { serverKey, type AddressFrontend, type Clock, type PluginLog, type VirtualService } from 'sluice';
import { Dealer } from './dealer.js';
import type { Gate } from './gate.js';
import type { Listener } from './listener.js';
import { SEND_QUEUE_MAX_BYTES, UdpFlow } from './udp-flow.js';

export interface UdpContext {
  readonly clock: Clock;
  readonly log: PluginLog;
  readonly idleMs: number;
  readonly gate: Gate;
}

/**
 * The port of a UDP service. While nobody takes new flows the port is closed, so that the system answers
 * clients with ICMP port unreachable: a program can't send that itself.
 */
export class UdpListener implements Listener {
  readonly #frontend: AddressFrontend;
  readonly #context: UdpContext;
  readonly #dealer = new Dealer();
  readonly #flows = new Map<string, UdpFlow>();
  #socket: Socket | null = null;
  #service: VirtualService;

  constructor(service: VirtualService, frontend: AddressFrontend, context: UdpContext) {
    this.#service = service;
    this.#frontend = frontend;
    this.#context = context;
  }

  get service(): VirtualService {
    return this.#service;
  }

  async hold(service: VirtualService): Promise<void> {
    this.#service = service;
    this.#dealer.update(service);
    const staying = new Set(service.members.map(serverKey));
    for (const flow of this.#flows.values()) if (!staying.has(flow.member)) flow.close();
    if (!this.#dealer.empty) this.#socket ??= await this.#listen();
    else this.#refuseOnceIdle();
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    for (const flow of this.#flows.values()) flow.close();
    socket?.close();
  }

  *members(): Iterable<string> {
    for (const flow of this.#flows.values()) yield flow.member;
  }

  #listen(): Promise<Socket> {
    const { family, address, port } = this.#frontend;
    const socket =
      family === 6 ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket({ type: 'udp4' });
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        socket.close();
        reject(error);
      };
      socket.once('error', fail);
      socket.on('message', (datagram, client) => this.#receive(datagram, client));
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', fail);
        socket.on('error', (error) =>
          this.#context.log.debug({ service: this.#service.key, error }, 'a datagram was lost'),
        );
        resolve(socket);
      });
    });
  }

  #receive(datagram: Buffer, client: RemoteInfo): void {
    const name = `${client.address} ${client.port}`;
    const flow = this.#flows.get(name) ?? this.#begin(name, client);
    flow?.send(datagram);
  }

  /** Undefined: the datagram is dropped, for want of a member or of room. */
  #begin(name: string, client: RemoteInfo): UdpFlow | undefined {
    const [member] = this.#dealer.offer(client.address);
    const { gate, clock, idleMs } = this.#context;
    if (member === undefined || !gate.enter()) return undefined;
    const flow = new UdpFlow(member, {
      clock,
      idleMs,
      reply: (datagram) => this.#reply(datagram, client),
      ended: () => {
        gate.leave();
        this.#flows.delete(name);
        this.#refuseOnceIdle();
      },
    });
    this.#flows.set(name, flow);
    return flow;
  }

  #reply(datagram: Buffer, client: RemoteInfo): void {
    const socket = this.#socket;
    if (socket === null || socket.getSendQueueSize() > SEND_QUEUE_MAX_BYTES) return;
    socket.send(datagram, client.port, client.address, (error) => {
      if (error !== null) this.#context.log.debug({ service: this.#service.key, error }, 'a reply was lost');
    });
  }

  /** Flows of draining members still need the port. */
  #refuseOnceIdle(): void {
    if (!this.#dealer.empty || this.#flows.size > 0) return;
    this.#socket?.close();
    this.#socket = null;
  }
}
