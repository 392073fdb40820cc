// SPDX-License-Identifier: MIT
import { readAddress } from '../config/address.js';

/** The bytes of an address in network order: 4 or 16. Throws on what is no address. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return ipv4Bytes(text);
  const [head = '', tail] = expandDottedTail(text).split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const words = [...left, ...Array<number>(Math.max(zeros, 0)).fill(0), ...right];
  if (words.length !== 8 || words.some((word) => !(word >= 0 && word <= 0xffff))) throw notAnAddress(text);
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** The canonical text (RFC 5952 for IPv6) of an address of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  const words: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    words.push(((bytes[index]! << 8) | bytes[index + 1]!).toString(16));
  }
  const read = readAddress(words.join(':'));
  if (!read.ok) throw new RangeError(read.reason);
  return read.value.address;
}

function ipv4Bytes(text: string): Uint8Array {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) throw notAnAddress(text);
  const bytes = new Uint8Array(4);
  for (let index = 0; index < 4; index += 1) {
    const part = Number(match[index + 1]);
    if (part > 255) throw notAnAddress(text);
    bytes[index] = part;
  }
  return bytes;
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** `::ffff:1.2.3.4` to `::ffff:102:304`. */
function expandDottedTail(text: string): string {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (!tail.includes('.')) return text;
  const [a, b, c, d] = ipv4Bytes(tail);
  const hex = [(a! << 8) | b!, (c! << 8) | d!].map((word) => word.toString(16)).join(':');
  return text.slice(0, text.length - tail.length) + hex;
}

function notAnAddress(text: string): RangeError {
  return new RangeError(`"${text}" is not an IP address`);
}
