// SPDX-License-Identifier: MIT
import type { CheckOutcome } from 'sluice';
import { quoteBytes } from '../dialogue/bytes.js';
import { fail, pass } from '../outcome.js';

/** No weight beyond 256 exists, so no share beyond 25,600 % makes sense. */
const MOST_PERCENT = 25_600;
const DOWN = new Set(['down', 'fail', 'failed', 'stopped']);

/**
 * What an agent's line says. The words are those of HAProxy's `agent-check` (its configuration manual, 5.2):
 * `up`, `ready`, `drain`, `maint`, `down`, `fail`, `failed`, `stopped`, a weight such as `75%`, in any order and
 * case, between spaces or commas; text behind `#` explains. Words that only HAProxy can follow are passed over.
 */
export function readAnswer(line: string): CheckOutcome {
  const hash = line.indexOf('#');
  const said = hash < 0 ? line : line.slice(0, hash);
  const why = hash < 0 ? '' : line.slice(hash + 1).trim();
  const words = said
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  let weight: number | undefined;
  let admin: 'drain' | 'maint' | undefined;
  let down = false;
  const known: string[] = [];
  for (const word of words) {
    const percent = /^(\d{1,6})(?:\.\d+)?%$/.exec(word)?.[1];
    if (percent !== undefined) weight = Math.min(MOST_PERCENT, Number(percent));
    else if (DOWN.has(word)) down = true;
    else if (word === 'drain' || word === 'maint') admin = word;
    else if (word === 'ready') admin = undefined;
    else if (word !== 'up') continue;
    known.push(word);
  }
  const reason = `agent says ${known.join(' ')}${why === '' ? '' : `: ${why}`}`;
  if (known.length === 0) return fail('protocol', `agent says ${quoteBytes(Buffer.from(line, 'latin1'))}`);
  if (down) return fail('mismatch', reason);
  return pass(reason, {
    ...(weight !== undefined && { weight, weightIs: 'percent' }),
    ...(admin !== undefined && { admin }),
  });
}
