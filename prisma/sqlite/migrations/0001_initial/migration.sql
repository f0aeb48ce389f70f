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
CREATE UNIQUE INDEX "Host_name_key" ON "Host"("name");

-- CreateIndex
CREATE INDEX "HostDaemon_role_idx" ON "HostDaemon"("role");

-- CreateIndex
CREATE UNIQUE INDEX "HostDaemon_hostId_daemon_key" ON "HostDaemon"("hostId", "daemon");

-- CreateIndex
CREATE INDEX "JobRun_name_startedAt_idx" ON "JobRun"("name", "startedAt");

-- CreateIndex
CREATE INDEX "JobRun_startedAt_idx" ON "JobRun"("startedAt");

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
