// SPDX-License-Identifier: MIT
import type { CheckOutcome } from 'sluice';
import { fail, inconclusive, pass } from '../outcome.js';

/** What a co-process's `pass|fail|inconclusive [reason]` stands for. */
export function readAnswer(line: string): CheckOutcome {
  const [verdict = '', ...words] = line.trim().split(/\s+/);
  const reason = words.length === 0 ? `the command says ${verdict}` : words.join(' ');
  if (verdict === 'pass') return pass(reason);
  if (verdict === 'fail') return fail('exit-status', reason);
  if (verdict === 'inconclusive') return inconclusive(reason);
  return inconclusive(
    `the command must answer pass, fail or inconclusive, not ${JSON.stringify(line.slice(0, 80))}`,
  );
}
