// SPDX-License-Identifier: MIT

/** What a check judges of an HTTP answer. */
export interface Answer {
  readonly status: number;
  /** As much of the body as was asked for; empty when it was not read. */
  readonly body: Buffer;
}
