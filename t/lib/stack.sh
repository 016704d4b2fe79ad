# shellcheck shell=bash disable=SC2034
# stack.sh - one private Boxoffice in one directory: PostgreSQL, Redis, two
# nginx (ours and the sandbox's), the sandbox, three pools, the jobs daemon.
#
# Sourced by ./dev, which brings paths ($top $var $build), say, fail_with and
# as_pg. `./dev up` runs a stack in var/, every test file one of its own: the
# same code, so that what is tested is what people start.
#
# In the directory:  pid/NAME  "pid starttime", so that a pid that the kernel
# has given to somebody else is never killed;  log/NAME.log;  run/  sockets;
# conf/  rendered;  secret/  keys (0600);  pg  the cluster;  env  exports.
#
# A stack_* function returns false with CAUSE, FIX and TAIL (a log) set.

STACK_PARTS=(postgres redis gateway sandbox nginx pay hook api jobs)
CAUSE='' FIX='' TAIL='' NOTE=''

stack_init() {                  # stack_init DIR: names everything in it, makes nothing
    S=$1
    S_URL_HOST=127.0.0.1
    S_DB="postgresql://postgres@/boxoffice?host=$S/run/pg"
    if [ -e "$S/run" ]; then S_RUN=$(readlink -f "$S/run"); else S_RUN=$S/run; fi
}

lost() { CAUSE=$1 FIX=${2:-} TAIL=${3:-}; return 1; }

# --- processes -------------------------------------------------------------

proc_start_time() {             # when PID began, in ticks; false when it is gone or a zombie
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    [ "$1" != Z ] || return 1
    echo "${20}"
}

part_pid() {                    # pid of a running part; false when it isn't running
    local pid born
    { read -r pid born <"$S/pid/$1"; } 2>/dev/null || return 1
    [ "$(proc_start_time "$pid")" = "$born" ] || return 1
    echo "$pid"
}

part_record() {                 # part_record NAME PID
    local born
    born=$(proc_start_time "$2") || return 1
    echo "$2 $born" >"$S/pid/$1"
}

# Starts a program that outlives this shell: own session, output to its log,
# none of our descriptors (a lock held by a daemon would never be free again).
spawn() {                       # spawn NAME COMMAND...
    local name=$1; shift
    (cd / && exec setsid "$@") </dev/null >>"$S/log/$name.log" 2>&1 8>&- 9>&- &
    part_record "$name" $! || lost "$name left at once" '' "$S/log/$name.log"
}

wait_for() {                    # wait_for SECONDS COMMAND...: asks every 20 ms
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000)); shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

gone() { ! proc_start_time "$1" >/dev/null; }

part_stop() {                   # part_stop NAME SIGNAL SECONDS: asks, waits, then kills it with its children
    local pid children
    if pid=$(part_pid "$1"); then
        kill -"$2" "$pid" 2>/dev/null
        if ! wait_for "$3" gone "$pid"; then
            children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
            # shellcheck disable=SC2086
            kill -KILL "$pid" $children 2>/dev/null
            wait_for 5 gone "$pid"
        fi
    fi
    rm -f "$S/pid/$1"
}

# --- directory, secrets, certificates --------------------------------------

# PostgreSQL refuses root. When we are root its files belong to the user
# postgres, and where that user can't reach the tree (/root is 0700) they
# stand in /var/tmp behind a link: that survives a restart, /tmp doesn't.
pg_dir_make() {                 # pg_dir_make PATH [BASE]
    local real=$1
    [ ! -L "$1" ] || rm -f "$1"                                 # a link to what is gone
    if [ "$(id -u)" != 0 ]; then mkdir -m 700 -p "$1"; return; fi
    if ! as_pg test -x "$(dirname "$1")"; then
        real=$(mktemp -d "${2:-/var/tmp}/bx.XXXXXX") && ln -s "$real" "$1" || return 1
    fi
    mkdir -p "$real" && chown postgres: "$real" && chmod 700 "$real"
}

stack_dirs() {
    mkdir -p "$S"/{pid,log,conf,secret,tmp,sandbox} && chmod 700 "$S"/{secret,tmp,sandbox} || return 1
    # The address of a Unix socket holds 107 bytes; the longest name is 24.
    if [ ! -d "$S/run" ]; then
        rm -f "$S/run"
        if [ ${#S} -gt 70 ] || { [ "$(id -u)" = 0 ] && ! as_pg test -x "$S"; }; then
            ln -s "$(mktemp -d /tmp/bx.XXXXXX)" "$S/run" || return 1
        else
            mkdir "$S/run" || return 1
        fi
    fi
    S_RUN=$(readlink -f "$S/run")
    chmod 711 "$S_RUN"
    [ -d "$S/run/pg" ] || pg_dir_make "$S_RUN/pg" /tmp || return 1
    random_file seal.key 32 && random_file gateway.key 24 && random_file webhook_nmi 24 &&
        random_file webhook_stripe 24 && random_file webhook_resend 24
}

random_file() {                 # random_file NAME BYTES: hexadecimal, made once
    [ -s "$S/secret/$1" ] || (umask 077; openssl rand -hex "$2" >"$S/secret/$1")
}

secret() { cat "$S/secret/$1" 2>/dev/null; }

# One certificate authority for the tree, made at first use and again when it
# is about to run out. It signs our server and the sandbox alike.
tls_make() {
    local t=$var/tls ext san='subjectAltName=DNS:localhost,IP:127.0.0.1' name
    exec 8>"$var/lock.tls" && flock 8 || return 1
    if openssl x509 -checkend 604800 -noout -in "$t/gateway.pem" >/dev/null 2>&1; then exec 8>&-; return; fi
    rm -rf "$t"; (umask 077; mkdir -p "$t")
    (
        umask 077; cd "$t" || exit 1
        ext=$'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n'$san
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -keyout ca.key -out ca.pem \
            -subj '/CN=Boxoffice development CA' -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
            -addext 'keyUsage=critical,keyCertSign,cRLSign' || exit 1
        for name in server gateway; do
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -subj "/CN=boxoffice $name" |
                openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 397 -extfile <(echo "$ext") -out $name.pem || exit 1
        done
    ) >"$var/log/tls.log" 2>&1 || { exec 8>&-; lost 'openssl could not make certificates' '' "$var/log/tls.log"; return 1; }
    exec 8>&-
}

# --- PostgreSQL ------------------------------------------------------------

pg_options() {                  # pg_options SOCKET_DIR SMALL
    cat <<CONF
listen_addresses = ''
unix_socket_directories = '$1'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = $([ "$2" = small ] && echo 32MB || echo 128MB)
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
max_wal_size = 2GB
max_prepared_transactions = 0
log_line_prefix = '%m [%p] %q%u '
log_lock_waits = on
log_min_duration_statement = 1000
timezone = 'UTC'
CONF
}

pg_is_ready() { grep -qs '^ready' "$1/postmaster.pid"; }

pg_run() {                      # pg_run NAME DATA_DIR: starts the server and waits until it takes connections
    spawn "$1" "${PG_PREFIX[@]}" "$PG_BIN/postgres" -D "$2" || return 1
    wait_for 60 pg_ready_or_gone "$1" "$2" && part_pid "$1" >/dev/null ||
        lost 'PostgreSQL did not start' "see the log; ./dev down --wipe starts with an empty database" "$S/log/$1.log"
}
pg_ready_or_gone() { pg_is_ready "$2" || ! part_pid "$1" >/dev/null; }

# What sql/ makes, as one word; a template of the data directory is kept per
# word, so that a stack's database is one copy instead of initdb and deploy.
sql_key() {
    (cd "$top" && find sql -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; "$PG_BIN/postgres" -V; pg_options x) |
        sha256sum | cut -c1-16
}

template_ensure() (             # a subshell: S is another directory here
    key=$(sql_key)
    mkdir -p "$var/template" "$var/log"
    exec 9>"$var/template/lock" && flock 9 || exit 1
    [ ! -d "$var/template/$key/pg" ] || exit 0
    for old in "$var/template"/*/; do                           # earlier ones; a copy under way holds the lock shared
        [ ! -d "$old" ] || rm -rf "$(readlink -f "${old}pg")" "$old"
    done
    stack_init "$var/template/making.$$"
    trap 'part_stop template INT 30; rm -rf "$(readlink -f "$S/run")" "$S"' EXIT
    mkdir -p "$S" && stack_dirs && pg_dir_make "$S/pg" || exit 1
    log=$var/log/template.log
    fresh() {
        cd / && as_pg "$PG_BIN/initdb" --no-sync -k -E UTF8 --locale=C.UTF-8 -U postgres -A trust "$S/pg" || return 1
        pg_options "$S_RUN/pg" | as_pg tee -a "$S/pg/postgresql.conf" >/dev/null || return 1
        pg_run template "$S/pg" || { cat "$S/log/template.log"; return 1; }
        psql -Xq -v ON_ERROR_STOP=1 "postgresql://postgres@/postgres?host=$S_RUN/pg" -c 'create database boxoffice' || return 1
        [ ! -x "$top/sql/install" ] || "$top/sql/install" "postgresql://postgres@/boxoffice?host=$S_RUN/pg" || return 1
        part_stop template INT 30
    }
    fresh >"$log" 2>&1 9>&- || { echo "$log"; exit 1; }
    sync -f "$S/pg/PG_VERSION"
    mkdir "$var/template/$key" && mv "$S/pg" "$var/template/$key/pg"
)

start_postgres() {              # start_postgres SMALL: from the template when there is no data yet
    if [ ! -s "$S/pg/PG_VERSION" ]; then
        local log key
        log=$(template_ensure) || { lost 'the database could not be made from sql/' \
            'mend sql/ and run it again' "${log:-$var/log/template.log}"; return 1; }
        key=$(sql_key)
        rm -f "$S"/secret/{admin,platform}_key "$S/sold" "$S"/sandbox/*         # they spoke of another database
        pg_dir_make "$S/pg" || return 1
        (flock -s 9 && cp -a --reflink=auto "$(readlink -f "$var/template/$key/pg")/." "$(readlink -f "$S/pg")/") \
            9>"$var/template/lock" || { lost 'the template database could not be copied'; return 1; }
        echo "$key" >"$S/sql.key"
        NOTE='new database'
    fi
    # The socket's place is this stack's own; written at each start because /tmp may be another one now.
    pg_options "$S_RUN/pg" "${SMALL:-}" | as_pg tee "$(readlink -f "$S/pg")/postgresql.auto.conf" >/dev/null || return 1
    pg_run postgres "$(readlink -f "$S/pg")"
}

sql_deploy() {                  # to a running database, when sql/ has changed since
    [ "$(sql_key)" != "$(cat "$S/sql.key" 2>/dev/null)" ] || return 0
    if [ -x "$top/sql/install" ]; then
        "$top/sql/install" "$S_DB" >"$S/log/deploy.log" 2>&1 ||
            { lost 'sql/install failed on the running database' 'mend sql/; or ./dev down --wipe' "$S/log/deploy.log"; return 1; }
    fi
    sql_key >"$S/sql.key"
    NOTE='schema deployed'
}

# --- Redis, nginx, sandbox -------------------------------------------------

start_redis() {
    rm -f "$S_RUN/redis.sock"
    spawn redis redis-server --port 0 --unixsocket "$S_RUN/redis.sock" --unixsocketperm 700 --save '' --appendonly no \
        --maxmemory 64mb --maxmemory-policy noeviction --dir "$S/tmp" --daemonize no || return 1
    wait_for 10 redis_ready || lost 'Redis did not start' '' "$S/log/redis.log"
}
redis_ready() { [ -S "$S_RUN/redis.sock" ] && [ "$(redis-cli -s "$S_RUN/redis.sock" ping 2>/dev/null)" = PONG ]; }

render() {                      # render TEMPLATE OUT: fills @NAME@ in
    local origins='' o
    for o in ${BOXOFFICE_ALLOWED_ORIGINS:-}; do origins+="\"$o\" \$http_origin; "; done
    sed -e "s|@USER@|$([ "$(id -u)" = 0 ] && echo 'user root;')|" -e "s|@WORKERS@|${NGINX_WORKERS:-2}|g" \
        -e "s|@PORT@|$S_PORT|g" -e "s|@SANDBOX_PORT@|$S_SANDBOX_PORT|g" -e "s|@ALLOWED_ORIGINS@|$origins|" \
        -e "s|@PUBLIC_URL@|https://$S_URL_HOST:$S_PORT|g" -e "s|@LOG@|$S/log|g" -e "s|@TMP@|$S/tmp|g" -e "s|@RUN@|$S_RUN|g" \
        -e "s|@CONF@|$S/conf|g" -e "s|@WWW@|$top/nginx/www|g" -e "s|@SANDBOX_SOCKET@|$S_RUN/sandbox.sock|g" \
        -e "s|@PAY_SOCKET@|$S_RUN/pay.sock|g" -e "s|@HOOK_SOCKET@|$S_RUN/hook.sock|g" -e "s|@API_SOCKET@|$S_RUN/api.sock|g" \
        -e "s|@CERT@|$var/tls/$3.pem|g" -e "s|@KEY@|$var/tls/$3.key|g" "$1" >"$2"
}

# nginx says itself whether it could bind, so a port is taken by trying it.
nginx_run() {                   # nginx_run PART CONF
    "${NGINX:-/usr/sbin/nginx}" -p "$S/" -e "$S/log/$1-error.log" -c "$2" </dev/null >"$S/log/$1-start.log" 2>&1 8>&- 9>&- || return 1
    wait_for 5 test -s "$S_RUN/$1.pid" && part_record "$1" "$(cat "$S_RUN/$1.pid")"
}

port_pick() { echo $((20000 + SRANDOM % 12000)); }              # below what the kernel hands out by itself

ports_load() {                  # fixed for ./dev, found by trying for a test's stack
    S_PORT=$(cat "$S/conf/port" 2>/dev/null) || S_PORT=${PORT:-}
    S_SANDBOX_PORT=$(cat "$S/conf/sandbox_port" 2>/dev/null) || S_SANDBOX_PORT=${SANDBOX_PORT:-}
}

start_gateway() {               # the nginx before the sandbox: the other side has its own
    local try
    for try in 1 2 3 4 5 6 7 8; do
        [ -n "${S_SANDBOX_PORT:-}" ] && [ "$try" = 1 ] || S_SANDBOX_PORT=$(port_free "${SANDBOX_PORT:-}")
        [ ! -f "$top/nginx/sandbox.conf.in" ] || render "$top/nginx/sandbox.conf.in" "$S/conf/sandbox.conf" gateway || return 1
        render "$top/nginx/gateway.conf.in" "$S/conf/gateway.conf" gateway || return 1
        if nginx_run gateway "$S/conf/gateway.conf"; then echo "$S_SANDBOX_PORT" >"$S/conf/sandbox_port"; return; fi
        grep -q 'Address already in use' "$S/log/gateway-start.log" && [ -z "${SANDBOX_PORT:-}" ] || break
        S_SANDBOX_PORT=
    done
    lost "nginx for the sandbox did not start on port $S_SANDBOX_PORT" \
        'free the port, or choose one: SANDBOX_PORT=9444 ./dev up' "$S/log/gateway-start.log"
}

start_nginx() {
    local try
    for try in 1 2 3 4 5 6 7 8; do
        [ -n "${S_PORT:-}" ] && [ "$try" = 1 ] || S_PORT=$(port_free "${PORT:-}")
        render "$top/nginx/boxoffice.conf.in" "$S/conf/nginx.conf" server || return 1
        if nginx_run nginx "$S/conf/nginx.conf"; then echo "$S_PORT" >"$S/conf/port"; return; fi
        grep -q 'Address already in use' "$S/log/nginx-start.log" && [ -z "${PORT:-}" ] || break
        S_PORT=
    done
    lost "nginx did not start on port $S_PORT" 'free the port, or choose one: PORT=8444 ./dev up' "$S/log/nginx-start.log"
}
port_free() { if [ -n "$1" ]; then echo "$1"; else port_pick; fi; }

start_sandbox() {
    local sync=()
    [ "${SANDBOX_SYNC:-on}" = on ] || sync=(--no-sync)
    # shellcheck disable=SC2046
    worker_env spawn sandbox /usr/bin/spawn-fcgi -n -s "$S_RUN/sandbox.sock" -M 0600 -- "$BUILD/boxoffice-sandbox" \
        --books "$S/sandbox/books" --threads 32 --security-key "$(secret gateway.key)" \
        --clock-url "postgresql://boxoffice_api@/boxoffice?host=$S_RUN/pg" "${sync[@]}" || return 1
    wait_for 10 part_listens sandbox || lost 'the sandbox did not start' '' "$S/log/sandbox.log"
}
part_listens() { [ -S "$S_RUN/$1.sock" ] && part_pid "$1" >/dev/null; }

# --- our programs ----------------------------------------------------------

# The environment of a program is made from nothing: a setting that it doesn't
# know stops it, and a developer's shell is full of what `./dev env` printed.
settings() {                    # NAME=value lines; ROLE is the database role's last word
    local ours name line
    ours="BOXOFFICE_MODE=test
BOXOFFICE_PUBLIC_URL=https://$S_URL_HOST:$S_PORT
BOXOFFICE_DATABASE_URL=postgresql://boxoffice_$1@/boxoffice?host=$S_RUN/pg
BOXOFFICE_REDIS_URL=unix://$S_RUN/redis.sock
BOXOFFICE_KEY_FILE=$S/secret/seal.key
BOXOFFICE_GATEWAY_URL=https://$S_URL_HOST:$S_SANDBOX_PORT
BOXOFFICE_GATEWAY_CA_FILE=$var/tls/ca.pem
BOXOFFICE_GATEWAY_SECURITY_KEY=$(secret gateway.key)
BOXOFFICE_CALL_DEADLINE_MS=5000
BOXOFFICE_FENCE_MS=8000
BOXOFFICE_HORIZON_MS=15000"
    while IFS= read -r line; do                 # WORKER_ENV wins over ours, ours over the shell's
        name=${line%%=*}
        case " ${WORKER_ENV:-}" in *" $name="*) ;; *) printf '%s\n' "$line" ;; esac
    done <<<"$ours"
    for name in $(compgen -e BOXOFFICE_); do
        case "$name" in BOXOFFICE_STACK | BOXOFFICE_DEV_HOME) continue ;; esac
        # $known: the table's own settings; what ./dev env prints for callers is not among them.
        case "$known " in *" $name "*) ;; *) continue ;; esac
        case $'\n'"$ours" in *$'\n'"$name="*) continue ;; esac
        case " ${WORKER_ENV:-}" in *" $name="*) continue ;; esac
        printf '%s=%s\n' "$name" "${!name}"
    done
    # shellcheck disable=SC2086
    [ -z "${WORKER_ENV:-}" ] || printf '%s\n' $WORKER_ENV
}

known_settings() {              # names that src/base/conf.def reads
    sed -nE 's/^(TEXT|NUMBER)\([^,]*, *"([A-Z0-9_]+)".*/ BOXOFFICE_\2/p' "$top/src/base/conf.def" | tr -d '\n'
}

# Runs a command (or a function that starts one) with settings alone.
with_settings() (               # with_settings ROLE COMMAND...
    local line known role=$1; shift
    known=$(known_settings)
    local -a set=(PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8)
    while IFS= read -r line; do set+=("$line"); done < <(settings "$role")
    for line in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do [ -z "${!line:-}" ] || set+=("$line=${!line}"); done
    exec env -i "${set[@]}" "$@"
)
