// SPDX-License-Identifier: MIT
/** `sluice status` for people: what is wrong first in words, then everything in tables. */
import type { BackendStatus, ClusterStatus, EndpointStatus, ServiceStatus, Status } from '../status.js';
import { paint, stateColor, type Paint } from './paint.js';
import { alignedTables, type Cell, type Column } from './table.js';
import { clean, count } from './text.js';
import { age } from './time-text.js';

export interface Look {
  readonly color: boolean;
  readonly columns: number;
  readonly nowMs: number;
}

const ENDPOINT_COLUMNS: readonly Column[] = [
  { title: 'ENDPOINT' },
  { title: 'ADDRESS', expendable: 3 },
  { title: 'STATE' },
  { title: 'ADMIN', expendable: 1 },
  { title: 'WEIGHT', expendable: 2 },
  { title: 'ROTATION' },
  { title: 'SINCE' },
  { title: 'REASON' },
];

export function renderStatus(status: Status, look: Look): string[] {
  const colors = paint(look.color);
  return [
    ...headLines(status, look, colors),
    ...troubleLines(status, colors),
    ...serviceLines(status.clusters, look, colors),
    '',
    ...backendLines(status.backends, look, colors),
  ];
}

function headLines(status: Status, look: Look, colors: Paint): string[] {
  const { version, role, pid, started_at, generation, config } = status;
  const services = status.clusters.flatMap((cluster) => cluster.services);
  const endpoints = services.flatMap((service) => service.endpoints);
  const serviceStates = tally(
    services.map(({ state }) => state),
    ['down', 'degraded', 'up'],
    colors,
  );
  const endpointStates = tally(
    endpoints.map(({ state }) => state),
    ['down', 'unknown', 'up'],
    colors,
  );
  const dryRun = status.dry_run ? `  ${colors.warn('DRY RUN: no rule is touched')}` : '';
  return [
    `${colors.strong(`sluice ${version}`)}  ${role}, pid ${pid}, running for ${age(started_at, look.nowMs)}${dryRun}`,
    `${clean(config.file)}, generation ${generation}, loaded ${age(config.loaded_at, look.nowMs)} ago`,
    `${count(services.length, 'service')}${serviceStates}; ${count(endpoints.length, 'endpoint')}${endpointStates}`,
  ];
}

/** `: 1 DOWN, 2 up`: what is not well stands in capitals. */
function tally(states: readonly string[], order: readonly string[], colors: Paint): string {
  const parts = order.flatMap((state) => {
    const number = states.filter((one) => one === state).length;
    return number === 0 ? [] : [stateColor(colors, state)(`${number} ${stateWord(state)}`)];
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function stateWord(state: string): string {
  return state === 'up' ? state : state.toUpperCase();
}

function troubleLines(status: Status, colors: Paint): string[] {
  const lines: string[] = [];
  const add = (color: (text: string) => string, word: string, text: string): void => {
    lines.push(`${color(word.padEnd(7))}  ${clean(text)}`);
  };
  if (status.unfit !== null) add(colors.bad, 'UNFIT', `results do not count now: ${status.unfit}`);
  if (status.config.error !== null) {
    add(
      colors.bad,
      'CONFIG',
      `the last reload failed, the configuration before it runs on: ${status.config.error}`,
    );
  }
  for (const { name, converged, last_error } of status.backends) {
    if (last_error !== null) add(colors.bad, 'BACKEND', `${name}: ${last_error}`);
    else if (!converged)
      add(colors.warn, 'BACKEND', `${name}: changes are still on their way into the engine`);
  }
  for (const { name, faults, last_fault } of status.plugins) {
    if (faults > 0)
      add(colors.warn, 'PLUGIN', `${name}: ${count(faults, 'fault')}, last: ${last_fault ?? '-'}`);
  }
  for (const warning of status.warnings) add(colors.warn, 'WARNING', warning);
  return lines.length === 0 ? [] : ['', ...lines];
}

function serviceLines(clusters: readonly ClusterStatus[], look: Look, colors: Paint): string[] {
  const services = clusters.flatMap((cluster) =>
    cluster.services.map((service) => ({ cluster: cluster.name, service })),
  );
  const rows = services.map(({ service }) =>
    service.endpoints.map((endpoint) => endpointCells(endpoint, look, colors)),
  );
  const tables = alignedTables(ENDPOINT_COLUMNS, rows, look.columns);
  return services.flatMap(({ cluster, service }, index) => [
    '',
    serviceLine(cluster, service, colors),
    ...(tables[index] ?? []),
  ]);
}

function serviceLine(cluster: string, service: ServiceStatus, colors: Paint): string {
  const { name, state, listen, fwmark, backend, scheduler } = service;
  const where = [...listen, ...(fwmark === null ? [] : [`fwmark ${fwmark}`])].join(' ');
  const word = stateColor(colors, state)(stateWord(state));
  return `${colors.strong(`${cluster}/${name}`)}  ${word}  ${where}  ${backend}, ${scheduler}`;
}

function endpointCells(endpoint: EndpointStatus, look: Look, colors: Paint): Cell[] {
  const { state, admin, weight, effective_weight } = endpoint;
  return [
    { text: endpoint.id },
    { text: addressText(endpoint) },
    { text: stateWord(state), color: stateColor(colors, state) },
    { text: admin, ...(admin !== 'enabled' && { color: colors.warn }) },
    { text: effective_weight === weight ? `${weight}` : `${effective_weight} of ${weight}` },
    endpoint.in_rotation ? { text: 'in' } : { text: 'OUT', color: colors.warn },
    { text: age(endpoint.since, look.nowMs).replaceAll(' ', '') },
    { text: endpoint.reason },
  ];
}

export function addressText({ address, port }: Pick<EndpointStatus, 'address' | 'port'>): string {
  const host = address.includes(':') && port !== null ? `[${address}]` : address;
  return port === null ? host : `${host}:${port}`;
}

function backendLines(backends: readonly BackendStatus[], look: Look, colors: Paint): string[] {
  return backends.map(({ name, converged, last_applied_at, services }) => {
    const state = converged ? colors.good('converged') : colors.warn('NOT CONVERGED');
    const applied =
      last_applied_at === null ? 'never changed' : `last changed ${age(last_applied_at, look.nowMs)} ago`;
    return `backend ${colors.strong(name)}  ${state}  ${count(services, 'service')}, ${applied}`;
  });
}
