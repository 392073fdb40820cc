// SPDX-License-Identifier: MIT
import type * as Undici from 'undici';

let loading: Promise<typeof Undici> | undefined;

/** Loads undici at the first call. It takes a tenth of a second and some memory: not before somebody needs it. */
export function loadUndici(): Promise<typeof Undici> {
  return (loading ??= import('undici'));
}
