/** The machine's own file (machines/README.md): `NAME=value` lines, read and never run. Pure. */

/** What `hosts add` takes from it. */
export interface MachineFile {
  host: string;
  homes: string;
  daemons: string[];
}

const LINE = /^(MUTU_[A-Z0-9_]+)=([A-Za-z0-9_./:, -]*)$/;

/** Reads the file's text; throws where a line is none or what is needed is missing. */
export function parseMachineFile(text: string): MachineFile {
  const values = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`the machine file's line ${index + 1} is not NAME=value`);
    values.set(name, value.trim());
  }
  const need = (name: string): string => {
    const value = values.get(name);
    if (!value) throw new Error(`the machine file has no ${name}`);
    return value;
  };
  return { host: need("MUTU_HOST"), homes: need("MUTU_HOMES"), daemons: need("MUTU_DAEMONS").split(/[ ,]+/) };
}
