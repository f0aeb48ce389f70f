-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "AccountState" AS ENUM ('active', 'suspended', 'removed');

-- CreateEnum
CREATE TYPE "MembershipRole" AS ENUM ('owner', 'webmaster', 'mail', 'reader');

-- CreateEnum
CREATE TYPE "ZoneMode" AS ENUM ('hosted', 'external');

-- CreateEnum
CREATE TYPE "ClaimState" AS ENUM ('live', 'bin');

-- CreateEnum
CREATE TYPE "HostDoor" AS ENUM ('direct', 'sudo', 'ssh');

-- CreateEnum
CREATE TYPE "SiteKind" AS ENUM ('folder', 'redirect', 'proxy', 'maintenance');

-- CreateEnum
CREATE TYPE "OfferState" AS ENUM ('open', 'accepted', 'refused', 'cancelled', 'expired', 'undone');

-- CreateEnum
CREATE TYPE "RequestKind" AS ENUM ('claim', 'consent');

-- CreateEnum
CREATE TYPE "RequestState" AS ENUM ('waiting', 'proven', 'objected', 'granted', 'refused', 'cancelled', 'expired');

-- CreateTable
CREATE TABLE "AccountCounter" (
    "id" INTEGER NOT NULL,
    "next" INTEGER NOT NULL,

    CONSTRAINT "AccountCounter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Plan" (
    "id" TEXT NOT NULL,
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
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "login" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "state" "AccountState" NOT NULL DEFAULT 'active',
    "suspendedReason" TEXT,
    "suspendedAt" TIMESTAMP(3),
    "removedAt" TIMESTAMP(3),
    "binUntil" TIMESTAMP(3),
    "purgedAt" TIMESTAMP(3),
    "planId" TEXT NOT NULL,
    "webHostId" TEXT NOT NULL,
    "filesHostId" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Membership" (
    "userId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "role" "MembershipRole" NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Membership_pkey" PRIMARY KEY ("userId","accountId")
);

-- CreateTable
CREATE TABLE "DomainLook" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "seen" JSONB NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DomainLook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditEntry" (
    "position" INTEGER NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "verb" TEXT NOT NULL,
    "actorKind" TEXT NOT NULL,
    "actorId" TEXT,
    "accountId" TEXT,
    "objectType" TEXT NOT NULL,
    "objectId" TEXT NOT NULL,
    "payloadHash" TEXT NOT NULL,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "AuditPayload" (
    "position" INTEGER NOT NULL,
    "salt" TEXT,
    "payload" TEXT,
    "erasedAt" TIMESTAMP(3),

    CONSTRAINT "AuditPayload_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "AuditCheckpoint" (
    "position" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "AuditCheckpoint_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "TransactionTurn" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "TransactionTurn_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "login" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "search" TEXT NOT NULL DEFAULT '',
    "passwordHash" TEXT NOT NULL,
    "passwordChangedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "admin" BOOLEAN NOT NULL DEFAULT false,
    "disabledAt" TIMESTAMP(3),
    "locale" TEXT,
    "appearance" TEXT NOT NULL DEFAULT 'auto',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastLoginAt" TIMESTAMP(3),

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "accountId" TEXT,
    "address" TEXT NOT NULL,
    "browser" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApiToken" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMP(3),
    "expiresAt" TIMESTAMP(3),

    CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LoginThrottle" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "windowStart" TIMESTAMP(3) NOT NULL,
    "heldUntil" TIMESTAMP(3),

    CONSTRAINT "LoginThrottle_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "AcmeAccount" (
    "id" TEXT NOT NULL,
    "directory" TEXT NOT NULL,
    "url" TEXT,
    "key" TEXT NOT NULL,
    "thumbprint" TEXT NOT NULL,
    "contact" TEXT NOT NULL DEFAULT '',
    "termsUrl" TEXT,
    "termsAgreedAt" TIMESTAMP(3),
    "eabKeyId" TEXT,
    "eabSecret" TEXT,
    "pausedUntil" TIMESTAMP(3),
    "pauses" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AcmeAccount_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CertificateSubject" (
    "id" TEXT NOT NULL,
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
    "expiresAt" TIMESTAMP(3),
    "nextAt" TIMESTAMP(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "toldDays" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "CertificateSubject_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CertificateName" (
    "subjectId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL DEFAULT 'wanted',
    "failures" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,
    "nextAt" TIMESTAMP(3),

    CONSTRAINT "CertificateName_pkey" PRIMARY KEY ("subjectId","name")
);

-- CreateTable
CREATE TABLE "Certificate" (
    "id" TEXT NOT NULL,
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
    "notBefore" TIMESTAMP(3) NOT NULL,
    "notAfter" TIMESTAMP(3) NOT NULL,
    "renewAt" TIMESTAMP(3) NOT NULL,
    "ariId" TEXT,
    "verifiedAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Certificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "CertificatePlace" (
    "hostId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "wantedId" TEXT,
    "number" INTEGER NOT NULL DEFAULT 0,
    "placedId" TEXT,
    "placedAt" TIMESTAMP(3),
    "verifiedAt" TIMESTAMP(3),
    "problem" TEXT,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "nextAt" TIMESTAMP(3),

    CONSTRAINT "CertificatePlace_pkey" PRIMARY KEY ("hostId","role","name")
);

-- CreateTable
CREATE TABLE "AcmeThumbprint" (
    "hostId" TEXT NOT NULL,
    "thumbprint" TEXT NOT NULL,
    "placedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "AcmeThumbprint_pkey" PRIMARY KEY ("hostId")
);

-- CreateTable
CREATE TABLE "AcmeRecord" (
    "id" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AcmeRecord_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AcmeOrder" (
    "id" TEXT NOT NULL,
    "directory" TEXT NOT NULL,
    "domain" TEXT NOT NULL,
    "names" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,
    "ok" BOOLEAN,
    "renewal" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "AcmeOrder_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Zone" (
    "id" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "above" TEXT,
    "mode" "ZoneMode" NOT NULL DEFAULT 'hosted',
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
    "dsAskedAt" TIMESTAMP(3),
    "undo" JSONB NOT NULL DEFAULT '{}',
    "undoAt" TIMESTAMP(3),
    "leavingKeys" JSONB NOT NULL DEFAULT '[]',
    "rollOver" TEXT NOT NULL DEFAULT 'none',
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Zone_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DnsRecord" (
    "id" TEXT NOT NULL,
    "zoneId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "ttl" INTEGER,
    "data" JSONB NOT NULL,
    "value" TEXT NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "state" "ClaimState" NOT NULL DEFAULT 'live',
    "removedAt" TIMESTAMP(3),
    "binUntil" TIMESTAMP(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DnsRecord_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DnsOverride" (
    "zoneId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DnsOverride_pkey" PRIMARY KEY ("zoneId","name","type")
);

-- CreateTable
CREATE TABLE "DnsTemplate" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "ttl" INTEGER,
    "value" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DnsTemplate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DnsSecondary" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "port" INTEGER NOT NULL DEFAULT 53,
    "tsigName" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL DEFAULT 'hmac-sha256',
    "secret" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DnsSecondary_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Domain" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "search" TEXT NOT NULL,
    "state" "ClaimState" NOT NULL DEFAULT 'live',
    "removedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Claim" (
    "name" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "state" "ClaimState" NOT NULL DEFAULT 'live',
    "releaseAt" TIMESTAMP(3),

    CONSTRAINT "Claim_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "Consent" (
    "name" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Consent_pkey" PRIMARY KEY ("name","accountId")
);

-- CreateTable
CREATE TABLE "ForbiddenName" (
    "name" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ForbiddenName_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "NamePolicy" (
    "id" INTEGER NOT NULL,
    "localNames" BOOLEAN NOT NULL DEFAULT false,
    "panelNames" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "NamePolicy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "FtpLogin" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nameUntil" TIMESTAMP(3),
    "note" TEXT NOT NULL DEFAULT '',
    "search" TEXT NOT NULL,
    "state" "ClaimState" NOT NULL DEFAULT 'live',
    "removedAt" TIMESTAMP(3),
    "binUntil" TIMESTAMP(3),
    "folder" TEXT NOT NULL DEFAULT '',
    "hash" TEXT,
    "hashedAt" TIMESTAMP(3),
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "readOnly" BOOLEAN NOT NULL DEFAULT false,
    "expiresAt" TIMESTAMP(3),
    "expired" BOOLEAN NOT NULL DEFAULT false,
    "networks" TEXT NOT NULL DEFAULT '',
    "lastLoginAt" TIMESTAMP(3),
    "lastLoginFrom" TEXT,
    "lastLoginBy" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "FtpLogin_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "FtpKey" (
    "id" TEXT NOT NULL,
    "loginId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "bits" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "label" TEXT NOT NULL DEFAULT '',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "FtpKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "FtpHost" (
    "hostId" TEXT NOT NULL,
    "publicName" TEXT,
    "oldNames" TEXT NOT NULL DEFAULT '',
    "sshFingerprint" TEXT,
    "tlsFingerprint" TEXT,

    CONSTRAINT "FtpHost_pkey" PRIMARY KEY ("hostId")
);

-- CreateTable
CREATE TABLE "DomainHealth" (
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'unknown',
    "wrong" INTEGER NOT NULL DEFAULT 0,
    "report" JSONB NOT NULL DEFAULT '{}',
    "checkedAt" TIMESTAMP(3),
    "nextAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "DomainHealth_pkey" PRIMARY KEY ("domainId")
);

-- CreateTable
CREATE TABLE "HealthIgnored" (
    "domainId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "item" TEXT NOT NULL,
    "byName" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "HealthIgnored_pkey" PRIMARY KEY ("domainId","item")
);

-- CreateTable
CREATE TABLE "Host" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "door" "HostDoor" NOT NULL,
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
    "stateAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "HostDaemon" (
    "id" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "daemon" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "options" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "HostDaemon_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "HostName" (
    "hostId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "HostName_pkey" PRIMARY KEY ("hostId","purpose","name")
);

-- CreateTable
CREATE TABLE "JobLease" (
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "JobLease_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "JobRun" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "panel" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),
    "state" TEXT NOT NULL,
    "summary" TEXT,
    "error" TEXT,

    CONSTRAINT "JobRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "OutgoingMail" (
    "id" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAt" TIMESTAMP(3) NOT NULL,
    "error" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sentAt" TIMESTAMP(3),

    CONSTRAINT "OutgoingMail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Notice" (
    "id" TEXT NOT NULL,
    "titleFr" TEXT NOT NULL,
    "textFr" TEXT NOT NULL,
    "titleEn" TEXT NOT NULL,
    "textEn" TEXT NOT NULL,
    "fromAt" TIMESTAMP(3) NOT NULL,
    "untilAt" TIMESTAMP(3),
    "mailedAt" TIMESTAMP(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Notice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NoticeDismissal" (
    "noticeId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "NoticeDismissal_pkey" PRIMARY KEY ("noticeId","userId")
);

-- CreateTable
CREATE TABLE "PublishUnit" (
    "id" TEXT NOT NULL,
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
    "quarantinedAt" TIMESTAMP(3),
    "failedVersion" INTEGER,
    "serving" TEXT NOT NULL DEFAULT 'nothing',
    "hash" TEXT,
    "claims" JSONB NOT NULL DEFAULT '[]',
    "probes" JSONB NOT NULL DEFAULT '[]',
    "touchedBy" TEXT,
    "touchedAt" TIMESTAMP(3),
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "PublishUnit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PublishedFile" (
    "id" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "shard" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "size" INTEGER NOT NULL,

    CONSTRAINT "PublishedFile_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PublishedShard" (
    "id" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "shard" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "PublishedShard_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Release" (
    "id" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "root" TEXT NOT NULL,
    "parentRoot" TEXT,
    "publicationId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "units" JSONB NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Release_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ReleaseChange" (
    "id" TEXT NOT NULL,
    "releaseId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "oldHash" TEXT,
    "newHash" TEXT,
    "size" INTEGER NOT NULL,

    CONSTRAINT "ReleaseChange_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Publication" (
    "id" TEXT NOT NULL,
    "hostId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "steps" JSONB NOT NULL DEFAULT '[]',
    "errors" JSONB NOT NULL DEFAULT '[]',
    "startedAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),

    CONSTRAINT "Publication_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PublicationPart" (
    "id" TEXT NOT NULL,
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

    CONSTRAINT "PublicationPart_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "HostLease" (
    "hostId" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "fence" INTEGER NOT NULL,
    "until" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "HostLease_pkey" PRIMARY KEY ("hostId")
);

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Site" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "kind" "SiteKind" NOT NULL,
    "state" "ClaimState" NOT NULL DEFAULT 'live',
    "removedAt" TIMESTAMP(3),
    "binUntil" TIMESTAMP(3),
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
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Site_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SiteAddress" (
    "id" TEXT NOT NULL,
    "siteId" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "SiteAddress_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "PhpPool" (
    "accountId" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "master" TEXT NOT NULL,
    "socket" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PhpPool_pkey" PRIMARY KEY ("accountId","version")
);

-- CreateTable
CREATE TABLE "ProxyTarget" (
    "id" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ProxyTarget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DomainOffer" (
    "id" TEXT NOT NULL,
    "domainId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "toAccountId" TEXT NOT NULL,
    "state" "OfferState" NOT NULL DEFAULT 'open',
    "kept" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,
    "movedAt" TIMESTAMP(3),
    "closedAt" TIMESTAMP(3),

    CONSTRAINT "DomainOffer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NameRequest" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "RequestKind" NOT NULL,
    "accountId" TEXT NOT NULL,
    "holderId" TEXT NOT NULL,
    "heldName" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "state" "RequestState" NOT NULL DEFAULT 'waiting',
    "provenBy" TEXT,
    "provenAt" TIMESTAMP(3),
    "decideAt" TIMESTAMP(3),
    "checkedAt" TIMESTAMP(3),
    "fault" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,
    "closedAt" TIMESTAMP(3),

    CONSTRAINT "NameRequest_pkey" PRIMARY KEY ("id")
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

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_planId_fkey" FOREIGN KEY ("planId") REFERENCES "Plan"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_webHostId_fkey" FOREIGN KEY ("webHostId") REFERENCES "Host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_filesHostId_fkey" FOREIGN KEY ("filesHostId") REFERENCES "Host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Membership" ADD CONSTRAINT "Membership_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Membership" ADD CONSTRAINT "Membership_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainLook" ADD CONSTRAINT "DomainLook_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AuditPayload" ADD CONSTRAINT "AuditPayload_position_fkey" FOREIGN KEY ("position") REFERENCES "AuditEntry"("position") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ApiToken" ADD CONSTRAINT "ApiToken_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateSubject" ADD CONSTRAINT "CertificateSubject_siteId_accountId_fkey" FOREIGN KEY ("siteId", "accountId") REFERENCES "Site"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateSubject" ADD CONSTRAINT "CertificateSubject_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateSubject" ADD CONSTRAINT "CertificateSubject_currentId_fkey" FOREIGN KEY ("currentId") REFERENCES "Certificate"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateSubject" ADD CONSTRAINT "CertificateSubject_previousId_fkey" FOREIGN KEY ("previousId") REFERENCES "Certificate"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "CertificateName" ADD CONSTRAINT "CertificateName_subjectId_fkey" FOREIGN KEY ("subjectId") REFERENCES "CertificateSubject"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Certificate" ADD CONSTRAINT "Certificate_subjectId_fkey" FOREIGN KEY ("subjectId") REFERENCES "CertificateSubject"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AcmeRecord" ADD CONSTRAINT "AcmeRecord_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Zone" ADD CONSTRAINT "Zone_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DnsRecord" ADD CONSTRAINT "DnsRecord_zoneId_accountId_fkey" FOREIGN KEY ("zoneId", "accountId") REFERENCES "Zone"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DnsOverride" ADD CONSTRAINT "DnsOverride_zoneId_accountId_fkey" FOREIGN KEY ("zoneId", "accountId") REFERENCES "Zone"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Domain" ADD CONSTRAINT "Domain_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Claim" ADD CONSTRAINT "Claim_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Consent" ADD CONSTRAINT "Consent_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "FtpLogin" ADD CONSTRAINT "FtpLogin_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "FtpKey" ADD CONSTRAINT "FtpKey_loginId_accountId_fkey" FOREIGN KEY ("loginId", "accountId") REFERENCES "FtpLogin"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "FtpHost" ADD CONSTRAINT "FtpHost_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainHealth" ADD CONSTRAINT "DomainHealth_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HealthIgnored" ADD CONSTRAINT "HealthIgnored_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HostDaemon" ADD CONSTRAINT "HostDaemon_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HostName" ADD CONSTRAINT "HostName_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeDismissal" ADD CONSTRAINT "NoticeDismissal_noticeId_fkey" FOREIGN KEY ("noticeId") REFERENCES "Notice"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeDismissal" ADD CONSTRAINT "NoticeDismissal_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ReleaseChange" ADD CONSTRAINT "ReleaseChange_releaseId_fkey" FOREIGN KEY ("releaseId") REFERENCES "Release"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PublicationPart" ADD CONSTRAINT "PublicationPart_publicationId_fkey" FOREIGN KEY ("publicationId") REFERENCES "Publication"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Site" ADD CONSTRAINT "Site_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SiteAddress" ADD CONSTRAINT "SiteAddress_siteId_accountId_fkey" FOREIGN KEY ("siteId", "accountId") REFERENCES "Site"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SiteAddress" ADD CONSTRAINT "SiteAddress_domainId_accountId_fkey" FOREIGN KEY ("domainId", "accountId") REFERENCES "Domain"("id", "accountId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "PhpPool" ADD CONSTRAINT "PhpPool_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainOffer" ADD CONSTRAINT "DomainOffer_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainOffer" ADD CONSTRAINT "DomainOffer_toAccountId_fkey" FOREIGN KEY ("toAccountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NameRequest" ADD CONSTRAINT "NameRequest_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NameRequest" ADD CONSTRAINT "NameRequest_holderId_fkey" FOREIGN KEY ("holderId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
