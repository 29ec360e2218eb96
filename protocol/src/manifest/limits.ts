/** Most UTF-8 bytes of a manifest's text; a longer text is refused before it is parsed. */
export const MAX_MANIFEST_BYTES = 256 * 1024;
/** Most `*alias` nodes of a text. */
export const MAX_ALIASES = 64;
/** Deepest nesting of a text. */
export const MAX_DEPTH = 32;
/** Most open collections while a text is split into tokens; deeper ones are not even looked at. */
export const MAX_PARSER_DEPTH = 3 * MAX_DEPTH;
/** Most values that are read, aliases counted each time they are used. */
export const MAX_VALUES = 20_000;
/** Most tokens of YAML: dashes, colons, commas, brackets, scalars, comments, line ends and the like. */
export const MAX_TOKENS = 60_000;
/** Most problems that are reported; after them comes one MANIFEST_TOO_MANY_ISSUES. */
export const MAX_ISSUES = 100;
/** Longest piece of the text that an issue quotes, in characters. */
export const MAX_QUOTED_LENGTH = 80;

export const MAX_SERVICES = 32;
export const MAX_PROFILES = 64;
/** Most replicas of one service. */
export const MAX_REPLICAS = 50;
export const MAX_EXPOSE_ENTRIES = 64;
export const MAX_ENV_ENTRIES = 256;
export const MAX_ARGUMENTS = 256;
export const MAX_VOLUMES = 8;
export const MAX_LIST_ITEMS = 64;
/** Longest single environment entry or argument, in characters. */
export const MAX_TEXT_LENGTH = 16_384;
/** Most UTF-8 bytes of the canonical sealed part. */
export const MAX_SEALED_PART_BYTES = 80 * 1024;
/** Most UTF-8 bytes of the canonical open part. */
export const MAX_OPEN_PART_BYTES = 80 * 1024;

/** Ten years. */
export const MAX_DURATION_SECONDS = 315_360_000;
/** Least memory of a container: the Docker Engine refuses less. */
export const MIN_MEMORY_BYTES = 6n * 1024n * 1024n;
/** Most bytes of one size, 4 Ei: what the GiB field of a packed resource word can hold. */
export const MAX_SIZE_BYTES = 1n << 62n;
/** Most milli-CPU of one replica. */
export const MAX_MILLI_CPU = 1_000_000;
/** Most GPUs of one replica. */
export const MAX_GPU_UNITS = 64;
/** Most accepted GPU models of one profile, families written out. */
export const MAX_GPU_MODELS = 256;
/** Most decimals of a price. */
export const MAX_PRICE_DECIMALS = 18;
