// The key that signs tokens: the host's, or one that is made once and kept in the data folder.
import { randomBytes, webcrypto } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type SigningKey = webcrypto.CryptoKey

/** @param secret empty where none is given */
export async function signingKey(secret: string, folder: string): Promise<SigningKey> {
  const bytes = Buffer.from(secret === '' ? await keptSecret(folder) : secret, 'utf8')
  return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
}

async function keptSecret(folder: string): Promise<string> {
  const file = join(folder, 'token-secret')
  const kept = await readSecret(file)
  if (kept !== undefined) return kept
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Whole before it has its name, and never in place of one: of several processes that start at once, all must have the same.
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, randomBytes(48).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  return keptSecret(folder)
}

async function readSecret(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8')
    if (text.length < 32)
      throw new Error(`${file} has no key in it. Remove it, and a new one is made; tokens of before are void then.`)
    return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
