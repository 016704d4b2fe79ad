# shellcheck shell=bash disable=SC2015,SC2034,SC2154
# stack.sh - one private Boxoffice in one directory: PostgreSQL, Redis, two
# nginx (ours and the sandbox's), the sandbox, three pools, the jobs daemon.
#
# Sourced by ./dev, which brings paths ($top, $var, $BUILD), step() and
# as_pg(). `./dev up` runs a stack in var/, every test file one of its own by
# the same code, so that what is tested is what people start.
#
# In the directory:  pid/NAME  "pid starttime", so that a pid which the kernel
# has given to somebody else is never killed;  log/NAME.log;  run/  sockets;
# conf/  rendered;  secret/  keys (0600);  pg  the cluster;  env  exports.
#
# Functions answer false with CAUSE, FIX and TAIL (a log) set. A failing
# command must be tested where it stands: `set -e` is no help in conditions.

STACK_PARTS=(postgres redis sandbox-nginx sandbox nginx pay hook api jobs)
STACK_PROGRAMS=(pay hook api jobs)
CAUSE='' FIX='' TAIL='' NOTE=''

stack_init() {                  # stack_init DIR: names what is in it, makes nothing
    S=$1
    S_RUN=$(readlink -f "$S/run" 2>/dev/null) || S_RUN=$S/run
    S_PORT=$(cat "$S/conf/nginx.port" 2>/dev/null)
    S_SANDBOX_PORT=$(cat "$S/conf/sandbox-nginx.port" 2>/dev/null)
}

lost() { CAUSE=$1 FIX=${2:-} TAIL=${3:-}; return 1; }
db_url() { echo "postgresql://$1@/boxoffice?host=$S_RUN/pg"; }
secret() { cat "$S/secret/$1" 2>/dev/null; }

# --- processes -------------------------------------------------------------

born() {                        # when a pid began, in ticks; false when it is gone or a zombie
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    [ "$1" != Z ] && echo "${20}"
}
gone() { ! born "$1" >/dev/null; }

part_pid() {                    # pid of a running part; false when it isn't running
    local pid birth
    { read -r pid birth <"$S/pid/$1"; } 2>/dev/null || return 1
    [ "$(born "$pid")" = "$birth" ] && echo "$pid"
}
part_up() { part_pid "$1" >/dev/null; }

part_record() {                 # part_record NAME PID
    local birth
    birth=$(born "$2") && echo "$2 $birth" >"$S/pid/$1"
}

# Starts what outlives this shell: a session of its own, output to its log,
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

part_stop() {                   # part_stop NAME SIGNAL SECONDS: asks, waits, then kills it with its children
    local pid children
    if pid=$(part_pid "$1"); then
        kill -"$2" "$pid" 2>/dev/null
        # Asked twice: a worker that was just about to accept() may miss the first.
        wait_for 1 gone "$pid" || kill -"$2" "$pid" 2>/dev/null
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
# postgres; where that user can't reach the tree (/root is 0700) they stand
# elsewhere behind a link: data in /var/tmp, which survives a restart.
pg_dir() {                      # pg_dir PATH ELSEWHERE: makes it, or finds it made
    local real=$1
    [ ! -d "$1" ] || return 0
    rm -f "$1"                                                  # a link to what is gone
    if [ "$(id -u)" != 0 ]; then mkdir -m 700 "$1"; return; fi
    if as_pg test -x "$(dirname "$1")"; then mkdir "$1" || return 1
    else real=$(mktemp -d "$2/bx.XXXXXX") && ln -s "$real" "$1" || return 1; fi
    chown postgres: "$real" && chmod 700 "$real"
}

remove() {                      # remove PATH: with what stands behind it when it is a link
    local real
    [ -e "$1" ] || [ -L "$1" ] || return 0
    real=$(readlink -f "$1")
    rm -rf "$1" "$real"
}

secret_file() { [ -s "$S/secret/$1" ] || (umask 077; echo "$2$(openssl rand "$3" "$4")" >"$S/secret/$1"); }    # NAME PREFIX -hex|-base64 BYTES
random_file() { secret_file "$1" '' -hex "$2"; }                # NAME BYTES

stack_dirs() {
    local name
    mkdir -p "$S"/{pid,log,conf,secret,tmp,sandbox} && chmod 700 "$S"/{secret,tmp,sandbox} || return 1
    if [ ! -d "$S/run" ]; then
        rm -f "$S/run"
        # The address of a Unix socket holds 107 bytes, and our longest name below run/ is 20.
        if [ ${#S} -gt 70 ] || { [ "$(id -u)" = 0 ] && ! as_pg test -x "$S"; }; then
            ln -s "$(mktemp -d /tmp/bx.XXXXXX)" "$S/run" || return 1
        else
            mkdir "$S/run" || return 1
        fi
    fi
    S_RUN=$(readlink -f "$S/run")
    chmod 711 "$S_RUN" && pg_dir "$S_RUN/pg" /tmp && random_file seal.key 32 && random_file ticket.key 32 || return 1
    for name in gateway.key webhook_nmi; do random_file $name 24 || return 1; done
    for name in webhook_stripe webhook_resend; do secret_file $name whsec_ -base64 24 || return 1; done
    secret_file stripe.key sk_test_ -hex 24
}

# One certificate authority for the tree, made at first use and again shortly
# before it runs out; it signs our server and the sandbox.
tls_make() {
    local made
    mkdir -p "$var/log"
    exec 8>"$var/lock.tls" && flock 8 || return 1
    openssl x509 -checkend 604800 -noout -in "$var/tls/gateway.pem" >/dev/null 2>&1
    made=$?
    if [ $made != 0 ]; then
        rm -rf "$var/tls"
        (umask 077; mkdir "$var/tls" && cd "$var/tls" && tls_sign) >"$var/log/tls.log" 2>&1
        made=$?
        NOTE='new certificates'
    fi
    exec 8>&-
    [ $made = 0 ] || lost 'openssl could not make certificates' '' "$var/log/tls.log"
}

tls_sign() {
    local name new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${new[@]}" -days 825 -keyout ca.key -out ca.pem -subj '/CN=Boxoffice development CA' \
        -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' || return 1
    printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
        'extendedKeyUsage=serverAuth' 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext
    for name in server gateway; do
        openssl req -new "${new[@]}" -keyout $name.key -subj "/CN=boxoffice $name" |
            openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 397 -extfile ext -out $name.pem || return 1
    done
}

# --- PostgreSQL ------------------------------------------------------------

pg_configure() {                # pg_configure DATA_DIR: at each start, because the socket's place may have moved
    as_pg tee "$1/postgresql.auto.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$S_RUN/pg'
unix_socket_permissions = 0700
max_connections = ${PG_CONNECTIONS:-200}
shared_buffers = ${PG_BUFFERS:-128MB}
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

pg_run() {                      # pg_run PART DATA_DIR: starts the server and waits until it takes connections
    pg_configure "$2" && spawn "$1" "${PG_PREFIX[@]}" "$PG_BIN/postgres" -D "$2" || return 1
    wait_for 60 pg_ready_or_gone "$1" "$2"
    part_up "$1" && pg_ready_or_gone "$1" "$2" ||
        lost 'PostgreSQL did not start' './dev down --wipe, then ./dev up, starts with an empty database' "$S/log/$1.log"
}
pg_ready_or_gone() { ! part_up "$1" || grep -qs '^ready' "$2/postmaster.pid"; }

# What sql/ makes, as one word. The data directory that it gives is kept under
# that word, so that a stack's database is one copy, not an initdb and deploy.
sql_key() {
    (cd "$top" && find sql -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum; "$PG_BIN/postgres" -V) |
        sha256sum | cut -c1-16
}

template_fresh() {              # into $S/pg; everything it says goes to the log
    cd / && as_pg "$PG_BIN/initdb" --no-sync -k -E UTF8 --locale=C.UTF-8 -U postgres -A trust -D "$(readlink -f "$S/pg")" &&
        pg_run postgres "$(readlink -f "$S/pg")" &&
        psql -Xq -v ON_ERROR_STOP=1 "postgresql://postgres@/postgres?host=$S_RUN/pg" -c 'create database boxoffice' || return 1
    [ ! -x "$top/sql/install" ] || "$top/sql/install" "$(db_url postgres)" || return 1
    part_stop postgres INT 60
}

template_ensure() (             # template_ensure KEY; in a subshell, because S is another directory here
    mkdir -p "$var/template" "$var/log" && exec 9>"$var/template/lock" && flock 9 || exit 1
    [ ! -s "$var/template/$1/pg/PG_VERSION" ] || exit 0
    for old in "$var"/template/*/; do                           # of another sql/; a copy under way holds the lock shared
        [ ! -d "$old" ] || { remove "${old}pg"; remove "${old}run"; rm -rf "$old"; }
    done
    stack_init "$var/template/new"
    trap 'part_stop postgres INT 60; remove "$S/run"; remove "$S/pg"; rm -rf "$S"' EXIT
    mkdir "$S" && stack_dirs && pg_dir "$S/pg" /var/tmp || exit 1
    if ! template_fresh >"$var/log/template.log" 2>&1 9>&-; then
        cat "$S/log/postgres.log" >"$var/log/template-postgres.log" 2>/dev/null
        exit 1
    fi
    mkdir "$var/template/$1" && mv "$S/pg" "$var/template/$1/pg"
)

# Under a shared lock, so that nobody clears it away meanwhile. It may be gone
# already (sql/ changed since): an empty name must fail here, for "/." is all of /.
template_copy() (
    exec 9>"$var/template/lock" && flock -s 9 || exit 1
    from=$(readlink -e "$var/template/$1/pg") && to=$(readlink -e "$S/pg") && [ -s "$from/PG_VERSION" ] || exit 1
    cp -a --reflink=auto "$from/." "$to/"
)

start_postgres() {
    local key
    if [ ! -s "$S/pg/PG_VERSION" ]; then
        key=$(sql_key)
        template_ensure "$key" ||
            { lost 'the database could not be made from sql/' 'mend what the log names, then ./dev up again' "$var/log/template.log"; return 1; }
        rm -f "$S"/secret/{admin,platform}_key "$S/sold" "$S"/sandbox/*         # they spoke of another database
        pg_dir "$S/pg" /var/tmp && template_copy "$key" ||
            { lost 'the template database could not be copied' 'if sql/ was being changed, do it again'; return 1; }
        echo "$key" >"$S/sql.key"
        NOTE='new'
    fi
    pg_run postgres "$(readlink -f "$S/pg")"
}

sql_changed() { [ "$(sql_key)" != "$(cat "$S/sql.key" 2>/dev/null)" ]; }

sql_deploy() {                  # to the running database
    local key
    key=$(sql_key)
    [ ! -x "$top/sql/install" ] || "$top/sql/install" "$(db_url postgres)" >"$S/log/deploy.log" 2>&1 ||
        { lost 'sql/install failed on the running database' 'mend sql/, or ./dev down --wipe' "$S/log/deploy.log"; return 1; }
    echo "$key" >"$S/sql.key"
}

# --- Redis, nginx, sandbox -------------------------------------------------

start_redis() {
    rm -f "$S_RUN/redis.sock"
    spawn redis redis-server --port 0 --unixsocket "$S_RUN/redis.sock" --unixsocketperm 700 --save '' --appendonly no \
        --maxmemory 64mb --maxmemory-policy noeviction --dir "$S/tmp" --daemonize no || return 1
    wait_for 10 redis_ready || lost 'Redis did not start' '' "$S/log/redis.log"
}
redis_ready() { [ -S "$S_RUN/redis.sock" ] && [ "$(redis-cli -s "$S_RUN/redis.sock" ping 2>/dev/null)" = PONG ]; }

render() {                      # render TEMPLATE CERTIFICATE PORT: fills @NAMES@ in
    local origins='' o user=''
    [ "$(id -u)" != 0 ] || user='user root;'                    # the sockets and files below var/ are ours
    for o in ${WORKER_ENV:-}; do [ "${o%%=*}" != BOXOFFICE_ALLOWED_ORIGINS ] || origins+="\"${o#*=}\" \$http_origin; "; done
    for o in ${BOXOFFICE_ALLOWED_ORIGINS:-}; do origins+="\"$o\" \$http_origin; "; done
    sed -e "s|@USER@|$user|" -e "s|@WORKERS@|${NGINX_WORKERS:-2}|" -e "s|@ALLOWED_ORIGINS@|$origins|" \
        -e "s|@LISTEN@|127.0.0.1:$3|g" -e "s|@SANDBOX_PORT@|$3|g" -e "s|@PUBLIC_URL@|https://127.0.0.1:$3|g" \
        -e "s|@CERT@|$var/tls/$2.pem|g" -e "s|@KEY@|$var/tls/$2.key|g" -e "s|@WWW@|$top/nginx/www|g" \
        -e "s|@LOG@|$S/log|g" -e "s|@TMP@|$S/tmp|g" -e "s|@RUN@|$S_RUN|g" -e "s|@CONF@|$S/conf|g" \
        -e "s|@PAY_SOCKET@|$S_RUN/pay.sock|g" -e "s|@HOOK_SOCKET@|$S_RUN/hook.sock|g" \
        -e "s|@API_SOCKET@|$S_RUN/api.sock|g" -e "s|@SANDBOX_SOCKET@|$S_RUN/sandbox.sock|g" "$top/nginx/$1.in" >"$S/conf/$1"
}

# nginx itself says whether it could bind, so a port is taken by trying it. A
# test's stack takes any below those that the kernel hands out by itself.
nginx_start() {                 # nginx_start PART CERTIFICATE FIXED_PORT VARIABLE TEMPLATE...; the last is the main file
    local part=$1 cert=$2 fixed=$3 variable=$4 port template try; shift 4
    for try in 1 2 3 4 5 6 7 8; do
        port=$(cat "$S/conf/$part.port" 2>/dev/null)
        port=${port:-${fixed:-$((20000 + SRANDOM % 12000))}}
        for template; do render "$template" "$cert" "$port" || return 1; done
        rm -f "$S_RUN/$part.pid"
        if /usr/sbin/nginx -p "$S/" -e "$S/log/$part.log" -c "$S/conf/$template" </dev/null >"$S/log/$part-start.log" 2>&1 8>&- 9>&- &&
            wait_for 5 test -s "$S_RUN/$part.pid"; then
            echo "$port" >"$S/conf/$part.port"
            printf -v "S_$variable" %s "$port"
            NOTE="127.0.0.1:$port"
            part_record "$part" "$(cat "$S_RUN/$part.pid")"
            return
        fi
        { [ -z "$fixed" ] && grep -q 'Address already in use' "$S/log/$part-start.log" && rm -f "$S/conf/$part.port"; } || break
    done
    lost "$part did not start on 127.0.0.1:$port (try $try)" "if something else has the port, choose another: $variable=$((port + 1)) ./dev up" \
        "$S/log/$part-start.log"
}
start_nginx() { nginx_start nginx server "${PORT:-}" PORT boxoffice.conf; }
start_sandbox-nginx() { nginx_start sandbox-nginx gateway "${SANDBOX_PORT:-}" SANDBOX_PORT sandbox.conf sandbox-main.conf; }

start_sandbox() {
    local sync=() hooks=()
    settings boxoffice_api
    [ "${SANDBOX_SYNC:-on}" != off ] || sync=(--no-sync)
    [ "${SANDBOX_WEBHOOKS:-on}" = off ] || hooks=(--hooks-url "https://127.0.0.1:$S_PORT" --hook-ca "$var/tls/ca.pem"
        --hook-secret-nmi "$(secret webhook_nmi)" --hook-secret-stripe "$(secret webhook_stripe)")
    socket_program sandbox '' "$BUILD/boxoffice-sandbox" --books "$S/sandbox/books" --threads 32 \
        --security-key "$(secret gateway.key)" --stripe-key "$(secret stripe.key)" --clock-url "$(db_url boxoffice_api)" \
        "${sync[@]}" "${hooks[@]}"
}

# --- our programs ----------------------------------------------------------

# The environment of a program is made from nothing: a setting that it doesn't
# know stops it, and a developer's shell may be full of what `./dev env`
# printed. Of that shell only names that conf.def reads and that we don't set
# go through; WORKER_ENV="NAME=value ..." goes before ours.
settings() {                    # settings DATABASE_ROLE: fills SETTINGS
    local pair name known
    declare -A set=(
        [BOXOFFICE_MODE]=test
        [BOXOFFICE_PUBLIC_URL]=https://127.0.0.1:$S_PORT
        [BOXOFFICE_DATABASE_URL]=$(db_url "$1")
        [BOXOFFICE_REDIS_URL]=unix://$S_RUN/redis.sock
        [BOXOFFICE_KEY_FILE]=$S/secret/seal.key
        [BOXOFFICE_TICKET_KEY_FILE]=$S/secret/ticket.key
        [BOXOFFICE_GATEWAY_URL]=https://127.0.0.1:$S_SANDBOX_PORT
        [BOXOFFICE_GATEWAY_CA_FILE]=$var/tls/ca.pem
        [BOXOFFICE_GATEWAY_SECURITY_KEY]=$(secret gateway.key)
        [BOXOFFICE_STRIPE_URL]=https://127.0.0.1:$S_SANDBOX_PORT
        [BOXOFFICE_STRIPE_FILES_URL]=https://127.0.0.1:$S_SANDBOX_PORT
        [BOXOFFICE_STRIPE_SECRET_KEY]=$(secret stripe.key)
        [BOXOFFICE_WEBHOOK_SECRET_NMI]=$(secret webhook_nmi)
        [BOXOFFICE_WEBHOOK_SECRET_STRIPE]=$(secret webhook_stripe)
        [BOXOFFICE_WEBHOOK_SECRET_RESEND]=$(secret webhook_resend)
        [BOXOFFICE_CALL_DEADLINE_MS]=5000
        [BOXOFFICE_FENCE_MS]=8000
        [BOXOFFICE_HORIZON_MS]=15000
    )
    known=" $(sed -nE 's/^(TEXT|NUMBER)\([^,]*, *"([A-Z0-9_]+)".*/BOXOFFICE_\2/p' "$top/src/base/conf.def" | tr '\n' ' ')"
    for name in $(compgen -e BOXOFFICE_); do
        case $known in *" $name "*) [ -n "${set[$name]+ours}" ] || set[$name]=${!name} ;; esac
    done
    for pair in ${WORKER_ENV:-}; do set[${pair%%=*}]=${pair#*=}; done
    for name in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do [ -z "${!name:-}" ] || set[$name]=${!name}; done
    SETTINGS=(PATH=/usr/sbin:/usr/bin:/sbin:/bin TZ=UTC LANG=C.UTF-8)
    for name in "${!set[@]}"; do SETTINGS+=("$name=${set[$name]}"); done
}

# A program that takes its listening socket as descriptor 0. multiwatch with
# its defaults gives up for good after 17 quick deaths; -r 20 -t 500 never
# does while the program lives for half a second, and still does at once when
# it can't start at all.
socket_program() {              # socket_program PART WORKERS PROGRAM...; WORKERS empty: one, not watched
    local part=$1 workers=$2 watch=(); shift 2
    [ -x "$1" ] || { lost "there is no $1" './dev up builds it; see log/build.log'; return 1; }
    [ -z "$workers" ] || watch=(/usr/bin/multiwatch -f "$workers" -r 20 -t 500 --)
    rm -f "$S_RUN/$part.sock"
    spawn "$part" env -i "${SETTINGS[@]}" /usr/bin/spawn-fcgi -n -s "$S_RUN/$part.sock" -M 0660 -- "${watch[@]}" "$@" || return 1
    wait_for 10 part_listens_or_gone "$part"
    part_up "$part" || lost "$part did not start" '' "$S/log/$part.log"
}
# The socket's file is there a moment before anybody listens on it (flag 00010000 of /proc/net/unix).
listens() { [ -S "$1" ] && awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix; }
part_listens_or_gone() { listens "$S_RUN/$1.sock" || ! part_up "$1"; }

start_pay()  { settings boxoffice_api;  socket_program pay  "${PAY:-4}"  "$BUILD/boxoffice-api" pay; }
start_hook() { settings boxoffice_hook; socket_program hook "${HOOK:-2}" "$BUILD/boxoffice-api" hook; }
start_api()  { settings boxoffice_api;  socket_program api  "${API:-4}"  "$BUILD/boxoffice-api" api; }
start_jobs() {
    settings boxoffice_jobs
    [ -x "$BUILD/boxoffice-jobs" ] || { lost "there is no $BUILD/boxoffice-jobs"; return 1; }
    spawn jobs env -i "${SETTINGS[@]}" "$BUILD/boxoffice-jobs"
}

start_keys() {
    local role
    settings boxoffice_owner
    for role in admin platform; do
        [ -s "$S/secret/${role}_key" ] ||
            (umask 077; env -i "${SETTINGS[@]}" "$BUILD/boxoffice" keys create --role $role --name "dev-$role" \
                >"$S/secret/${role}_key" 2>"$S/log/keys.log") ||
            { rm -f "$S/secret/${role}_key"; lost "boxoffice keys create --role $role failed" '' "$S/log/keys.log"; return 1; }
    done
}

# What the programs run with, as one word: when it changes they are restarted.
programs_key() {
    settings boxoffice_api
    { printf '%s\n' "${SETTINGS[@]}" | LC_ALL=C sort; cksum "$BUILD"/boxoffice{,-api,-jobs,-sandbox} 2>/dev/null
        echo "${PAY:-4} ${HOOK:-2} ${API:-4}"; } | sha256sum
}

programs_ready() {              # the answer of /readyz through nginx, and every part still alive
    local part
    wait_for 30 api_ready_or_gone ||
        { lost '/readyz does not answer 200' '' "$S/log/api.log"; return 1; }
    for part in "${STACK_PROGRAMS[@]}"; do
        part_up "$part" || { lost "$part stopped by itself" '' "$S/log/$part.log"; return 1; }
    done
}
api_ready_or_gone() {
    ! part_up api || [ "$(curl -s -o /dev/null -m 5 -w '%{http_code}' --cacert "$var/tls/ca.pem" "https://127.0.0.1:$S_PORT/readyz")" = 200 ]
}

stack_env() {                   # for callers: what they need, as exports
    local name
    for name in URL="https://127.0.0.1:$S_PORT" CA="$var/tls/ca.pem" ADMIN_KEY="$(secret admin_key)" \
        PLATFORM_KEY="$(secret platform_key)" SANDBOX_URL="https://127.0.0.1:$S_SANDBOX_PORT" \
        DATABASE_URL="$(db_url boxoffice_owner)" REDIS_URL="unix://$S_RUN/redis.sock" \
        WEBHOOK_SECRET_NMI="$(secret webhook_nmi)" WEBHOOK_SECRET_STRIPE="$(secret webhook_stripe)" \
        WEBHOOK_SECRET_RESEND="$(secret webhook_resend)"; do
        printf "export BOXOFFICE_%s='%s'\n" "${name%%=*}" "${name#*=}"
    done
}

# --- the whole -------------------------------------------------------------

# Starts what isn't running; restarts the programs when they, their settings
# or the schema have changed. CHANGES counts what was done.
stack_up() {
    local part restart=''
    CHANGES=0
    mkdir -p "$S" || return 1
    exec 9>"$S/lock" && flock 9 || return 1
    stack_dirs && tls_make || return 1
    part_up postgres || step postgres start_postgres || return 1
    if [ -n "${DB_ONLY:-}" ]; then stack_env_write; return; fi
    for part in redis sandbox-nginx nginx; do
        part_up "$part" || step "$part" "start_$part" || return 1
    done
    if sql_changed; then step schema sql_deploy || return 1; restart=1; fi
    if [ "$(programs_key)" != "$(cat "$S/conf/programs.key" 2>/dev/null)" ] || [ -n "$restart" ]; then
        for part in "${STACK_PROGRAMS[@]}" sandbox; do part_stop "$part" TERM 10; done
    fi
    [ -s "$S/secret/admin_key" ] && [ -s "$S/secret/platform_key" ] || step keys start_keys || return 1
    for part in sandbox "${STACK_PROGRAMS[@]}"; do
        part_up "$part" || step "$part" "start_$part" || return 1
    done
    [ "$CHANGES" = 0 ] || step ready programs_ready || return 1
    programs_key >"$S/conf/programs.key"
    stack_env_write
}
stack_env_write() { (umask 077; stack_env >"$S/env"); exec 9>&-; }

stop_part() {
    case $1 in
        postgres) part_stop postgres "${PG_STOP:-INT}" 30 ;;
        nginx | sandbox-nginx) part_stop "$1" "${NGINX_STOP:-QUIT}" 5 ;;
        *) part_stop "$1" TERM 10 ;;                            # longer than a gateway call's deadline here
    esac
}

stack_down() {                  # from the door inwards; STOPPED: how many parts were running
    local part pid
    STOPPED=0
    [ -d "$S/pid" ] || return 0
    exec 9>"$S/lock" && flock 9 || return 1
    for part in "${STACK_PARTS[@]}"; do part_up "$part" && STOPPED=$((STOPPED + 1)); done
    stop_part nginx
    for part in "${STACK_PROGRAMS[@]}"; do                      # they drain side by side
        pid=$(part_pid "$part") && kill -TERM "$pid" 2>/dev/null
    done
    for part in "${STACK_PROGRAMS[@]}" sandbox sandbox-nginx redis postgres; do stop_part "$part"; done
    exec 9>&-
}

stack_wipe() {                  # stack_wipe [logs]: all of a stopped stack; with "logs" what a failure is read from stays
    remove "$S_RUN/pg"; remove "$S/run"; remove "$S/pg"
    rm -rf "$S"/{pid,secret,tmp,sandbox,env,sold,sql.key,lock}
    [ "${1:-}" = logs ] || rm -rf "$S"/{conf,log}
}

# Of test files that were killed: their stacks are stopped; their logs, and
# those of tests that failed, go after an hour.
stacks_sweep() {
    local dir owner
    for dir in "$var"/stack/*.*; do
        owner=${dir##*.}
        [ -d "$dir" ] && ! born "${owner%%-*}" >/dev/null || continue
        stack_init "$dir"
        PG_STOP=QUIT NGINX_STOP=TERM stack_down
        stack_wipe logs
        [ -z "$(find "$dir" -maxdepth 0 -mmin +60)" ] || rm -rf "$dir"
    done
}
