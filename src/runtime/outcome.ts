// SPDX-License-Identifier: MIT
import { isRecord } from '../is-record.js';
import type { CheckOutcome, FailKind } from '../plugin/api.js';
import type { FaultSink } from '../plugin/running.js';

const FAIL_KINDS: ReadonlySet<unknown> = new Set<FailKind>([
  'refused',
  'reset',
  'timeout',
  'unreachable',
  'protocol',
  'mismatch',
  'tls',
  'exit-status',
]);
const LONGEST_REASON = 300;
/** No weight beyond 256 exists, so no share of one beyond 25,600 % makes sense. */
const MOST_WEIGHT = { percent: 25_600, absolute: 256 } as const;

/** What is wrong with an answer of a check, as the end of the sentence "returned …"; null: nothing. */
export function outcomeProblem(outcome: unknown): string | null {
  if (!isRecord(outcome)) return `${nameOf(outcome)} instead of an outcome`;
  if (typeof outcome['reason'] !== 'string') return 'an outcome without a reason';
  if (outcome['details'] !== undefined && !isRecord(outcome['details'])) return 'details that are no object';
  switch (outcome['verdict']) {
    case 'pass':
      return passProblem(outcome);
    case 'fail':
      return FAIL_KINDS.has(outcome['kind']) ? null : `the unknown kind of failure ${shown(outcome['kind'])}`;
    case 'inconclusive':
      return null;
    default:
      return `the unknown verdict ${shown(outcome['verdict'])}`;
  }
}

function passProblem({ weight, weightIs, admin }: Readonly<Record<string, unknown>>): string | null {
  if (weightIs !== undefined && weightIs !== 'percent' && weightIs !== 'absolute') {
    return `weightIs ${shown(weightIs)} instead of percent or absolute`;
  }
  if (weight !== undefined) {
    const most = MOST_WEIGHT[weightIs ?? 'percent'];
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= most)) {
      return `the weight ${shown(weight)}, which is not between 0 and ${most}`;
    }
  }
  if (admin !== undefined && admin !== 'drain' && admin !== 'maint') return `the admin state ${shown(admin)}`;
  return null;
}

/**
 * What a check answered, if it makes sense; nonsense is filed as a fault of the plugin and says nothing about
 * the member. Reasons are cut to one short line.
 */
export function checkedOutcome(outcome: unknown, plugin: string, faults: FaultSink): CheckOutcome {
  const read = readOutcome(outcome);
  if (typeof read === 'string') {
    faults.add({ plugin, hook: 'probe', kind: 'nonsense', message: `returned ${read}` });
    return { verdict: 'inconclusive', reason: `${plugin} returned ${read}` };
  }
  const reason = oneLine(read.reason);
  return reason === read.reason ? read : { ...read, reason };
}

function readOutcome(outcome: unknown): CheckOutcome | string {
  try {
    return isOutcome(outcome) ? outcome : (outcomeProblem(outcome) ?? 'what cannot be read twice');
  } catch {
    return 'an outcome that cannot be read';
  }
}

function isOutcome(outcome: unknown): outcome is CheckOutcome {
  return outcomeProblem(outcome) === null;
}

const UNTIDY = /[\u0000-\u001f\u007f-\u009f]|^\s|\s$/;

/** One short line that is safe to show on a terminal. */
export function oneLine(text: string): string {
  if (text.length <= LONGEST_REASON && !UNTIDY.test(text)) return text;
  // A reason goes to terminals: no control character may pass.
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : nameOf(value);
}
