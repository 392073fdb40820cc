// SPDX-License-Identifier: MIT
import type { ChangeSet, RemovalReason } from '../change-set.js';
import { diffServices, isSameService } from '../desired/diff.js';
import { type RealServer, serverKey, type VirtualService } from '../virtual-service.js';
import { gently } from './gently.js';

type Held = (key: string) => VirtualService | undefined;

/** What an engine is to hold. */
export interface Wishes {
  /** Computes what one service wants held; pure but for the health it looks at. */
  compute(serviceId: string, held: Held): readonly VirtualService[];
  /** Every service on this backend. */
  serviceIds(): Iterable<string>;
  reasonOf(service: VirtualService, member: RealServer): RemovalReason;
  /** Adjusters tapped by plugins; null when there are none, so that the usual path stays short. */
  adjust: ((services: readonly VirtualService[], held: Held) => readonly VirtualService[]) | null;
}

/** What one engine holds, as far as known, and which services have to be looked at again. */
export class Holdings {
  /** By frontend key; null: must be read back. */
  #held: Map<string, VirtualService> | null = null;
  /** What it held when that was last known: for people, and for judging who serves, never to compare with. */
  #lastHeld: ReadonlyMap<string, VirtualService> = new Map();
  /** Frontends that each service wanted at its last computation. */
  readonly #keysOf = new Map<string, readonly string[]>();
  readonly #dirty = new Set<string>();
  #allDirty = true;

  /** Whether it is known what the engine holds. */
  get known(): boolean {
    return this.#held !== null;
  }

  /** Whether anything has to be looked at. */
  get dirty(): boolean {
    return this.#allDirty || this.#dirty.size > 0;
  }

  /** Whether there is news of single services. */
  get marked(): boolean {
    return this.#dirty.size > 0;
  }

  /** What the engine held when that was last known. */
  get services(): ReadonlyMap<string, VirtualService> {
    return this.#lastHeld;
  }

  /** Whether the engine holds this server for this frontend, as far as known. */
  holds(frontend: string, server: string): boolean {
    return this.#lastHeld.get(frontend)?.members.some((member) => serverKey(member) === server) ?? false;
  }

  mark(serviceId: string): void {
    this.#dirty.add(serviceId);
  }

  markAll(): void {
    this.#allDirty = true;
  }

  /** What the engine was found to hold. */
  learn(services: readonly VirtualService[]): void {
    this.#held = indexed(services);
    this.#lastHeld = this.#held;
    this.#allDirty = true;
  }

  /** Nobody knows any more. */
  forget(): void {
    this.#held = null;
    this.#allDirty = true;
  }

  /** The engine has carried out these parts of the change. */
  take(change: ChangeSet, applied: ReadonlySet<string>): void {
    for (const { key, after } of change.changes) {
      if (!applied.has(key)) continue;
      if (after === null) this.#held?.delete(key);
      else this.#held?.set(key, after);
    }
  }

  /**
   * What leads from what is held to what is wanted, from all that is dirty; a dirt that comes while it computes is
   * left for the next time. Only when {@link known}.
   */
  async difference(wishes: Wishes): Promise<ChangeSet> {
    const held = this.#held!;
    const heldNow: Held = (key) => held.get(key);
    const whole = this.#allDirty || wishes.adjust !== null;
    const ids = whole ? [...wishes.serviceIds()] : [...this.#dirty];
    this.#allDirty = false;
    this.#dirty.clear();
    if (whole) this.#keysOf.clear();
    const before = new Map<string, VirtualService>(whole ? held : []);
    const after = new Map<string, VirtualService>();
    for await (const id of gently(ids)) {
      for (const key of this.#keysOf.get(id) ?? []) {
        const service = held.get(key);
        if (service !== undefined) before.set(key, service);
      }
      const wanted = wishes.compute(id, heldNow);
      this.#keysOf.set(
        id,
        wanted.map(({ key }) => key),
      );
      for (const service of wanted) {
        const now = held.get(service.key);
        // Of all, what is the same is found here, in turns, and takes the names that the configuration has now.
        if (whole && now !== undefined && isSameService(now, service)) held.set(service.key, service);
        const known = held.get(service.key);
        if (known !== undefined) before.set(service.key, known);
        after.set(service.key, service);
      }
    }
    const adjusted = wishes.adjust === null ? after : indexed(wishes.adjust([...after.values()], heldNow));
    return diffServices(before, adjusted, (service, member) => wishes.reasonOf(service, member));
  }
}

function indexed(services: readonly VirtualService[]): Map<string, VirtualService> {
  return new Map(services.map((service) => [service.key, service]));
}
