// SPDX-License-Identifier: MIT
import { unsupportedIn, type AddressFrontend, type ApplyFailure, type VirtualService } from 'sluice';
import { capabilities } from './capabilities.js';

/** What this engine can't hold at all, or null. */
export function unsupported(service: VirtualService): ApplyFailure | null {
  const what = unsupportedIn(service, capabilities);
  if (what !== null) return failure(service.key, 'EOPNOTSUPP', `backend proxy does not support ${what}`);
  if (service.slots === null) {
    return failure(service.key, 'EINVAL', 'backend proxy deals in slots, and this service has none');
  }
  return null;
}

/** The system's refusal to listen, as a sentence that says what to do. */
export function listenFailure(
  service: VirtualService,
  frontend: AddressFrontend,
  error: unknown,
): ApplyFailure {
  const code = codeOf(error);
  return failure(service.key, code, sentence(code, service.key, frontend, error));
}

function sentence(code: string, key: string, frontend: AddressFrontend, error: unknown): string {
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens on ${key}: stop it (\`ss -lnp\` shows it), or listen on another port`;
    case 'EACCES':
    case 'EPERM':
      return `listening on port ${frontend.port} needs CAP_NET_BIND_SERVICE: grant it, or listen on a port from 1024 up`;
    case 'EADDRNOTAVAIL':
      return `${frontend.address} is not an address of this host: add it to an interface, or listen on one that is`;
    case 'EAFNOSUPPORT':
      return `this host has no IPv${frontend.family}: enable it, or listen on an address of the other family`;
    case 'EMFILE':
    case 'ENFILE':
      return `no file descriptor is left to listen on ${key}: raise the limit of open files (LimitNOFILE= in systemd)`;
    default:
      return `cannot listen on ${key}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}

function failure(key: string, code: string, message: string): ApplyFailure {
  return { key, code, message };
}
