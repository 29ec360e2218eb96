interface Entry {
  readonly listener: (event: never) => void;
  readonly once: boolean;
}

/**
 * Listeners by event. As with an EventTarget, an error of one of them is thrown on its own and stops neither the others
 * nor the emitter; unlike it, events are plain objects, which costs a fraction.
 */
export class Listeners<Events extends object> {
  #entries: { [Type in keyof Events]?: readonly Entry[] } = {};

  add<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void, once = false): void {
    const entries = this.#entries[type] ?? [];
    if (entries.some((entry) => entry.listener === listener)) return;
    const entry = { listener, once };
    this.#entries[type] = entries.length === 0 ? [entry] : [...entries, entry];
  }

  remove<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): void {
    this.#entries[type] = this.#entries[type]?.filter((entry) => entry.listener !== listener) ?? [];
  }

  has(type: keyof Events): boolean {
    return (this.#entries[type]?.length ?? 0) > 0;
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    const entries = this.#entries[type];
    if (entries === undefined) return;
    for (const { listener, once } of entries) {
      if (once) this.remove(type, listener as (event: Events[Type]) => void);
      try {
        (listener as (event: Events[Type]) => void)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Forgets everybody. */
  clear(): void {
    this.#entries = {};
  }
}
