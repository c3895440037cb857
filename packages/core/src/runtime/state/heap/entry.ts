/** One value in a heap table. `epoch` says when it last changed: see ChangeEpochs. */
export class Entry<V> {
  value: V
  epoch: number

  constructor(value: V, epoch: number) {
    this.value = value
    this.epoch = epoch
  }
}

/** An entry that knows its key, so that a map of them can be walked by values alone. */
export class KeyedEntry<K, V> {
  readonly key: K
  value: V
  epoch: number

  constructor(key: K, value: V, epoch: number) {
    this.key = key
    this.value = value
    this.epoch = epoch
  }
}
