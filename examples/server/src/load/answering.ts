// The other side of `child.ts`: answers what the process is asked, and ends with who asks.
import type { Numbered, Reply } from './messages.ts'

/** Answers each request by the function of its name. */
export function answering<Request extends { ask: string }>(
  handlers: {
    [Ask in Request['ask']]: (request: Extract<Request, { ask: Ask }>) => unknown
  },
): void {
  const answer = async ({ number, request }: Numbered<Request>): Promise<Reply> => {
    try {
      const handler = handlers[request.ask as Request['ask']] as (request: Request) => unknown
      return { number, answer: (await handler(request)) ?? null }
    } catch (error) {
      return { number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', (message) => {
    answer(message as Numbered<Request>).then((reply) => process.send?.(reply))
  })
  // Whoever asked is gone: there is nobody left to serve.
  process.on('disconnect', () => process.exit(0))
}

/** Tells who made this process. */
export function tell<News extends { news: string }>(news: News): void {
  if (process.connected) process.send?.(news)
}
