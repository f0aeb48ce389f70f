-- CreateEnum
CREATE TYPE "ZoneMode" AS ENUM ('hosted', 'external');

-- CreateEnum
CREATE TYPE "MoveState" AS ENUM ('preparing', 'leading', 'waiting');

-- CreateEnum
CREATE TYPE "OfferState" AS ENUM ('open', 'accepted', 'refused', 'cancelled', 'expired', 'undone');

-- CreateEnum
CREATE TYPE "RequestKind" AS ENUM ('claim', 'consent');

-- CreateEnum
CREATE TYPE "RequestState" AS ENUM ('waiting', 'proven', 'objected', 'granted', 'refused', 'cancelled', 'expired');

-- AlterTable
ALTER TABLE "Plan" ADD COLUMN     "maxFtpLogins" INTEGER NOT NULL DEFAULT 20;

-- AlterTable
ALTER TABLE "Account" ADD COLUMN     "alsoWebHostId" TEXT,
ADD COLUMN     "alsoWebVisited" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Host" ADD COLUMN     "awaySince" TIMESTAMP(3),
ADD COLUMN     "publicIpv4" TEXT,
ADD COLUMN     "publicIpv6" TEXT;

-- AlterTable
ALTER TABLE "PublishUnit" ADD COLUMN     "heldAt" TIMESTAMP(3),
ADD COLUMN     "heldBy" TEXT,
ADD COLUMN     "holdData" JSONB,
ADD COLUMN     "letGoAt" TIMESTAMP(3),
ADD COLUMN     "putBackTo" INTEGER,
ADD COLUMN     "touchedFor" TEXT NOT NULL DEFAULT 'change',
ADD COLUMN     "withdrawn" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Release" ADD COLUMN     "versions" JSONB;

-- AlterTable
ALTER TABLE "Publication" ADD COLUMN     "cause" TEXT NOT NULL DEFAULT 'change',
ADD COLUMN     "removed" JSONB NOT NULL DEFAULT '{}';

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
    "signedUntil" TIMESTAMP(3),
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
CREATE TABLE "HostName" (
    "hostId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "HostName_pkey" PRIMARY KEY ("hostId","purpose","name")
);

-- CreateTable
CREATE TABLE "OutgoingMail" (
    "id" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "alert" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAt" TIMESTAMP(3) NOT NULL,
    "error" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sentAt" TIMESTAMP(3),

    CONSTRAINT "OutgoingMail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AccountMove" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "fromHostId" TEXT NOT NULL,
    "toHostId" TEXT NOT NULL,
    "state" "MoveState" NOT NULL DEFAULT 'preparing',
    "back" BOOLEAN NOT NULL DEFAULT false,
    "startedBy" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "ledAt" TIMESTAMP(3),
    "ttlSeconds" INTEGER NOT NULL DEFAULT 0,
    "endsAt" TIMESTAMP(3),
    "waitsFor" JSONB NOT NULL DEFAULT '[]',
    "lookedAt" TIMESTAMP(3),

    CONSTRAINT "AccountMove_pkey" PRIMARY KEY ("id")
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
CREATE TABLE "Drift" (
    "id" TEXT NOT NULL,
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
    "seenAt" TIMESTAMP(3) NOT NULL,
    "lastSeenAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),
    "decidedBy" TEXT,

    CONSTRAINT "Drift_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RendererChange" (
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "units" INTEGER NOT NULL,
    "different" INTEGER NOT NULL,
    "accountId" TEXT,
    "publications" JSONB NOT NULL DEFAULT '[]',
    "hosts" JSONB NOT NULL,
    "error" JSONB,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "decidedBy" TEXT,
    "decidedAt" TIMESTAMP(3),
    "endedAt" TIMESTAMP(3),

    CONSTRAINT "RendererChange_pkey" PRIMARY KEY ("id")
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

-- CreateTable
CREATE TABLE "WatchedCheck" (
    "name" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "since" TIMESTAMP(3) NOT NULL,
    "says" JSONB NOT NULL,
    "looks" INTEGER NOT NULL DEFAULT 0,
    "told" TEXT NOT NULL DEFAULT 'ok',
    "toldAt" TIMESTAMP(3),
    "worsenings" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "WatchedCheck_pkey" PRIMARY KEY ("subject","name")
);

-- CreateTable
CREATE TABLE "AlertRefusal" (
    "userId" TEXT NOT NULL,

    CONSTRAINT "AlertRefusal_pkey" PRIMARY KEY ("userId")
);

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

-- CreateIndex
CREATE INDEX "Account_alsoWebHostId_number_idx" ON "Account"("alsoWebHostId", "number");

-- CreateIndex
CREATE INDEX "PublishUnit_hold_idx" ON "PublishUnit"("hold");

-- CreateIndex
CREATE INDEX "PublishUnit_hostId_quarantineCode_idx" ON "PublishUnit"("hostId", "quarantineCode");

-- CreateIndex
CREATE INDEX "PublishUnit_hostId_wanted_published_idx" ON "PublishUnit"("hostId", "wanted", "published");

-- CreateIndex
CREATE INDEX "Publication_state_idx" ON "Publication"("state");

-- AddForeignKey
ALTER TABLE "Account" ADD CONSTRAINT "Account_alsoWebHostId_fkey" FOREIGN KEY ("alsoWebHostId") REFERENCES "Host"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainLook" ADD CONSTRAINT "DomainLook_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

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
ALTER TABLE "HostName" ADD CONSTRAINT "HostName_hostId_fkey" FOREIGN KEY ("hostId") REFERENCES "Host"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AccountMove" ADD CONSTRAINT "AccountMove_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeDismissal" ADD CONSTRAINT "NoticeDismissal_noticeId_fkey" FOREIGN KEY ("noticeId") REFERENCES "Notice"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NoticeDismissal" ADD CONSTRAINT "NoticeDismissal_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainOffer" ADD CONSTRAINT "DomainOffer_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DomainOffer" ADD CONSTRAINT "DomainOffer_toAccountId_fkey" FOREIGN KEY ("toAccountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NameRequest" ADD CONSTRAINT "NameRequest_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NameRequest" ADD CONSTRAINT "NameRequest_holderId_fkey" FOREIGN KEY ("holderId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
