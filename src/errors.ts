// SPDX-License-Identifier: MIT
/**
 * Every error code sluice can print, with what it means: the one table behind messages, man pages and the
 * control API. A test holds it, the pages and the code to each other.
 */
export const ERROR_CODES = {
  SLUICE_CFG_READ: 'a configuration file cannot be read',
  SLUICE_CFG_SYNTAX: 'the file is not valid YAML',
  SLUICE_CFG_UNKNOWN_KEY: 'a key that does not exist here',
  SLUICE_CFG_MISSING_KEY: 'a key that must be there is not',
  SLUICE_CFG_TYPE: 'a value of the wrong type',
  SLUICE_CFG_VALUE: 'a value outside of what is allowed',
  SLUICE_CFG_REFERENCE: 'a name that nothing in the configuration defines',
  SLUICE_CFG_CONFLICT: 'two parts of the configuration contradict each other',
  SLUICE_CFG_UNSUPPORTED: 'the chosen backend cannot do this, or sluice cannot yet',
  SLUICE_CFG_PLUGIN: 'a plugin cannot be loaded, or refuses its options',
  SLUICE_USAGE: 'the command line is wrong',
  SLUICE_NO_DAEMON: 'no daemon answers on the control socket',
  SLUICE_RUNNING: 'another daemon already runs on the control socket',
  SLUICE_NOT_FOUND: 'no such endpoint, member or service',
  SLUICE_BAD_REQUEST: 'a control request that makes no sense',
  SLUICE_FORBIDDEN: 'the read-only socket takes no commands',
  SLUICE_STATE_WRITE: 'the state directory cannot be written',
  SLUICE_SOCKET: 'the control socket or HTTP port cannot be opened',
  SLUICE_PRIVILEGE: 'a right is missing that the engine or check needs (CAP_NET_ADMIN, CAP_NET_RAW)',
  SLUICE_UNAVAILABLE: 'a part of the system that the engine needs is missing (koffi, a kernel module)',
  SLUICE_KERNEL: 'the kernel refused a change',
  SLUICE_PLUGIN_FAULT: 'a plugin threw, hung or returned nonsense',
  SLUICE_INTERNAL: 'a bug in sluice',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERROR_CODES, text);
}

/** An expected failure with a code: its message is a sentence for the operator and says what to do. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SluiceError';
    this.code = code;
  }
}
