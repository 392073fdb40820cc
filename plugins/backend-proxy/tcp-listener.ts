// SPDX-License-Identifier: MIT
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressFrontend, VirtualService } from 'sluice';
import { Dealer } from './dealer.js';
import { KEEPALIVE_MS } from './dial.js';
import type { Gate } from './gate.js';
import type { Listener } from './listener.js';
import { reset } from './reset.js';
import { TcpRelay, type RelayContext } from './tcp-relay.js';

export interface TcpContext extends RelayContext {
  readonly gate: Gate;
  /** The relays of all services; those of a service that is gone live on. */
  readonly relays: Set<TcpRelay>;
}

/**
 * The port of a TCP service. While nobody takes new connections it accepts and resets them: a client learns at
 * once, and no other program can take the port.
 */
export class TcpListener implements Listener {
  readonly #frontend: AddressFrontend;
  readonly #context: TcpContext;
  readonly #dealer = new Dealer();
  #server: Server | null = null;
  #service: VirtualService;

  constructor(service: VirtualService, frontend: AddressFrontend, context: TcpContext) {
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
    this.#server ??= await this.#listen();
  }

  close(): void {
    this.#server?.close();
    this.#server = null;
  }

  /** None: relays live without the port. */
  members(): Iterable<string> {
    return [];
  }

  #listen(): Promise<Server> {
    const { family, address, port } = this.#frontend;
    const server = createServer(
      {
        allowHalfOpen: true,
        // Nothing is read before there is a member to give it to.
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEPALIVE_MS,
      },
      (client) => this.#accept(client),
    );
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: family === 6, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) =>
          this.#context.log.warn({ service: this.#service.key, error }, 'a connection could not be accepted'),
        );
        resolve(server);
      });
    });
  }

  #accept(client: Socket): void {
    const { gate, relays } = this.#context;
    if (this.#dealer.empty || client.remoteAddress === undefined || !gate.enter()) {
      client.on('error', () => undefined);
      reset(client);
      return;
    }
    const relay = new TcpRelay(this.#service.key, client, this.#context);
    relays.add(relay);
    client.once('close', () => {
      gate.leave();
      relays.delete(relay);
    });
    void relay.run(this.#dealer.offer(client.remoteAddress));
  }
}
