/** Configuration to copy onto a secondary: it follows the catalog, so that no zone is ever named there. Pure. */
import type { RecordName } from "./role.js";

export interface SheetFacts {
  catalog: RecordName;
  primary: { address: string; port: number };
  tsig: { name: RecordName; algorithm: string; secret: string };
}

/** Knot DNS 3.1 or later (`/etc/knot/knot.conf`). */
export function knotSheet({ catalog, primary, tsig }: SheetFacts): string {
  return `key:
  - id: "${tsig.name}."
    algorithm: ${tsig.algorithm}
    secret: ${tsig.secret}

remote:
  - id: mutu
    address: ${primary.address}@${primary.port}
    key: "${tsig.name}."

acl:
  - id: mutu-notify
    address: ${primary.address}
    key: "${tsig.name}."
    action: notify

template:
  - id: mutu
    master: mutu
    acl: mutu-notify

zone:
  - domain: ${catalog}.
    master: mutu
    acl: mutu-notify
    catalog-role: interpret
    catalog-template: mutu
`;
}

/** BIND 9.18 or later (`/etc/bind/named.conf.local`, and the line for the block of options). */
export function bindSheet({ catalog, primary, tsig }: SheetFacts): string {
  return `key "${tsig.name}." {
  algorithm ${tsig.algorithm};
  secret "${tsig.secret}";
};

# In the block of options:
#   catalog-zones { zone "${catalog}" default-primaries { ${primary.address} port ${primary.port} key "${tsig.name}."; }; };

zone "${catalog}" {
  type secondary;
  file "${catalog}.db";
  primaries { ${primary.address} port ${primary.port} key "${tsig.name}."; };
  allow-notify { key "${tsig.name}."; };
};
`;
}
