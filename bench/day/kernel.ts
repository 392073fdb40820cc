// SPDX-License-Identifier: MIT
/** What the kernel would do with the services' connections, read from it by nft and by none of sluice's code. */
import { succeed } from '../../test/support/execute.js';
import type { Target } from '../kit/targets.js';
import { keyOf, type Service } from './site.js';

/** One object of `nft -j list table`, as far as it is looked at; see libnftables-json(5). */
export interface Listed {
  readonly map?: { readonly name: string; readonly elem?: readonly (readonly [unknown, unknown])[] };
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
  readonly rule?: { readonly chain: string; readonly expr: unknown };
}

/** Where the kernel is wrong about a service, in words, each with its service; none when it is right about all. */
export async function wrongs(
  services: readonly Service[],
  isUp: (member: Target) => boolean,
): Promise<string[]> {
  const text = await succeed('nft', ['-j', 'list', 'table', 'inet', 'sluice']);
  return wrongsIn((JSON.parse(text) as { readonly nftables: readonly Listed[] }).nftables, services, isUp);
}

/** The same in what nft has listed. */
export function wrongsIn(
  nftables: readonly Listed[],
  services: readonly Service[],
  isUp: (member: Target) => boolean,
): string[] {
  const map = (name: string): readonly (readonly [unknown, unknown])[] =>
    nftables.find((listed) => listed.map?.name === name)?.map?.elem ?? [];
  const refused = new Set(
    (nftables.find((listed) => listed.set?.name === 'refuse4')?.set?.elem ?? []).map((element) =>
      words(element),
    ),
  );
  const chains = new Map(map('svc4').map(([key, verdict]) => [words(key), words(verdict)]));
  // Services of one kind may share maps of their own: each chain says from which it deals, and how many slots.
  const slots = new Map<string, string[]>();
  for (const { map: { name, elem = [] } = { name: '' } } of nftables) {
    if (!name.startsWith('slots4')) continue;
    for (const [key, member] of elem) {
      const [address, protocol, port, slot] = words(key).split(' ');
      const place = `${name} ${address} ${protocol} ${port}`;
      const list = slots.get(place) ?? [];
      list[Number(slot)] = words(member).replace(' ', ':');
      slots.set(place, list);
    }
  }
  const deals = new Map<string, { readonly from: string; readonly count: number }>();
  for (const { rule } of nftables) {
    const text = JSON.stringify(rule?.expr ?? '');
    const from = /"@(slots4[^"]*)"/.exec(text)?.[1];
    const count = /"mod": ?(\d+)/.exec(text)?.[1];
    if (from !== undefined) deals.set(rule!.chain, { from, count: Number(count) });
  }

  return services.flatMap(({ id, listen, members }) => {
    const key = `${listen.address} tcp ${listen.port}`;
    const wanted = members.filter((member) => isUp(member)).map((member) => keyOf(member));
    const chain = chains.get(key);
    if (wanted.length === 0) return refused.has(key) ? [] : [`${id}: nobody serves, and it does not refuse`];
    if (refused.has(key)) return [`${id}: it refuses, and ${wanted.join(' ')} serve`];
    if (chain === undefined) return [`${id}: it has no chain`];
    const { from = '', count = 0 } = deals.get(chain) ?? {};
    const dealtTo = slots.get(`${from} ${key}`);
    const dealt = Array.from({ length: count }, (_, slot) => dealtTo?.[slot] ?? 'nobody');
    const held = [...new Set(dealt)].toSorted().join(' ');
    return held === wanted.toSorted().join(' ') ? [] : [`${id}: dealt to ${held}; ${wanted.join(' ')} serve`];
  });
}

/** `192.0.2.10 tcp 80` for `{"concat": ["192.0.2.10", "tcp", 80]}`, the chain's name for a verdict. */
function words(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('concat' in value) return (value.concat as readonly unknown[]).map((part) => words(part)).join(' ');
  if ('goto' in value) return words((value.goto as { readonly target: unknown }).target);
  if ('elem' in value) return words((value.elem as { readonly val: unknown }).val);
  throw new Error(`nft lists what is not known here: ${JSON.stringify(value)}`);
}
