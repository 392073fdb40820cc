// SPDX-License-Identifier: MIT
/** Service keys, slots and servers as the bytes of set elements, and back. Each part is padded to 4 bytes. */
import { IPPROTO_TCP, IPPROTO_UDP, addressBytes, addressText, littleEndian } from 'sluice/kernel';
import { serverKey, type AddressFrontend, type Family, type Protocol } from 'sluice';

export const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP };

/** address . protocol . port */
export function serviceKeyBytes(frontend: AddressFrontend): Uint8Array {
  const address = addressBytes(frontend.address);
  const bytes = new Uint8Array(address.length + 8);
  bytes.set(address);
  bytes[address.length] = PROTOCOL_NUMBERS[frontend.protocol];
  bytes[address.length + 4] = frontend.port >> 8;
  bytes[address.length + 5] = frontend.port & 0xff;
  return bytes;
}

/** address . protocol . port . slot; the slot is in host order, as numgen and jhash make it. */
export function slotKeyBytes(serviceKey: Uint8Array, slot: number): Uint8Array {
  const bytes = new Uint8Array(serviceKey.length + 4);
  bytes.set(serviceKey);
  for (let index = 0; index < 4; index += 1) {
    bytes[serviceKey.length + index] = slot >> (littleEndian ? index * 8 : 24 - index * 8);
  }
  return bytes;
}

export function slotOf(key: Buffer): number {
  return littleEndian ? key.readUInt32LE(key.length - 4) : key.readUInt32BE(key.length - 4);
}

/** The frontend of a service key; null for bytes that sluice never writes. */
export function frontendOf(key: Buffer, family: Family): AddressFrontend | null {
  const addressLength = family === 4 ? 4 : 16;
  if (key.length !== addressLength + 8) return null;
  const number = key[addressLength];
  const protocol = number === IPPROTO_TCP ? 'tcp' : number === IPPROTO_UDP ? 'udp' : null;
  if (protocol === null) return null;
  const port = key.readUInt16BE(addressLength + 4);
  const address = addressText(key.subarray(0, addressLength));
  return { kind: 'address', family, address, protocol, port, portLast: port };
}

/** The address and port of a {@link serverKey}. */
export function serverOfKey(key: string): { readonly address: string; readonly port: number } {
  const colon = key.lastIndexOf(':');
  const address = key.startsWith('[') ? key.slice(1, colon - 1) : key.slice(0, colon);
  return { address, port: Number(key.slice(colon + 1)) };
}

/** A {@link serverKey} as address . port */
export function serverBytes(key: string): Uint8Array {
  const server = serverOfKey(key);
  const address = addressBytes(server.address);
  const bytes = new Uint8Array(address.length + 4);
  bytes.set(address);
  bytes[address.length] = server.port >> 8;
  bytes[address.length + 1] = server.port & 0xff;
  return bytes;
}

/** address . port as a {@link serverKey} */
export function serverKeyOf(data: Buffer): string {
  const length = data.length - 4;
  return serverKey({ address: addressText(data.subarray(0, length)), port: data.readUInt16BE(length) });
}
