// SPDX-License-Identifier: MIT
/** Reads sluice's table by `nft`, knowing nothing of sluice's code: what would a packet meet? */
import type { Lab } from './lab.js';

type Word = string | number;

interface Listing {
  readonly nftables: readonly {
    readonly map?: { readonly name: string; readonly elem?: readonly (readonly [Key, Value])[] };
    readonly rule?: { readonly chain: string; readonly expr: readonly Expression[] };
  }[];
}

interface Key {
  readonly concat: readonly Word[];
}

interface Value {
  readonly concat?: readonly Word[];
  readonly goto?: { readonly target: string };
}

interface Expression {
  readonly dnat?: {
    readonly addr: { readonly map: { readonly key: { readonly concat: readonly unknown[] } } };
  };
}

/**
 * Members by frontend (`192.0.2.10:80/tcp` to `10.9.2.2:8080 …`), distinct and sorted, as the IPv4 rules deal them.
 * Throws where a packet would fall through: a frontend whose chain is missing, a slot without a member.
 */
export async function servedByRules(lab: Lab): Promise<Record<string, string>> {
  const { nftables } = JSON.parse(await lab.nft(['-j', 'list', 'table', 'inet', 'sluice'])) as Listing;
  const elements = (name: string) => nftables.find(({ map }) => map?.name === name)?.map?.elem ?? [];
  const slots = new Map(
    elements('slots4').map(([key, value]) => [key.concat.join(' '), value.concat!.join(':')]),
  );
  const served: Record<string, string> = {};
  for (const [key, value] of elements('svc4')) {
    const [address, protocol, port] = key.concat;
    const frontend = `${address}:${port}/${protocol}`;
    const chain = value.goto!.target;
    const rules = nftables.flatMap(({ rule }) => (rule?.chain === chain ? [rule] : []));
    const dealt = new Set<string>();
    for (
      let slot = 0;
      slot <
      slotCount(
        chain,
        rules.flatMap(({ expr }) => expr),
      );
      slot++
    ) {
      const member = slots.get(`${address} ${protocol} ${port} ${slot}`);
      if (member === undefined) throw new Error(`${frontend}: slot ${slot} is empty`);
      dealt.add(member);
    }
    served[frontend] = [...dealt].toSorted().join(' ');
  }
  return served;
}

function slotCount(chain: string, expressions: readonly Expression[]): number {
  for (const { dnat } of expressions) {
    for (const part of dnat?.addr.map.key.concat ?? []) {
      if (typeof part !== 'object' || part === null) continue;
      for (const dealer of ['numgen', 'jhash']) {
        const options = (part as Record<string, { readonly mod?: number } | undefined>)[dealer];
        if (options?.mod !== undefined) return options.mod;
      }
    }
  }
  throw new Error(`chain ${chain} deals no slots`);
}
