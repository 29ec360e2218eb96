/** A valid manifest of one service with one public port and a range. */
export function webManifest(
  change: { image?: string; port?: number; env?: string; price?: string } = {},
): string {
  const { image = "registry.test/web:1.0.0", port = 8080, env = "GREETING=hello", price = "0.0005" } = change;
  return `version: "1.0"
services:
  web:
    image: ${image}
    env: ["${env}"]
    expose:
      - port: ${port}
        proto: tcp
        to: [{ global: true }]
profiles:
  name: web
  mode: fizz
  duration: 1h
  compute:
    web:
      resources:
        cpu: { units: 0.5 }
        memory: { size: 128Mi }
        storage: { size: 1Gi }
  placement:
    anywhere:
      pricing:
        web: { token: ETH, amount: ${price} }
deployment:
  web:
    anywhere: { profile: web, count: 1 }
`;
}
