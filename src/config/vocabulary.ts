// SPDX-License-Identifier: MIT
/** Words of other programs' configurations, and what to write here. Words that mean the same here are absent. */
interface Foreign {
  /** Whose word it is. */
  readonly of: string;
  /** What to write instead: the second half of a sentence. */
  readonly here: string;
}

const KEEPALIVED: Readonly<Record<string, string>> = {
  delay_loop: 'here it is `interval` in `check`',
  virtual_server: 'here it is a service, under `clusters: NAME: services:`',
  virtual_server_group: 'here a service takes a list in `listen`',
  real_server: 'here it is a member, under `clusters: NAME: members:`',
  lb_algo: 'here it is `scheduler`',
  lvs_sched: 'here it is `scheduler`',
  lb_kind: 'here it is `forwarding`: NAT is nat, DR is route, TUN is tunnel',
  lvs_method: 'here it is `forwarding`: NAT is nat, DR is route, TUN is tunnel',
  persistence_timeout: 'here it is `persistence: 6m`, or `timeout` in it',
  persistence_granularity: 'here it is `netmask` (IPv6: `netmask6`) in `persistence`, a prefix length',
  sorry_server: 'here it is `fallback: ADDR:PORT`',
  quorum: 'here it is `min_up`',
  hysteresis: 'here it is `min_up: {down: N, up: M}`',
  quorum_up: 'here `sluice events --follow --json` tells it',
  quorum_down: 'here `sluice events --follow --json` tells it',
  notify_up: 'here `sluice events --follow --json` tells it',
  notify_down: 'here `sluice events --follow --json` tells it',
  inhibit_on_failure: 'here it is `on_down: {rule: quiesce}`',
  connect_timeout: 'here it is `timeout` in `check`',
  connect_port: 'here it is `port` in `check`',
  connect_ip: 'here it is `address` in `check`',
  bindto: 'here it is `source` in `check`',
  bind_if: 'here it is `source` in `check`, with the name of the interface',
  retry: 'here it is `fall` in `check`: failures in a row, the first one counted',
  nb_get_retry: 'here it is `fall` in `check`: failures in a row, the first one counted',
  delay_before_retry: 'here it is `fast_interval` in `check`',
  misc_path: 'here it is `check: {type: command, command: [PROGRAM, ARGUMENT, ...]}`',
  misc_timeout: 'here it is `timeout` in `check`',
  misc_dynamic: 'here it is `weight: true` in a check of type command',
  status_code: 'here it is `status: [200]` in a check of type http',
  uthreshold: 'here it is `upper` in `limits`',
  lthreshold: 'here it is `lower` in `limits`',
  TCP_CHECK: 'here it is `check: {type: tcp}`',
  HTTP_GET: 'here it is `check: {type: http}`',
  SSL_GET: 'here it is `check: {type: http, tls: true}`',
  MISC_CHECK: 'here it is `check: {type: command}`',
  DNS_CHECK: 'here it is `check: {type: udp}` with `send` and `expect`',
  UDP_CHECK: 'here it is `check: {type: udp}`',
  alpha: 'here a member without any result yet waits for its first pass',
  omega: 'here `sluice stop --withdraw` takes the rules away',
  warmup: 'here the starts of probes are spread of themselves',
  ops: 'here it is a flag of `scheduler`, where the backend has it',
  global_defs: 'here the same is said by `control`, `state` and `log`',
  vrrp_instance: 'this version has no part for it: run it beside sluice',
};

const LDIRECTORD: Readonly<Record<string, string>> = {
  virtual: 'here it is a service, under `clusters: NAME: services:`',
  real: 'here it is a member, under `clusters: NAME: members:`',
  checktype: 'here it is `type` in `check`; `connect` is tcp, `negotiate` is http or a `script`',
  checkinterval: 'here it is `interval` in `check`',
  checktimeout: 'here it is `timeout` in `check`',
  negotiatetimeout: 'here it is `timeout` in `check`',
  checkcount: 'here it is `fall` in `check`',
  failurecount: 'here it is `fall` in `check`',
  checkport: 'here it is `port` in `check`',
  checkcommand: 'here it is `command` in a check of type command',
  request: 'here it is `path` in a check of type http, or `send`',
  receive: 'here it is `body` in a check of type http, or `expect`',
  virtualhost: 'here it is `host` in a check of type http',
  httpmethod: 'here it is `method` in a check of type http',
  quiescent: 'here it is `on_down: {rule: quiesce}`',
  readdquiescent: 'here it is `on_down: {rule: quiesce}`',
  cleanstop: 'here `sluice stop` keeps the rules, and `sluice stop --withdraw` takes them away',
  autoreload: 'here `sluice reload` or SIGHUP reads the file again',
  persistent: 'here it is `persistence: 6m`',
  fallbackcommand: 'here `sluice events --follow --json` tells it',
  emailalert: 'here `sluice events --follow --json` tells it',
  maintenancedir: 'here it is `sluice drain MEMBER`',
};

const HAPROXY: Readonly<Record<string, string>> = {
  inter: 'here it is `interval` in `check`',
  fastinter: 'here it is `fast_interval` in `check`',
  downinter: 'here it is `down_interval` in `check`',
  server: 'here it is a member, under `clusters: NAME: members:`',
  frontend: 'here it is a service, under `clusters: NAME: services:`',
  bind: 'here it is `listen`',
  balance: 'here it is `scheduler`: roundrobin is round-robin, source is source-hash',
  option: 'here a check is `check: {type: http}`',
  httpchk: 'here it is `check: {type: http}`',
  'http-check': 'here it is `check: {type: http}`',
  'tcp-check': 'here it is `script` in a check of type tcp',
  'agent-check': 'here it is `check: {type: agent}`',
  'agent-port': 'here it is `port` in a check of type agent',
  slowstart: 'here it is `slow_start`',
  maxconn: 'here it is `upper` in `limits`',
  minconn: 'here it is `lower` in `limits`',
  backup: 'here it is `fallback: ADDR:PORT`',
  'check-ssl': 'here it is `tls: true` in the check',
  'check-sni': 'here it is `server_name` in the check',
  'on-marked-down': 'here it is `on_down`; `shutdown-sessions` is `tcp: reset`',
  'on-error': 'here it is `on` of a `watch`',
  observe: 'here it is `watch`',
  stick: 'here it is `persistence`',
  'stick-table': 'here it is `persistence`',
  track: 'here equal checks of one address are one probe of themselves',
};

const RELAYD: Readonly<Record<string, string>> = {
  table: 'here it is a cluster, under `clusters:`',
  redirect: 'here it is a service, under `clusters: NAME: services:`',
  relay: 'here it is a service with `backend: proxy`',
  forward: 'here the `members` of the cluster take the traffic; a second `forward to` is `fallback`',
  'forward to': 'here the `members` of the cluster take the traffic; a second one is `fallback`',
  mode: 'here it is `scheduler`',
  'sticky-address': 'here it is `persistence`',
  demote: 'this version has no part for it',
  disable: 'here it is `admin: disabled`',
};

const NFTLB: Readonly<Record<string, string>> = {
  farms: 'here it is `clusters`',
  'virtual-addr': 'here it is the address in `listen`',
  'virtual-ports': 'here it is the port in `listen`',
  'ip-addr': 'here it is `address` of a member',
  'persist-ttl': 'here it is `persistence: 6m`',
};

/** Program by program; where two share a word, the later one's meaning is the one told. */
export const FOREIGN_WORDS: readonly {
  readonly of: string;
  readonly words: Readonly<Record<string, string>>;
}[] = [
  { of: 'nftlb', words: NFTLB },
  { of: 'relayd', words: RELAYD },
  { of: 'ldirectord', words: LDIRECTORD },
  { of: 'HAProxy', words: HAPROXY },
  { of: 'keepalived', words: KEEPALIVED },
];

const WORDS: ReadonlyMap<string, Foreign> = new Map(
  FOREIGN_WORDS.flatMap(({ of, words }) =>
    Object.entries(words).map(([word, here]): [string, Foreign] => [word.toLowerCase(), { of, here }]),
  ),
);

/** For a key that does not exist here: whose word it is and what to write, as one sentence. */
export function translateWord(word: string): string | undefined {
  const foreign = WORDS.get(word.toLowerCase());
  return foreign === undefined ? undefined : `\`${word}\` is ${foreign.of}'s word: ${foreign.here}`;
}
