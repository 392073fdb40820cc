// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { until } from '../../test/support/until.js';
import { cpuMs } from '../kit/process-cpu.js';
import { openFiles, residentMiB } from '../kit/process-size.js';
import { Sluice } from '../kit/sluice.js';
import { table } from '../kit/table.js';
import type { Inside } from './inside.js';

const SAMPLE_EVERY_MS = 2000;

/** What the daemon holds when nothing happens but checks that pass. */
export interface Rest extends Inside {
  readonly residentMiB: number;
  readonly openFiles: number;
}

/** The daemon with a look inside, and samples of its memory over the day. */
export class Watch implements AsyncDisposable {
  readonly sluice: Sluice;
  readonly #directory = tempDirectory();
  readonly #file: string;
  readonly #samples: { readonly atMs: number; readonly residentMiB: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;
  #cpuMs = 0;

  private constructor(sluice: Sluice, directory: Disposable & { readonly path: string }) {
    this.sluice = sluice;
    this.#directory = directory;
    this.#file = join(directory.path, 'inside.json');
  }

  static async start(config: object): Promise<Watch> {
    const directory = tempDirectory();
    const inside = new URL('./inside.js', import.meta.url).href;
    const sluice = await Sluice.start(config, {
      nodeArgs: ['--expose-gc', '--import', inside],
      env: { SLUICE_BENCH_INSIDE: join(directory.path, 'inside.json') },
    });
    return new Watch(sluice, directory);
  }

  /** Samples are taken from now on. */
  begin(): void {
    this.#cpuMs = cpuMs(this.sluice.pid);
    this.#timer = setInterval(() => {
      this.#samples.push({ atMs: performance.now(), residentMiB: residentMiB(this.sluice.pid) });
    }, SAMPLE_EVERY_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#cpuMs = cpuMs(this.sluice.pid) - this.#cpuMs;
  }

  /** Files are the fewest of some looks: probes that are under way have some open. */
  async rest(): Promise<Rest> {
    const { pid } = this.sluice;
    let fewest = Infinity;
    for (let look = 0; look < 40; look += 1) {
      fewest = Math.min(fewest, openFiles(pid));
      await sleep(25);
    }
    this.#asked += 1;
    process.kill(pid, 'SIGUSR2');
    const inside = await until(() => this.#answer(), {
      what: 'a look inside the daemon',
      deadlineMs: 60_000,
    });
    return { ...inside, residentMiB: residentMiB(pid), openFiles: fewest };
  }

  report(morning: Rest, evening: Rest): string {
    const counts = Object.entries(evening.objects).map(([kind, count]) => [
      `${kind} alive`,
      String(morning.objects[kind]),
      String(count),
    ]);
    const rows = [
      ['heap after a collection, MiB', morning.heapMiB.toFixed(1), evening.heapMiB.toFixed(1)],
      ['outside the heap, MiB', morning.externalMiB.toFixed(1), evening.externalMiB.toFixed(1)],
      ['resident, MiB', morning.residentMiB.toFixed(0), evening.residentMiB.toFixed(0)],
      ['open files', String(morning.openFiles), String(evening.openFiles)],
      ...counts,
    ];
    return `\n${table(['at rest', 'morning', 'evening'], rows)}\n\n${this.#trend()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.sluice.stop();
    this.#directory[Symbol.dispose]();
  }

  /** The straight line through the samples of each half of the day: a leak rises in both. */
  #trend(): string {
    const half = this.#samples.length >> 1;
    const [first, second] = [this.#samples.slice(0, half), this.#samples.slice(half)];
    const all = this.#samples.map((sample) => sample.residentMiB);
    const seconds = (this.#samples.length * SAMPLE_EVERY_MS) / 1000;
    return [
      `resident over the day: ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} MiB,`,
      `rising by ${slopePerMinute(first).toFixed(1)} MiB a minute in its first half, ${slopePerMinute(second).toFixed(1)} in its second;`,
      `CPU ${(this.#cpuMs / seconds / 10).toFixed(0)} % of one core`,
    ].join(' ');
  }

  #answer(): Inside | null {
    try {
      const inside = JSON.parse(readFileSync(this.#file, 'utf8')) as Inside;
      return inside.nth === this.#asked ? inside : null;
    } catch {
      // Not there yet, or half written.
      return null;
    }
  }
}

/** Least squares. */
function slopePerMinute(samples: readonly { readonly atMs: number; readonly residentMiB: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const minutes = samples.map(({ atMs }) => atMs / 60_000);
  const [meanMinute, meanMiB] = [mean(minutes), mean(samples.map(({ residentMiB }) => residentMiB))];
  let [above, below] = [0, 0];
  for (const [nth, { residentMiB }] of samples.entries()) {
    above += (minutes[nth]! - meanMinute) * (residentMiB - meanMiB);
    below += (minutes[nth]! - meanMinute) ** 2;
  }
  return above / below;
}
