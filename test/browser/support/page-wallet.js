// Runs in the page before its own scripts: a wallet without keys. What it is asked goes to the test (`walletRequest`),
// which signs, or refuses.
(() => {
  const { info, chainId } = globalThis.__fizzTestWallet;
  const listeners = new Map();
  const emit = (event, value) => {
    for (const listener of listeners.get(event) ?? []) listener(value);
  };
  let chain = chainId;
  const provider = {
    async request({ method, params }) {
      const answer = await globalThis.walletRequest(JSON.stringify({ method, params: params ?? [] }));
      const { result, error, chainId: next } = JSON.parse(answer);
      if (error !== undefined) throw Object.assign(new Error(error.message), error);
      if (next !== undefined && next !== chain) {
        chain = next;
        emit("chainChanged", next);
      }
      return result;
    },
    on(event, listener) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
      return provider;
    },
    removeListener(event, listener) {
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((known) => known !== listener),
      );
      return provider;
    },
  };
  const detail = Object.freeze({ info: Object.freeze(info), provider });
  const announce = () => {
    globalThis.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  };
  globalThis.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
