import { type DebianProgram, unpackProgram } from "../../scripts/lib/unpack-program.ts";

export const IPERF3: DebianProgram = { path: "usr/bin/iperf3", packages: ["iperf3"] };
export const WRK: DebianProgram = { path: "usr/bin/wrk", packages: ["wrk"] };
export const NGINX: DebianProgram = { path: "usr/sbin/nginx", packages: ["nginx"] };
/** Lets nginx forward TCP. */
export const NGINX_STREAM: DebianProgram = {
  path: "usr/lib/nginx/modules/ngx_stream_module.so",
  packages: ["libnginx-mod-stream"],
};
export const SSHD: DebianProgram = { path: "usr/sbin/sshd", packages: ["openssh-server"] };
export const SSH: DebianProgram = { path: "usr/bin/ssh", packages: ["openssh-client"] };
export const SSH_KEYGEN: DebianProgram = { path: "usr/bin/ssh-keygen", packages: ["openssh-client"] };

export const CADDY: DebianProgram = { path: "usr/bin/caddy", packages: ["caddy"] };
export const SFTP: DebianProgram = { path: "usr/bin/sftp", packages: ["openssh-client"] };
export const CURL: DebianProgram = { path: "usr/bin/curl", packages: ["curl"] };
export const REDIS_SERVER: DebianProgram = { path: "usr/bin/redis-server", packages: ["redis-server"] };
export const REDIS_CLI: DebianProgram = { path: "usr/bin/redis-cli", packages: ["redis-tools"] };
/** Let's Encrypt's authority for tests, and the name server that it asks. */
export const PEBBLE: DebianProgram = { path: "usr/bin/pebble", packages: ["pebble"] };
export const PEBBLE_NAMES: DebianProgram = { path: "usr/bin/pebble-challtestsrv", packages: ["pebble"] };
/** The program itself: `psql` on the PATH is a script that looks for it. */
export const PSQL: DebianProgram = {
  path: "usr/lib/postgresql/15/bin/psql",
  packages: ["postgresql-client-15"],
};
/** The server; initdb lies beside it. */
export const POSTGRES: DebianProgram = {
  path: "usr/lib/postgresql/15/bin/postgres",
  packages: ["postgresql-15"],
};

export { type DebianProgram, unpackProgram };
