// SPDX-License-Identifier: MIT
import { type Parsed, bad, good } from './parsed.js';

export interface Fwmark {
  readonly mark: number;
  readonly mask: number;
}

export const FULL_MASK = 0xffffffff;

/** Reads `N` or `N/MASK`, each decimal or 0x-hexadecimal, at most 32 bits. */
export function readFwmark(text: string | number): Parsed<Fwmark> {
  const written = String(text);
  const [first = '', second, ...more] = written.split('/');
  const mark = read32(first);
  const mask = second === undefined ? FULL_MASK : read32(second);
  if (mark === undefined || mask === undefined || more.length > 0) {
    return bad(
      `"${written}" is not a mark: write N or N/MASK, decimal or 0x-hexadecimal, of at most 32 bits`,
    );
  }
  if (mark === 0) return bad('mark 0 is on every packet that nobody marked');
  // Bit operations are signed in JavaScript; >>> 0 makes the outcome unsigned again.
  if ((mark & ~mask) >>> 0 !== 0)
    return bad(`"${written}" has bits outside of its mask, so it never matches`);
  return good({ mark, mask });
}

/** The text of which {@link readFwmark} reads the same back. */
export function formatFwmark(fwmark: Fwmark): string {
  return fwmark.mask === FULL_MASK ? `${fwmark.mark}` : `${fwmark.mark}/0x${fwmark.mask.toString(16)}`;
}

function read32(text: string): number | undefined {
  if (!/^(?:\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= FULL_MASK ? value : undefined;
}
