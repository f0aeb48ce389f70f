-- AlterTable
ALTER TABLE "Host" ADD COLUMN "awaySince" DATETIME;
ALTER TABLE "Host" ADD COLUMN "publicIpv4" TEXT;
ALTER TABLE "Host" ADD COLUMN "publicIpv6" TEXT;

-- AlterTable
ALTER TABLE "Release" ADD COLUMN "versions" JSONB;

-- CreateTable
CREATE TABLE "DomainLook" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "seen" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "DomainLook_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AcmeAccount" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "directory" TEXT NOT NULL,
    "url" TEXT,
    "key" TEXT NOT NULL,
    "thumbprint" TEXT NOT NULL,
    "contact" TEXT NOT NULL DEFAULT '',
    "termsUrl" TEXT,
    "termsAgreedAt" DATETIME,
    "eabKeyId" TEXT,
    "eabSecret" TEXT,
    "pausedUntil" DATETIME,
    "pauses" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "CertificateSubject" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT,
    "siteId" TEXT,
    "service" TEXT,
    "hostId" TEXT,
    "title" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "source" TEXT NOT NULL DEFAULT 'acme',
    "challenge" TEXT NOT NULL DEFAULT 'auto',
    "tlsa" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "currentId" TEXT,
    "previousId" TEXT,
    "expiresAt" DATETIME,
    "nextAt" DATETIME,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "toldDays" INTEGER,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "CertificateSubject_siteId_accountId_fkey" FOREIGN KEY ("siteId", "accountId") REFERENCES "Site" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "CertificateSubject_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "CertificateSubject_currentId_fkey" FOREIGN KEY ("currentId") REFERENCES "Certificate" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "CertificateSubject_previousId_fkey" FOREIGN KEY ("previousId") REFERENCES "Certificate" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "CertificateName" (
    "subjectId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL DEFAULT 'wanted',
    "failures" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "nextAt" DATETIME,

    PRIMARY KEY ("subjectId", "name"),
    CONSTRAINT "CertificateName_subjectId_fkey" FOREIGN KEY ("subjectId") REFERENCES "CertificateSubject" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Certificate" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "subjectId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "directory" TEXT,
    "names" JSONB NOT NULL,
    "chain" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "issuer" TEXT NOT NULL,
    "serial" TEXT NOT NULL,
    "notBefore" DATETIME NOT NULL,
    "notAfter" DATETIME NOT NULL,
    "renewAt" DATETIME NOT NULL,
    "ariId" TEXT,
    "verifiedAt" DATETIME,
    "revokedAt" DATETIME,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Certificate_subjectId_fkey" FOREIGN KEY ("subjectId") REFERENCES "CertificateSubject" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "CertificatePlace" (
    "hostId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "wantedId" TEXT,
    "number" INTEGER NOT NULL DEFAULT 0,
    "placedId" TEXT,
    "placedAt" DATETIME,
    "verifiedAt" DATETIME,
    "problem" TEXT,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "nextAt" DATETIME,

    PRIMARY KEY ("hostId", "role", "name")
);

-- CreateTable
CREATE TABLE "AcmeThumbprint" (
    "hostId" TEXT NOT NULL PRIMARY KEY,
    "thumbprint" TEXT NOT NULL,
    "placedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "AcmeRecord" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "AcmeRecord_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AcmeOrder" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "directory" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "names" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "ok" BOOLEAN,
    "renewal" BOOLEAN NOT NULL DEFAULT false
);

-- CreateTable
CREATE TABLE "Zone" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "above" TEXT,
    "mode" TEXT NOT NULL DEFAULT 'hosted',
    "dnsHostId" TEXT,
    "signed" BOOLEAN NOT NULL DEFAULT true,
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "lockReason" TEXT,
    "lockedByAdmin" BOOLEAN NOT NULL DEFAULT false,
    "defaultTtl" INTEGER,
    "serialFloor" BIGINT NOT NULL,
    "ds" JSONB NOT NULL DEFAULT '[]',
    "parentDs" JSONB NOT NULL DEFAULT '[]',
    "parentState" TEXT NOT NULL DEFAULT 'unknown',
    "dsAskedAt" DATETIME,
    "signedUntil" DATETIME,
    "undo" JSONB NOT NULL DEFAULT '{}',
    "undoAt" DATETIME,
    "leavingKeys" JSONB NOT NULL DEFAULT '[]',
    "rollOver" TEXT NOT NULL DEFAULT 'none',
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Zone_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DnsRecord" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "zoneId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "ttl" INTEGER,
    "data" JSONB NOT NULL,
    "value" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "state" TEXT NOT NULL DEFAULT 'live',
    "removedAt" DATETIME,
    "binUntil" DATETIME,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "DnsRecord_zoneId_accountId_fkey" FOREIGN KEY ("zoneId", "accountId") REFERENCES "Zone" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DnsOverride" (
    "zoneId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("zoneId", "name", "type"),
    CONSTRAINT "DnsOverride_zoneId_accountId_fkey" FOREIGN KEY ("zoneId", "accountId") REFERENCES "Zone" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DnsTemplate" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "ttl" INTEGER,
    "value" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "DnsSecondary" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "port" INTEGER NOT NULL DEFAULT 53,
    "tsigName" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL DEFAULT 'hmac-sha256',
    "secret" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "FtpLogin" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nameUntil" DATETIME,
    "note" TEXT NOT NULL DEFAULT '',
    "search" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'live',
    "removedAt" DATETIME,
    "binUntil" DATETIME,
    "folder" TEXT NOT NULL DEFAULT '',
    "hash" TEXT,
    "hashedAt" DATETIME,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "readOnly" BOOLEAN NOT NULL DEFAULT false,
    "expiresAt" DATETIME,
    "expired" BOOLEAN NOT NULL DEFAULT false,
    "networks" TEXT NOT NULL DEFAULT '',
    "lastLoginAt" DATETIME,
    "lastLoginFrom" TEXT,
    "lastLoginBy" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "FtpLogin_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "FtpKey" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "loginId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "bits" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "label" TEXT NOT NULL DEFAULT '',
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "FtpKey_loginId_accountId_fkey" FOREIGN KEY ("loginId", "accountId") REFERENCES "FtpLogin" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "FtpHost" (
    "hostId" TEXT NOT NULL PRIMARY KEY,
    "publicName" TEXT,
    "oldNames" TEXT NOT NULL DEFAULT '',
    "sshFingerprint" TEXT,
    "tlsFingerprint" TEXT,
    CONSTRAINT "FtpHost_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "DomainHealth" (
    "domainId" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'unknown',
    "wrong" INTEGER NOT NULL DEFAULT 0,
    "report" JSONB NOT NULL DEFAULT '{}',
    "checkedAt" DATETIME,
    "nextAt" DATETIME NOT NULL,
    CONSTRAINT "DomainHealth_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "HealthIgnored" (
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "item" TEXT NOT NULL,
    "byName" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("domainId", "item"),
    CONSTRAINT "HealthIgnored_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "HostName" (
    "hostId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    PRIMARY KEY ("hostId", "purpose", "name"),
    CONSTRAINT "HostName_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "OutgoingMail" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "alert" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAt" DATETIME NOT NULL,
    "error" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sentAt" DATETIME
);

-- CreateTable
CREATE TABLE "AccountMove" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "fromHostId" TEXT NOT NULL,
    "toHostId" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'preparing',
    "back" BOOLEAN NOT NULL DEFAULT false,
    "startedBy" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "ledAt" DATETIME,
    "ttlSeconds" INTEGER NOT NULL DEFAULT 0,
    "endsAt" DATETIME,
    "waitsFor" JSONB NOT NULL DEFAULT '[]',
    "lookedAt" DATETIME,
    CONSTRAINT "AccountMove_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Notice" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "titleFr" TEXT NOT NULL,
    "textFr" TEXT NOT NULL,
    "titleEn" TEXT NOT NULL,
    "textEn" TEXT NOT NULL,
    "fromAt" DATETIME NOT NULL,
    "untilAt" DATETIME,
    "mailedAt" DATETIME,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "NoticeDismissal" (
    "noticeId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("noticeId", "userId"),
    CONSTRAINT "NoticeDismissal_noticeId_fkey" FOREIGN KEY ("noticeId") REFERENCES "Notice" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "NoticeDismissal_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Drift" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "role" TEXT,
    "key" TEXT,
    "accountId" TEXT,
    "kind" TEXT NOT NULL,
    "leftHash" TEXT,
    "hash" TEXT,
    "kept" BOOLEAN NOT NULL DEFAULT false,
    "carried" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'open',
    "seenAt" DATETIME NOT NULL,
    "lastSeenAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    "decidedBy" TEXT
);

-- CreateTable
CREATE TABLE "RendererChange" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "units" INTEGER NOT NULL,
    "different" INTEGER NOT NULL,
    "accountId" TEXT,
    "publications" JSONB NOT NULL DEFAULT '[]',
    "hosts" JSONB NOT NULL,
    "error" JSONB,
    "createdAt" DATETIME NOT NULL,
    "decidedBy" TEXT,
    "decidedAt" DATETIME,
    "endedAt" DATETIME
);

-- CreateTable
CREATE TABLE "DomainOffer" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "domainId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "toAccountId" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "kept" JSONB NOT NULL DEFAULT '{}',
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME NOT NULL,
    "movedAt" DATETIME,
    "closedAt" DATETIME,
    CONSTRAINT "DomainOffer_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "DomainOffer_toAccountId_fkey" FOREIGN KEY ("toAccountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "NameRequest" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "holderId" TEXT NOT NULL,
    "heldName" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "provenBy" TEXT,
    "provenAt" DATETIME,
    "decideAt" DATETIME,
    "checkedAt" DATETIME,
    "fault" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME NOT NULL,
    "closedAt" DATETIME,
    CONSTRAINT "NameRequest_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "NameRequest_holderId_fkey" FOREIGN KEY ("holderId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "WatchedCheck" (
    "name" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "since" DATETIME NOT NULL,
    "says" JSONB NOT NULL,
    "looks" INTEGER NOT NULL DEFAULT 0,
    "told" TEXT NOT NULL DEFAULT 'ok',
    "toldAt" DATETIME,
    "worsenings" INTEGER NOT NULL DEFAULT 0,

    PRIMARY KEY ("subject", "name")
);

-- CreateTable
CREATE TABLE "AlertRefusal" (
    "userId" TEXT NOT NULL PRIMARY KEY
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Plan" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "isDefault" BOOLEAN NOT NULL DEFAULT false,
    "maxDomains" INTEGER NOT NULL,
    "maxSites" INTEGER NOT NULL,
    "diskMb" INTEGER NOT NULL,
    "phpMemoryMb" INTEGER NOT NULL,
    "phpTimeSeconds" INTEGER NOT NULL,
    "phpUploadMb" INTEGER NOT NULL,
    "phpWorkers" INTEGER NOT NULL,
    "connections" INTEGER NOT NULL,
    "maxFtpLogins" INTEGER NOT NULL DEFAULT 20,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO "new_Plan" ("connections", "createdAt", "diskMb", "id", "isDefault", "maxDomains", "maxSites", "name", "phpMemoryMb", "phpTimeSeconds", "phpUploadMb", "phpWorkers", "version") SELECT "connections", "createdAt", "diskMb", "id", "isDefault", "maxDomains", "maxSites", "name", "phpMemoryMb", "phpTimeSeconds", "phpUploadMb", "phpWorkers", "version" FROM "Plan";
DROP TABLE "Plan";
ALTER TABLE "new_Plan" RENAME TO "Plan";
CREATE UNIQUE INDEX "Plan_name_key" ON "Plan"("name");
CREATE TABLE "new_Account" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "number" INTEGER NOT NULL,
    "login" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'active',
    "suspendedReason" TEXT,
    "suspendedAt" DATETIME,
    "removedAt" DATETIME,
    "binUntil" DATETIME,
    "purgedAt" DATETIME,
    "planId" TEXT NOT NULL,
    "webHostId" TEXT NOT NULL,
    "alsoWebHostId" TEXT,
    "alsoWebVisited" BOOLEAN NOT NULL DEFAULT false,
    "filesHostId" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Account_planId_fkey" FOREIGN KEY ("planId") REFERENCES "Plan" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Account_webHostId_fkey" FOREIGN KEY ("webHostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Account_alsoWebHostId_fkey" FOREIGN KEY ("alsoWebHostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Account_filesHostId_fkey" FOREIGN KEY ("filesHostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "new_Account" ("binUntil", "createdAt", "filesHostId", "id", "login", "name", "number", "planId", "purgedAt", "removedAt", "search", "state", "suspendedAt", "suspendedReason", "version", "webHostId") SELECT "binUntil", "createdAt", "filesHostId", "id", "login", "name", "number", "planId", "purgedAt", "removedAt", "search", "state", "suspendedAt", "suspendedReason", "version", "webHostId" FROM "Account";
DROP TABLE "Account";
ALTER TABLE "new_Account" RENAME TO "Account";
CREATE UNIQUE INDEX "Account_number_key" ON "Account"("number");
CREATE UNIQUE INDEX "Account_login_key" ON "Account"("login");
CREATE INDEX "Account_webHostId_number_idx" ON "Account"("webHostId", "number");
CREATE INDEX "Account_alsoWebHostId_number_idx" ON "Account"("alsoWebHostId", "number");
CREATE INDEX "Account_filesHostId_number_idx" ON "Account"("filesHostId", "number");
CREATE INDEX "Account_planId_idx" ON "Account"("planId");
CREATE INDEX "Account_state_binUntil_idx" ON "Account"("state", "binUntil");
CREATE TABLE "new_PublishUnit" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "accountId" TEXT,
    "wanted" INTEGER NOT NULL DEFAULT 0,
    "published" INTEGER NOT NULL DEFAULT 0,
    "verified" INTEGER NOT NULL DEFAULT 0,
    "hold" TEXT,
    "holdData" JSONB,
    "heldAt" DATETIME,
    "heldBy" TEXT,
    "putBackTo" INTEGER,
    "quarantineCode" TEXT,
    "quarantineData" JSONB,
    "quarantinedAt" DATETIME,
    "failedVersion" INTEGER,
    "serving" TEXT NOT NULL DEFAULT 'nothing',
    "hash" TEXT,
    "claims" JSONB NOT NULL DEFAULT '[]',
    "probes" JSONB NOT NULL DEFAULT '[]',
    "withdrawn" BOOLEAN NOT NULL DEFAULT false,
    "touchedBy" TEXT,
    "touchedAt" DATETIME,
    "touchedFor" TEXT NOT NULL DEFAULT 'change',
    "letGoAt" DATETIME,
    "updatedAt" DATETIME NOT NULL
);
INSERT INTO "new_PublishUnit" ("accountId", "claims", "failedVersion", "hash", "hold", "hostId", "id", "key", "probes", "published", "quarantineCode", "quarantineData", "quarantinedAt", "role", "serving", "touchedAt", "touchedBy", "updatedAt", "verified", "wanted") SELECT "accountId", "claims", "failedVersion", "hash", "hold", "hostId", "id", "key", "probes", "published", "quarantineCode", "quarantineData", "quarantinedAt", "role", "serving", "touchedAt", "touchedBy", "updatedAt", "verified", "wanted" FROM "PublishUnit";
DROP TABLE "PublishUnit";
ALTER TABLE "new_PublishUnit" RENAME TO "PublishUnit";
CREATE INDEX "PublishUnit_accountId_idx" ON "PublishUnit"("accountId");
CREATE INDEX "PublishUnit_updatedAt_idx" ON "PublishUnit"("updatedAt");
CREATE INDEX "PublishUnit_hold_idx" ON "PublishUnit"("hold");
CREATE INDEX "PublishUnit_hostId_quarantineCode_idx" ON "PublishUnit"("hostId", "quarantineCode");
CREATE INDEX "PublishUnit_hostId_wanted_published_idx" ON "PublishUnit"("hostId", "wanted", "published");
CREATE UNIQUE INDEX "PublishUnit_hostId_role_key_key" ON "PublishUnit"("hostId", "role", "key");
CREATE TABLE "new_Publication" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "cause" TEXT NOT NULL DEFAULT 'change',
    "author" TEXT NOT NULL,
    "removed" JSONB NOT NULL DEFAULT '{}',
    "steps" JSONB NOT NULL DEFAULT '[]',
    "errors" JSONB NOT NULL DEFAULT '[]',
    "startedAt" DATETIME NOT NULL,
    "endedAt" DATETIME
);
INSERT INTO "new_Publication" ("author", "endedAt", "errors", "hostId", "id", "number", "startedAt", "state", "steps") SELECT "author", "endedAt", "errors", "hostId", "id", "number", "startedAt", "state", "steps" FROM "Publication";
DROP TABLE "Publication";
ALTER TABLE "new_Publication" RENAME TO "Publication";
CREATE INDEX "Publication_startedAt_idx" ON "Publication"("startedAt");
CREATE INDEX "Publication_state_idx" ON "Publication"("state");
CREATE UNIQUE INDEX "Publication_hostId_number_key" ON "Publication"("hostId", "number");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "DomainLook_accountId_name_idx" ON "DomainLook"("accountId", "name");

-- CreateIndex
CREATE INDEX "DomainLook_createdAt_idx" ON "DomainLook"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "AcmeAccount_directory_key" ON "AcmeAccount"("directory");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateSubject_siteId_key" ON "CertificateSubject"("siteId");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateSubject_currentId_key" ON "CertificateSubject"("currentId");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateSubject_previousId_key" ON "CertificateSubject"("previousId");

-- CreateIndex
CREATE INDEX "CertificateSubject_accountId_title_idx" ON "CertificateSubject"("accountId", "title");

-- CreateIndex
CREATE INDEX "CertificateSubject_nextAt_idx" ON "CertificateSubject"("nextAt");

-- CreateIndex
CREATE INDEX "CertificateSubject_state_title_idx" ON "CertificateSubject"("state", "title");

-- CreateIndex
CREATE INDEX "CertificateSubject_expiresAt_idx" ON "CertificateSubject"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateSubject_siteId_accountId_key" ON "CertificateSubject"("siteId", "accountId");

-- CreateIndex
CREATE UNIQUE INDEX "CertificateSubject_hostId_service_key" ON "CertificateSubject"("hostId", "service");

-- CreateIndex
CREATE INDEX "CertificateName_name_idx" ON "CertificateName"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Certificate_number_key" ON "Certificate"("number");

-- CreateIndex
CREATE INDEX "Certificate_subjectId_number_idx" ON "Certificate"("subjectId", "number");

-- CreateIndex
CREATE INDEX "CertificatePlace_nextAt_idx" ON "CertificatePlace"("nextAt");

-- CreateIndex
CREATE INDEX "CertificatePlace_wantedId_idx" ON "CertificatePlace"("wantedId");

-- CreateIndex
CREATE INDEX "AcmeRecord_domainId_idx" ON "AcmeRecord"("domainId");

-- CreateIndex
CREATE INDEX "AcmeRecord_createdAt_idx" ON "AcmeRecord"("createdAt");

-- CreateIndex
CREATE INDEX "AcmeOrder_directory_domain_at_idx" ON "AcmeOrder"("directory", "domain", "at");

-- CreateIndex
CREATE INDEX "AcmeOrder_at_idx" ON "AcmeOrder"("at");

-- CreateIndex
CREATE UNIQUE INDEX "Zone_domainId_key" ON "Zone"("domainId");

-- CreateIndex
CREATE UNIQUE INDEX "Zone_name_key" ON "Zone"("name");

-- CreateIndex
CREATE INDEX "Zone_accountId_name_idx" ON "Zone"("accountId", "name");

-- CreateIndex
CREATE INDEX "Zone_dnsHostId_name_idx" ON "Zone"("dnsHostId", "name");

-- CreateIndex
CREATE INDEX "Zone_dnsHostId_signedUntil_idx" ON "Zone"("dnsHostId", "signedUntil");

-- CreateIndex
CREATE INDEX "Zone_above_idx" ON "Zone"("above");

-- CreateIndex
CREATE UNIQUE INDEX "Zone_id_accountId_key" ON "Zone"("id", "accountId");

-- CreateIndex
CREATE UNIQUE INDEX "Zone_domainId_accountId_key" ON "Zone"("domainId", "accountId");

-- CreateIndex
CREATE INDEX "DnsRecord_zoneId_state_name_type_idx" ON "DnsRecord"("zoneId", "state", "name", "type");

-- CreateIndex
CREATE INDEX "DnsRecord_state_binUntil_idx" ON "DnsRecord"("state", "binUntil");

-- CreateIndex
CREATE UNIQUE INDEX "DnsSecondary_name_key" ON "DnsSecondary"("name");

-- CreateIndex
CREATE UNIQUE INDEX "DnsSecondary_tsigName_key" ON "DnsSecondary"("tsigName");

-- CreateIndex
CREATE UNIQUE INDEX "FtpLogin_name_key" ON "FtpLogin"("name");

-- CreateIndex
CREATE INDEX "FtpLogin_accountId_name_idx" ON "FtpLogin"("accountId", "name");

-- CreateIndex
CREATE INDEX "FtpLogin_state_binUntil_idx" ON "FtpLogin"("state", "binUntil");

-- CreateIndex
CREATE INDEX "FtpLogin_expired_expiresAt_idx" ON "FtpLogin"("expired", "expiresAt");

-- CreateIndex
CREATE INDEX "FtpLogin_nameUntil_idx" ON "FtpLogin"("nameUntil");

-- CreateIndex
CREATE UNIQUE INDEX "FtpLogin_id_accountId_key" ON "FtpLogin"("id", "accountId");

-- CreateIndex
CREATE UNIQUE INDEX "FtpKey_loginId_fingerprint_key" ON "FtpKey"("loginId", "fingerprint");

-- CreateIndex
CREATE INDEX "DomainHealth_nextAt_idx" ON "DomainHealth"("nextAt");

-- CreateIndex
CREATE INDEX "DomainHealth_accountId_state_idx" ON "DomainHealth"("accountId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "DomainHealth_domainId_accountId_key" ON "DomainHealth"("domainId", "accountId");

-- CreateIndex
CREATE INDEX "HostName_name_idx" ON "HostName"("name");

-- CreateIndex
CREATE INDEX "OutgoingMail_state_nextAt_idx" ON "OutgoingMail"("state", "nextAt");

-- CreateIndex
CREATE UNIQUE INDEX "OutgoingMail_purpose_recipient_key" ON "OutgoingMail"("purpose", "recipient");

-- CreateIndex
CREATE UNIQUE INDEX "AccountMove_accountId_key" ON "AccountMove"("accountId");

-- CreateIndex
CREATE INDEX "Notice_fromAt_idx" ON "Notice"("fromAt");

-- CreateIndex
CREATE INDEX "NoticeDismissal_userId_idx" ON "NoticeDismissal"("userId");

-- CreateIndex
CREATE INDEX "Drift_hostId_state_idx" ON "Drift"("hostId", "state");

-- CreateIndex
CREATE INDEX "Drift_accountId_idx" ON "Drift"("accountId");

-- CreateIndex
CREATE INDEX "Drift_lastSeenAt_idx" ON "Drift"("lastSeenAt");

-- CreateIndex
CREATE INDEX "RendererChange_state_idx" ON "RendererChange"("state");

-- CreateIndex
CREATE INDEX "DomainOffer_domainId_state_idx" ON "DomainOffer"("domainId", "state");

-- CreateIndex
CREATE INDEX "DomainOffer_accountId_createdAt_idx" ON "DomainOffer"("accountId", "createdAt");

-- CreateIndex
CREATE INDEX "DomainOffer_toAccountId_createdAt_idx" ON "DomainOffer"("toAccountId", "createdAt");

-- CreateIndex
CREATE INDEX "DomainOffer_state_expiresAt_idx" ON "DomainOffer"("state", "expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "NameRequest_token_key" ON "NameRequest"("token");

-- CreateIndex
CREATE INDEX "NameRequest_accountId_state_idx" ON "NameRequest"("accountId", "state");

-- CreateIndex
CREATE INDEX "NameRequest_holderId_state_idx" ON "NameRequest"("holderId", "state");

-- CreateIndex
CREATE INDEX "NameRequest_state_decideAt_idx" ON "NameRequest"("state", "decideAt");

-- CreateIndex
CREATE INDEX "NameRequest_state_expiresAt_idx" ON "NameRequest"("state", "expiresAt");
