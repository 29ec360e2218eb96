/** Most characters that are read, aliases counted each time they are used. */
export const MAX_CHARACTERS = 1_024 * 1_024;
/** Deepest nesting of defaults within defaults, `${A:-${B:-c}}`. */
export const MAX_VARIABLE_DEPTH = 16;
/** Longest text that a variable's default may make. */
export const MAX_INTERPOLATED_LENGTH = 64 * 1_024;
