/** The native half of the package `secp256k1`, without its JavaScript one. Its functions throw on what they cannot read. */
declare module "secp256k1/bindings.js" {
  const bindings: {
    readonly ecdsaSign: (
      digest: Uint8Array,
      key: Uint8Array,
    ) => { readonly signature: Uint8Array; readonly recid: number };
    readonly ecdsaRecover: (signature: Uint8Array, recid: number, digest: Uint8Array) => Uint8Array;
    /** @returns The signature in DER. */
    readonly signatureExport: (signature: Uint8Array) => Uint8Array;
  };
  export { bindings as default };
}
