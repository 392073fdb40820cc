// SPDX-License-Identifier: MIT
import type { ErrorCode } from '../errors.js';

/** Leads from the root of the configuration to a value: keys and list positions. */
export type Path = readonly (string | number)[];

/** A fault found in the configuration, before anybody looked up where its place in the text is. */
export interface Problem {
  readonly severity?: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly path: Path;
  /** What to underline: the value (the default), or the key that leads to it. */
  readonly at?: 'key' | 'value';
  readonly related?: { readonly message: string; readonly path: Path; readonly at?: 'key' | 'value' };
}
