// SPDX-License-Identifier: MIT
/** Every `format` that a schema may name: the core's own and those open to plugins. */
import { readAddress } from './address.js';
import { readDuration } from './duration.js';
import { readFwmark } from './fwmark.js';
import { readAddressPort, readListen } from './listen.js';
import { type Parsed, bad, good } from './parsed.js';

/** A cluster, service, member, label or plugin: nothing else ever reaches a rule or a command line. */
export const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

const HOSTNAME = /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?)+$/;

/** Reads a text of one format; the reason is one sentence. */
export type FormatReader = (text: string) => Parsed<unknown>;

const READERS: Readonly<Record<string, FormatReader>> = {
  duration: readDuration,
  interval: (text) => atLeast(text, 10),
  timeout: (text) => atLeast(text, 1),
  address: readAddress,
  'member-address': readMemberAddress,
  endpoint: readAddressPort,
  listen: readListen,
  fwmark: readFwmark,
  percent: readPercent,
  'source-nat': readSourceNat,
  'probe-source': readProbeSource,
  name: readName,
  regex: readRegex,
  file: (text) => (text === '' || text.includes('\0') ? bad('a path must not be empty') : good(text)),
};

export const FORMATS: ReadonlyMap<string, FormatReader> = new Map(Object.entries(READERS));

/** `50%`: a whole number of percent, 1 to 100. */
export function readPercent(text: string): Parsed<number> {
  const match = /^(\d{1,3})%$/.exec(text);
  const value = Number(match?.[1]);
  if (match === null || value < 1 || value > 100) return bad(`"${text}" is not a share from 1% to 100%`);
  return good(value);
}

export function readName(text: string): Parsed<string> {
  // As a key of a JavaScript object it would vanish.
  if (text === '__proto__') return bad('"__proto__" is the one name that is not allowed');
  if (NAME.test(text)) return good(text);
  return bad(`"${text}" is not a name: letters, digits, "_", "-" and ".", at most 64 of them`);
}

/** An address, or a DNS name to be resolved. */
function readMemberAddress(text: string): Parsed<unknown> {
  if (/^[\d.]+$/.test(text) || text.includes(':')) {
    const parsed = readAddress(text);
    if (!parsed.ok) return parsed;
    if (parsed.value.address === '0.0.0.0' || parsed.value.address === '::') {
      return bad(`"${text}" is no member's address`);
    }
    return parsed;
  }
  return HOSTNAME.test(text) ? good(text) : bad(`"${text}" is neither an IP address nor a DNS name`);
}

function readSourceNat(text: string): Parsed<unknown> {
  if (text === 'none' || text === 'masquerade' || readAddress(text).ok) return good(text);
  return bad(`"${text}" is neither none, nor masquerade, nor an IP address`);
}

function readProbeSource(text: string): Parsed<unknown> {
  if (/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(text) || readAddress(text).ok) return good(text);
  return bad(`"${text}" is neither an IP address nor the name of an interface`);
}

function readRegex(text: string): Parsed<RegExp> {
  try {
    return good(new RegExp(text, 'u'));
  } catch (error) {
    return bad(
      `"${text}" is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function atLeast(text: string, leastMs: number): Parsed<number> {
  const parsed = readDuration(text);
  if (parsed.ok && parsed.value < leastMs)
    return bad(`"${text}" is shorter than ${leastMs}ms, the least there is`);
  return parsed;
}
