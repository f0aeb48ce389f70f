/*
 * mod_mutu: what Apache's own directives cannot promise about members' .htaccess (HOSTING.md 1, 2).
 *   MutuAccount N        per vhost: only files that belong to N are served     MutuPages DIR      server: root's pages, served to all
 *   MutuBackend HANDLER  per vhost: its only PHP pool                          MutuTlsPort N…     server: what came to nginx on :443
 *   MutuPhpValue N V     per vhost: PHP settings, sent whole on each request   MutuProbeFrom A…   server: who may ask for probes
 *   MutuProbe HASH, MutuPhpProbe PATH  per vhost: answers of /.well-known/mutu-probe and …/php (the pool's ping.path)
 *   MutuAlsoOwner N      server: a trial that is not root has one owner for all accounts
 *   MutuPhpLogs DIR      server: a site's PHP errors go to DIR/<account>/logs/php/<ServerName>.log, which that number alone writes
 *   %N in LogFormat and ErrorLogFormat: the vhost's account, "-" for none. No directive of a member reaches it
 * Members never choose a handler that reaches a pool: "mutu-php" stands for the backend of the vhost, whichever that is.
 */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "http_ssl.h"
#include "mod_log_config.h"
#include "ap_expr.h"
#include "apr_strings.h"

#define PROBE "/.well-known/mutu-probe"
#define MAX_HTACCESS 131072
#define NOBODY ((apr_uid_t)-1)

typedef struct {
    apr_uid_t account, also;
    const char *backend, *values, *probe, *php_probe, *pages, *php_logs;
    apr_array_header_t *ports, *from;
} conf;

module AP_MODULE_DECLARE_DATA mutu_module;
APLOG_USE_MODULE(mutu);

static conf *of(const server_rec *s) { return ap_get_module_config(s->module_config, &mutu_module); }

static int foreign(const request_rec *r, const apr_finfo_t *file)
{
    const conf *c = of(r->server);
    size_t length = c->pages ? strlen(c->pages) : 0;
    if (file->user == c->account || file->user == c->also) return 0;
    /* Ours, and reached by our own Alias: a member's symbolic link to a file of root has another name. */
    return file->user != 0 || !length || strncmp(r->filename, c->pages, length) || r->filename[length] != '/';
}

static int forbidden_file(request_rec *r)
{
    apr_finfo_t file;
    if (!r->filename || apr_stat(&file, r->filename, APR_FINFO_OWNER, r->pool) != APR_SUCCESS) return 0;
    return foreign(r, &file);
}

/* mod_autoindex and mod_dir open what a lookup found without calling a handler, so lookups are judged too. */
static int fixup(request_rec *r) { return r->main && forbidden_file(r) ? HTTP_FORBIDDEN : DECLINED; }

/* The file that was really opened: between the look and the opening a link can have moved. */
static apr_status_t owned(ap_filter_t *f, apr_bucket_brigade *bb)
{
    apr_finfo_t file;
    apr_bucket *b;
    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb); b = APR_BUCKET_NEXT(b)) {
        if (!APR_BUCKET_IS_FILE(b)) continue;
        if (apr_file_info_get(&file, APR_FINFO_OWNER, ((apr_bucket_file *)b->data)->fd) == APR_SUCCESS && !foreign(f->r, &file)) continue;
        apr_brigade_cleanup(bb);
        APR_BRIGADE_INSERT_TAIL(bb, ap_bucket_error_create(HTTP_FORBIDDEN, NULL, f->r->pool, f->c->bucket_alloc));
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(f->c->bucket_alloc));
        break;
    }
    return ap_pass_brigade(f->next, bb);
}

/* nginx may send another site's question over this connection next (HOSTING.md 6), so it is kept only where no member decides where the answer
 * ends: a whole file, its length known here. PHP's own Content-Length, or one of .htaccess, would let the rest be taken for a neighbour's answer. */
static int close_after(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    return DECLINED;
}
static void judge(request_rec *r)
{
    if (r->main) return;
    r->connection->keepalive = AP_CONN_UNKNOWN;
    ap_add_output_filter("MUTU_KEEP", NULL, r, r->connection);
}

/* After mod_headers and before Apache's own framing. */
static apr_status_t keep(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;
    const apr_table_t *asked = r->headers_in, *said = r->headers_out, *always = r->err_headers_out;
    apr_off_t length = -1;
    int whole = !APR_BRIGADE_EMPTY(bb) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(bb)) && apr_brigade_length(bb, 0, &length) == APR_SUCCESS && length >= 0;
    int file = whole && APR_BUCKET_IS_FILE(APR_BRIGADE_FIRST(bb)) && r->status == HTTP_OK && r->method_number == M_GET && !r->header_only;
    ap_remove_output_filter(f);
    if (file && !apr_table_get(asked, "Range") && !apr_table_get(asked, "Content-Length") && !apr_table_get(asked, "Transfer-Encoding")
        && !apr_table_get(said, "Transfer-Encoding") && !apr_table_get(always, "Transfer-Encoding") && !apr_table_get(always, "Content-Length")) {
        ap_set_content_length(r, length);
    } else {
        /* Not AP_CONN_CLOSE: what has no length is still sent in chunks, so that nginx sees where it was cut off. */
        apr_table_unset(r->err_headers_out, "Connection");
        apr_table_setn(r->headers_out, "Connection", "close");
    }
    return ap_pass_brigade(f->next, bb);
}

static int is_php_name(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;
    return dot && (!strncasecmp(dot, ".php", 4) || !strcasecmp(dot, ".phtml") || !strcasecmp(dot, ".phar"));
}

/* Complete on every request, or one would go on in the worker's next. The file's name is the site's own: what a visitor sends is not in it. */
static const char *php_values(request_rec *r, const conf *c)
{
    const char *values = c->values ? c->values : "";
    if (!c->php_logs || c->account == NOBODY) return values;
    return apr_psprintf(r->pool, "%serror_log=\"%s/%u/logs/php/%s.log\"\n", values, c->php_logs, (unsigned)c->account, r->server->server_hostname);
}

/* In words that the panel knows, for the site's page. */
static int refused(request_rec *r, const char *why, const char *what)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s%s", why, what);
    return HTTP_FORBIDDEN;
}

static int guard(request_rec *r)
{
    const conf *c = of(r->server);
    const char *handler = r->handler ? r->handler : "";
    int ping = ap_get_module_config(r->request_config, &mutu_module) != NULL;
    apr_table_unset(r->subprocess_env, "PHP_ADMIN_VALUE");
    apr_table_unset(r->subprocess_env, "PHP_VALUE");
    if (r->proxyreq || (r->filename && !strncmp(r->filename, "proxy:", 6))) return refused(r, "MUTU02: a handler or proxy that is not the site's own: ", r->uri);
    if (!ping && forbidden_file(r)) return refused(r, "MUTU01: not a file of the account: ", r->filename);
    if (c->backend && (!strcmp(handler, "mutu-php") || !strncmp(handler, "application/x-httpd-php", 23))) r->handler = handler = c->backend;
    if (!c->backend || strcmp(handler, c->backend)) {
        /* Another's pool, or the source of a program as plain text. */
        if (!strncasecmp(handler, "proxy:", 6)) return refused(r, "MUTU02: a handler or proxy that is not the site's own: ", r->uri);
        if (r->finfo.filetype == APR_REG && is_php_name(r->filename)) return refused(r, "MUTU03: PHP is not on here: ", r->filename);
        ap_add_output_filter("MUTU_OWNED", NULL, r, r->connection);
        return DECLINED;
    }
    if (!ping && r->finfo.filetype != APR_REG) return r->finfo.filetype == APR_NOFILE ? HTTP_NOT_FOUND : HTTP_FORBIDDEN;
    if (c->values || c->php_logs) apr_table_setn(r->subprocess_env, "PHP_VALUE", php_values(r, c));
    return DECLINED;
}

/* A neighbour's file read as .htaccess would tell its lines in the error log; a pipe would hold the thread for ever; sections nested
 * without end overflow the stack (ThreadStackSize bears this much). */
static apr_status_t own_htaccess(request_rec *r, const char *dir, const char *name, ap_configfile_t **file, const char **full)
{
    apr_finfo_t found;
    apr_status_t looked;
    (void)file;
    *full = ap_make_full_path(r->pool, dir, name);
    looked = apr_stat(&found, *full, APR_FINFO_OWNER | APR_FINFO_TYPE | APR_FINFO_SIZE, r->pool);
    /* Nearly always: nothing there, so that Apache need not look again. */
    if (APR_STATUS_IS_ENOENT(looked) || APR_STATUS_IS_ENOTDIR(looked)) return looked;
    if (looked != APR_SUCCESS) return AP_DECLINED;
    return found.filetype != APR_REG || found.size > MAX_HTACCESS || foreign(r, &found) ? APR_EACCES : AP_DECLINED;
}

/* `Header set X "expr=%{file:/srv/…/wp-config.php}"` would read with Apache's eyes. */
static int no_file_in_expressions(ap_expr_lookup_parms *p)
{
    if (p->type != AP_EXPR_FUNC_STRING || (strcasecmp(p->name, "file") && strcasecmp(p->name, "filesize"))) return DECLINED;
    *p->err = "expressions may not read files here";
    return !OK;
}

static int through_tls(const conn_rec *c)
{
    const apr_array_header_t *ports = of(c->base_server)->ports;
    int i;
    for (i = 0; ports && i < ports->nelts; i++) if (APR_ARRAY_IDX(ports, i, int) == c->local_addr->port) return 1;
    return 0;
}

static int is_ssl(conn_rec *c) { return through_tls(c) ? OK : DECLINED; }
static const char *scheme(const request_rec *r) { return through_tls(r->connection) ? "https" : NULL; }
static apr_port_t port(const request_rec *r) { return through_tls(r->connection) ? 443 : 0; }

static int say_https(request_rec *r)
{
    if (through_tls(r->connection)) apr_table_setn(r->subprocess_env, "HTTPS", "on");
    return DECLINED;
}

/* Before .htaccess, redirects and notices, so that "verified" depends on no file of a member. */
static int answer_probe(request_rec *r, int lookup)
{
    const conf *c = of(r->server);
    int i, known = 0, php = !strcmp(r->uri, PROBE "/php");
    if (lookup || !(php ? c->php_probe && c->backend : c->probe && !strcmp(r->uri, PROBE))) return DECLINED;
    for (i = 0; c->from && i < c->from->nelts; i++) known |= apr_ipsubnet_test(APR_ARRAY_IDX(c->from, i, apr_ipsubnet_t *), r->useragent_addr);
    if (!known) return DECLINED;
    if (php) {
        ap_set_module_config(r->request_config, &mutu_module, r);
        r->uri = r->filename = apr_pstrdup(r->pool, c->php_probe);
        r->handler = c->backend;
        return ap_run_handler(r);
    }
    ap_set_content_type(r, "text/plain");
    ap_rputs(c->probe, r);
    return OK;
}

static void *create(apr_pool_t *p, server_rec *s)
{
    conf *c = apr_pcalloc(p, sizeof *c);
    (void)s;
    c->account = c->also = NOBODY;
    return c;
}

static void *merge(apr_pool_t *p, void *base, void *vhost)
{
    conf *b = base, *v = vhost, *c = apr_pmemdup(p, v, sizeof *v);
    c->also = b->also; c->pages = b->pages; c->php_logs = b->php_logs; c->ports = b->ports; c->from = b->from;
    return c;
}

static const char *set_number(cmd_parms *cmd, void *d, const char *word)
{
    char *end;
    apr_int64_t number = apr_strtoi64(word, &end, 10);
    (void)d;
    if (!*word || *end || number < 1 || number > 4294967294) return "must be a number from 1";
    *(apr_uid_t *)((char *)of(cmd->server) + (size_t)cmd->info) = (apr_uid_t)number;
    return NULL;
}

static const char *set_text(cmd_parms *cmd, void *d, const char *text)
{
    (void)d;
    *(const char **)((char *)of(cmd->server) + (size_t)cmd->info) = text;
    return NULL;
}

static const char *add_value(cmd_parms *cmd, void *d, const char *name, const char *value)
{
    conf *c = of(cmd->server);
    (void)d;
    c->values = apr_pstrcat(cmd->pool, c->values ? c->values : "", name, "=", value, "\n", NULL);
    return NULL;
}

static const char *add_port(cmd_parms *cmd, void *d, const char *word)
{
    conf *c = of(cmd->server);
    (void)d;
    if (!c->ports) c->ports = apr_array_make(cmd->pool, 2, sizeof(int));
    APR_ARRAY_PUSH(c->ports, int) = atoi(word);
    return NULL;
}

static const char *add_address(cmd_parms *cmd, void *d, const char *word)
{
    conf *c = of(cmd->server);
    char *address = apr_pstrdup(cmd->pool, word), *bits = strchr(address, '/');
    apr_ipsubnet_t *net;
    (void)d;
    if (bits) *bits++ = '\0';
    if (apr_ipsubnet_create(&net, address, bits, cmd->pool) != APR_SUCCESS) return "must be an address or a network";
    if (!c->from) c->from = apr_array_make(cmd->pool, 2, sizeof net);
    APR_ARRAY_PUSH(c->from, apr_ipsubnet_t *) = net;
    return NULL;
}

#define FIELD(name) (void *)APR_OFFSETOF(conf, name)
static const command_rec commands[] = {
    AP_INIT_TAKE1("MutuAccount", set_number, FIELD(account), RSRC_CONF, "number that owns this vhost's files"),
    AP_INIT_TAKE1("MutuAlsoOwner", set_number, FIELD(also), RSRC_CONF, "owner of all files in a trial that is not root"),
    AP_INIT_TAKE1("MutuBackend", set_text, FIELD(backend), RSRC_CONF, "the only proxy: handler of this vhost"),
    AP_INIT_TAKE1("MutuProbe", set_text, FIELD(probe), RSRC_CONF, "hash that proves which release answers"),
    AP_INIT_TAKE1("MutuPhpProbe", set_text, FIELD(php_probe), RSRC_CONF, "ping.path of the pool"),
    AP_INIT_TAKE1("MutuPhpLogs", set_text, FIELD(php_logs), RSRC_CONF, "folder of accounts, for PHP's errors"),
    AP_INIT_TAKE1("MutuPages", set_text, FIELD(pages), RSRC_CONF, "folder of root's own pages"),
    AP_INIT_TAKE2("MutuPhpValue", add_value, NULL, RSRC_CONF, "one PHP setting: name and value"),
    AP_INIT_ITERATE("MutuTlsPort", add_port, NULL, RSRC_CONF, "ports for what came over TLS"),
    AP_INIT_ITERATE("MutuProbeFrom", add_address, NULL, RSRC_CONF, "addresses that may ask for probes"),
    { NULL }
};

/* Whose line it is, for whoever splits the one log: of the vhost itself, so it holds after inner redirects too. */
static int name_account(char *to, int length, const server_rec *s)
{
    apr_uid_t account = s ? of(s)->account : NOBODY;
    return account == NOBODY ? apr_snprintf(to, length, "-") : apr_snprintf(to, length, "%u", (unsigned)account);
}
static int error_account(const ap_errorlog_info *info, const char *arg, char *to, int length)
{
    (void)arg;
    return name_account(to, length, info->s);
}
static const char *access_account(request_rec *r, char *arg)
{
    char *name = apr_palloc(r->pool, 16);
    (void)arg;
    name_account(name, 16, r->server);
    return name;
}
static int log_items(apr_pool_t *p, apr_pool_t *log, apr_pool_t *temporary)
{
    APR_OPTIONAL_FN_TYPE(ap_register_log_handler) *add = APR_RETRIEVE_OPTIONAL_FN(ap_register_log_handler);
    (void)log;
    (void)temporary;
    if (add) add(p, "N", access_account, 0);
    ap_register_errorlog_handler(p, "N", error_account, 0);
    return OK;
}

static void hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_pre_config(log_items, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_ssl_conn_is_ssl(is_ssl, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_http_scheme(scheme, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_default_port(port, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_read_request(say_https, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_read_request(close_after, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_quick_handler(answer_probe, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_open_htaccess(own_htaccess, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_expr_lookup(no_file_in_expressions, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(fixup, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_filter(judge, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_error_filter(judge, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(guard, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_register_output_filter("MUTU_OWNED", owned, NULL, (ap_filter_type)(AP_FTYPE_RESOURCE - 1));
    ap_register_output_filter("MUTU_KEEP", keep, NULL, (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
}

module AP_MODULE_DECLARE_DATA mutu_module = { STANDARD20_MODULE_STUFF, NULL, NULL, create, merge, commands, hooks, AP_MODULE_FLAG_NONE };
