// SPDX-License-Identifier: MIT
/** Kernel I/O for backend and watch plugins: `sluice/kernel`. */
export type { Family } from '../virtual-service.js';
