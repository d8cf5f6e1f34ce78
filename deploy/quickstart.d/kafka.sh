# The tour with Kafka: services that registered, and what happens when one vanishes. Sourced by deploy/quickstart.

fetch_kafka() {
  local tool
  for tool in java mvn; do
    command -v "$tool" >/dev/null || die "$tool is missing; deploy/install-packages --kafka installs it"
  done
  "$root/tests/kafka/fetch" || die "there is no Kafka broker to start, see above"
}

broker=""
start_kafka() {
  local port controller cluster deadline=$((SECONDS + 60))
  port=$(free_port)
  controller=$(free_port)
  cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | cut -c 1-22)
  broker=127.0.0.1:$port
  setsid "$root/tests/kafka/broker" "$dir/kafka" "$port" "$controller" "$cluster" </dev/null >>"$dir/kafka.log" 2>&1 &
  pid[kafka]=$!
  disown
  until listens "$port"; do
    kill -0 "${pid[kafka]}" 2>/dev/null || die "the Kafka broker did not start: $(tail -n 1 "$dir/kafka.log")"
    [[ "$SECONDS" -lt "$deadline" ]] || die "the Kafka broker was not ready within 60 s"
    sleep 0.1
  done
}

# Who watches a tour has no patience: three useless calls and a branch is a dead letter, two seconds without a heartbeat
# and product is gone.
start_product() {
  start product --orchestrator "${grpc[sagad]}" --kafka "$broker" --attempt-limit 3 --lease-s 2 "$@"
}

registered() { ask_sagactl participants list | jq -e --arg name "$1" 'any(.participant == $name)' >/dev/null; }
# reaches ADDRESS: sagad calls product there.
reaches() {
  ask_sagactl participants describe product |
    jq -e --arg at "$1" '[.instances[] | select(.state == "live") | .instance] == [$at]' >/dev/null
}
product_is_gone() {
  ask_sagactl participants describe product | jq -e 'all(.instances[]; .state != "live")' >/dev/null
}

start_everything_with_kafka() {
  headline "Starting a Kafka broker, sagad, order and product"
  start_kafka
  [[ "${grpc[product]}" != *:0 ]] || grpc[product]=127.0.0.1:$(free_port)
  # Quick, for a tour: a call may take 1 s, its repeat comes after 2 s, a reply by Kafka within 2 s.
  start sagad --definitions "$root/sagas" --kafka-brokers "$broker" --kafka-event-topic saga.events \
    --engine-request-timeout 1s --engine-retry-interval 2s --fallback-reply-timeout 2s
  server=${grpc[sagad]}
  start_product
  start order --sagad "${grpc[sagad]}" --orchestrator "${grpc[sagad]}" --kafka "$broker" --branches registered \
    --product-grpc "${grpc[product]}" --product-http "${http[product]}"
  local name
  for name in sagad order product; do
    printf '%-8s gRPC %-16s HTTP %-16s pid %s\n' "$name" "${grpc[$name]}" "${http[$name]}" "${pid[$name]}"
    [[ "$name" == sagad ]] || wait_until 20 "the registration of $name" registered "$name"
  done
  printf '%-8s broker %-38s pid %s\n' kafka "$broker" "${pid[kafka]}"
  say "databases and logs in $dir"
  ok "all are ready, and both services have registered at sagad"
}

# buy PREFIX COUNT PRODUCT: orders PREFIX-1, PREFIX-2, ..., one piece each, and the provider's callback for each.
buy() {
  local n answer
  for ((n = 1; n <= $2; ++n)); do
    create_order "$1-$n" "$3" 1
    answer=$(notify "$1-$n") || die "PayNotify: $answer"
  done
}

ended() { [[ "$(ask_sagactl list --gid-prefix "order_paid-$1-" --open | jq length)" -eq 0 ]]; }
all_are() { [[ "$(count_orders "$1-" "$2")" -eq "$3" ]]; }
stock_is() { [[ "$(stock "$1")" == "stock $2, frozen 0" ]]; }
dead_are() { [[ "$(ask_sagactl dlq list | jq length)" -eq "$1" ]]; }

# An operator's act, shown without its answer.
act() {
  show_command sagactl "$@"
  ask_sagactl "$@" >/dev/null || die "sagactl $* failed"
}

scene_registered() {
  headline "1. Services with names: participant://product/Deduct instead of an address"
  sagactl participants list
  set_stock 7 100
  say "Three orders are paid; sagad calls whoever registered as order and product:"
  buy N 3 7
  wait_until 30 "the end of 3 purchases" ended N
  sagactl describe order_paid-N-1
  expect "orders paid" 3 "$(count_orders N- PAID)"
  expect "product 7" "stock 97, frozen 0" "$(stock 7)"
  ok "3 purchases by name, 97 pieces are left"
}

scene_unreachable() {
  headline "2. product's gRPC port is blocked: purchases go round by Kafka"
  local nowhere
  nowhere=127.0.0.1:$(free_port)
  say "product is started again as if a firewall stood before it: sagad is told the address $nowhere, where nobody answers."
  stop_processes "${pid[product]}"
  start_product --advertise "$nowhere"
  wait_until 20 "the registration of product" reaches "$nowhere"
  buy P 10 7
  wait_until 60 "the end of 10 purchases" ended P
  sagactl list --gid-prefix order_paid-P-
  say "One of them, call by call:"
  sagactl history order_paid-P-1
  expect "orders paid" 10 "$(count_orders P- PAID)"
  expect "product 7" "stock 87, frozen 0" "$(stock 7)"
  [[ "$(grep -c '"msg":"taking commands from kafka"' "$dir/product.log")" -ge 2 ]] || die "product takes no commands"
  sagactl outbox
  ok "10 purchases completed although sagad could not call product once"

  say "The firewall opens: product is where it says it is."
  stop_processes "${pid[product]}"
  start_product
  wait_until 20 "the registration of product" reaches "${grpc[product]}"
  buy C 3 7
  wait_until 60 "the end of 3 purchases" ended C
  expect "orders paid" 3 "$(count_orders C- PAID)"
  expect "product 7" "stock 84, frozen 0" "$(stock 7)"
  ok "back to gRPC, 84 pieces are left"
}

scene_dead() {
  headline "3. product dies while five purchases are to be undone: dead letters"
  say "Calls are held where the stock is out and the payment is not confirmed yet:"
  act dest pause product --reason "stop in the middle"
  buy D 5 7
  wait_until 30 "five begun payments" all_are D PROCESSING 5
  act dest pause order --reason "stop in the middle"
  sagactl dest list
  act dest resume product --reason "let the stock go out"
  wait_until 30 "the stock of five orders" stock_is 7 79
  show_stock 7
  kill_at_once product
  show_command kill -9 "${pid[product]}"
  wait_until 20 "sagad to miss product's heartbeat" product_is_gone
  sagactl participants describe product
  say "The customers change their minds, so everything is to be undone; but product cannot take its pieces back:"
  local n
  for n in 1 2 3 4 5; do act abort "order_paid-D-$n" --reason "customer changed her mind"; done
  act dest resume order --reason "go on"
  wait_until 90 "five dead letters" dead_are 5
  sagactl dlq list
  sagactl dlq group
  sagactl list --gid-prefix order_paid-D-
  expect "transactions that wait for an operator" 5 \
    "$(ask_sagactl list --gid-prefix order_paid-D- --status aborting | jq length)"
  ok "after three calls each, by gRPC and by Kafka, five compensations are dead letters: kept, and called no more"
}

scene_replayed() {
  headline "4. An operator replays them"
  grpc[product]=127.0.0.1:$(free_port)
  say "product is started again, on its data but at another address, ${grpc[product]}; its name is what counts:"
  start_product
  wait_until 20 "the registration of product" reaches "${grpc[product]}"
  show_stock 7
  say "First without doing anything, which gives a token for exactly these items:"
  local token selected
  selected=$(sagactl dlq replay "dest=product and op=compensate")
  say "$selected"
  token=$(sed -n 's/.*dlq replay --execute \([a-z0-9]*\) .*/\1/p' <<<"$selected")
  [[ -n "$token" ]] || die "the selection gave no token"
  say "Then with it: one as a canary, then two a second, and an end after the first failure."
  sagactl dlq replay --execute "$token" --rate 2 --max-in-flight 2 --canary 1 --stop-after-errors 1 \
    --reason "product is back"
  expect "exit code of sagactl" 0 "$code"
  wait_until 30 "the end of five purchases" ended D
  say "The whole history of one:"
  sagactl history order_paid-D-1
  sagactl list --gid-prefix order_paid-D-
  expect "transactions undone" 5 "$(ask_sagactl list --gid-prefix order_paid-D- --status failed | jq length)"
  expect "orders marked failed" 5 "$(count_orders D- FAILED)"
  expect "product 7" "stock 84, frozen 0" "$(stock 7)"
  expect "dead letters" 0 "$(ask_sagactl dlq list | jq length)"
  say "A second time is refused:"
  sagactl dlq replay --execute "$token" --reason "once more"
  [[ "$code" -ne 0 ]] || die "a token was taken twice"
  ok "all five are undone, 84 pieces are in stock again"
}
