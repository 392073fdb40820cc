// SPDX-License-Identifier: MIT
import type { Protocol } from '../virtual-service.js';
import { type IpAddress, readAddress } from './address.js';
import { type Parsed, bad, good } from './parsed.js';

/** A `listen` as written: on an address, or on every address of an interface. */
export interface ListenText {
  readonly on: IpAddress | { readonly interface: string };
  readonly protocol: Protocol;
  readonly port: number;
  readonly portLast: number;
}

/** `ADDR:PORT`, `[V6]:PORT`: one address with one port. */
export interface AddressPort extends IpAddress {
  readonly port: number;
}

/** Reads `ADDR:PORT[-PORT][/tcp|/udp]` or the same with the name of an interface for the address. */
export function readListen(text: string): Parsed<ListenText> {
  const [, body = '', protocol = 'tcp'] = /^(.*?)(?:\/([^/]*))?$/s.exec(text) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return bad(`"${text}" ends in /${protocol}: a service is /tcp or /udp`);
  }
  const split = splitPort(body, text);
  if (!split.ok) return split;
  const { host, ports } = split.value;
  const range = readPorts(ports, text);
  if (!range.ok) return range;
  if (/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(host)) {
    return good({ on: { interface: host }, protocol, ...range.value });
  }
  const address = readAddress(host);
  if (!address.ok) return address;
  return good({ on: address.value, protocol, ...range.value });
}

/** Reads `ADDR:PORT` or `[V6]:PORT`. */
export function readAddressPort(text: string): Parsed<AddressPort> {
  const split = splitPort(text, text);
  if (!split.ok) return split;
  const address = readAddress(split.value.host);
  if (!address.ok) return address;
  const port = readPort(split.value.ports, text);
  if (!port.ok) return port;
  return good({ ...address.value, port: port.value });
}

/** The text of which {@link readAddressPort} reads the same back. */
export function formatAddressPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function splitPort(body: string, text: string): Parsed<{ host: string; ports: string }> {
  if (body.startsWith('[')) {
    const match = /^\[([^\]]*)\](?::(.*))?$/s.exec(body);
    if (match === null) return bad(`"${text}" is not an address with a port: write "[2001:db8::1]:80"`);
    if (match[2] === undefined) return bad(`"${text}" has no port: write "${body}:80"`);
    return good({ host: match[1] ?? '', ports: match[2] });
  }
  const colon = body.indexOf(':');
  if (colon < 0) {
    return bad(`"${text}" has no port: write "${readAddress(body).ok ? body : '192.0.2.10'}:80"`);
  }
  if (body.includes(':', colon + 1)) {
    return bad(`"${text}" is ambiguous: an IPv6 address with a port needs brackets, "[2001:db8::1]:80"`);
  }
  return good({ host: body.slice(0, colon), ports: body.slice(colon + 1) });
}

function readPorts(ports: string, text: string): Parsed<{ port: number; portLast: number }> {
  const [first = '', last, ...more] = ports.split('-');
  if (more.length > 0) return bad(`"${text}" has no valid port range: write FIRST-LAST`);
  const from = readPort(first, text);
  if (!from.ok) return from;
  if (last === undefined) return good({ port: from.value, portLast: from.value });
  const to = readPort(last, text);
  if (!to.ok) return to;
  if (to.value < from.value) return bad(`"${text}" has a port range that ends before it begins`);
  return good({ port: from.value, portLast: to.value });
}

function readPort(digits: string, text: string): Parsed<number> {
  if (!/^[1-9]\d{0,4}$/.test(digits) || Number(digits) > 65535) {
    return bad(`"${text}" has no valid port: ${digits === '' ? 'nothing' : `"${digits}"`} is not 1 to 65535`);
  }
  return good(Number(digits));
}
