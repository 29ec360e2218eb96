/** A name of the private network: a DNS label in lower case. */
export const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const VOLUME_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
/** Names of profiles and placements. */
export const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Short machine words: models, cases. */
export const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** One line of printable text. */
export const SHORT_TEXT = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u;
/** At most 16 characters: NodeRegistry keeps it in bytes16. */
export const REGION = /^[a-z][a-z0-9-]{0,15}$/;
/** An on-chain number or an address, in lower case. */
export const ID = /^(?:0x[0-9a-f]{40}|[1-9]\d{0,18})$/;
export const TOKEN = /^[A-Za-z][A-Za-z0-9._-]{0,31}$/;
/** A decimal number above zero, without needless zeros. */
export const PRICE = /^(?:[1-9]\d{0,17}(?:\.\d{0,17}[1-9])?|0\.\d{0,17}[1-9])$/;
/** A host name, `*.` allowed in front. */
export const HOST_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const ENV_ENTRY = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}=/;
/** Absolute, normalised, without `.` and `..`, not the root itself, no colon (Docker splits there). */
export const MOUNT_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._@+-]{1,64}){1,16}$/;
/** `[host[:port]/]path[:tag][@digest]`, as the OCI distribution specification has it. */
export const IMAGE =
  /^(?=.{1,512}$)(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
/** Path of a health check: printable, and no space. */
export const HEALTH_PATH = /^\/[\x21-\x7e]{0,1023}$/;
