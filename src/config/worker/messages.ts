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

/** A part of one cluster. */
export interface ClusterPart {
  readonly cluster: number;
  readonly members: readonly Member[];
  readonly services: readonly Service[];
}

/** As much as can be taken in without holding up anything else. */
export type Slice = readonly ClusterPart[];

export type ToMain =
  | { readonly is: 'question'; readonly id: number; readonly question: Question }
  | { readonly is: 'head'; readonly head: Head }
  /** A {@link Slice} as JSON, which is read faster than a copy is made, and takes half the memory. Null: that was all. */
  | { readonly is: 'slice'; readonly slice: string | null };

export type ToWorker =
  | { readonly is: 'answer'; readonly id: number; readonly answer: unknown }
  /** Asks for one more slice. */
  | { readonly is: 'next' };

/** Objects in a slice, about: 300 take a millisecond to arrive. */
const SLICE_WEIGHT = 300;

/** The clusters in pieces; an endpoint, a member and a service weigh one each. */
export function* sliceClusters(clusters: readonly Cluster[]): Generator<Slice> {
  let slice: ClusterPart[] = [];
  let weight = 0;
  for (const { part, weight: more } of partsOf(clusters)) {
    slice.push(part);
    weight += more;
    if (weight < SLICE_WEIGHT) continue;
    yield slice;
    slice = [];
    weight = 0;
  }
  if (slice.length > 0) yield slice;
}

/** Small clusters whole, large ones in parts that are no heavier than a slice may be. */
function* partsOf(clusters: readonly Cluster[]): Generator<{ part: ClusterPart; weight: number }> {
  for (const [cluster, { members, services }] of clusters.entries()) {
    for (const { items, weight } of batches(members, () => 1)) {
      yield { part: { cluster, members: items, services: [] }, weight };
    }
    for (const { items, weight } of batches(services, ({ endpoints }) => 1 + endpoints.length)) {
      yield { part: { cluster, members: [], services: items }, weight };
    }
  }
}

function* batches<T>(
  items: readonly T[],
  weigh: (item: T) => number,
): Generator<{ items: T[]; weight: number }> {
  let batch: T[] = [];
  let weight = 0;
  for (const item of items) {
    batch.push(item);
    weight += weigh(item);
    if (weight < SLICE_WEIGHT) continue;
    yield { items: batch, weight };
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield { items: batch, weight };
}
