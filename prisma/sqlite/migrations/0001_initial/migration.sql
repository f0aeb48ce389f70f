-- CreateTable
CREATE TABLE "AccountCounter" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "next" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Plan" (
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

-- CreateTable
CREATE TABLE "Account" (
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
    "filesHostId" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Account_planId_fkey" FOREIGN KEY ("planId") REFERENCES "Plan" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Account_webHostId_fkey" FOREIGN KEY ("webHostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Account_filesHostId_fkey" FOREIGN KEY ("filesHostId") REFERENCES "Host" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Membership" (
    "userId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("userId", "accountId"),
    CONSTRAINT "Membership_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Membership_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

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
CREATE TABLE "AuditEntry" (
    "position" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "verb" TEXT NOT NULL,
    "actorKind" TEXT NOT NULL,
    "actorId" TEXT,
    "accountId" TEXT,
    "objectType" TEXT NOT NULL,
    "objectId" TEXT NOT NULL,
    "payloadHash" TEXT NOT NULL,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "AuditPayload" (
    "position" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "salt" TEXT,
    "payload" TEXT,
    "erasedAt" DATETIME,
    CONSTRAINT "AuditPayload_position_fkey" FOREIGN KEY ("position") REFERENCES "AuditEntry" ("position") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AuditCheckpoint" (
    "position" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "hash" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "reason" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "TransactionTurn" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT
);

-- CreateTable
CREATE TABLE "User" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "login" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "search" TEXT NOT NULL DEFAULT '',
    "passwordHash" TEXT NOT NULL,
    "passwordChangedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "admin" BOOLEAN NOT NULL DEFAULT false,
    "disabledAt" DATETIME,
    "locale" TEXT,
    "appearance" TEXT NOT NULL DEFAULT 'auto',
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastLoginAt" DATETIME
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "accountId" TEXT,
    "address" TEXT NOT NULL,
    "browser" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME NOT NULL,
    CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ApiToken" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" DATETIME,
    "expiresAt" DATETIME,
    CONSTRAINT "ApiToken_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "LoginThrottle" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "failures" INTEGER NOT NULL,
    "windowStart" DATETIME NOT NULL,
    "heldUntil" DATETIME
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
CREATE TABLE "Domain" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'live',
    "removedAt" DATETIME,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Domain_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Claim" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'live',
    "releaseAt" DATETIME,
    CONSTRAINT "Claim_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Consent" (
    "name" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("name", "accountId"),
    CONSTRAINT "Consent_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ForbiddenName" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "NamePolicy" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "localNames" BOOLEAN NOT NULL DEFAULT false,
    "panelNames" TEXT NOT NULL DEFAULT ''
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
CREATE TABLE "Host" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "door" TEXT NOT NULL,
    "port" INTEGER,
    "user" TEXT,
    "hostKey" TEXT,
    "machineFile" TEXT,
    "applyFile" TEXT,
    "homes" TEXT NOT NULL,
    "publicIpv4" TEXT,
    "publicIpv6" TEXT,
    "httpPort" INTEGER NOT NULL DEFAULT 80,
    "httpsPort" INTEGER NOT NULL DEFAULT 443,
    "phpMasters" INTEGER NOT NULL DEFAULT 16,
    "reachable" BOOLEAN,
    "state" JSONB,
    "stateAt" DATETIME,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "HostDaemon" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "daemon" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "options" JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT "HostDaemon_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host" ("id") ON DELETE CASCADE ON UPDATE CASCADE
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
CREATE TABLE "JobLease" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "holder" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "JobRun" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "panel" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "finishedAt" DATETIME,
    "state" TEXT NOT NULL,
    "summary" TEXT,
    "error" TEXT
);

-- CreateTable
CREATE TABLE "OutgoingMail" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAt" DATETIME NOT NULL,
    "error" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sentAt" DATETIME
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
CREATE TABLE "PublishUnit" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "accountId" TEXT,
    "wanted" INTEGER NOT NULL DEFAULT 0,
    "published" INTEGER NOT NULL DEFAULT 0,
    "verified" INTEGER NOT NULL DEFAULT 0,
    "hold" TEXT,
    "quarantineCode" TEXT,
    "quarantineData" JSONB,
    "quarantinedAt" DATETIME,
    "failedVersion" INTEGER,
    "serving" TEXT NOT NULL DEFAULT 'nothing',
    "hash" TEXT,
    "claims" JSONB NOT NULL DEFAULT '[]',
    "probes" JSONB NOT NULL DEFAULT '[]',
    "touchedBy" TEXT,
    "touchedAt" DATETIME,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "PublishedFile" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "shard" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "size" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "PublishedShard" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "shard" TEXT NOT NULL,
    "hash" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Release" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "root" TEXT NOT NULL,
    "parentRoot" TEXT,
    "publicationId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "units" JSONB NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "ReleaseChange" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "releaseId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "oldHash" TEXT,
    "newHash" TEXT,
    "size" INTEGER NOT NULL,
    CONSTRAINT "ReleaseChange_releaseId_fkey" FOREIGN KEY ("releaseId") REFERENCES "Release" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Publication" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hostId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "steps" JSONB NOT NULL DEFAULT '[]',
    "errors" JSONB NOT NULL DEFAULT '[]',
    "startedAt" DATETIME NOT NULL,
    "endedAt" DATETIME
);

-- CreateTable
CREATE TABLE "PublicationPart" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "publicationId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "accountId" TEXT,
    "change" TEXT NOT NULL,
    "says" JSONB NOT NULL,
    "serving" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "faultCode" TEXT,
    "faultData" JSONB,
    "output" JSONB NOT NULL DEFAULT '[]',
    CONSTRAINT "PublicationPart_publicationId_fkey" FOREIGN KEY ("publicationId") REFERENCES "Publication" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "HostLease" (
    "hostId" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "until" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "value" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Site" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "accountId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'live',
    "removedAt" DATETIME,
    "binUntil" DATETIME,
    "canonical" TEXT,
    "title" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "forceHttps" BOOLEAN NOT NULL DEFAULT true,
    "hstsSeconds" INTEGER,
    "folder" TEXT,
    "starter" TEXT,
    "phpVersion" TEXT,
    "memoryMb" INTEGER,
    "timeSeconds" INTEGER,
    "uploadMb" INTEGER,
    "indexFiles" TEXT NOT NULL DEFAULT 'index.php index.html index.htm',
    "errorPages" JSONB NOT NULL DEFAULT '{}',
    "target" TEXT,
    "redirectStatus" INTEGER,
    "keepPath" BOOLEAN NOT NULL DEFAULT true,
    "proxyTarget" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Site_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "SiteAddress" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "siteId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT "SiteAddress_siteId_accountId_fkey" FOREIGN KEY ("siteId", "accountId") REFERENCES "Site" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "SiteAddress_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain" ("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "PhpPool" (
    "accountId" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "master" TEXT NOT NULL,
    "socket" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("accountId", "version"),
    CONSTRAINT "PhpPool_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ProxyTarget" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "origin" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
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

-- CreateIndex
CREATE UNIQUE INDEX "Plan_name_key" ON "Plan"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Account_number_key" ON "Account"("number");

-- CreateIndex
CREATE UNIQUE INDEX "Account_login_key" ON "Account"("login");

-- CreateIndex
CREATE INDEX "Account_webHostId_number_idx" ON "Account"("webHostId", "number");

-- CreateIndex
CREATE INDEX "Account_filesHostId_number_idx" ON "Account"("filesHostId", "number");

-- CreateIndex
CREATE INDEX "Account_planId_idx" ON "Account"("planId");

-- CreateIndex
CREATE INDEX "Account_state_binUntil_idx" ON "Account"("state", "binUntil");

-- CreateIndex
CREATE INDEX "Membership_accountId_idx" ON "Membership"("accountId");

-- CreateIndex
CREATE INDEX "DomainLook_accountId_name_idx" ON "DomainLook"("accountId", "name");

-- CreateIndex
CREATE INDEX "DomainLook_createdAt_idx" ON "DomainLook"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "AuditEntry_hash_key" ON "AuditEntry"("hash");

-- CreateIndex
CREATE INDEX "AuditEntry_accountId_position_idx" ON "AuditEntry"("accountId", "position");

-- CreateIndex
CREATE INDEX "AuditEntry_objectType_objectId_idx" ON "AuditEntry"("objectType", "objectId");

-- CreateIndex
CREATE UNIQUE INDEX "User_login_key" ON "User"("login");

-- CreateIndex
CREATE INDEX "User_admin_idx" ON "User"("admin");

-- CreateIndex
CREATE INDEX "Session_userId_idx" ON "Session"("userId");

-- CreateIndex
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_hash_key" ON "ApiToken"("hash");

-- CreateIndex
CREATE INDEX "ApiToken_userId_idx" ON "ApiToken"("userId");

-- CreateIndex
CREATE INDEX "LoginThrottle_windowStart_idx" ON "LoginThrottle"("windowStart");

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
CREATE UNIQUE INDEX "Domain_name_key" ON "Domain"("name");

-- CreateIndex
CREATE INDEX "Domain_accountId_name_idx" ON "Domain"("accountId", "name");

-- CreateIndex
CREATE INDEX "Domain_state_removedAt_idx" ON "Domain"("state", "removedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Domain_id_accountId_key" ON "Domain"("id", "accountId");

-- CreateIndex
CREATE INDEX "Claim_accountId_idx" ON "Claim"("accountId");

-- CreateIndex
CREATE INDEX "Claim_state_releaseAt_idx" ON "Claim"("state", "releaseAt");

-- CreateIndex
CREATE INDEX "Consent_accountId_idx" ON "Consent"("accountId");

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
CREATE UNIQUE INDEX "Host_name_key" ON "Host"("name");

-- CreateIndex
CREATE INDEX "HostDaemon_role_idx" ON "HostDaemon"("role");

-- CreateIndex
CREATE UNIQUE INDEX "HostDaemon_hostId_daemon_key" ON "HostDaemon"("hostId", "daemon");

-- CreateIndex
CREATE INDEX "HostName_name_idx" ON "HostName"("name");

-- CreateIndex
CREATE INDEX "JobRun_name_startedAt_idx" ON "JobRun"("name", "startedAt");

-- CreateIndex
CREATE INDEX "JobRun_startedAt_idx" ON "JobRun"("startedAt");

-- CreateIndex
CREATE INDEX "OutgoingMail_state_nextAt_idx" ON "OutgoingMail"("state", "nextAt");

-- CreateIndex
CREATE UNIQUE INDEX "OutgoingMail_purpose_recipient_key" ON "OutgoingMail"("purpose", "recipient");

-- CreateIndex
CREATE INDEX "Notice_fromAt_idx" ON "Notice"("fromAt");

-- CreateIndex
CREATE INDEX "NoticeDismissal_userId_idx" ON "NoticeDismissal"("userId");

-- CreateIndex
CREATE INDEX "PublishUnit_accountId_idx" ON "PublishUnit"("accountId");

-- CreateIndex
CREATE INDEX "PublishUnit_updatedAt_idx" ON "PublishUnit"("updatedAt");

-- CreateIndex
CREATE UNIQUE INDEX "PublishUnit_hostId_role_key_key" ON "PublishUnit"("hostId", "role", "key");

-- CreateIndex
CREATE INDEX "PublishedFile_hostId_shard_idx" ON "PublishedFile"("hostId", "shard");

-- CreateIndex
CREATE INDEX "PublishedFile_hostId_role_key_idx" ON "PublishedFile"("hostId", "role", "key");

-- CreateIndex
CREATE UNIQUE INDEX "PublishedFile_hostId_path_key" ON "PublishedFile"("hostId", "path");

-- CreateIndex
CREATE UNIQUE INDEX "PublishedShard_hostId_shard_key" ON "PublishedShard"("hostId", "shard");

-- CreateIndex
CREATE INDEX "Release_hostId_root_idx" ON "Release"("hostId", "root");

-- CreateIndex
CREATE UNIQUE INDEX "Release_hostId_number_key" ON "Release"("hostId", "number");

-- CreateIndex
CREATE UNIQUE INDEX "ReleaseChange_releaseId_path_key" ON "ReleaseChange"("releaseId", "path");

-- CreateIndex
CREATE INDEX "Publication_startedAt_idx" ON "Publication"("startedAt");

-- CreateIndex
CREATE UNIQUE INDEX "Publication_hostId_number_key" ON "Publication"("hostId", "number");

-- CreateIndex
CREATE INDEX "PublicationPart_accountId_idx" ON "PublicationPart"("accountId");

-- CreateIndex
CREATE UNIQUE INDEX "PublicationPart_publicationId_role_key_key" ON "PublicationPart"("publicationId", "role", "key");

-- CreateIndex
CREATE INDEX "Site_accountId_title_idx" ON "Site"("accountId", "title");

-- CreateIndex
CREATE INDEX "Site_state_binUntil_idx" ON "Site"("state", "binUntil");

-- CreateIndex
CREATE UNIQUE INDEX "Site_id_accountId_key" ON "Site"("id", "accountId");

-- CreateIndex
CREATE UNIQUE INDEX "SiteAddress_name_key" ON "SiteAddress"("name");

-- CreateIndex
CREATE INDEX "SiteAddress_siteId_idx" ON "SiteAddress"("siteId");

-- CreateIndex
CREATE INDEX "SiteAddress_domainId_idx" ON "SiteAddress"("domainId");

-- CreateIndex
CREATE UNIQUE INDEX "PhpPool_socket_key" ON "PhpPool"("socket");

-- CreateIndex
CREATE UNIQUE INDEX "ProxyTarget_origin_key" ON "ProxyTarget"("origin");

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
