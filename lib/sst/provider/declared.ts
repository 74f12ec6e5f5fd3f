/**
 * What resources of this process have declared, and what must wait. Pulumi creates the successor of a renamed resource before it deletes
 * the former one, and both may have the same namespace or entry.
 */
import type { EntryProps, KeysProps } from "../kinds";

export class Declared {
  private readonly entries = new Set<string>();
  private readonly keys = new Set<string>();
  /** The namespaces of entries that were removed, by their store. */
  private readonly released = new Set<string>();
  /** Keys that are to be deleted as soon as no entry refers to them. */
  private readonly waiting = new Map<string, { props: KeysProps; why: string }>();

  addEntry(props: EntryProps): void {
    this.entries.add(entryKey(props));
  }

  hasEntry(props: EntryProps): boolean {
    return this.entries.has(entryKey(props));
  }

  addReleased(store: string, namespace: string): void {
    this.released.add(keysKey(store, namespace));
  }

  /** Whether an entry that named these keys was removed. */
  isReleased({ store, namespace }: KeysProps): boolean {
    return this.released.has(keysKey(store, namespace));
  }

  addKeys({ store, namespace }: KeysProps): void {
    this.keys.add(keysKey(store, namespace));
    this.waiting.delete(keysKey(store, namespace));
  }

  hasKeys({ store, namespace }: KeysProps): boolean {
    return this.keys.has(keysKey(store, namespace));
  }

  addWaiting(props: KeysProps, why: string): void {
    this.waiting.set(keysKey(props.store, props.namespace), { props, why });
  }

  /** The reasons for which keys are still not deleted. */
  whyWaiting(): string[] {
    return [...this.waiting.values()].map(({ why }) => why);
  }

  takeWaiting(store: string, namespace: string): KeysProps | undefined {
    const key = keysKey(store, namespace);
    const found = this.waiting.get(key);
    this.waiting.delete(key);
    return found?.props;
  }
}

const entryKey = ({ store, namespace, entry }: EntryProps) => JSON.stringify([store, namespace, entry]);
const keysKey = (store: string, namespace: string) => JSON.stringify([store, namespace]);
