import { RELAY_OPTIONS } from "./relay-options.ts";

/** One setting: its environment variable, its key in the configuration file, and what it is. */
export interface Option {
  readonly env: string;
  readonly key: string;
  readonly fallback: string;
  readonly text: string;
}

export const CONFIG_OPTIONS: readonly Option[] = [
  {
    env: "FIZZ_RPC_URL",
    key: "rpcUrl",
    fallback: "required",
    text: "HTTP JSON-RPC endpoint of the chain.",
  },
  {
    env: "FIZZ_CONTRACTS",
    key: "contracts",
    fallback: "required",
    text: 'Addresses as JSON: {"nodeRegistry":"0x…","subnetRegistry":"0x…","leaseMarket":"0x…"}.',
  },
  {
    env: "FIZZ_GATEWAY_KEY",
    key: "key",
    fallback: "required, or the file",
    text: "Operator private key of the subnet, 32 bytes of hex. It is the libp2p identity too.",
  },
  {
    env: "FIZZ_GATEWAY_KEY_FILE",
    key: "keyFile",
    fallback: "none",
    text: "File with that key, instead of the variable.",
  },
  {
    env: "FIZZ_GATEWAY_OWNER_KEY",
    key: "ownerKey",
    fallback: "the operator key",
    text: "register only: private key of the wallet that stakes and earns.",
  },
  {
    env: "FIZZ_GATEWAY_CUT_BPS",
    key: "cutBps",
    fallback: "500",
    text: "register only: cut of the subnet in 1/10000, at most 2000.",
  },
  {
    env: "FIZZ_GATEWAY_API_HOST",
    key: "apiHost",
    fallback: "0.0.0.0",
    text: "Address the HTTP API listens on.",
  },
  {
    env: "FIZZ_GATEWAY_API_PORT",
    key: "apiPort",
    fallback: "4800",
    text: "Port of the HTTP API; 0 for any.",
  },
  {
    env: "FIZZ_GATEWAY_API_URL",
    key: "apiUrl",
    fallback: "http://<public host>:<port>",
    text: "Base URL under which clients reach the HTTP API.",
  },
  {
    env: "FIZZ_GATEWAY_DOMAIN",
    key: "domain",
    fallback: "none",
    text: "Domain whose wildcard (*.domain) points to the gateway; register publishes it on chain.",
  },
  {
    env: "FIZZ_GATEWAY_HTTP_PORT",
    key: "httpPort",
    fallback: "none: not served",
    text: "Public port of HTTP by host name, 80 where the internet looks for it; 0 for any. Needs the domain.",
  },
  {
    env: "FIZZ_GATEWAY_HTTPS_PORT",
    key: "httpsPort",
    fallback: "none: not served",
    text: "The same of HTTPS: 443.",
  },
  {
    env: "FIZZ_GATEWAY_CERTIFICATES",
    key: "certificates",
    fallback: "none: self-signed",
    text: "Folder of certificates for HTTPS: NAME.crt or NAME.pem with NAME.key; looked at every minute.",
  },
  {
    env: "FIZZ_GATEWAY_ACME",
    key: "acme",
    fallback: "false",
    text: "true: orders certificates for names that no given one covers. Needs both ports; 80 must lead to HTTP's.",
  },
  {
    env: "FIZZ_GATEWAY_ACME_DIRECTORY",
    key: "acmeDirectory",
    fallback: "Let's Encrypt",
    text: "Directory URL of the authority. Who sets acme agrees to its terms.",
  },
  {
    env: "FIZZ_GATEWAY_ACME_EMAIL",
    key: "acmeEmail",
    fallback: "none",
    text: "Address that the authority may write to.",
  },
  {
    env: "FIZZ_GATEWAY_ACME_CA_FILE",
    key: "acmeCaFile",
    fallback: "none",
    text: "Certificate, PEM, that signs the directory's own, for a private authority.",
  },
  {
    env: "FIZZ_GATEWAY_ACME_MAX_NAMES",
    key: "acmeMaxNames",
    fallback: "1000",
    text: "Names that get a certificate at most; those that have one keep it.",
  },
  {
    env: "FIZZ_GATEWAY_ACME_ORDERS_PER_HOUR",
    key: "acmeOrdersPerHour",
    fallback: "60",
    text: "Orders per hour. The authority has limits of its own.",
  },
  {
    env: "FIZZ_GATEWAY_LISTEN",
    key: "listen",
    fallback: "/ip4/0.0.0.0/tcp/4801,/ip4/0.0.0.0/tcp/4802/ws",
    text: "libp2p addresses to listen on, comma separated: TCP for nodes and the CLI, ws for browsers.",
  },
  {
    env: "FIZZ_GATEWAY_ANNOUNCE",
    key: "announce",
    fallback: "made of the public host and LISTEN",
    text: "libp2p addresses to tell others, comma separated, without the peer id.",
  },
  {
    env: "FIZZ_GATEWAY_LINK_PORT",
    key: "linkPort",
    fallback: "4803",
    text: "Port where nodes connect data links, at the host of LISTEN as they see it; 0 for any, off for none.",
  },
  {
    env: "FIZZ_GATEWAY_PUBLIC_HOST",
    key: "publicHost",
    fallback: "127.0.0.1",
    text: "Host name or address under which the internet reaches the doors.",
  },
  {
    env: "FIZZ_GATEWAY_DOOR_HOST",
    key: "doorHost",
    fallback: "0.0.0.0",
    text: "Address the doors listen on.",
  },
  {
    env: "FIZZ_GATEWAY_PORTS",
    key: "ports",
    fallback: "30000-30999",
    text: "Public ports for doors: ranges and single ports, comma separated.",
  },
  {
    env: "FIZZ_GATEWAY_DATA_DIR",
    key: "dataDir",
    fallback: "./.fizz/gateway",
    text: "Folder of the embedded database. One process at a time.",
  },
  {
    env: "FIZZ_CONFIRMATIONS",
    key: "confirmations",
    fallback: "2",
    text: "Blocks on top before a closed lease loses its doors; at least 2.",
  },
  {
    env: "FIZZ_POLL_MS",
    key: "pollMs",
    fallback: "1000",
    text: "Interval between looks at the chain's head, ms.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_CONNECTIONS",
    key: "maxConnections",
    fallback: "8192",
    text: "Public connections, and senders of datagrams, of all doors at once.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_CONNECTIONS_PER_LEASE",
    key: "maxConnectionsPerLease",
    fallback: "2048",
    text: "The same of one lease.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_CONNECTIONS_PER_DOOR",
    key: "maxConnectionsPerDoor",
    fallback: "1024",
    text: "TCP connections of one door at once.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_CONNECTIONS_PER_ADDRESS",
    key: "maxConnectionsPerAddress",
    fallback: "256",
    text: "Public connections from one address to one lease at once.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_CONNECTIONS_PER_NODE",
    key: "maxConnectionsPerNode",
    fallback: "2048",
    text: "Public connections that one node carries at once.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_UNNAMED_CONNECTIONS",
    key: "maxUnnamedConnections",
    fallback: "2048",
    text: "Connections of HTTP and HTTPS by host name, at once, that named no host of a lease yet.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_UNNAMED_CONNECTIONS_PER_ADDRESS",
    key: "maxUnnamedConnectionsPerAddress",
    fallback: "256",
    text: "The same from one address.",
  },
  {
    env: "FIZZ_GATEWAY_NEW_CONNECTIONS_PER_ADDRESS",
    key: "newConnectionsPerAddress",
    fallback: "1000",
    text: "New public connections per second from one address; ten seconds' worth may come at once.",
  },
  {
    env: "FIZZ_GATEWAY_NEW_CONNECTIONS_PER_LEASE",
    key: "newConnectionsPerLease",
    fallback: "2000",
    text: "The same to all doors of one lease.",
  },
  {
    env: "FIZZ_GATEWAY_IDLE_SECONDS",
    key: "idleSeconds",
    fallback: "3600",
    text: "Silence in both directions after which a TCP connection is reset.",
  },
  {
    env: "FIZZ_GATEWAY_HALF_CLOSED_SECONDS",
    key: "halfClosedSeconds",
    fallback: "300",
    text: "The same after one side has ended.",
  },
  {
    env: "FIZZ_GATEWAY_BYTES_PER_SECOND_PER_LEASE",
    key: "bytesPerSecondPerLease",
    fallback: "0: no limit",
    text: "Bandwidth of a lease, both directions of all its doors together, of any kind.",
  },
  {
    env: "FIZZ_GATEWAY_TRUST_PROXY",
    key: "trustProxy",
    fallback: "none",
    text: "Balancers in front of TCP, HTTP and HTTPS doors (10.0.0.0/8,…): their connections must begin with a PROXY header.",
  },
  {
    env: "FIZZ_GATEWAY_MAX_NODES",
    key: "maxNodes",
    fallback: "10000",
    text: "Nodes connected at once. Each is an open file: see ulimit -n.",
  },
  {
    env: "FIZZ_GATEWAY_COLLECT_MIB",
    key: "collectMib",
    fallback: "4",
    text: "MiB of link traffic between two minor garbage collections; 0 leaves them to V8.",
  },
  {
    env: "FIZZ_GATEWAY_STOP_SECONDS",
    key: "stopSeconds",
    fallback: "4",
    text: "Time for public connections to end by themselves after SIGTERM or SIGINT.",
  },
  {
    env: "FIZZ_GATEWAY_RELAY_BYTES_PER_SECOND",
    key: "relayBytesPerSecond",
    fallback: "12500000",
    text: "Bytes per second of one client's relayed connections, both ways together.",
  },
  {
    env: "FIZZ_GATEWAY_ADMIN_HOST",
    key: "adminHost",
    fallback: "127.0.0.1",
    text: "Address of /metrics, /readyz and /livez: for the operator alone.",
  },
  {
    env: "FIZZ_GATEWAY_ADMIN_PORT",
    key: "adminPort",
    fallback: "none: not served",
    text: "Port of these; 0 for any.",
  },
  {
    env: "FIZZ_GATEWAY_RATE_LIMIT",
    key: "rateLimit",
    fallback: "600",
    text: "HTTP calls per minute and address.",
  },
  ...RELAY_OPTIONS,
  { env: "FIZZ_LOG_LEVEL", key: "logLevel", fallback: "info", text: "debug, info, warn, error or silent." },
];
