// SPDX-License-Identifier: MIT
/** What the thread that reads large configurations and the main thread say to each other. */
import type { Cluster, Config, Member, Service } from '../../model.js';
import type { Surroundings } from '../default-paths.js';
import type { Diagnostic } from '../diagnostics.js';
import type { NamedKind } from '../plugin-facts.js';
import type { ConfigInput } from '../read-files.js';
import type { Sources } from '../sources.js';

/** The worker's data. */
export interface Task {
  readonly input: ConfigInput;
  readonly surroundings: Surroundings;
}

/** A call of the plugin oracle, which lives in the main thread: plugins' code never runs in the worker. */
export type Question =
  | { readonly method: 'load'; readonly specifiers: readonly string[]; readonly directory: string }
  | { readonly method: 'names'; readonly kind: NamedKind }
  | { readonly method: 'facts'; readonly kind: NamedKind; readonly name: string }
  | {
      readonly method: 'validate';
      readonly kind: NamedKind;
      readonly name: string;
      readonly options: unknown;
    };

/** All of the outcome but what can be huge. */
export interface Head {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
  /** Null when there are errors. */
  readonly config: Omit<Config, 'clusters'> | null;
  readonly clusters: readonly string[];
}

/** A part of one cluster, small enough to be taken in without holding up anything else. */
export interface Slice {
  readonly cluster: number;
  readonly members: readonly Member[];
  readonly services: readonly Service[];
}

export type ToMain =
  | { readonly is: 'question'; readonly id: number; readonly question: Question }
  | { readonly is: 'head'; readonly head: Head }
  /** Null: that was all. */
  | { readonly is: 'slice'; readonly slice: Slice | null };

export type ToWorker =
  | { readonly is: 'answer'; readonly id: number; readonly answer: unknown }
  /** Asks for one more slice. */
  | { readonly is: 'next' };

/** Objects in a slice, about: 300 take a millisecond to arrive. */
const SLICE_WEIGHT = 300;

/** The clusters in pieces; an endpoint, a member and a service weigh one each. */
export function* sliceClusters(clusters: readonly Cluster[]): Generator<Slice> {
  for (const [cluster, { members, services }] of clusters.entries()) {
    for (const part of batches(members, () => 1)) yield { cluster, members: part, services: [] };
    for (const part of batches(services, ({ endpoints }) => 1 + endpoints.length)) {
      yield { cluster, members: [], services: part };
    }
  }
}

function* batches<T>(items: readonly T[], weigh: (item: T) => number): Generator<T[]> {
  let batch: T[] = [];
  let weight = 0;
  for (const item of items) {
    batch.push(item);
    weight += weigh(item);
    if (weight < SLICE_WEIGHT) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}
