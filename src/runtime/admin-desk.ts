// SPDX-License-Identifier: MIT
import type { AdminTarget } from '../daemon-api.js';
import { SluiceError } from '../errors.js';
import type { Generation } from '../generation.js';
import type { Admin, Service } from '../model.js';
import type { AdminReport } from '../status.js';
import { type Overrides, targetText } from './admin.js';
import type { NewEvent } from './journal.js';

export interface AdminDeskOptions {
  readonly overrides: Overrides;
  readonly generation: () => Generation;
  /** Writes the overrides down; false when that failed. */
  readonly save: () => Promise<boolean>;
  readonly tell: (event: NewEvent) => void;
}

/** Where operators' words on members are taken: found their target, filed, told, and put into effect. */
export class AdminDesk {
  readonly #options: AdminDeskOptions;

  constructor(options: AdminDeskOptions) {
    this.#options = options;
  }

  /** Throws SLUICE_NOT_FOUND when there is no such member, SLUICE_STATE_WRITE when a restart would forget the word. */
  async set(target: AdminTarget, admin: Admin, forMs: number | null): Promise<AdminReport> {
    const { overrides, generation, save } = this.#options;
    const services = this.#servicesOf(target);
    const text = targetText(target);
    const override = overrides.decide(text, admin, forMs, this.#configured(target));
    this.#tell(
      text,
      override === null ? `${text}: back to what the configuration says` : `${text}: ${admin} by command`,
      admin,
    );
    generation().adminChanged(services);
    if (!(await save())) {
      throw new SluiceError(
        'SLUICE_STATE_WRITE',
        `${text} is in effect as ${admin}, but cannot be written down: a restart will forget it; see the warnings of sluice status`,
      );
    }
    const until = override?.until ?? null;
    const endpoints = services.flatMap((service) => service.endpoints);
    return {
      target: text,
      admin,
      until: until === null ? null : new Date(until).toISOString(),
      endpoints: endpoints.filter(({ member }) => member === target.member).map(({ id }) => id),
    };
  }

  /** The time of an override is up. */
  ended(target: string): void {
    const { generation, save } = this.#options;
    const [cluster, second, third] = target.split('/') as [string, string, string?];
    this.#tell(target, `${target}: its time is up, back to what the configuration says`);
    generation().adminChanged(
      this.#servicesOf(
        third === undefined ? { cluster, member: second } : { cluster, service: second, member: third },
      ),
    );
    void save();
  }

  /** Forgets what was said of members that the configuration no longer has. */
  prune(): void {
    const { overrides, generation, save } = this.#options;
    const gone = overrides.prune(generation().prepared.config);
    for (const target of gone) {
      this.#tell(target, `${target} is gone from the configuration: its override is forgotten`);
    }
    if (gone.length > 0) void save();
  }

  #servicesOf(target: AdminTarget): Service[] {
    const { cluster, service, member } = target;
    const found = this.#clusterOf(cluster);
    const services = (found?.services ?? []).filter(
      (candidate) =>
        (service === undefined || candidate.name === service) &&
        candidate.endpoints.some((endpoint) => endpoint.member === member),
    );
    const exists =
      service === undefined ? found?.members.some(({ name }) => name === member) : services.length > 0;
    if (exists === true) return services;
    throw new SluiceError('SLUICE_NOT_FOUND', `no such member: ${targetText(target)}`);
  }

  /** What holds for a target without an override of its own. */
  #configured({ cluster, service, member }: AdminTarget): Admin {
    const { overrides, generation } = this.#options;
    if (service === undefined) {
      const found = this.#clusterOf(cluster);
      const endpoints = (found?.services ?? []).flatMap((one) => one.endpoints);
      // A service may say of the member what the cluster doesn't.
      const said = [
        ...(found?.members.filter(({ name }) => name === member) ?? []),
        ...endpoints.filter((endpoint) => endpoint.member === member),
      ];
      return said.find(({ admin }) => admin !== 'enabled')?.admin ?? 'enabled';
    }
    const record = generation().book.records.get(`${cluster}/${service}/${member}`);
    return overrides.ofMember(cluster, member)?.admin ?? record?.endpoint.admin ?? 'enabled';
  }

  #clusterOf(cluster: string) {
    return this.#options.generation().prepared.config.clusters.find(({ name }) => name === cluster);
  }

  #tell(subject: string, message: string, to?: Admin): void {
    this.#options.tell({ kind: 'admin', subject, message, ...(to === undefined ? {} : { to }) });
  }
}
