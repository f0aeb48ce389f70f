#!/bin/sh
# Stands in web1's place for pages of logs: what a machine answers to `log <account> <kind> <n>`, and away for anything else.
[ "${3-}" = log ] || exit 255
site=amisducanal.test folder=/srv/mutu/homes/$4/www/amisducanal.test
case $5 in
php)
  cat <<LINES
line $site [28-Nov-2026 08:12:03 UTC] PHP Warning:  Undefined variable \$titre in $folder/wp-content/themes/canal/header.php on line 14
line $site [28-Nov-2026 09:41:27 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function canal_calendrier() in $folder/wp-content/themes/canal/single-sortie.php:37
line $site Stack trace:
line $site #0 $folder/wp-includes/template.php(812): require()
line $site #1 $folder/wp-includes/template-loader.php(106): include('/srv/mutu/homes...')
line $site #2 {main}
line $site   thrown in $folder/wp-content/themes/canal/single-sortie.php on line 37
LINES
  ;;
error)
  cat <<LINES
line $site [2026-11-28 07:02:11.104512] [authz_core:error] [pid 812] [client 2001:db8::71] AH01630: client denied by server configuration: $folder/wp-content/uploads/.htpasswd
line $site [2026-11-28 09:30:45.701204] [autoindex:error] [pid 812] [client 192.0.2.44] AH01276: Cannot serve directory $folder/photos/2026/une-tres-longue-sortie-au-fil-de-l-eau-et-des-ecluses/: No matching DirectoryIndex (index.php,index.html) found, and server-generated directory index forbidden by Options directive
line $site [2026-11-28 09:33:02.000127] [mutu:error] [pid 812] [client 192.0.2.44] MUTU01: not a file of the account: $folder/ancien.html
LINES
  ;;
access)
  n=0
  while [ $n -lt 45 ]; do
    n=$((n + 1))
    echo "line $site 192.0.2.$n - [28/Nov/2026:09:41:$((n + 10)) +0000] \"GET /sorties/$n/une-page-dont-l-adresse-est-assez-longue?utm_source=lettre&utm_campaign=automne-2026 HTTP/1.1\" $((n % 5 == 0 ? 500 : 200)) 5120 \"https://amisducanal.test/\" \"Mozilla/5.0\" 48211"
  done
  ;;
esac
