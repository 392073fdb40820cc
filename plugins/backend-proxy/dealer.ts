// SPDX-License-Identifier: MIT
import { serverKey, type RealServer, type VirtualService } from 'sluice';

/**
 * Says who gets a new connection: the holder of the slot that comes up in turn, is drawn, or belongs to the
 * client's address. The turn goes on where it was when slots are dealt again.
 */
export class Dealer {
  #slots: readonly RealServer[] = [];
  #scheduler = '';
  #turn = 0;

  update(service: VirtualService): void {
    const servers = new Map(service.members.map((member) => [serverKey(member), member]));
    this.#slots = (service.slots ?? []).flatMap((key) => servers.get(key) ?? []);
    this.#scheduler = service.scheduler.name;
  }

  /** Whether nobody takes new connections. */
  get empty(): boolean {
    return this.#slots.length === 0;
  }

  /** The members to try for a client, best first, each once: the slot's holder, then those of the next slots. */
  *offer(clientAddress: string): Generator<RealServer> {
    const slots = this.#slots;
    if (slots.length === 0) return;
    const first = this.#draw(clientAddress, slots.length);
    const offered = new Set<RealServer>();
    for (let step = 0; step < slots.length; step += 1) {
      const server = slots[(first + step) % slots.length]!;
      if (offered.has(server)) continue;
      offered.add(server);
      yield server;
    }
  }

  #draw(clientAddress: string, count: number): number {
    if (this.#scheduler === 'random') return Math.floor(Math.random() * count);
    if (this.#scheduler === 'source-hash') return hashText(clientAddress) % count;
    const slot = this.#turn % count;
    this.#turn = slot + 1;
    return slot;
  }
}

/** FNV-1a of 32 bits, stirred by the finisher of MurmurHash3, so that near addresses fall far apart. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
