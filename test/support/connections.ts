// SPDX-License-Identifier: MIT
/** Entries made up in the connection table of this network namespace, for tests and measurements. */
import {
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_STATE,
  CTA_STATUS,
  CTA_TIMEOUT,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  CT_NEW,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  TCP_CONNTRACK_ESTABLISHED,
  writeTuple,
} from '../../src/kernel/conntrack-message.js';
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  MessageWriter,
  NETLINK_NETFILTER,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  NetlinkSocket,
  SystemError,
  addressBytes,
  nfGenHeader,
} from '../../src/kernel/index.js';

export interface MadeConnection {
  readonly protocol: 'tcp' | 'udp';
  readonly client: string;
  readonly clientPort: number;
  readonly frontend: string;
  readonly frontendPort: number;
  readonly member: string;
  readonly memberPort: number;
  /** Default true. */
  readonly answered?: boolean;
  /** TCP_CONNTRACK_*; default established. */
  readonly tcpState?: number;
}

const BATCH = 500;

/** Makes the entries; they stay for ten minutes. */
export function makeConnections(connections: Iterable<MadeConnection>): void {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const writer = new MessageWriter(128 * 1024);
  let waiting = 0;
  const flush = (): void => {
    const refusal = socket.transact(writer.bytes()).find(({ errno }) => errno !== 0);
    if (refusal !== undefined) throw new SystemError('conntrack new', refusal.errno, refusal.detail);
    writer.truncate(0);
    waiting = 0;
  };
  for (const connection of connections) {
    write(writer, socket.nextSequence(), connection);
    waiting += 1;
    if (waiting === BATCH) flush();
  }
  if (waiting > 0) flush();
}

function write(writer: MessageWriter, sequence: number, connection: MadeConnection): void {
  const { frontendPort, memberPort, clientPort, answered = true } = connection;
  const client = addressBytes(connection.client);
  const protocol = connection.protocol === 'tcp' ? IPPROTO_TCP : IPPROTO_UDP;
  const start = writer.beginMessage(CT_NEW, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sequence);
  writer.raw(nfGenHeader(client.length === 4 ? 2 : 10));
  writeTuple(writer, CTA_TUPLE_ORIG, {
    protocol,
    source: client,
    sourcePort: clientPort,
    destination: addressBytes(connection.frontend),
    destinationPort: frontendPort,
  });
  writeTuple(writer, CTA_TUPLE_REPLY, {
    protocol,
    source: addressBytes(connection.member),
    sourcePort: memberPort,
    destination: client,
    destinationPort: clientPort,
  });
  writer.u32be(CTA_TIMEOUT, 600);
  writer.u32be(CTA_STATUS, IPS_CONFIRMED | (answered ? IPS_SEEN_REPLY | IPS_ASSURED : 0));
  if (protocol === IPPROTO_TCP) {
    writer.nest(CTA_PROTOINFO, () => {
      writer.nest(CTA_PROTOINFO_TCP, () => {
        writer.u8(CTA_PROTOINFO_TCP_STATE, connection.tcpState ?? TCP_CONNTRACK_ESTABLISHED);
      });
    });
  }
  writer.endMessage(start);
}
