// A small task, and the same on a port by hand. The entry of a plugin.

export const addOne = ({ count }) => ({ count: count + 1 })

/** Answers on a port what `addOne` answers. */
export function serve(port) {
  port.on('message', (payload) => port.postMessage(addOne(payload)))
  // The thread ends when its host wants it to.
  port.unref()
}
