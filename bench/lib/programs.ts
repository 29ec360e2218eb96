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

export { type DebianProgram, unpackProgram };
