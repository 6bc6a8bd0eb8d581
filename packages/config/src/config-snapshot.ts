// A configuration as it was read: asked by plugin, checked by the plugins' schemas, compared with the next.
import { type ConfigChange, changesBetween } from './changes.ts'
import { type ConfigCheckOptions, checkPlugins } from './check.ts'
import { type ConfigPosition, type ConfigProblem, configError, inOrderOfFiles } from './config-problem.ts'
import { type PluginConfigEntry, settingPlace } from './plugin-entry.ts'
import { type ResolvedSettings, resolveSettings } from './resolve-settings.ts'
import type { ConfigurablePlugin, SnapshotParts } from './snapshot-parts.ts'

/** The configuration of a host's plugins, as the files and the environment were when it was loaded. It never changes. */
export class ConfigSnapshot {
  /** What the files say, by plugin. */
  readonly plugins: ReadonlyMap<string, PluginConfigEntry>
  /** What is wrong with the files, whatever plugins there are. One without `plugin` concerns all. */
  readonly problems: readonly ConfigProblem[]
  /** Absolute paths of the files that were read, and of the main one, there or not. */
  readonly watchedFiles: readonly string[]
  readonly #parts: SnapshotParts

  /** Made by {@link ConfigSource}. */
  constructor(parts: SnapshotParts) {
    this.#parts = parts
    this.plugins = new Map(Array.from(parts.entries, ([name, { entry }]) => [name, entry]))
    this.problems = Object.freeze([...parts.problems].sort(inOrderOfFiles(parts.file)))
    this.watchedFiles = Object.freeze([...parts.watchedFiles])
  }

  /**
   * A plugin's raw settings, to be validated by its schema: from the files, with the environment's overrides, and what came from
   * variables typed as the schema says. A new value each time.
   *
   * @param among All plugins that the host has: two can be called alike in the environment
   * @throws `CFP_CONFIG_REFUSED` where a problem without the schema's help is known: in the plugin's part, or in a file as a whole
   */
  settingsFor(plugin: ConfigurablePlugin, among: Iterable<ConfigurablePlugin> = []): unknown {
    const { value, problems } = this.#resolve(plugin, [...among])
    const mine = this.problems.filter((each) => each.plugin === undefined || each.plugin === plugin.name)
    const errors = [...mine, ...problems].filter(({ severity }) => severity === 'error')
    if (errors.length > 0) throw configError(errors, plugin.name)
    return value
  }

  /**
   * Everything that is wrong, for all plugins at once: the files' own problems, names and keys that nobody knows, values that their
   * schemas refuse. Never throws for what a schema does.
   *
   * @param plugins All plugins that the host has, disabled ones too; of these, what their schemas refuse is a warning
   */
  check(plugins: Iterable<ConfigurablePlugin>, options: ConfigCheckOptions = {}): Promise<readonly ConfigProblem[]> {
    const all = [...plugins]
    return checkPlugins(this.#parts, all, (plugin) => this.#resolve(plugin, all), options)
  }

  /**
   * Where a setting stands in the files: the path's own place, or, for what is not there, that of what it would be in. Nothing where the
   * files say nothing of the plugin.
   */
  placeOf(plugin: string, path: readonly string[]): ConfigPosition | undefined {
    const read = this.#parts.entries.get(plugin)
    return read && settingPlace(read, path)
  }

  /** Whose configuration is another in `next`, and what of it: by value, once variables, types and overrides are in. */
  changesTo(next: ConfigSnapshot, plugins: Iterable<ConfigurablePlugin>): ReadonlyMap<string, ConfigChange> {
    const all = [...plugins]
    const of = (snapshot: ConfigSnapshot) => ({
      entries: snapshot.plugins,
      settings: (plugin: ConfigurablePlugin) => snapshot.#resolve(plugin, all).value,
    })
    return changesBetween(of(this), of(next), all)
  }

  #resolve(plugin: ConfigurablePlugin, among: readonly ConfigurablePlugin[]): ResolvedSettings {
    return resolveSettings(this.#parts, plugin, among)
  }
}
