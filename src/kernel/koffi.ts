// SPDX-License-Identifier: MIT
/**
 * The package that calls C functions: loaded at first use, so that a configuration that needs no kernel work
 * needs no koffi either.
 */
import { createRequire } from 'node:module';
import { SluiceError } from '../errors.js';

/** A C function of numbers and bytes that answers a number. */
export type Native<A extends readonly unknown[]> = (...parameters: A) => number;

/** The part of the package koffi that is used here. */
export interface Koffi {
  // oxlint-disable-next-line no-unnecessary-type-parameters -- a C function has the type its caller knows it by
  load(path: string | null): { func<F>(definition: string): F };
  errno(): number;
  address(value: Uint8Array): bigint;
}

/**
 * Loads koffi. Throws SLUICE_UNAVAILABLE with a sentence that says what to do where there is no Linux or no
 * koffi.
 */
export function loadKoffi(): Koffi {
  if (process.platform !== 'linux') {
    throw new SluiceError(
      'SLUICE_UNAVAILABLE',
      `this needs Linux, and here is ${process.platform}: use the proxy backend instead`,
    );
  }
  try {
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    return koffi;
  } catch (cause) {
    throw new SluiceError(
      'SLUICE_UNAVAILABLE',
      'the package koffi, which talks to the kernel, is not installed: run `npm install koffi` beside sluice, or use the proxy backend',
      { cause },
    );
  }
}
