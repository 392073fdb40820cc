// SPDX-License-Identifier: MIT
import type * as Undici from 'undici';

let loading: Promise<typeof Undici> | undefined;
let loaded = false;

/** Loads undici at the first call. It takes a tenth of a second and some memory: not before somebody needs it. */
export function loadUndici(): Promise<typeof Undici> {
  loading ??= import('undici').finally(() => {
    loaded = true;
  });
  return loading;
}

export function isUndiciLoaded(): boolean {
  return loaded;
}
