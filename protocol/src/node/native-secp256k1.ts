/** libsecp256k1, where its package brings it for this kind of machine; undefined elsewhere. */
export const nativeSecp256k1 = await import("secp256k1/bindings.js").then(
  ({ default: bindings }) => bindings,
  () => undefined,
);
