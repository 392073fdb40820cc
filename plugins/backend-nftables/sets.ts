// SPDX-License-Identifier: MIT
/** The sets and maps of the table: hashes all of them, so that no packet ever walks a list. */
import { littleEndian, udata, type SetDefinition } from 'sluice/kernel';
import type { Family } from 'sluice';
import { BOTH, FAMILIES, type FamilyFacts } from './family.js';

export const setNames = (family: Family) =>
  ({
    /** address . protocol . port to the chain that balances the service */
    services: `svc${family}`,
    /** address . protocol . port . slot to the member that holds the slot; see slot-maps.ts for further ones */
    slots: `slots${family}`,
    /** Services without a member: new connections are refused. */
    refused: `refuse${family}`,
    /** Services whose clients' addresses are masqueraded. */
    masqueraded: `masq${family}`,
    /** Services whose clients' addresses become one of ours. */
    sources: `snat${family}`,
  }) as const;

/** More slots than any service has. What the listing says: only the balancing rules know how many there are. */
export const SLOT_LIMIT = 65_536;

export interface TableSet {
  readonly definition: SetDefinition;
  /** As in `add map inet sluice …` */
  readonly text: string;
}

/** nft's numbers of its data types (src/datatype.c): six bits each in a concatenation. */
const TYPES = { integer: 4, ipv4_addr: 7, ipv6_addr: 8, inet_proto: 12, inet_service: 13 } as const;

function concatenated(...types: readonly number[]): number {
  return types.reduce((all, type) => (all << 6) | type, 0);
}

export const TABLE_SETS: readonly TableSet[] = BOTH.flatMap(setsOfFamily);

function setsOfFamily(facts: FamilyFacts): TableSet[] {
  const names = setNames(facts.family);
  const address = addressType(facts);
  const keyType = concatenated(address, TYPES.inet_proto, TYPES.inet_service);
  const keyBytes = facts.addressBytes + 8;
  const keyText = `type ${facts.addressType} . inet_proto . inet_service`;
  const plain = (name: string): TableSet => ({
    definition: { name, keyType, keyBytes },
    text: `set ${name} { ${keyText}; }`,
  });
  return [
    {
      definition: { name: names.services, keyType, keyBytes, data: 'verdict' },
      text: `map ${names.services} { ${keyText} : verdict; }`,
    },
    slotMap(names.slots, facts.family),
    plain(names.refused),
    plain(names.masqueraded),
    {
      definition: {
        name: names.sources,
        keyType,
        keyBytes,
        data: { type: address, bytes: facts.addressBytes },
      },
      text: `map ${names.sources} { ${keyText} : ${facts.addressType}; }`,
    },
  ];
}

/** A map of slots of that name. */
export function slotMap(name: string, family: Family): TableSet {
  const facts = FAMILIES[family];
  const address = addressType(facts);
  return {
    definition: {
      name,
      keyType: concatenated(address, TYPES.inet_proto, TYPES.inet_service, TYPES.integer),
      keyBytes: facts.addressBytes + 12,
      data: { type: concatenated(address, TYPES.inet_service), bytes: facts.addressBytes + 4 },
      userdata: slotsTypeof(facts),
    },
    text:
      `map ${name} { typeof ${facts.header} daddr . meta l4proto . th dport . ` +
      `numgen inc mod ${SLOT_LIMIT} : ${facts.header} daddr . th dport; }`,
  };
}

function addressType({ family }: FamilyFacts): number {
  return family === 4 ? TYPES.ipv4_addr : TYPES.ipv6_addr;
}

/**
 * A slot has no type by itself, so that nft needs the expressions that the map is made for (`typeof`). Numbers
 * are those of nft: `enum expr_types` (include/expression.h), `enum proto_desc_id` and the header fields
 * (include/proto.h), nested as nft nests them (`concat_expr_build_udata` and its kin, src/expression.c).
 */
function slotsTypeof(facts: FamilyFacts): Uint8Array {
  const EXPRESSION = { payload: 7, meta: 9, concat: 13, numgen: 23 } as const;
  const PROTOCOL = { th: 11, ip: 12, ip6: 13 } as const;
  const header = (description: number, field: number) => ({
    type: EXPRESSION.payload,
    data: [number(0, description), number(1, field)],
  });
  const address = facts.family === 4 ? header(PROTOCOL.ip, 12) : header(PROTOCOL.ip6, 9);
  const port = header(PROTOCOL.th, 2);
  const l4proto = { type: EXPRESSION.meta, data: [number(0, 16)] };
  const slot = { type: EXPRESSION.numgen, data: [number(0, 0), number(1, SLOT_LIMIT), number(2, 0)] };
  const concat = (...parts: readonly { type: number; data: readonly Uint8Array[] }[]): Uint8Array[] => [
    number(0, EXPRESSION.concat),
    udata(1, ...parts.map((part, index) => udata(index, number(0, part.type), udata(1, ...part.data)))),
  ];
  const KEY_BYTEORDER = 0;
  const DATA_BYTEORDER = 1;
  const KEY_TYPEOF = 3;
  const DATA_TYPEOF = 4;
  return Buffer.concat([
    number(KEY_BYTEORDER, 0),
    number(DATA_BYTEORDER, 0),
    udata(KEY_TYPEOF, ...concat(address, l4proto, port, slot)),
    udata(DATA_TYPEOF, ...concat(address, port)),
  ]);
}

/** A number in host order, as nft stores its own. */
function number(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return udata(type, bytes);
}
