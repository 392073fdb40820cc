// SPDX-License-Identifier: MIT
import { readDuration } from '../duration.js';
import type { Parsed } from '../parsed.js';

/** The value of a text that the schema has already found in order. */
export function must<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new Error(`validated text is not valid: ${parsed.reason}`);
  return parsed.value;
}

/** A validated duration in ms, or the default where nothing was said. */
export function durationMs(text: string | undefined, defaultMs: number): number {
  return text === undefined ? defaultMs : must(readDuration(text));
}
