// SPDX-License-Identifier: MIT
import type { Listen, Service } from '../model.js';
import type { AddressFrontend, Family, Frontend } from '../virtual-service.js';

/**
 * What clients of a service connect to, in the order of the config: one frontend per address listened on, or
 * one per family for a firewall mark. A listen on an interface has no address here: whoever follows the
 * interface's addresses puts them in its place first.
 */
export function frontendsOf(service: Service): Frontend[] {
  const addresses = service.listens.filter((listen) => listen.interface === null).map(addressFrontend);
  if (service.fwmark === null) return addresses;
  const { mark, mask } = service.fwmark;
  return markFamilies(service).map((family) => {
    const marks = addresses.filter((address) => address.family === family);
    return { kind: 'mark', family, mark, mask, marks };
  });
}

function addressFrontend({ family, address, protocol, port, portLast }: Listen): AddressFrontend {
  return { kind: 'address', family, address, protocol, port, portLast };
}

/** Families of the listens; where others set the mark, those that the members have. */
function markFamilies(service: Service): Family[] {
  const listened = (family: Family): boolean => service.listens.some((listen) => listen.family === family);
  const served = (family: Family): boolean =>
    service.endpoints.some((endpoint) => endpoint.addresses[family] !== undefined);
  return ([4, 6] as const).filter(service.listens.length > 0 ? listened : served);
}
