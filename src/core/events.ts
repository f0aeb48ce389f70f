/** Facts that travel upward. A feature adds its own by declaration merging: `declare module "../../core/events.js" { interface EventMap { "domains.removed": … } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the features
export interface EventMap {}
