// SPDX-License-Identifier: MIT
/** Times for people: in their own time zone, and how long ago. `--json` keeps ISO 8601 in UTC. */

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest units: `3 d 2 h`, `12 min 4 s`, `0 s`. */
export function span(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, seconds]) => rest >= seconds);
  if (first === -1) return '0 s';
  const words: string[] = [];
  for (const [unit, seconds] of UNITS.slice(first, first + 2)) {
    const number = Math.floor(rest / seconds);
    rest -= number * seconds;
    if (number > 0) words.push(`${number} ${unit}`);
  }
  return words.join(' ');
}

/** Of a time in ISO 8601: `12 min 4 s`; `-` for null. */
export function age(iso: string | null, nowMs: number): string {
  return iso === null ? '-' : span(nowMs - Date.parse(iso));
}

/** `02:14:07` today, `2026-11-20 02:14:07` on another day. */
export function clockTime(iso: string, nowMs: number): string {
  const [date, today] = [new Date(iso), new Date(nowMs)];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return dayText(date) === dayText(today) ? time : `${dayText(date)} ${time}`;
}

/** `2026-11-20 02:14:07.250`, for lists that span days and bursts. */
export function stampTime(iso: string): string {
  const date = new Date(iso);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${dayText(date)} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function dayText(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
