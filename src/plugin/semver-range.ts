// SPDX-License-Identifier: MIT
/**
 * The part of npm's version ranges that peer dependencies are written in: `^1.2`, `~1.2.3`, `1.x`, `1.2.3`,
 * `>=1.2 <3`, `1.2 - 1.4`, alternatives with `||`, and `*`. Pre-release tags are left out of account.
 */
type Version = readonly [number, number, number];

/** From `least` up to but not including `below`. */
interface Interval {
  readonly least: Version;
  readonly below: Version;
}

const ZERO: Version = [0, 0, 0];
const ENDLESS: Version = [Infinity, 0, 0];
const PARTIAL = /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;

/** Whether `version` lies within `range`; undefined: the range is not one of these. */
export function satisfies(version: string, range: string): boolean | undefined {
  const wanted = parseVersion(version);
  const alternatives = range.split('||').map((text) => parseAlternative(text.trim()));
  if (wanted === undefined || !alternatives.every((intervals) => intervals !== undefined)) return undefined;
  return alternatives.some((intervals) =>
    intervals.every(({ least, below }) => compare(wanted, least) >= 0 && compare(wanted, below) < 0),
  );
}

/** Intervals that must all hold. */
function parseAlternative(text: string): readonly Interval[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  const comparators =
    hyphen === null
      ? text.replaceAll(/([<>=~^]+)\s+/g, '$1').split(/\s+/)
      : [`>=${hyphen[1]}`, `<=${hyphen[2]}`];
  const intervals = comparators.map(parseComparator);
  return intervals.every((interval) => interval !== undefined) ? intervals : undefined;
}

function parseComparator(text: string): Interval | undefined {
  const [, operator = '', rest = ''] = /^(\^|~>?|>=|<=|>|<|=)?(.*)$/.exec(text) ?? [];
  const parts = parseParts(rest === '' ? '*' : rest);
  if (parts === undefined) return undefined;
  const least: Version = [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
  // The first version behind all that a partial one such as `1.2` stands for.
  const behind = bump(parts, parts.length - 1);
  switch (operator) {
    case '>=':
      return { least, below: ENDLESS };
    case '>':
      return { least: behind, below: ENDLESS };
    case '<':
      return { least: ZERO, below: least };
    case '<=':
      return { least: ZERO, below: behind };
    case '^': {
      // Up to the next change of the leftmost number that is not zero.
      const firstNonZero = parts.findIndex((part) => part !== 0);
      return { least, below: bump(parts, firstNonZero === -1 ? parts.length - 1 : firstNonZero) };
    }
    case '~':
    case '~>':
      return { least, below: bump(parts, Math.min(1, parts.length - 1)) };
    default:
      return { least, below: behind };
  }
}

function bump(parts: readonly number[], at: number): Version {
  if (at < 0) return ENDLESS;
  const part = (index: number): number => {
    if (index > at) return 0;
    return (parts[index] ?? 0) + (index === at ? 1 : 0);
  };
  return [part(0), part(1), part(2)];
}

/** The numbers of a version up to its first wildcard. */
function parseParts(text: string): readonly number[] | undefined {
  const match = PARTIAL.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1, 4).map((part) => (part === undefined ? NaN : Number(part)));
  const wildcard = parts.findIndex(Number.isNaN);
  return wildcard === -1 ? parts : parts.slice(0, wildcard);
}

function parseVersion(text: string): Version | undefined {
  const [major, minor, patch] = parseParts(text) ?? [];
  return major === undefined || minor === undefined || patch === undefined
    ? undefined
    : [major, minor, patch];
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
