// SPDX-License-Identifier: MIT
import { isIPv6 } from 'node:net';
import type { Family } from '../virtual-service.js';
import { type Parsed, bad, good } from './parsed.js';

export interface IpAddress {
  readonly family: Family;
  /** Canonical: dotted quad, or RFC 5952. */
  readonly address: string;
}

/** Reads an IPv4 or IPv6 address without brackets, zone or prefix length. */
export function readAddress(text: string): Parsed<IpAddress> {
  if (text.includes(':')) return readIpv6(text);
  return readIpv4(text);
}

function readIpv4(text: string): Parsed<IpAddress> {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) {
    return bad(`"${text}" is not an IP address`);
  }
  // inet_aton(3) reads 010 as 8: an address that two programs may read differently is no address.
  const octal = parts.find((part) => part.length > 1 && part.startsWith('0'));
  if (octal !== undefined) return bad(`"${text}" is not an IP address: "${octal}" has a leading zero`);
  const large = parts.find((part) => Number(part) > 255);
  if (large !== undefined) return bad(`"${text}" is not an IP address: ${large} is more than 255`);
  return good({ family: 4, address: text });
}

function readIpv6(text: string): Parsed<IpAddress> {
  if (text.includes('%')) return bad(`"${text}" has a zone: rules know addresses without one only`);
  if (text.startsWith('[')) return bad(`"${text}" has brackets, which only an address with a port needs`);
  if (!isIPv6(text)) return bad(`"${text}" is not an IP address`);
  return good({ family: 6, address: canonicalIpv6(text) });
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function canonicalIpv6(text: string): string {
  const groups = ipv6Groups(text);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${dottedQuad(groups[6] ?? 0, groups[7] ?? 0)}`;
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

function ipv6Groups(text: string): number[] {
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  let hex = text;
  if (tail.includes('.')) {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    hex = `${text.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', rest] = hex.split('::');
  const numbers = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const left = numbers(head);
  if (rest === undefined) return left;
  const right = numbers(rest);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function dottedQuad(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
