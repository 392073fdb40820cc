// SPDX-License-Identifier: MIT
/** `sluice plan`: what a configuration would change, as a diff. */
import type { Operation, ServiceChange } from '../change-set.js';
import type { Plan } from '../status.js';
import { serverKey, type RealServer, type VirtualService } from '../virtual-service.js';
import { paint, type Paint } from './paint.js';
import { clean, count } from './text.js';

type Sign = '+' | '-' | '~';

export function renderPlan(
  plan: Plan,
  look: { readonly color: boolean; readonly rendered: boolean },
): string[] {
  const colors = paint(look.color);
  return plan.backends.flatMap(({ name, change, rendered, error }, index) => {
    const gap = index === 0 ? [] : [''];
    const head = colors.strong(`backend ${name}`);
    if (error !== null) return [...gap, `${head}: ${colors.bad('FAILED')}: ${clean(error)}`];
    if (change.changes.length === 0) return [...gap, `${head}: nothing to change`];
    const operations = change.changes.reduce((sum, one) => sum + one.operations.length, 0);
    return [
      ...gap,
      `${head}: ${count(operations, 'operation')} on ${count(change.changes.length, 'service')}`,
      ...change.changes.flatMap((one) => changeLines(one, colors)),
      ...(look.rendered ? ['', ...rendered.trimEnd().split('\n').map(clean)] : []),
    ];
  });
}

function changeLines(change: ServiceChange, colors: Paint): string[] {
  const sign: Sign = change.before === null ? '+' : change.after === null ? '-' : '~';
  const service = change.service === '' ? '' : `  ${change.service}`;
  const after = sign === '+' && change.after !== null ? `  ${describe(change.after)}` : '';
  const removal = change.operations.find((operation) => operation.op === 'remove-service');
  const why = removal === undefined ? '' : `  (${removal.reason})`;
  return [
    signed(colors, sign, `${sign} ${change.key}${service}${after}${why}`),
    ...change.operations.flatMap((operation) => {
      const [operationSign, text] = operationText(operation, change);
      return operationSign === null
        ? []
        : [signed(colors, operationSign, `    ${operationSign} ${clean(text)}`)];
    }),
    ...(change.after?.members.length === 0
      ? [colors.warn('    ! no member is up: new connections are refused until one passes its checks')]
      : []),
  ];
}

/** No sign: the service's own line has said it. */
function operationText(operation: Operation, change: ServiceChange): [Sign, string] | [null, ''] {
  switch (operation.op) {
    case 'add-service':
    case 'remove-service':
      break;
    case 'change-service':
      return ['~', operation.fields.map((field) => fieldText(field, change)).join(', ')];
    case 'add-member':
      return ['+', `${memberText(operation.member)}  ${weightText(operation.member)}`];
    case 'remove-member':
      return ['-', `${memberText(operation.member)}  (${operation.reason})`];
    case 'change-member':
      return [
        '~',
        `${memberText(operation.after)}  ${weightText(operation.before)} -> ${weightText(operation.after)}`,
      ];
    case 'deal-slots':
      return ['~', `${operation.moved} of ${count(operation.of, 'slot')} change hands`];
  }
  return [null, ''];
}

function describe({ scheduler, forwarding, sourceNat }: VirtualService): string {
  const flags = scheduler.flags.length === 0 ? '' : ` (${scheduler.flags.join(', ')})`;
  const source = sourceNat === 'none' ? '' : `, source_nat ${sourceNat}`;
  return `${scheduler.name}${flags}, ${forwarding.mode}${source}`;
}

function memberText(member: RealServer): string {
  return member.endpoint === '' ? serverKey(member) : `${serverKey(member)}  ${member.endpoint}`;
}

function weightText({ weight, state }: RealServer): string {
  return state === 'draining' ? `weight ${weight}, draining` : `weight ${weight}`;
}

function fieldText(field: string, { before, after }: ServiceChange): string {
  if (field === 'slots' && before?.slots && after?.slots) return sharesText(before.slots, after.slots);
  const [old, now] = [fieldValue(before, field), fieldValue(after, field)];
  // The words of the configuration: `source_nat`, not `sourceNat`.
  const name = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return old === null || now === null ? name : `${name} ${old} -> ${now}`;
}

/** Nobody reads slots: what they mean is the share of each member. */
function sharesText(before: readonly string[], after: readonly string[]): string {
  const members = [...new Set([...before, ...after])].filter((key) => key !== '').toSorted();
  const shares = members.map((key) => `${key} ${share(before, key)} -> ${share(after, key)}`);
  return `${before.length} -> ${count(after.length, 'slot')}: ${shares.join(', ')}`;
}

function share(slots: readonly string[], key: string): string {
  const held = slots.filter((holder) => holder === key).length;
  return slots.length === 0 ? '0 %' : `${((100 * held) / slots.length).toFixed(1)} %`;
}

function fieldValue(service: VirtualService | null, field: string): string | null {
  const value = service === null ? undefined : Object.entries(service).find(([key]) => key === field)?.[1];
  if (value === undefined) return null;
  if (value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function signed(colors: Paint, sign: Sign, line: string): string {
  return { '+': colors.good, '-': colors.bad, '~': colors.warn }[sign](line);
}
