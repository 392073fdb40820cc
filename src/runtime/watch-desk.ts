// SPDX-License-Identifier: MIT
import {
  contradictSignals,
  initialTally,
  type SignalPolicy,
  type SignalTally,
  tallySignals,
} from '../health/signals.js';
import type { WatchSpec } from '../model.js';
import type { Clock, WatchSignal, WatchTarget } from '../plugin/api.js';
import type { Faults } from '../plugin/faults.js';
import type { EndpointRecord } from './health-book.js';
import { watchTargets } from './watch-targets.js';
import { runWatch } from './watch-run.js';
import type { Watch } from './watches.js';

/** Signs of one endpoint call for one action in this time at most. */
const QUIET_MS = 100;
/** A source of false signs is listened to this often at least. */
const MOST_QUIET_MS = 5_000;

/** What one watch has seen of one endpoint. */
export interface Sighting {
  readonly plugin: string;
  readonly spec: WatchSpec;
  tally: SignalTally;
  /** Its last action has been contradicted by no probe so far. */
  standing: boolean;
  /** Signs since the configuration came into force. */
  signs: number;
  last: { readonly sign: WatchSignal; readonly at: number } | null;
  /** When signs last led to something, on the wall clock. */
  actedAt: number | null;
}

export interface WatchDeskOptions {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly record: (endpoint: string) => EndpointRecord | undefined;
  /** Enough signs have come: now what the configuration says of them is done. */
  readonly act: (record: EndpointRecord, sighting: Sighting, sign: WatchSignal) => void;
  /** Why a watch does not watch just now; null when it does again. */
  readonly trouble: (plugin: string, sentence: string | null) => void;
}

/** Hears the watchers of one configuration and judges when their signs are worth acting on. */
export class WatchDesk implements Disposable {
  readonly #options: WatchDeskOptions;
  readonly #end = new AbortController();
  readonly #sightings = new Map<string, Sighting[]>();

  constructor(options: WatchDeskOptions) {
    this.#options = options;
  }

  start(watches: readonly Watch[]): void {
    const { clock, faults, trouble } = this.#options;
    for (const { plugin, watcher, services } of watches) {
      const targets: WatchTarget[] = [];
      const mine = new Map<string, Sighting>();
      for (const { service, spec } of services) {
        for (const endpoint of service.endpoints) {
          targets.push(...watchTargets(service, endpoint));
          const sighting: Sighting = {
            plugin,
            spec,
            tally: initialTally(),
            standing: false,
            signs: 0,
            last: null,
            actedAt: null,
          };
          mine.set(endpoint.id, sighting);
          const all = this.#sightings.get(endpoint.id);
          if (all === undefined) this.#sightings.set(endpoint.id, [sighting]);
          else all.push(sighting);
        }
      }
      const hear = (endpoint: string, sign: WatchSignal): void => {
        const sighting = mine.get(endpoint);
        if (sighting === undefined) {
          const message = `reported the endpoint ${JSON.stringify(endpoint)}, which it does not watch`;
          faults.add({ plugin, hook: 'watch', kind: 'nonsense', message });
        } else this.#hear(endpoint, sighting, sign);
      };
      void runWatch({
        plugin,
        watcher,
        targets,
        clock,
        faults,
        signal: this.#end.signal,
        hear,
        trouble: (sentence) => trouble(plugin, sentence),
      });
    }
  }

  /** What watches have seen of an endpoint. */
  of(endpoint: string): readonly Sighting[] {
    return this.#sightings.get(endpoint) ?? [];
  }

  /** A probe that signs asked for has found nothing wrong. It may be one of several that were asked for. */
  contradicted(endpoint: string): void {
    for (const sighting of this.of(endpoint)) {
      if (!sighting.standing) continue;
      sighting.standing = false;
      sighting.tally = contradictSignals(sighting.tally);
    }
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  #hear(endpoint: string, sighting: Sighting, sign: WatchSignal): void {
    const { clock, record, act } = this.#options;
    sighting.signs += sign.count;
    sighting.last = { sign, at: clock.now() };
    const { next, fires } = tallySignals(
      policyOf(sighting.spec),
      sighting.tally,
      sign.count,
      clock.monotonicMs(),
    );
    sighting.tally = next;
    if (!fires) return;
    sighting.actedAt = clock.now();
    sighting.standing = true;
    act(record(endpoint)!, sighting, sign);
  }
}

function policyOf({ count, withinMs }: WatchSpec): SignalPolicy {
  return { count, withinMs, quietMs: QUIET_MS, mostQuietMs: MOST_QUIET_MS };
}
