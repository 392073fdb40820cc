// SPDX-License-Identifier: MIT
/** What each backend can do, from the backends' own declarations. */
import type { BackendPlugin, Capabilities, Plugin } from '../../src/plugin/api.js';

/** In the words of a configuration. */
const ROWS: readonly { readonly title: string; readonly of: (can: Capabilities) => string }[] = [
  { title: 'families', of: ({ families }) => families.map((family) => `IPv${family}`).join(', ') },
  { title: 'protocols', of: ({ protocols }) => protocols.join(', ') },
  { title: 'changes are atomic by', of: ({ atomic }) => atomic },
  { title: 'forwarding', of: ({ forwarding }) => forwarding.join(', ') },
  { title: 'scheduler', of: ({ schedulers }) => schedulers.join(', ') },
  { title: 'source_nat', of: ({ sourceNat }) => ['none', ...sourceNat].join(', ') },
  { title: 'on_all_down: refuse', of: ({ refuse }) => yes(refuse) },
  { title: 'on_all_down: hold', of: ({ hold }) => yes(hold) },
  { title: 'members of the other family', of: ({ translatesFamily }) => yes(translatesFamily) },
  { title: 'ranges of ports', of: ({ portRanges }) => yes(portRanges) },
  { title: 'listen on an interface', of: ({ listenInterface }) => yes(listenInterface) },
  { title: 'fwmark', of: ({ fwmark }) => (fwmark === false ? 'no' : fwmark) },
  { title: 'persistence', of: ({ persistence }) => yes(persistence) },
  { title: 'persistence: netmask', of: ({ netmask }) => yes(netmask) },
  { title: 'fallback', of: ({ fallback }) => yes(fallback) },
  { title: 'min_up', of: ({ minUp }) => yes(minUp) },
  { title: 'rescue', of: ({ rescue }) => yes(rescue) },
  { title: 'limits', of: ({ limits }) => yes(limits) },
  { title: 'on_down: rule: quiesce', of: ({ quiesce }) => yes(quiesce) },
  { title: 'on_down: udp, tcp, unanswered', of: ({ hygiene }) => yes(hygiene) },
  { title: 'drain', of: ({ draining }) => yes(draining) },
  { title: 'slow_start', of: ({ slowStart }) => yes(slowStart) },
  { title: 'panic', of: ({ panic }) => yes(panic) },
  { title: 'flap', of: ({ flap }) => yes(flap) },
];

function yes(can: boolean): string {
  return can ? 'yes' : 'no';
}

/** The first row is the head; every other one is a capability. */
export function capabilityTable(plugins: readonly Plugin[]): readonly (readonly string[])[] {
  const backends = plugins.filter((plugin): plugin is BackendPlugin => plugin.kind === 'backend');
  return [
    ['', ...backends.map(({ name }) => name)],
    ...ROWS.map(({ title, of }) => [title, ...backends.map(({ capabilities }) => of(capabilities))]),
  ];
}

/** `{ rr: 'round-robin' }` of every backend as `rr (round-robin)`, by backend. */
export function aliasTable(plugins: readonly Plugin[]): readonly (readonly string[])[] {
  const backends = plugins.filter((plugin): plugin is BackendPlugin => plugin.kind === 'backend');
  return backends.flatMap(({ name, capabilities }) =>
    capabilities.schedulers.map((scheduler) => [name, scheduler, aliasesOf(scheduler, capabilities)]),
  );
}

function aliasesOf(scheduler: string, { schedulerAliases }: Capabilities): string {
  const aliases = Object.entries(schedulerAliases).filter(([, canonical]) => canonical === scheduler);
  return aliases.length === 0 ? '-' : aliases.map(([alias]) => alias).join(', ');
}
