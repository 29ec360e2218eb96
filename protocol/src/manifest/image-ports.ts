import { type OpenExpose } from "./open-part.ts";

/**
 * Exposed ports on which nobody listens, as far as the image tells: what a node can warn about once it has the image,
 * and nobody before. Ports that the container learns at its start are left out, and an image that names no port tells
 * nothing.
 *
 * @param imagePorts Ports that the image names with EXPOSE, such as `8080/tcp` (OCI image specification, `ExposedPorts`).
 */
export function silentPorts(expose: readonly OpenExpose[], imagePorts: readonly string[]): OpenExpose[] {
  if (imagePorts.length === 0) return [];
  const heard = new Set(imagePorts.map((port) => (port.includes("/") ? port : `${port}/tcp`)));
  return expose.filter(({ firstPort, lastPort, protocol, usePublicPort }) => {
    if (usePublicPort) return false;
    const transport = protocol === "udp" ? "udp" : "tcp";
    for (let port = firstPort; port <= lastPort; port++) if (heard.has(`${port}/${transport}`)) return false;
    return true;
  });
}
