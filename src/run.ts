// SPDX-License-Identifier: MIT
import { resolve } from 'node:path';
import { formatDiagnostic } from './config/format-diagnostic.js';
import type { Diagnostic } from './config/diagnostics.js';
import { Daemon } from './daemon.js';
import { SluiceError } from './errors.js';
import { createLog } from './log.js';
import { Faults, faultSentence } from './plugin/faults.js';
import { prepare } from './prepare.js';
import { systemClock } from './runtime/clock.js';
import { openControl } from './runtime/control.js';
import { Journal } from './runtime/journal.js';
import { readDirectory } from './runtime/keeper.js';
import { handleSignals } from './signals.js';

export interface RunOptions {
  readonly file: string;
  /** In place of the config's `control.socket`. */
  readonly socket?: string;
  readonly dryRun: boolean;
}

/** `sluice run`: from a config file to a daemon that runs until it is told to stop. Returns the exit status. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const file = resolve(options.file);
  const clock = systemClock;
  const faults = new Faults(clock);
  const journal = new Journal(() => clock.now());
  const dryRun = options.dryRun ? (rendered: string): void => void process.stdout.write(rendered) : null;
  const early = createLog({
    level: 'warn',
    format: null,
    destination: 'stderr',
  });
  const first = await prepare({ file, clock, log: early, faults, engines: new Map(), dryRun });
  if (!first.ok) {
    print(first.diagnostics);
    return 78;
  }
  print(first.prepared.warnings);
  const { config } = first.prepared;
  const log = createLog(config.log);
  const { state, overrides, notes } = await readDirectory(
    config.state.directory,
    config.state.maxAgeMs,
    clock.now(),
  );
  for (const note of notes) log.warn(note);
  const daemon = await Daemon.open({
    file,
    dryRun,
    clock,
    log,
    journal,
    faults,
    first: first.prepared,
    saved: state,
    overrides,
  });
  faults.onFault((fault) =>
    daemon.tell({ kind: 'fault', subject: fault.plugin, message: faultSentence(fault) }),
  );

  let control: AsyncDisposable;
  try {
    control = await openControl({
      api: daemon,
      control: { ...config.control, socket: options.socket ?? config.control.socket },
      onInternalError: (error, request) =>
        log.error({ err: error, request }, 'a bug in sluice: a control request failed'),
    });
  } catch (error) {
    await first.prepared.dispose();
    if (!(error instanceof SluiceError)) throw error;
    process.stderr.write(`sluice: error[${error.code}]: ${error.message}\n`);
    return 1;
  }
  const signals = handleSignals(daemon, faults, log);
  let status = 0;
  try {
    await daemon.start();
    await daemon.ended;
  } catch (error) {
    status = 1;
    log.fatal({ err: error }, 'sluice cannot go on; the rules stay as they are');
  }
  signals[Symbol.dispose]();
  await control[Symbol.asyncDispose]();
  return status;
}

function print(diagnostics: readonly Diagnostic[]): void {
  const color = process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  for (const diagnostic of diagnostics) process.stderr.write(`${formatDiagnostic(diagnostic, { color })}\n`);
}
