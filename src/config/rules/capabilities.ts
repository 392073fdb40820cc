// SPDX-License-Identifier: MIT
/** What a service asks of its backend and the backend can't do: refused by name, never ignored. */
import type { Capabilities } from '../../plugin/api.js';
import type { Listen, Service } from '../../model.js';
import { formatFwmark, FULL_MASK } from '../fwmark.js';
import { nearest } from '../nearest.js';
import type { Path, Problem } from '../problem.js';
import type { Settings } from '../resolve/settings.js';
import type { RawDefaults } from '../schema/raw.js';

interface Ask {
  readonly what: string;
  readonly path: Path;
  readonly hint?: string;
  /** Default: the key. */
  readonly at?: 'value';
}

/** Keys that are asked for by being there at all, and by which value they are not. */
const SWITCHES: readonly {
  readonly key: keyof RawDefaults;
  readonly capability: keyof Capabilities;
  readonly asked: (service: Service) => boolean;
}[] = [
  { key: 'persistence', capability: 'persistence', asked: ({ persistence }) => persistence !== null },
  { key: 'fallback', capability: 'fallback', asked: ({ fallback }) => fallback !== null },
  { key: 'min_up', capability: 'minUp', asked: ({ minUp }) => !isOne(minUp.down) || !isOne(minUp.up) },
  { key: 'rescue', capability: 'rescue', asked: ({ rescue }) => rescue },
  { key: 'limits', capability: 'limits', asked: ({ limits }) => limits !== null },
  { key: 'panic', capability: 'panic', asked: ({ panic }) => panic !== null },
  { key: 'flap', capability: 'flap', asked: ({ flap }) => flap !== null },
  { key: 'slow_start', capability: 'slowStart', asked: ({ slowStartMs }) => slowStartMs > 0 },
  { key: 'drain', capability: 'draining', asked: () => true },
];

/**
 * Problems of one service; each stands at the key that asks for what is not there. `listenPath` says where the
 * n-th listen is written.
 */
export function checkCapabilities(
  service: Service,
  settings: Settings,
  capabilities: Capabilities,
  listenPath: (nth: number) => Path,
): Problem[] {
  const asks = [
    ...switchAsks(service, settings, capabilities),
    ...onDownAsks(service, settings, capabilities),
    ...listenAsks(service, capabilities, listenPath),
    ...markAsks(service, settings, capabilities),
    ...modeAsks(service, settings, capabilities),
    ...schedulerAsks(service, settings, capabilities),
  ];
  return asks.map(({ what, path, hint, at }): Problem => ({
    code: 'SLUICE_CFG_UNSUPPORTED',
    message: `backend ${service.backend} does not support ${what}`,
    hint,
    path,
    at: at ?? 'key',
  }));
}

function isOne(threshold: Service['minUp']['down']): boolean {
  return 'count' in threshold && threshold.count === 1;
}

function switchAsks(service: Service, settings: Settings, capabilities: Capabilities): Ask[] {
  return SWITCHES.filter(
    ({ key, capability, asked }) =>
      settings.get(key) !== undefined && asked(service) && capabilities[capability] === false,
  ).map(({ key }) => ({ what: `\`${key}\``, path: settings.origin(key) }));
}

function onDownAsks(service: Service, settings: Settings, capabilities: Capabilities): Ask[] {
  const said = settings.get('on_down') ?? {};
  const path = settings.origin('on_down');
  const asks: Ask[] = [];
  if (said.rule === 'quiesce' && !capabilities.quiesce) {
    asks.push({ what: '`on_down: {rule: quiesce}`', path: [...path, 'rule'] });
  }
  for (const key of ['udp', 'tcp', 'unanswered'] as const) {
    const value = said[key];
    if (value === undefined || value === 'keep' || capabilities.hygiene) continue;
    asks.push({ what: `\`on_down: {${key}: ${value}}\``, path: [...path, key] });
  }
  const { persistence } = service;
  const masks = persistence !== null && (persistence.netmask !== 32 || persistence.netmask6 !== 128);
  if (masks && capabilities.persistence && !capabilities.netmask) {
    asks.push({ what: '`netmask` in `persistence`', path: settings.origin('persistence') });
  }
  const action = settings.get('on_all_down');
  if ((action === 'refuse' && !capabilities.refuse) || (action === 'hold' && !capabilities.hold)) {
    asks.push({ what: `\`on_all_down: ${action}\``, path: settings.origin('on_all_down') });
  }
  return asks;
}

function listenAsks(service: Service, capabilities: Capabilities, listenPath: (nth: number) => Path): Ask[] {
  // Only sockets can listen on the unspecified address; rules match the addresses in packets.
  const proxies = capabilities.forwarding.includes('proxy');
  return service.listens.flatMap((listen, nth): Ask[] => {
    const { family, protocol, address } = listen;
    const asked = [
      capabilities.families.includes(family) ? null : `IPv${family} listens`,
      capabilities.protocols.includes(protocol) ? null : `${protocol} services`,
      capabilities.portRanges || !isRange(listen) ? null : 'ranges of ports in `listen`',
      capabilities.listenInterface || listen.interface === null
        ? null
        : 'the name of an interface in `listen`',
      proxies || (address !== '0.0.0.0' && address !== '::')
        ? null
        : `listening on every address (${address})`,
    ];
    return asked
      .filter((what) => what !== null)
      .map((what) => ({ what, path: listenPath(nth), at: 'value' }));
  });
}

function markAsks(service: Service, settings: Settings, capabilities: Capabilities): Ask[] {
  const { fwmark } = service;
  if (fwmark === null || capabilities.fwmark === 'masked') return [];
  const path = settings.origin('fwmark');
  if (capabilities.fwmark === false) return [{ what: '`fwmark`', path }];
  if (fwmark.mask === FULL_MASK) return [];
  return [{ what: `a mask in \`fwmark\` (${formatFwmark(fwmark)})`, path }];
}

function isRange(listen: Listen): boolean {
  return listen.portLast !== listen.port;
}

function modeAsks(service: Service, settings: Settings, capabilities: Capabilities): Ask[] {
  const asks: Ask[] = [];
  const { mode } = service.forwarding;
  if (!capabilities.forwarding.includes(mode)) {
    const hint = `known there: ${capabilities.forwarding.join(', ')}`;
    asks.push({ what: `\`forwarding: ${mode}\``, path: settings.origin('forwarding'), hint, at: 'value' });
  }
  const { sourceNat } = service;
  const kind = sourceNat === 'masquerade' ? 'masquerade' : 'address';
  if (sourceNat !== 'none' && !capabilities.sourceNat.includes(kind)) {
    const what = kind === 'masquerade' ? '`source_nat: masquerade`' : 'an address in `source_nat`';
    asks.push({ what, path: settings.origin('source_nat') });
  }
  return asks;
}

function schedulerAsks(service: Service, settings: Settings, capabilities: Capabilities): Ask[] {
  const { name, flags } = service.scheduler;
  const path = settings.origin('scheduler');
  if (!capabilities.schedulers.includes(name)) {
    const words = [...capabilities.schedulers, ...Object.keys(capabilities.schedulerAliases)];
    const guess = nearest(name, words);
    const known = `known there: ${capabilities.schedulers.map((known) => withAliases(known, capabilities)).join(', ')}`;
    const hint = guess === undefined ? known : `did you mean \`${guess}\`? ${known}`;
    return [{ what: `the scheduler "${name}"`, path, hint, at: 'value' }];
  }
  const unknown = flags.filter((flag) => !capabilities.schedulerFlags.includes(flag));
  const knownFlags = capabilities.schedulerFlags.join(', ');
  const hint = knownFlags === '' ? 'its schedulers have no flags' : `known there: ${knownFlags}`;
  return unknown.map((flag) => ({
    what: `the scheduler flag "${flag}"`,
    path: [...path, 'flags'],
    hint,
    at: 'value',
  }));
}

/** `round-robin (rr, wrr)` */
function withAliases(scheduler: string, capabilities: Capabilities): string {
  const aliases = Object.entries(capabilities.schedulerAliases)
    .filter(([, canonical]) => canonical === scheduler)
    .map(([alias]) => alias);
  return aliases.length === 0 ? scheduler : `${scheduler} (${aliases.join(', ')})`;
}
