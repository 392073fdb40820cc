// SPDX-License-Identifier: MIT
/** Which entries of the connection table are meant. Pure. */
import type { Protocol } from '../virtual-service.js';
import { IPS_SEEN_REPLY, dumpMessage, type ConnectionEntry } from './conntrack-message.js';
import { addressBytes } from './ip-address.js';
import { IPPROTO_TCP, IPPROTO_UDP } from './nf-tables-constants.js';

/** Plain data. What isn't given isn't compared; `member` or `frontend` has to be. */
export interface ConnectionFilter {
  readonly protocol: Protocol;
  /** Where the balancer sent the connection: where its answers come from. Port 0 is any. */
  readonly member?: { readonly address: string; readonly port: number };
  /** What the client asked for, as in an address frontend. Port 0 is any. */
  readonly frontend?: { readonly address: string; readonly port: number; readonly portLast?: number };
  /** Only connections that nobody has answered ever. */
  readonly unanswered?: boolean;
}

interface End {
  readonly address: Buffer;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** A filter ready to compare. */
export class ConnectionMatch {
  readonly protocol: number;
  readonly member: End | undefined;
  readonly frontend: End | undefined;
  readonly #unanswered: boolean;

  /** Throws a RangeError on what is no address, on two families, and on a filter that would take everything. */
  constructor({ protocol, member, frontend, unanswered = false }: ConnectionFilter) {
    this.protocol = protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP;
    this.member = member && endOf(member);
    this.frontend = frontend && endOf(frontend);
    this.#unanswered = unanswered;
    const lengths = new Set([this.member, this.frontend].flatMap((end) => end?.address.length ?? []));
    if (lengths.size !== 1) {
      throw new RangeError('a filter of connections needs a member, a frontend, or both of one family');
    }
  }

  /** The bytes of the member's address, or else the frontend's: they are in whatever matches. */
  get place(): Buffer {
    return (this.member ?? this.frontend)!.address;
  }

  matches({ original, reply, status }: ConnectionEntry): boolean {
    return (
      reply.protocol === this.protocol &&
      fits(this.member, reply.source, reply.sourcePort) &&
      fits(this.frontend, original.destination, original.destinationPort) &&
      !(this.#unanswered && (status & IPS_SEEN_REPLY) !== 0)
    );
  }
}

/**
 * Asks the kernel for the entries that these matches, which are of one place, may match: for whatever has what they
 * have in common. IPv6 addresses are left to us: the kernel compares them the wrong way round, 5.8 to 6.18
 * at least, and shows all entries but the ones asked for.
 */
export function requestFor(sequence: number, matches: readonly ConnectionMatch[]): Buffer {
  const family = matches[0]?.place.length === 16 ? 6 : 4;
  const protocol = common(matches, (match) => match.protocol);
  const address = (pick: (match: ConnectionMatch) => End | undefined): Buffer | undefined => {
    const hex = family === 6 ? undefined : common(matches, (match) => pick(match)?.address.toString('hex'));
    return hex === undefined ? undefined : Buffer.from(hex, 'hex');
  };
  const port = (pick: (match: ConnectionMatch) => End | undefined): number | undefined =>
    protocol === undefined ? undefined : common(matches, (match) => onlyPort(pick(match)));
  const frontend = ({ frontend }: ConnectionMatch): End | undefined => frontend;
  const member = ({ member }: ConnectionMatch): End | undefined => member;
  return dumpMessage(
    sequence,
    family,
    { protocol, destination: address(frontend), destinationPort: port(frontend) },
    { protocol, source: address(member), sourcePort: port(member) },
  );
}

function common<T>(matches: readonly ConnectionMatch[], part: (match: ConnectionMatch) => T): T | undefined {
  const values = new Set(matches.map(part));
  return values.size === 1 ? [...values][0] : undefined;
}

/** The kernel compares no ranges. */
function onlyPort(end: End | undefined): number | undefined {
  return end !== undefined && end.firstPort === end.lastPort ? end.firstPort : undefined;
}

function endOf(end: { readonly address: string; readonly port: number; readonly portLast?: number }): End {
  const { address, port, portLast = port } = end;
  return {
    address: Buffer.from(addressBytes(address)),
    firstPort: port,
    lastPort: port === 0 ? 0xffff : portLast,
  };
}

function fits(end: End | undefined, address: Uint8Array | undefined, port: number | undefined): boolean {
  if (end === undefined) return true;
  if (address === undefined || !end.address.equals(address)) return false;
  return port !== undefined && port >= end.firstPort && port <= end.lastPort;
}

/** Many matches, asked which of them fits. */
export class ConnectionMatches {
  readonly #byPlace = new Map<string, ConnectionMatch[]>();
  readonly #places: readonly Buffer[];
  readonly #all: readonly ConnectionMatch[];

  constructor(matches: readonly ConnectionMatch[]) {
    this.#all = matches;
    for (const match of matches) {
      const place = match.place.toString('latin1');
      const there = this.#byPlace.get(place);
      if (there === undefined) this.#byPlace.set(place, [match]);
      else there.push(match);
    }
    this.#places = [...this.#byPlace.keys()].map((place) => Buffer.from(place, 'latin1'));
  }

  /** The matches in parts that have their place in common. */
  get byPlace(): readonly (readonly ConnectionMatch[])[] {
    return [...this.#byPlace.values()];
  }

  /** Whether a message may be about an entry that fits: cheaper than to read it, for there may be millions. */
  mayFit(payload: Buffer): boolean {
    return this.#places.length > MOST_SOUGHT || this.#places.some((place) => payload.includes(place));
  }

  /** The index of the first match that fits; -1 when none does. */
  find(entry: ConnectionEntry): number {
    for (const end of [entry.reply.source, entry.original.destination]) {
      const place = Buffer.from(end ?? []).toString('latin1');
      const found = this.#byPlace.get(place)?.find((match) => match.matches(entry));
      if (found !== undefined) return this.#all.indexOf(found);
    }
    return -1;
  }
}

/** Beyond so many places it is cheaper to read each entry than to look for all of them in it. */
const MOST_SOUGHT = 8;
