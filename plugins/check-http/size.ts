// SPDX-License-Identifier: MIT

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1_048_576 };
const MOST = 16 * 1_048_576;

/** The bytes of `4096`, `"64KiB"` or `"1MiB"`; null: none, not a size, or more than 16 MiB. */
export function readSize(size: number | string): number | null {
  const match = /^(\d{1,9})(B|KiB|MiB)?$/.exec(String(size));
  if (match === null) return null;
  const bytes = Number(match[1]) * (UNITS[match[2] ?? 'B'] ?? 1);
  return bytes >= 1 && bytes <= MOST ? bytes : null;
}
