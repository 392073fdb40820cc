// SPDX-License-Identifier: MIT
import type { AdminTarget } from '../daemon-api.js';
import type { Admin, Config, Endpoint } from '../model.js';
import type { Clock } from '../plugin/api.js';

export interface Override {
  /** `cluster/member`, or `cluster/service/member` for one endpoint. */
  readonly target: string;
  readonly admin: Admin;
  /** Wall clock, ms. */
  readonly since: number;
  readonly until: number | null;
}

export function targetText(target: AdminTarget): string {
  return target.service === undefined
    ? `${target.cluster}/${target.member}`
    : `${target.cluster}/${target.service}/${target.member}`;
}

/**
 * What operators have said of members by command. It stands above the config until it is taken back, its time
 * is up, or its member is gone; it survives reload and restart.
 */
export class Overrides implements Disposable {
  readonly #clock: Clock;
  readonly #changed: (target: string) => void;
  readonly #overrides = new Map<string, Override>();
  readonly #timers = new Map<string, Disposable>();

  constructor(clock: Clock, saved: readonly Override[], changed: (target: string) => void) {
    this.#clock = clock;
    this.#changed = changed;
    for (const override of saved) this.#keep(override);
  }

  /**
   * Files an operator's word. `enabled` takes earlier words back, those on single endpoints of a member with
   * them; only where the configuration itself says otherwise (`configured`) it stays as an override.
   */
  decide(target: string, admin: Admin, forMs: number | null, configured: Admin): Override | null {
    if (admin === 'enabled') {
      const [cluster, member, more] = target.split('/');
      this.clear(target);
      if (more === undefined) {
        for (const key of this.#overrides.keys()) {
          const parts = key.split('/');
          if (parts.length === 3 && parts[0] === cluster && parts[2] === member) this.clear(key);
        }
      }
      if (configured === 'enabled' && forMs === null) return null;
    }
    const since = this.#clock.now();
    const override = { target, admin, since, until: forMs === null ? null : since + forMs };
    this.#keep(override);
    return override;
  }

  clear(target: string): boolean {
    this.#timers.get(target)?.[Symbol.dispose]();
    this.#timers.delete(target);
    return this.#overrides.delete(target);
  }

  /** The endpoint's own override wins over its member's. */
  of(endpoint: Pick<Endpoint, 'id' | 'cluster' | 'member'>): Override | null {
    return this.#overrides.get(endpoint.id) ?? this.ofMember(endpoint.cluster, endpoint.member);
  }

  ofMember(cluster: string, member: string): Override | null {
    return this.#overrides.get(`${cluster}/${member}`) ?? null;
  }

  all(): readonly Override[] {
    return [...this.#overrides.values()];
  }

  /** Forgets what was said of members that are no longer there; says which. */
  prune(config: Config): string[] {
    if (this.#overrides.size === 0) return [];
    const known = new Set<string>();
    for (const cluster of config.clusters) {
      for (const member of cluster.members) known.add(`${cluster.name}/${member.name}`);
      for (const service of cluster.services) for (const { id } of service.endpoints) known.add(id);
    }
    const gone = [...this.#overrides.keys()].filter((target) => !known.has(target));
    for (const target of gone) this.clear(target);
    return gone;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #keep(override: Override): void {
    this.clear(override.target);
    this.#overrides.set(override.target, override);
    if (override.until !== null) this.#expire(override.target, override.until);
  }

  #expire(target: string, until: number): void {
    // Timers count in 32 bits of milliseconds; a longer wait takes several.
    const waitMs = Math.min(until - this.#clock.now(), 2 ** 31 - 1);
    const timer = this.#clock.after(Math.max(0, waitMs), () => {
      if (this.#clock.now() < until) {
        this.#expire(target, until);
        return;
      }
      this.clear(target);
      this.#changed(target);
    });
    this.#timers.set(target, timer);
  }
}

/** One override a line, as saved. A damaged line costs itself only: the others are operators' words as well. */
export function readOverrides(text: string): { readonly overrides: Override[]; readonly damaged: number } {
  const overrides: Override[] = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const override = parsed(line);
    if (override === null) damaged += 1;
    else overrides.push(override);
  }
  return { overrides, damaged };
}

function parsed(line: string): Override | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isOverride(value) ? value : null;
}

function isOverride(value: unknown): value is Override {
  if (typeof value !== 'object' || value === null) return false;
  const { target, admin, since, until } = value as Partial<Record<keyof Override, unknown>>;
  return (
    typeof target === 'string' &&
    (admin === 'enabled' || admin === 'drain' || admin === 'disabled') &&
    typeof since === 'number' &&
    (until === null || typeof until === 'number')
  );
}
