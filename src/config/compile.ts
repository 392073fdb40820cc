// SPDX-License-Identifier: MIT
/** The whole way from a file to a configuration; runs in the main thread for small files, in a worker for large. */
import { dirname, resolve } from 'node:path';
import type { Cluster, Config, Service } from '../model.js';
import type { Surroundings } from './default-paths.js';
import type { Diagnostic } from './diagnostics.js';
import { isRecord, own } from '../is-record.js';
import { OptionChecker } from './option-checker.js';
import type { PluginOracle } from './plugin-facts.js';
import type { Path, Problem } from './problem.js';
import { type ConfigInput, type ReadConfig, asRawRoot, readConfigFiles } from './read-files.js';
import { resolveGeneral } from './resolve/resolve-general.js';
import { type ResolvedMember, resolveMember } from './resolve/resolve-member.js';
import { checkConflicts } from './rules/conflicts.js';
import type { RawCluster, RawDefaults, RawRoot } from './schema/raw.js';
import { ServiceReader } from './service-reader.js';
import { type Sources, arrangeDiagnostics, toDiagnostic } from './sources.js';
import { soundPart } from './sound-part.js';
import { BackendCatalog } from './use-backends.js';

export interface Compiled {
  /** Null when there are errors among the diagnostics. */
  readonly config: Config | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Sources;
}

/** Problems that are looked up in the text; more are never shown. */
const MOST_PROBLEMS = 400;

export async function compileConfig(
  input: ConfigInput,
  oracle: PluginOracle,
  surroundings: Surroundings,
): Promise<Compiled> {
  const read = await readConfigFiles(input);
  const { value } = read;
  if (value === undefined) return finish(null, read, []);
  const directory = dirname(resolve(input.file));
  const problems: Problem[] = await loadPlugins(own(value, 'plugins'), oracle, directory);
  const checker = new OptionChecker(oracle, directory, problems.length > 0);
  const backends = new BackendCatalog(checker, own(value, 'backends'));
  await backends.readOptions();
  const services = new ServiceReader(checker, backends, own(value, 'defaults'));
  problems.push(...(await services.readDefaults()));
  const root = await asRawRoot(value);
  const sound = root ?? (await soundPart(value));
  const clusters: Cluster[] = [];
  const rawClusters = own(value, 'clusters');
  for (const name of Object.keys(isRecord(rawClusters) ? rawClusters : {})) {
    const soundCluster = ownCluster(sound, name);
    const read = await readCluster(name, own(rawClusters, name), soundCluster, sound?.defaults, services);
    problems.push(...read.problems);
    clusters.push(read.cluster);
  }
  problems.push(...backends.problems);
  problems.push(
    ...checkConflicts(clusters.flatMap(servicesOf), (service, nth) => services.listenPath(service, nth)),
  );
  if (own(value, 'http') !== undefined) problems.push(noHttp());
  if (root === undefined) return finish(null, read, problems);
  const config: Config = {
    files: read.files,
    ...resolveGeneral(root, directory, surroundings),
    backends: backends.options(),
    clusters,
  };
  return finish(config, read, problems);
}

function servicesOf(cluster: Cluster): readonly Service[] {
  return cluster.services;
}

function ownCluster(root: RawRoot | undefined, name: string): RawCluster | undefined {
  const clusters = root?.clusters ?? {};
  return Object.hasOwn(clusters, name) ? clusters[name] : undefined;
}

interface ClusterRead {
  readonly cluster: Cluster;
  readonly problems: readonly Problem[];
}

/** `sound` is what of the cluster fits the core's schema; the rest has been complained of. */
async function readCluster(
  name: string,
  written: unknown,
  sound: RawCluster | undefined,
  defaults: RawDefaults | undefined,
  reader: ServiceReader,
): Promise<ClusterRead> {
  const path: Path = ['clusters', name];
  const problems: Problem[] = [];
  const members: ResolvedMember[] = Object.entries(sound?.members ?? {}).map(([member, raw]) =>
    resolveMember(member, raw, [...path, 'members', member]),
  );
  problems.push(...members.flatMap((member) => member.problems));
  const services: Service[] = [];
  const writtenServices = own(written, 'services');
  for (const [service, raw] of Object.entries(isRecord(writtenServices) ? writtenServices : {})) {
    const soundService =
      sound !== undefined && Object.hasOwn(sound.services, service) ? sound.services[service] : undefined;
    const found = await reader.read({
      cluster: name,
      name: service,
      written: raw,
      sound:
        sound === undefined || soundService === undefined
          ? undefined
          : { cluster: sound, service: soundService },
      defaults: defaults ?? {},
      members: members.map(({ member }) => member),
      path: [...path, 'services', service],
    });
    problems.push(...found.problems);
    if (found.service !== undefined) services.push(found.service);
  }
  return { cluster: { name, members: members.map(({ member }) => member), services }, problems };
}

async function loadPlugins(specifiers: unknown, oracle: PluginOracle, directory: string): Promise<Problem[]> {
  if (!Array.isArray(specifiers)) return [];
  const texts = specifiers.filter((specifier): specifier is string => typeof specifier === 'string');
  const faults = await oracle.load(texts, directory);
  return faults.flatMap((fault, index): Problem[] => {
    if (fault === null) return [];
    return [
      { code: 'SLUICE_CFG_PLUGIN', message: fault, path: ['plugins', specifiers.indexOf(texts[index])] },
    ];
  });
}

function noHttp(): Problem {
  return {
    code: 'SLUICE_CFG_UNSUPPORTED',
    message: 'metrics and status page (`http`) are not supported by this version of sluice',
    hint: 'take the key away',
    path: ['http'],
    at: 'key',
  };
}

function finish(config: Config | null, read: ReadConfig, problems: readonly Problem[]): Compiled {
  const { sources } = read;
  const located = problems.slice(0, MOST_PROBLEMS).map((problem) => toDiagnostic(sources, problem));
  const diagnostics = arrangeDiagnostics(sources, [...read.diagnostics, ...located]);
  const failed = [...read.diagnostics, ...located].some(({ severity }) => severity === 'error');
  return { config: failed ? null : config, diagnostics, sources };
}
