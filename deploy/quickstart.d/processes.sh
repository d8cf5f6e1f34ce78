# sagad, order and product as processes: start, kill, stop. Sourced by deploy/quickstart.

stayed=$root/build/quickstart.stayed  # where --stay without --data-dir left its data
temporary=no
server=""  # where sagactl finds sagad
declare -A pid=() grpc=() http=()

make_data_dir() {
  if [[ -z "$dir" ]]; then
    dir=$(mktemp -d "${TMPDIR:-/tmp}/sagad-quickstart.XXXXXX") || die "no permission to write to ${TMPDIR:-/tmp}"
    temporary=yes
    return
  fi
  mkdir -p "$dir" 2>/dev/null || die "no permission to make $dir"
  [[ -w "$dir" ]] || die "no permission to write to $dir"
  [[ -z "$(ls -A "$dir")" ]] || die "$dir is not empty; --data-dir takes a new or an empty directory"
  dir=$(cd "$dir" && pwd)
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port=$((15000 + RANDOM % 17000))
  while listens "$port"; do port=$((15000 + RANDOM % 17000)); done
  echo "$port"
}

choose_ports() {
  if [[ "$free_ports" == yes ]]; then
    # Port 0 is any free one. Only sagad's has to be known before it starts: order is told where to find it.
    grpc=([order]=127.0.0.1:0 [product]=127.0.0.1:0) http=([order]=127.0.0.1:0 [product]=127.0.0.1:0)
    local port=$((20000 + RANDOM % 12000))
    while listens "$port"; do port=$((20000 + RANDOM % 12000)); done
    grpc[sagad]=127.0.0.1:$port http[sagad]=127.0.0.1:0
    [[ "$tour" != mysql ]] || grpc[sagad-2]=127.0.0.1:0 http[sagad-2]=127.0.0.1:0
    return
  fi
  grpc=([sagad]=127.0.0.1:36790 [order]=127.0.0.1:58081 [product]=127.0.0.1:58082)
  http=([sagad]=127.0.0.1:36789 [order]=127.0.0.1:58181 [product]=127.0.0.1:58182)
  [[ "$tour" != mysql ]] || grpc[sagad-2]=127.0.0.1:36890 http[sagad-2]=127.0.0.1:36889
  local address hint="stop what listens there, or run deploy/quickstart --free-ports"
  [[ -f "$stayed" ]] && hint="deploy/quickstart --stop ends an earlier --stay; otherwise $hint"
  for address in "${grpc[@]}" "${http[@]}"; do
    if listens "${address##*:}"; then die "port ${address##*:} is in use: $hint"; fi
  done
}

# start NAME ARGS...: in a session of its own, so that Ctrl-C stops it in order, and waits until it is ready. Afterwards
# the addresses are known. NAME is that of the program; sagad-2 is a second sagad.
start() {
  local name=$1 program=${1%-*} deadline=$((SECONDS + 30))
  local ports=$dir/$name/$program.ports
  shift
  setsid "$bin/$program" --data-dir "$dir/$name" --grpc-listen "${grpc[$name]}" --http-listen "${http[$name]}" "$@" \
    </dev/null >>"$dir/$name.log" 2>&1 &
  pid[$name]=$!
  disown
  until [[ "$(jq -r .pid "$ports" 2>/dev/null)" == "${pid[$name]}" ]]; do
    kill -0 "${pid[$name]}" 2>/dev/null || die "$name did not start: $(tail -n 1 "$dir/$name.log")"
    [[ "$SECONDS" -lt "$deadline" ]] || die "$name was not ready within 30 s"
    sleep 0.05
  done
  grpc[$name]=$(jq -r .grpc "$ports")
  http[$name]=$(jq -r .http "$ports")
}

# start_sagad [NAME [ARGS...]]
start_sagad() {
  local name=${1:-sagad}
  ORDER_GRPC=${grpc[order]} ORDER_HTTP=${http[order]} PRODUCT_GRPC=${grpc[product]} PRODUCT_HTTP=${http[product]} \
    start "$name" --definitions "$root/sagas" "${@:2}"
}

start_everything() {
  headline "Starting sagad, order and product"
  # Each of product's branches takes 200 ms, so that a purchase has a middle in which sagad can be killed.
  start product --delay-ms 200
  start order --sagad "${grpc[sagad]}" --product-grpc "${grpc[product]}" --product-http "${http[product]}"
  start_sagad
  server=${grpc[sagad]}
  local name
  for name in sagad order product; do
    printf '%-8s gRPC %-16s HTTP %-16s pid %s\n' "$name" "${grpc[$name]}" "${http[$name]}" "${pid[$name]}"
  done
  say "databases and logs in $dir"
  ok "all three are ready"
}

# kill_at_once NAME: without a word from bash about it.
kill_at_once() {
  kill -KILL "${pid[$1]}"
  while kill -0 "${pid[$1]}" 2>/dev/null; do sleep 0.01; done
}

# stop_processes PID...: all at once, gracefully, then by force.
stop_processes() {
  local each deadline=$((SECONDS + 25))
  for each in "$@"; do kill -TERM "$each" 2>/dev/null || true; done
  for each in "$@"; do
    while kill -0 "$each" 2>/dev/null; do
      if [[ "$SECONDS" -ge "$deadline" ]]; then kill -KILL "$each" 2>/dev/null || true; fi
      sleep 0.05
    done
  done
}

# The processes, a line for those that stop together. sagad first: it finishes the calls that are out.
in_order_of_stopping() {
  echo "${pid[sagad]:-}" "${pid[sagad-2]:-}"
  echo "${pid[order]:-}" "${pid[product]:-}"
  echo "${pid[kafka]:-}" "${pid[mariadb]:-}"
}

on_exit() {
  local status=$?
  trap - EXIT ERR INT TERM HUP
  set +e
  if [[ "$status" -eq 0 && "$stay" == yes ]]; then
    in_order_of_stopping >"$dir/pids"
    if [[ "$temporary" == yes ]]; then
      mkdir -p "${stayed%/*}"
      echo "$dir" >"$stayed"
    fi
    return
  fi
  if [[ "$status" -ne 0 && "$status" -ne 130 ]]; then
    [[ "$told" == yes ]] || echo "deploy/quickstart: stopped at line ${failed_at:-?} of ${failed_in:-?}" >&2
    local name
    for name in "${!pid[@]}"; do
      printf '\nThe end of %s:\n' "$dir/$name.log" >&2
      tail -n 5 "$dir/$name.log" | cut -c 1-400 >&2
      temporary=no  # what went wrong can be looked at
    done
  fi
  local together
  while read -r -a together; do stop_processes "${together[@]}"; done < <(in_order_of_stopping)
  [[ "$temporary" == yes ]] && rm -rf "$dir"
  exit "$status"
}

stop_what_stayed() {
  local each together mine stopped=0 from=$dir
  if [[ -z "$from" ]]; then
    [[ -f "$stayed" ]] || die "nothing stayed; after --stay --data-dir DIR: deploy/quickstart --stop --data-dir DIR"
    from=$(<"$stayed")
    rm -f "$stayed"
    temporary=yes
  fi
  from=$(cd "$from" 2>/dev/null && pwd) && [[ -f "$from/pids" ]] || die "no quickstart stayed in ${from:-$dir}"
  while read -r -a together; do
    mine=()
    for each in "${together[@]}"; do
      # A number may belong to another process by now.
      if grep -qzF -- "$from/" "/proc/$each/cmdline" 2>/dev/null; then mine+=("$each"); fi
    done
    stop_processes "${mine[@]}"
    stopped=$((stopped + ${#mine[@]}))
  done <"$from/pids"
  rm -f "$from/pids"
  [[ "$temporary" == yes ]] && rm -rf "$from"
  say "stopped $stopped processes"
}
