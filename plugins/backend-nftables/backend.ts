// SPDX-License-Identifier: MIT
import {
  NFPROTO_INET,
  NETLINK_NETFILTER,
  NetlinkSocket,
  NfTablesBatch,
  isSystemError,
  type TableName,
} from 'sluice/kernel';
import {
  SluiceError,
  type ApplyFailure,
  type ApplyReport,
  type Backend,
  type ChangeSet,
  type Observed,
  type PluginContext,
  type VirtualService,
} from 'sluice';
import { Applier, type Refused } from './applier.js';
import { ChainLedger } from './chain-ledger.js';
import { watchDrift } from './drift.js';
import { creationError, operatorError, operatorMessage } from './faults.js';
import { preflight } from './preflight.js';
import { renderChangeSet } from './render.js';
import { addSkeleton, type ProbeTimeouts } from './skeleton.js';
import { SlotMaps } from './slot-maps.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { supported, type Step } from './step.js';

export interface NftablesOptions {
  readonly table: string;
  readonly probe_timeouts: boolean;
}

/** Holds virtual services in a table of its own, by netlink. One piece of work at a time: one socket. */
export class NftablesBackend implements Backend {
  readonly #context: PluginContext;
  readonly #name: TableName;
  readonly #socket: NetlinkSocket;
  readonly #applier: Applier;
  readonly #uid = process.getuid?.() ?? 0;
  /** The kinds of probe time-outs that suit the options, the wanted one first. */
  readonly #accepted: readonly ProbeTimeouts[];
  #probes: ProbeTimeouts;
  /** What is known of the table since it was last read; null before. */
  #known: Pick<Snapshot, 'state' | 'strays' | 'ledger'> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: PluginContext, options: NftablesOptions) {
    this.#context = context;
    this.#name = { family: NFPROTO_INET, table: options.table };
    this.#accepted = options.probe_timeouts ? ['timed', 'unsupported'] : ['untimed'];
    this.#probes = this.#accepted[0]!;
    try {
      this.#socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    } catch (error) {
      throw operatorError(error);
    }
    this.#applier = new Applier(this.#socket, this.#name, context.clock);
  }

  async observe(): Promise<Observed> {
    return this.#alone(async () => {
      const { services, strays } = await this.#read();
      return { services, strays };
    });
  }

  render(change: ChangeSet): string {
    return renderChangeSet(this.#name.table, change, this.#known?.ledger.maps.copy() ?? new SlotMaps());
  }

  async apply(change: ChangeSet, signal: AbortSignal): Promise<ApplyReport> {
    return this.#alone(() => this.#apply(change, signal));
  }

  onDrift(report: (what: string) => void): Disposable {
    try {
      return watchDrift(this.#name, this.#socket.portId, this.#context, report);
    } catch (error) {
      throw operatorError(error);
    }
  }

  async preflight(services: readonly VirtualService[]): Promise<readonly string[]> {
    const warnings = await preflight(this.#name, services);
    if (this.#probes !== 'unsupported') return warnings;
    return [
      ...warnings,
      'this kernel has no time-out policies for connection tracking, so that finished probes stay in the connection table for up to two minutes: use one with CONFIG_NF_CONNTRACK_TIMEOUT, or probe less often',
    ];
  }

  async release(mode: 'keep' | 'withdraw'): Promise<void> {
    await this.#alone(async () => {
      this.#socket.close();
      if (mode === 'withdraw') withdraw(this.#name);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release('keep');
  }

  async #read(): Promise<Snapshot> {
    this.#known = null;
    try {
      const snapshot = await takeSnapshot(this.#socket, this.#name, this.#accepted, this.#uid);
      this.#known = snapshot;
      this.#probes = snapshot.probes;
      return snapshot;
    } catch (error) {
      throw operatorError(error);
    }
  }

  async #apply(change: ChangeSet, signal: AbortSignal): Promise<ApplyReport> {
    const known = this.#known ?? (await this.#read());
    const { able, failed } = await supported(change, known.ledger.maps);
    if (known.state !== 'sound' || known.strays > 0) return this.#repair(able, [], failed, signal);
    const { done, refused } = await this.#applier.run(known.ledger, able, signal);
    if (refused.length === 0) return { applied: done, failed };
    if (refused.some(({ error }) => isSystemError(error, 'EPERM'))) {
      return { applied: done, failed: [...failed, ...refused.map(failureOf)] };
    }
    if ((await this.#read()).state === 'strange') {
      // To be replaced as a whole, which these steps alone are not: all services they don't name would be lost.
      throw new SluiceError(
        'SLUICE_KERNEL',
        `somebody changed the shape of table inet ${this.#name.table} during a change: it is read back and made anew`,
      );
    }
    const steps = refused.map(({ step }) => step);
    return this.#repair(steps, done, failed, signal);
  }

  /** Carries out the steps from what the table really holds, and puts in order what else is wrong with it. */
  async #repair(
    steps: readonly Step[],
    done: readonly string[],
    failed: readonly ApplyFailure[],
    signal: AbortSignal,
  ): Promise<ApplyReport> {
    let snapshot = await this.#read();
    if (snapshot.state === 'strange' && this.#replace(steps)) {
      return { applied: [...done, ...steps.map(({ key }) => key)], failed };
    }
    if (snapshot.state !== 'sound') {
      try {
        this.#create(snapshot.state === 'strange', []);
      } catch (error) {
        throw creationError(this.#name.table, error);
      }
      snapshot = await this.#read();
    }
    const { held, ledger, cleaning } = snapshot;
    const wanted = new Set(steps.map(({ key }) => key));
    const all = [
      ...cleaning.filter(({ key }) => !wanted.has(key)),
      ...steps.map((step) => ({ ...step, before: held.get(step.key) ?? null })),
    ];
    const first = (batch: NfTablesBatch): void => {
      ledger.releaseUnused();
      ledger.mendShared(batch);
    };
    const together = await this.#applier.run(ledger, all, signal, { first });
    const rest = together.refused.map(({ step }) => step);
    const alone = await this.#applier.run(ledger, rest, signal, { alone: true });
    const clean = alone.refused.length === 0 && together.refused.length === 0;
    this.#known = clean ? { ...snapshot, strays: 0 } : null;
    const ours = (key: string): boolean => wanted.has(key);
    return {
      applied: [...done, ...[...together.done, ...alone.done].filter(ours)],
      failed: [...failed, ...alone.refused.map(failureOf).filter(({ key }) => ours(key))],
    };
  }

  /**
   * Replaces a table whose shape is not ours by a new one with all services, in one transaction. False when
   * that fails: they are too many, or the kernel refuses one of them.
   */
  #replace(steps: readonly Step[]): boolean {
    try {
      this.#create(
        true,
        steps.map((step) => ({ ...step, before: null })),
      );
      return true;
    } catch (error) {
      if (!isSystemError(error) || error.code === 'EPERM') throw operatorError(error);
      this.#context.log.warn(
        { services: steps.length, reason: error.message },
        'the table cannot be replaced at one blow: its services come one after the other',
      );
      return false;
    }
  }

  /** Makes the table, with steps in it or not, with as good probe time-outs as the kernel has. */
  #create(replace: boolean, steps: readonly Step[]): void {
    for (const probes of this.#accepted) {
      const batch = new NfTablesBatch(this.#socket, this.#name);
      if (replace) batch.deleteTable();
      const policies = addSkeleton(batch, probes, this.#uid);
      const ledger = new ChainLedger();
      const refusals = this.#applier.commitWhole(batch, ledger, steps);
      if (refusals.length === 0) {
        this.#probes = probes;
        this.#known = { state: 'sound', strays: 0, ledger };
        return;
      }
      // A kernel without the policies refuses the rules that name them too: then without.
      if (!refusals.some(({ sequence }) => policies.includes(sequence))) throw refusals[0]!.error;
    }
    throw new SluiceError('SLUICE_KERNEL', `the kernel refuses table inet ${this.#name.table}`);
  }

  /** Runs after all that was asked for before. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function failureOf({ step, error }: Refused): ApplyFailure {
  return { key: step.key, code: error.code, message: operatorMessage(error) };
}

/** Deletes the table, and nothing else. On a socket of its own: it may be asked for after the end. */
function withdraw(name: TableName): void {
  try {
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const batch = new NfTablesBatch(socket, name);
    batch.deleteTable();
    const [refusal] = batch.commit(socket);
    if (refusal !== undefined && refusal.error.code !== 'ENOENT') throw refusal.error;
  } catch (error) {
    throw operatorError(error);
  }
}
