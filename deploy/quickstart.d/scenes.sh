# The four scenes. Each shows what it does and checks what it claims. Sourced by deploy/quickstart.

# paid DEFINITION CODE: one order through a definition, to its end.
paid() {
  sagactl submit "$1" --input "$2.json" --wait
  expect "exit code of sagactl" 0 "$code"
  expect "the transaction's status" succeed "$(ask_sagactl get "order_paid-$2" | jq -r .status)"
  expect "the order's status" PAY_STATUS_PAID "$(order_field "$2" pay_status)"
  show_order "$2"
  show_stock 7
}

scene_paid() {
  headline "1. A paid order: marked paid, stock deducted"
  set_stock 7 10
  create_order A-1 7 2
  create_order A-2 7 3
  show_stock 7
  say "Order A-1, 2 pieces; sagad calls the services over gRPC:"
  paid order_paid A-1
  expect "product 7 after A-1" "stock 8, frozen 0" "$(stock 7)"
  say "Order A-2, 3 pieces; over HTTP:"
  paid order_paid_http A-2
  expect "product 7 after A-2" "stock 5, frozen 0" "$(stock 7)"
  ok "both orders are paid, 10 - 2 - 3 = 5 pieces are left"
}

scene_out_of_stock() {
  headline "2. Out of stock: everything undone, the reason visible"
  create_order A-3 7 50
  say "Order A-3 wants 50 pieces of the 5:"
  sagactl submit order_paid --input A-3.json --wait
  expect "exit code of sagactl" 10 "$code"
  say "(exit code 10: it ended in failed)"
  sagactl describe order_paid-A-3
  sagactl history order_paid-A-3
  show_order A-3
  show_stock 7
  local reason
  reason=$(ask_sagactl get order_paid-A-3 | jq -r .reason)
  [[ "$reason" == *"out of stock: product 7 size 1: wanted 50, free 5"* ]] || die "the reason does not say why: '$reason'"
  expect "the order's status" PAY_STATUS_FAILED "$(order_field A-3 pay_status)"
  expect "product 7" "stock 5, frozen 0" "$(stock 7)"
  ok "the order is marked failed, no piece is gone, and the reason says: out of stock"
}

# tried GID ORDER_ID QUANTITY: the first half of a TCC, as any client of DTM's protocol does it.
tried() {
  local payload="{\"order_id\":$2,\"items\":[{\"product_id\":7,\"size_id\":1,\"quantity\":$3}]}"
  local door=http://${http[sagad]}/api/dtmsvr branches=http://${http[product]}/product.v1.Product
  request "$door/prepare" "{\"gid\":\"$1\",\"trans_type\":\"tcc\"}"
  request "$door/registerBranch" "$(jq -cn --arg gid "$1" --arg url "$branches" --arg data "$payload" \
    '{gid: $gid, trans_type: "tcc", branch_id: "01", confirm: "\($url)/ConfirmDeduct", cancel: "\($url)/CancelThaw", data: $data}')"
  request "$branches/TryFreeze?gid=$1&trans_type=tcc&branch_id=01&op=try" "$payload"
}

scene_reservation() {
  headline "3. A reservation (TCC): try freezes, confirm deducts, cancel thaws"
  local door=http://${http[sagad]}/api/dtmsvr
  create_order R-1 7 2
  say "This time as a client of DTM's protocol. Prepare, register the branch, try:"
  tried reserve-R-1 "$order_id" 2
  show_stock 7
  expect "product 7 after try" "stock 5, frozen 2" "$(stock 7)"
  say "Submit, so that sagad confirms:"
  request "$door/submit" '{"gid":"reserve-R-1","trans_type":"tcc","wait_result":true}'
  show_stock 7
  expect "product 7 after confirm" "stock 3, frozen 0" "$(stock 7)"
  sagactl list --gid-prefix reserve-R-1
  expect "the transaction's status" succeed "$(ask_sagactl get reserve-R-1 | jq -r .status)"

  create_order R-2 7 3
  say "A second one:"
  tried reserve-R-2 "$order_id" 3 >/dev/null
  show_stock 7
  expect "product 7 after try" "stock 3, frozen 3" "$(stock 7)"
  say "and an operator cancels it:"
  sagactl abort reserve-R-2 --reason "customer changed her mind"
  expect "exit code of sagactl" 0 "$code"
  sagactl wait reserve-R-2
  expect "exit code of sagactl wait" 10 "$code"
  show_stock 7
  expect "product 7 after cancel" "stock 3, frozen 0" "$(stock 7)"
  ok "try froze, confirm took 2 pieces out of stock, cancel gave 3 back"
}

accepted() { notify "$1" >/dev/null; }
paid_are() { [[ "$(count_orders K- PAID)" -eq "$1" ]]; }
none_open() { [[ "$(ask_sagactl list --gid-prefix order_paid-K- --open | jq length)" -eq 0 ]]; }

scene_killed() {
  headline "4. sagad killed with SIGKILL in the middle of 20 purchases"
  local n answer
  set_stock 9 100
  for n in {1..20}; do create_order "K-$n" 9 $((1 + n % 3)); done
  show_stock 9
  say "20 orders. The payment provider calls the order service back for 6, and when these are paid for 8 more:"
  for n in {1..6}; do answer=$(notify "K-$n") || die "PayNotify: $answer"; done
  wait_until 30 "the payment of 6 orders" paid_are 6
  for n in {7..14}; do answer=$(notify "K-$n") || die "PayNotify: $answer"; done
  kill_at_once sagad
  show_command kill -9 "${pid[sagad]}"
  local now_paid
  now_paid=$(count_orders K- PAID)
  say "paid: $now_paid, in the middle: $((14 - now_paid)), to come: 6"
  [[ "$now_paid" -lt 14 ]] || die "sagad was killed too late to be in the middle of anything"
  if answer=$(notify K-15); then die "a callback was taken although sagad is dead: $answer"; fi
  say "the callback for K-15 is answered: $(jq -r .message <<<"$answer")"
  say "sagad is started again, on the same data; the provider repeats what was not taken:"
  start_sagad
  for n in {15..20}; do wait_until 30 "the callback for K-$n" accepted "K-$n"; done
  wait_until 60 "the end of the 20 purchases" none_open
  sagactl list --gid-prefix order_paid-K-
  expect "transactions that ended in succeed" 20 \
    "$(ask_sagactl list --gid-prefix order_paid-K- --status succeed | jq length)"
  expect "orders paid" 20 "$(count_orders K- PAID)"
  local left sold
  left=$(product_call GetStock '{"product_id":9,"size_id":1}' | jq -r .stock)
  sold=$(pieces_sold K-)
  say "product 9: $left in stock, $sold sold"
  expect "stock + sold" 100 "$((left + sold))"
  expect "product 9" "stock $left, frozen 0" "$(stock 9)"
  ok "all 20 purchases reached their end, $left in stock + $sold sold = 100"
}

tell_what_next() {
  local elsewhere=""
  [[ "$server" == 127.0.0.1:36790 ]] || elsewhere=" SAGACTL_SERVER=$server"
  if [[ "$stay" == no ]]; then
    local other again="--stay"
    local -A about=(
      [plain]="a paid order, one out of stock, a reservation, and sagad killed in the middle of 20 purchases"
      [kafka]="services that vanish, purchases that go round by Kafka, dead letters and their replay"
      [mysql]="two nodes on one MariaDB: one is killed, the other takes over"
    )
    [[ "$tour" == plain ]] || again="--$tour --stay"
    say "Next:"
    printf '  %-34s%s\n' "deploy/quickstart $again" "the same, and everything keeps running for you to play with"
    for other in plain kafka mysql; do
      [[ "$other" != "$tour" ]] || continue
      if [[ "$other" == plain ]]; then again=""; else again=" --$other"; fi
      printf '  %-34s%s\n' "deploy/quickstart$again" "${about[$other]}"
    done
    printf '  %-34s%s\n' \
      "build/release/bin/sagactl help" "what an operator can ask and do" \
      sagas/README.md "your own saga as a file" \
      participants/README.md "your own service as a participant" \
      "tests/run --quick" "the tests"
    return
  fi
  local stop="deploy/quickstart --stop"
  [[ "$temporary" == yes ]] || stop+=" --data-dir $dir"
  cat <<TEXT
Still running; databases and logs in $dir. Next:
  export PATH=$bin:\$PATH$elsewhere
  sagactl list
  sagactl nodes
  curl -d '{"user_id":1,"order_code":"B-1","items":[{"product_id":7,"size_id":1,"quantity":1,"price_cents":250}]}' \\
    ${http[order]}/order.v1.Order/CreateOrder
  curl -d '{"out_trade_no":"B-1","trade_no":"T-1","status_code":"0000","wait_result":true}' \\
    ${http[order]}/order.v1.Order/PayNotify
  sagactl describe order_paid-B-1
  curl ${http[sagad]}/api/metrics
Stop it with:
  $stop
TEXT
}
