/** Other features add their cards by `connectCards`; there is nothing to call. */
export {};
