/** What other features may use of dns. */
export { isPublicAddress, plainAddress, plainIpv6 } from "./addresses.js";
export type { ContributedRecord, DerivedRecord, NamedDomain } from "./contribution.js";
export { byteLength, MAX_STRING, quoted, stringsOf, textOf } from "./record-bytes.js";
export { checkData, MAX_TXT_BYTES } from "./record-data.js";
export { dataOfWords, fieldsOf, type NameReader, type Parsed, parseFields, parseLine, parseTtl } from "./record-input.js";
export { isHostName, isInZone, isRecordName, namesAbove, parseOwner, parseTarget, shownName, shownOwner } from "./record-names.js";
export { compareNames, identityOf, inCanonicalOrder } from "./record-order.js";
export { presentationOf, shownData } from "./record-text.js";
export { isRecordType, RECORD_FIELDS, RECORD_TYPES, TTL_SECONDS, type TypedFields } from "./record-types.js";
export { splitWords, type Word } from "./record-words.js";
export type { RecordData, RecordName, RecordType, ZoneRecord } from "./role.js";
