// SPDX-License-Identifier: MIT
import type { DestinationStream } from 'pino';

/** Always there and of no use to a person who watches one daemon. */
const LEFT_OUT: ReadonlySet<string> = new Set(['time', 'level', 'msg', 'pid', 'err']);

/** Turns each JSON line of pino into `TIME LEVEL message key=value …`, with stacks of errors below. */
export class PrettyLog implements DestinationStream {
  readonly #destination: DestinationStream;
  constructor(destination: DestinationStream) {
    this.#destination = destination;
  }
  write(line: string): void {
    this.#destination.write(prettyLine(line));
  }
}

function prettyLine(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const time = typeof entry['time'] === 'string' ? localTime(entry['time']) : '';
  const level = String(entry['level']).toUpperCase().padEnd(5);
  const fields = Object.entries(entry)
    .filter(([key, value]) => !LEFT_OUT.has(key) && value !== undefined)
    .map(([key, value]) => ` ${key}=${fieldText(value)}`);
  return `${time} ${level} ${messageText(entry['msg'])}${fields.join('')}${errorText(entry['err'])}\n`;
}

/** Hours to milliseconds in the time zone of who watches; the date is today's. */
function localTime(iso: string): string {
  const date = new Date(iso);
  const part = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${part(date.getMilliseconds(), 3)}`;
}

/** Quoted when it needs to be; JSON's quoting also keeps control characters away from the terminal. */
function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

function messageText(message: unknown): string {
  const text = typeof message === 'string' ? message : '';
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const stack = 'stack' in error ? error.stack : 'message' in error ? error.message : '';
  return typeof stack === 'string' && stack !== ''
    ? `\n    ${stack.split('\n').map(messageText).join('\n    ')}`
    : '';
}
