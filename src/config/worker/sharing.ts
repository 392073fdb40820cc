// SPDX-License-Identifier: MIT

/**
 * Makes one of what is equal. Ten thousand services say much the same of themselves, and whatever comes out of
 * another thread is a copy of its own: together they would be half of the daemon's memory.
 */
export class Sharing {
  readonly #values = new Map<string, unknown>();

  /** The first value that was equal to this one. */
  of<T>(value: T): T {
    if (value === null || (typeof value !== 'object' && typeof value !== 'string')) return value;
    const key = JSON.stringify(value);
    if (!this.#values.has(key)) this.#values.set(key, value);
    return this.#values.get(key) as T;
  }

  /** Shares what a fresh record holds, but for the fields named. */
  within<T extends object>(record: T, ...except: (keyof T)[]): T {
    for (const key of Object.keys(record) as (keyof T)[]) {
      if (!except.includes(key)) record[key] = this.of(record[key]);
    }
    return record;
  }
}
