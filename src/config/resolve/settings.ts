// SPDX-License-Identifier: MIT
import type { Path } from '../problem.js';
import type { RawDefaults, RawService } from '../schema/raw.js';

/** What a service says, or the defaults say for it, and where that is written. */
export class Settings {
  readonly service: RawService;
  readonly path: Path;
  readonly #defaults: RawDefaults;

  constructor(service: RawService, defaults: RawDefaults, path: Path) {
    this.service = service;
    this.path = path;
    this.#defaults = defaults;
  }

  /** Undefined when nobody said anything. */
  get<K extends keyof RawDefaults>(key: K): RawDefaults[K] {
    return this.service[key] === undefined ? this.#defaults[key] : this.service[key];
  }

  /** Where the key is written; where it is not, the place of the service. */
  origin(key: keyof RawService): Path {
    if (this.service[key] !== undefined) return [...this.path, key];
    if (Object.hasOwn(this.#defaults, key)) return ['defaults', key];
    return this.path;
  }
}
