// SPDX-License-Identifier: MIT
/** `sluice explain`: the answer first, then all that leads to it. */
import { formatDuration } from '../config/duration.js';
import type { CheckExplanation, Explanation, ResultStatus, WatchExplanation } from '../status.js';
import { paint, stateColor, type Paint } from './paint.js';
import { addressText, type Look } from './render-status.js';
import { tableLines } from './table.js';
import { clean, count } from './text.js';
import { clockTime, span } from './time-text.js';

export function renderExplanation(explanation: Explanation, look: Look): string[] {
  const { endpoint, service, rule } = explanation;
  const colors = paint(look.color);
  const state = stateColor(colors, endpoint.state)(endpoint.state.toUpperCase());
  const weight =
    endpoint.effective_weight === endpoint.weight
      ? `weight ${endpoint.weight}`
      : `weight ${endpoint.effective_weight} of ${endpoint.weight}`;
  return [
    colors.strong(clean(explanation.summary)),
    '',
    `Endpoint  ${endpoint.id}  ${addressText(endpoint)}`,
    `State     ${state}${sinceText(endpoint.since, look)}, ${weight}: ${clean(endpoint.reason)}`,
    `Service   ${service.id} is ${stateColor(colors, service.state)(service.state.toUpperCase())}, listens on ${service.listen.join(' ')}`,
    `Admin     ${adminText(explanation.admin, look)}`,
    `Rule      ${rule.in_rotation ? 'in rotation' : colors.warn('OUT of rotation')}, ${ruleText(rule, look)}`,
    ...(explanation.checks.length === 0 ? ['', 'No check: it is always taken for up.'] : []),
    ...explanation.checks.flatMap((check) => ['', ...checkLines(check, look, colors)]),
    ...explanation.watches.flatMap((watch) => ['', ...watchLines(watch, look, colors)]),
  ];
}

function sinceText(since: string | null, look: Look): string {
  return since === null ? '' : ` since ${timeAndAge(since, look)}`;
}

function timeAndAge(iso: string, look: Look): string {
  return `${clockTime(iso, look.nowMs)} (${span(look.nowMs - Date.parse(iso))} ago)`;
}

function adminText({ configured, override }: Explanation['admin'], look: Look): string {
  if (override === null) return `${configured}, as configured`;
  const until =
    override.until === null ? 'until "sluice enable"' : `until ${clockTime(override.until, look.nowMs)}`;
  return `${override.admin.toUpperCase()} by "sluice ${commandOf(override.admin)} ${override.target}" at ${clockTime(override.since, look.nowMs)}, ${until}; configured: ${configured}`;
}

function commandOf(admin: Explanation['admin']['configured']): string {
  return { enabled: 'enable', drain: 'drain', disabled: 'disable' }[admin];
}

function ruleText(rule: Explanation['rule'], look: Look): string {
  const when = rule.changed_at === null ? '' : `last changed ${timeAndAge(rule.changed_at, look)}: `;
  return `${when}${clean(rule.reason)}`;
}

function checkLines(check: CheckExplanation, look: Look, colors: Paint): string[] {
  const { rise, fall } = check;
  const state = stateColor(colors, check.state)(check.state.toUpperCase());
  const next =
    check.next_probe_in_ms === null ? 'no probe is due' : `next probe in ${seconds(check.next_probe_in_ms)}`;
  return [
    `${colors.strong(`Check ${check.type}`)}  ${clean(check.target)}  ${state}`,
    `  every ${formatDuration(check.interval_ms)}, timeout ${formatDuration(check.timeout_ms)}; ` +
      `down after ${count(fall, 'fail')} in a row, up after ${rise} ${rise === 1 ? 'pass' : 'passes'} in a row`,
    `  ${streakText(check)}; ${next}`,
    ...(check.shared_with.length === 0
      ? []
      : [`  the same probe also feeds ${check.shared_with.join(', ')}`]),
    ...(check.results.length === 0 ? ['  no result yet'] : resultLines(check.results, look, colors)),
  ];
}

function watchLines(watch: WatchExplanation, look: Look, colors: Paint): string[] {
  const { type, on, count: needed, within_ms, signs, last, acted_at } = watch;
  const leads = { down: 'down at once', verify: 'a probe at once', observe: 'a note, no more' }[on];
  const what = needed === 1 ? 'a sign' : `${needed} signs within ${formatDuration(within_ms)}`;
  return [
    colors.strong(`Watch ${clean(type)}`),
    `  ${what} of failure in its traffic: ${leads}`,
    last === null
      ? '  nothing seen yet'
      : `  ${count(signs, 'sign')} seen, the last ${timeAndAge(last.at, look)}: ${clean(last.reason)}`,
    ...(acted_at === null ? [] : [`  last acted on ${timeAndAge(acted_at, look)}`]),
  ];
}

function streakText({ state, streak, rise, fall }: CheckExplanation): string {
  if (state === 'unknown') return 'the first result decides';
  if (streak === 0) return 'nothing speaks against this state';
  return state === 'up'
    ? `${streak} of the ${fall} fails in a row that take it down`
    : `${streak} of the ${rise} passes in a row that bring it back`;
}

function resultLines(results: readonly ResultStatus[], look: Look, colors: Paint): string[] {
  const columns = [
    { title: 'VERDICT' },
    { title: 'AT' },
    { title: 'AGO' },
    { title: 'TOOK' },
    { title: 'REASON' },
  ];
  const rows = results.map(({ verdict, at, took_ms, reason }) => [
    { text: verdict, color: stateColor(colors, verdict) },
    { text: clockTime(at, look.nowMs) },
    { text: span(look.nowMs - Date.parse(at)) },
    { text: `${took_ms.toFixed(1)} ms` },
    { text: reason },
  ]);
  return tableLines(columns, rows, look.columns);
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}
