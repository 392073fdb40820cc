// SPDX-License-Identifier: MIT
import type { CheckTarget } from 'sluice';

/** What never changes of a target. */
export interface PreparedRequest {
  /** Equal for targets whose connections are as good as each other's. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** Requests that are made once for each target object and sent many times. */
export class PreparedRequests {
  readonly #make: (target: CheckTarget) => Uint8Array;
  readonly #made = new WeakMap<CheckTarget, PreparedRequest>();

  constructor(make: (target: CheckTarget) => Uint8Array) {
    this.#make = make;
  }

  of(target: CheckTarget): PreparedRequest {
    let prepared = this.#made.get(target);
    if (prepared === undefined) {
      const { address, port, source, fwmark } = target;
      prepared = { key: JSON.stringify([address, port, source, fwmark]), bytes: this.#make(target) };
      this.#made.set(target, prepared);
    }
    return prepared;
  }
}
