// SPDX-License-Identifier: MIT
import type { CheckNow } from '../status.js';
import { paint, stateColor } from './paint.js';
import { clean } from './text.js';

/** `sluice check`: each probe, what was said, and what came of it. */
export function renderCheck(check: CheckNow, color: boolean): string[] {
  const colors = paint(color);
  if (check.probes.length === 0) return [`${check.endpoint} has no check: it is always taken for up`];
  return check.probes.flatMap(({ type, target, result, dialogue }) => [
    colors.strong(`Check ${type}  ${clean(target)}`),
    ...dialogue.map((line) => `  ${clean(line)}`),
    `${stateColor(colors, result.verdict)(result.verdict.toUpperCase())} in ${result.took_ms.toFixed(1)} ms: ${clean(result.reason)}`,
  ]);
}
