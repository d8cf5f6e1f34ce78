# The tour with MariaDB: two nodes of sagad on one database, and what happens when one is gone. Sourced by
# deploy/quickstart.

find_mariadb() {
  PATH=$PATH:/usr/sbin
  local tool
  for tool in mariadbd mariadb-install-db mariadb; do
    command -v "$tool" >/dev/null || die "$tool is missing; deploy/install-packages --mysql installs it"
  done
}

# sql DATABASE STATEMENTS: the rows, columns with tabs between them.
sql() {
  mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="${mariadb##*:}" --user=root --batch \
    --skip-column-names "$1" --execute "$2"
}

mariadb=""
start_mariadb() {
  local deadline=$((SECONDS + 60)) name
  mariadb=127.0.0.1:$(free_port)
  # As root MariaDB runs as the user mysql, who has to come through.
  [[ "$temporary" == no ]] || chmod 711 "$dir"
  setsid "$root/tests/mariadb/server" "$dir/mariadb" "${mariadb##*:}" </dev/null >>"$dir/mariadb.log" 2>&1 &
  pid[mariadb]=$!
  disown
  # Another process may have got the port: its socket is another.
  until [[ "$(sql "" "SELECT @@socket" 2>/dev/null)" == "$dir/mariadb/sock" ]]; do
    kill -0 "${pid[mariadb]}" 2>/dev/null || die "MariaDB did not start: $(tail -n 1 "$dir/mariadb.log")"
    [[ "$SECONDS" -lt "$deadline" ]] || die "MariaDB was not ready within 60 s"
    sleep 0.1
  done
  for name in sagad order product; do sql "" "CREATE DATABASE \`$name\`"; done
}

database() { echo "mysql://root@$mariadb/$1"; }

# start_node NAME: one of the nodes, both on the same database.
start_node() { start_sagad "$1" --store "$(database sagad)" --node-name "$1"; }

start_everything_on_mariadb() {
  headline "Starting MariaDB, two nodes of sagad, order and product"
  start_mariadb
  # Each of product's branches takes a second, so that a purchase has a middle in which a node can be killed.
  start product --delay-ms 1000 --database "$(database product)"
  start order --sagad "${grpc[sagad]}" --product-grpc "${grpc[product]}" --product-http "${http[product]}" \
    --database "$(database order)"
  start_node sagad
  start_node sagad-2
  server=${grpc[sagad]}
  local name
  for name in sagad sagad-2 order product; do
    printf '%-8s gRPC %-16s HTTP %-16s pid %s\n' "$name" "${grpc[$name]}" "${http[$name]}" "${pid[$name]}"
  done
  printf '%-8s      %-38s pid %s\n' mariadb "$mariadb" "${pid[mariadb]}"
  say "databases and logs in $dir"
  ok "all are ready; both nodes keep their transactions in the same database"
}

# node_field NAME FIELD: of the node that was started last under this name, as the first node sees it.
node_field() {
  ask_sagactl nodes | jq -r --arg name "$1" --arg field "$2" '[.[] | select(.name == $name)] | max_by(.id) | .[$field]'
}
lives() { [[ "$(node_field "$1" state)" == live ]]; }

# start_purchases PREFIX NUMBER...: the first node gets the odd ones, by the payment provider's callback at order, whose
# sagad it is; the second node the even ones, from the definition that it has as well.
start_purchases() {
  local prefix=$1 n answer
  shift
  for n in "$@"; do
    if [[ $((n % 2)) -eq 1 ]]; then
      answer=$(notify "$prefix-$n") || die "PayNotify: $answer"
    else
      answer=$(cd "$dir" && "$bin/sagactl" submit order_paid --input "$prefix-$n.json" --server "${grpc[sagad-2]}" 2>&1) ||
        die "sagactl submit: $answer"
    fi
  done
}

open_ones() { ask_sagactl list --gid-prefix "order_paid-$1-" --open | jq length; }
none_are_open() { [[ "$(open_ones "$1")" -eq 0 ]]; }
ended_well() { [[ "$(order_field "$1" pay_status)" == PAY_STATUS_PAID ]]; }

# seconds_since MILLISECONDS: "1.2"
milliseconds() { date +%s%3N; }
seconds_since() { jq -n "((($(milliseconds) - $1) / 100) | round) / 10"; }

scene_two_nodes() {
  headline "1. Two nodes: any of them takes any request"
  sagactl nodes
  expect "live nodes" 2 "$(ask_sagactl nodes | jq '[.[] | select(.state == "live")] | length')"
  set_stock 7 10
  create_order A-1 7 2
  create_order A-2 7 3
  create_order A-3 7 50
  say "Order A-1 is submitted to the second node and awaited at the first:"
  sagactl submit order_paid --input A-1.json --server "${grpc[sagad-2]}"
  expect "exit code of sagactl" 0 "$code"
  sagactl wait order_paid-A-1 --server "${grpc[sagad]}"
  expect "exit code of sagactl wait" 0 "$code"
  say "Order A-2 the other way round, and A-3, which wants 50 pieces of those that are left:"
  sagactl submit order_paid --input A-2.json --server "${grpc[sagad]}"
  sagactl wait order_paid-A-2 --server "${grpc[sagad-2]}"
  expect "exit code of sagactl wait" 0 "$code"
  sagactl submit order_paid --input A-3.json --wait --server "${grpc[sagad-2]}"
  expect "exit code of sagactl" 10 "$code"
  expect "order A-1" PAY_STATUS_PAID "$(order_field A-1 pay_status)"
  expect "order A-2" PAY_STATUS_PAID "$(order_field A-2 pay_status)"
  expect "order A-3" PAY_STATUS_FAILED "$(order_field A-3 pay_status)"
  expect "product 7" "stock 5, frozen 0" "$(stock 7)"
  say "What is stored, in the tables that DTM has:"
  show_command mariadb --protocol=tcp --port="${mariadb##*:}" --user=root sagad --execute \
    "SELECT gid, trans_type, status FROM trans_global"
  sql sagad "SELECT gid, trans_type, status FROM trans_global"
  expect "rows in trans_global" 3 "$(sql sagad "SELECT COUNT(*) FROM trans_global WHERE status IN ('succeed', 'failed')")"
  ok "two orders are paid and one is undone, whichever node was asked; 10 - 2 - 3 = 5 pieces are left"
}

scene_node_killed() {
  headline "2. One node killed with SIGKILL in the middle of 20 purchases"
  local n killed_at held first
  set_stock 9 100
  for n in {1..20}; do create_order "K-$n" 9 $((1 + n % 3)); done
  show_stock 9
  say "20 orders. 6 are paid through both nodes, then 10 more are begun:"
  start_purchases K {1..6}
  wait_until 30 "the payment of 6 orders" none_are_open K
  first=$(node_field sagad-2 id)
  start_purchases K 7 9 11 13 15 8 10 12 14 16
  kill_at_once sagad-2
  killed_at=$(milliseconds)
  show_command kill -9 "${pid[sagad-2]}"
  sagactl nodes
  held=$(node_field sagad-2 held)
  [[ "$held" -gt 0 ]] || die "the second node was killed too late to be in the middle of anything"
  say "It died with $held purchases in its hands. The first node goes on at once, also with new ones:"
  start_purchases K 17 19
  wait_until 30 "the payment of K-17" ended_well K-17
  say "K-17 is paid, $(seconds_since "$killed_at") s after the kill."
  wait_until 60 "the end of all purchases" none_are_open K
  say "All are paid, $(seconds_since "$killed_at") s after the kill; a lease lasts 5 s, a purchase 1 s."
  sagactl nodes
  expect "the second node" gone "$(node_field sagad-2 state)"
  say "One of those that were taken over:"
  sagactl history order_paid-K-16
  say "The second node is started again, under the next number, and gets its share of the rest:"
  start_node sagad-2
  [[ "$(node_field sagad-2 id)" -gt "$first" ]] || die "the second node came back under its old number"
  start_purchases K 18 20
  wait_until 60 "the end of all purchases" none_are_open K
  expect "transactions that ended in succeed" 20 \
    "$(ask_sagactl list --gid-prefix order_paid-K- --status succeed | jq length)"
  check_money K
  ok "all 20 purchases reached their end, those of the dead node too"
}

# check_money PREFIX: of product 9, where there were 100.
check_money() {
  local left sold
  expect "orders paid" "$(orders_of "$1-" | jq length)" "$(count_orders "$1-" PAID)"
  left=$(product_call GetStock '{"product_id":9,"size_id":1}' | jq -r .stock)
  sold=$(pieces_sold "$1-")
  say "product 9: $left in stock, $sold sold"
  expect "stock + sold" 100 "$((left + sold))"
  expect "product 9" "stock $left, frozen 0" "$(stock 9)"
}

scene_node_leaves() {
  headline "3. One node leaves, as for a new version: SIGTERM"
  local n left_at
  set_stock 9 100
  for n in {1..6}; do create_order "L-$n" 9 2; done
  start_purchases L {1..6}
  show_command kill -TERM "${pid[sagad-2]}"
  left_at=$(milliseconds)
  stop_processes "${pid[sagad-2]}"
  say "The second node has finished the calls that were out, and left after $(seconds_since "$left_at") s."
  wait_until 60 "the end of 6 purchases" none_are_open L
  say "All are paid, $(seconds_since "$left_at") s after the signal: nobody waited for a lease."
  sagactl nodes
  check_money L
  start_node sagad-2
  wait_until 10 "the second node" lives sagad-2
  ok "6 purchases reached their end while a node left; it is back"
}
