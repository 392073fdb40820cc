// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { Health } from '../health/machine.js';
import { createLog } from '../log.js';
import type { Clock } from '../plugin/api.js';
import { Faults } from '../plugin/faults.js';
import { letGo, prepare, type Prepared } from '../prepare.js';
import type { Plan } from '../status.js';
import { Overrides } from './admin.js';
import { demandOf } from './demand.js';
import { systemClock } from './clock.js';
import type { Engine } from './engines.js';
import { HealthBook } from './health-book.js';
import { rulesOf } from './report.js';

export interface PlanOptions {
  readonly file: string;
  readonly text?: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is known of members, by probe; nothing without a running daemon. */
  readonly health: ReadonlyMap<string, Health>;
  readonly overrides: Overrides;
  /** Engines at work; others are opened for reading and let go again. */
  readonly engines: ReadonlyMap<string, Engine>;
}

/** The rule operations that a configuration would cause against what the engines hold now. Touches nothing. */
export async function planAgainst(options: PlanOptions): Promise<Plan> {
  const { clock } = options;
  const result = await prepare({ ...options, faults: new Faults(clock), dryRun: () => undefined });
  if (!result.ok) return { diagnostics: result.diagnostics, backends: [] };
  const { prepared } = result;
  try {
    const backends = [...prepared.engines.engines.values()].map((engine) =>
      planEngine(engine, prepared, options),
    );
    return { diagnostics: prepared.warnings, backends: await Promise.all(backends) };
  } finally {
    await letGo(prepared.engines.fresh, () => prepared.dispose());
  }
}

async function planEngine(
  engine: Engine,
  prepared: Prepared,
  options: PlanOptions,
): Promise<Plan['backends'][number]> {
  const { name, reconciler, plugin } = engine;
  const { hooks, config, checks } = prepared;
  const book = await HealthBook.open(config, checks, options.overrides, (record) =>
    rulesOf(record).some(({ frontend, server }) => reconciler.holds(frontend, server)),
  );
  await book.restore(options.health);
  try {
    const change = await reconciler.preview({
      ...demandOf(book, name, plugin.capabilities),
      adjust: hooks.adjusts
        ? (services, held) => hooks.adjustDesired(services, { backend: name }, held)
        : null,
    });
    return { name, change, rendered: reconciler.backend.render(change), error: null };
  } catch (error) {
    return { name, change: { changes: [] }, rendered: '', error: (error as Error).message };
  }
}

/** The plan without a running daemon: who is up is what the engines hold. */
export async function planOffline(file: string, text?: string): Promise<Plan> {
  return planAgainst({
    file,
    ...(text === undefined ? {} : { text }),
    clock: systemClock,
    log: createLog({ level: 'warn', format: null, destination: 'stderr' }),
    health: new Map(),
    overrides: new Overrides(systemClock, [], () => undefined),
    engines: new Map(),
  });
}
