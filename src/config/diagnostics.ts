// SPDX-License-Identifier: MIT
/** A fault in a configuration, with its place. Plain data: it travels to the CLI as JSON. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** `SLUICE_…`, see `errors.ts`. */
  readonly code: string;
  readonly message: string;
  /** What to do: the nearest known word, what is expected. */
  readonly hint?: string;
  readonly place?: Place;
  /** A second place that takes part, e.g. the anchor behind an alias, or the other of two equal listens. */
  readonly related?: { readonly message: string; readonly place: Place };
}

/** `line` and `column` count from 1; `length` in characters, at least 1; `source` is the line's text. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly source: string;
}
