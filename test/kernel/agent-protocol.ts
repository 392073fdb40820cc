// SPDX-License-Identifier: MIT
/** What a test asks of the agent in a host (test/kernel/agent.ts), over the channel of `child_process.fork`. */

export interface ServeOptions {
  /** `http` answers every request with `status` and the name; the others answer each line, or datagram, with the name. */
  readonly kind: 'tcp' | 'udp' | 'http';
  readonly port: number;
  /** Of the HTTP answer (200). */
  readonly status?: number;
}

export interface AskOptions {
  readonly address: string;
  readonly port: number;
  /** Default `tcp`. */
  readonly protocol?: 'tcp' | 'udp';
  /** Connections to open at most, one after the other in each of `parallel` rows; default: until stopped. */
  readonly count?: number;
  /** Rows of connections at the same time (4). */
  readonly parallel?: number;
  /** Rest of a row between two connections (0). */
  readonly pauseMs?: number;
  /** Addresses to come from, in turn; default: the system's choice. */
  readonly from?: readonly string[];
  /** How long a connection, or an answer, may take (2 s). */
  readonly timeoutMs?: number;
  /** Keep each connection this long, asking again every `askEveryMs` (50); the name must never change (0). */
  readonly holdMs?: number;
  readonly askEveryMs?: number;
}

/** What became of the connections so far. */
export interface AskReport {
  /** Connections that are held now, and have had their first answer. */
  readonly held: number;
  /** Connections that ended well. */
  readonly done: number;
  /** The same by the name that answered. */
  readonly byName: Readonly<Record<string, number>>;
  /** Connections that failed, by kind: an errno name, `timeout`, `closed` (too early) or `moved` (another name). */
  readonly failures: Readonly<Record<string, number>>;
  /** The names that answered, by the address asked from. */
  readonly bySource: Readonly<Record<string, readonly string[]>>;
}

export interface Methods {
  serve(options: ServeOptions): Promise<void>;
  /** Closes the server, and with `reset` its connections too. */
  unserve(options: ServeOptions, reset: boolean): Promise<void>;
  /** Begins to ask; the number is for `report` and `finish`. */
  start(options: AskOptions): Promise<number>;
  report(load: number): Promise<AskReport>;
  /** Opens no more connections, awaits those that are open (ending held ones), and reports. */
  finish(load: number): Promise<AskReport>;
  /** Awaits `count` connections. */
  ask(options: AskOptions): Promise<AskReport>;
}

export interface Request {
  readonly id: number;
  readonly method: keyof Methods;
  readonly params: readonly unknown[];
}

export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
