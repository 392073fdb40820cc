// SPDX-License-Identifier: MIT
import type { Capabilities } from '../plugin/api.js';
import type { BackendHarness } from './backend-harness.js';
import type { KitWish } from './kit-services.js';

/** A service that asks for one capability: an engine holds it whole, or refuses it by name. */
export interface CapabilityCase {
  readonly name: string;
  readonly able: boolean;
  readonly wish: KitWish;
}

/** Everything that a service can ask for, each by itself. */
export function capabilityCases(can: Capabilities, harness: BackendHarness): CapabilityCase[] {
  const family = can.families[0]!;
  const protocol = can.protocols[0]!;
  const base = { at: 0, members: [1, 1] } as const;
  const other = family === 4 ? 6 : 4;
  const frontend = harness.frontend(0, family, protocol);
  const mark = { kind: 'mark', family, mark: 7, mask: 0xffffffff, marks: [] } as const;
  const persistence = { timeoutMs: 60_000, netmask: 32, netmask6: 128, onDown: 'rebalance' } as const;
  const one = (name: string, able: boolean, wish: Partial<KitWish>): CapabilityCase => ({
    name,
    able,
    wish: { ...base, ...wish },
  });
  return [
    ...([4, 6] as const).map((each) => one(`IPv${each}`, can.families.includes(each), { family: each })),
    ...(['tcp', 'udp'] as const).map((each) => one(each, can.protocols.includes(each), { protocol: each })),
    ...can.schedulers.map((each) =>
      one(`scheduler ${each}`, true, { scheduler: { name: each, flags: [] }, members: [3, 1] }),
    ),
    one('an unknown scheduler', false, { scheduler: { name: 'no-such-scheduler', flags: [] } }),
    ...(['nat', 'route', 'proxy'] as const).map((mode) =>
      one(`forwarding ${mode}`, can.forwarding.includes(mode), { forwarding: { mode } }),
    ),
    one('forwarding tunnel', can.forwarding.includes('tunnel'), {
      forwarding: { mode: 'tunnel', tunnel: 'ipip', port: null },
    }),
    one('source_nat masquerade', can.sourceNat.includes('masquerade'), { sourceNat: 'masquerade' }),
    one('source_nat address', can.sourceNat.includes('address'), { sourceNat: frontend.address }),
    one('fwmark', can.fwmark !== false, { frontend: mark }),
    one('fwmark with a mask', can.fwmark === 'masked', { frontend: { ...mark, mask: 0xff } }),
    one('a range of ports', can.portRanges, { frontend: { ...frontend, portLast: frontend.port + 2 } }),
    one('persistence', can.persistence, { persistence }),
    one('rescue', can.rescue, { rescue: true }),
    one('limits', can.limits, { limits: { upper: 100, lower: 50 } }),
    one('a service without members', can.refuse, { members: [] }),
    one('a member of the other family', can.translatesFamily, {
      members: [{ index: 0 }, { index: 1, family: other }],
    }),
  ];
}
