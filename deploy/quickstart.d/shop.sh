# What the scenes do at the order and product services, over their JSON doors. Sourced by deploy/quickstart.

order_call() { post "http://${http[order]}/order.v1.Order/$1" "$2"; }
product_call() { post "http://${http[product]}/product.v1.Product/$1" "$2"; }

# set_stock PRODUCT PIECES
set_stock() {
  local answer
  answer=$(product_call SetStock "{\"product_id\":$1,\"size_id\":1,\"stock\":$2}") || die "SetStock: $answer"
}

# stock PRODUCT: "stock 8, frozen 0"
stock() {
  product_call GetStock "{\"product_id\":$1,\"size_id\":1}" | jq -r '"stock \(.stock // 0), frozen \(.frozen // 0)"'
}

# create_order CODE PRODUCT QUANTITY: and leaves what the saga is started with in CODE.json.
order_id=0
create_order() {
  local answer items
  items="[{\"product_id\":$2,\"size_id\":1,\"quantity\":$3,\"price_cents\":250}]"
  answer=$(order_call CreateOrder "{\"user_id\":1,\"order_code\":\"$1\",\"items\":$items}") || die "CreateOrder: $answer"
  order_id=$(jq -r .order_id <<<"$answer")
  cat >"$dir/$1.json" <<JSON
{"order_id": $order_id, "order_code": "$1", "trade_no": "T-$1",
 "items": [{"product_id": $2, "size_id": 1, "quantity": $3}]}
JSON
}

# order_field CODE FIELD
order_field() { order_call GetOrder "{\"order_code\":\"$1\"}" | jq -r ".$2"; }

show_stock() { say "product $1: $(stock "$1")"; }
show_order() { say "order $1: $(order_call GetOrder "{\"order_code\":\"$1\"}" | jq -r '"\(.pay_status) \(.pay_error)"')"; }

# Orders whose code begins with PREFIX: how many pieces the paid ones took, how many have each status.
orders_of() { order_call ListOrders '{"limit":1000}' | jq "[.orders[] | select(.order_code | startswith(\"$1\"))]"; }
pieces_sold() { orders_of "$1" | jq '[.[] | select(.pay_status == "PAY_STATUS_PAID") | .items[].quantity | tonumber] | add // 0'; }
count_orders() { orders_of "$1" | jq "[.[] | select(.pay_status == \"PAY_STATUS_$2\")] | length"; }

# The payment provider's callback for order CODE, answered as soon as sagad has stored the transaction.
notify() { order_call PayNotify "{\"out_trade_no\":\"$1\",\"trade_no\":\"T-$1\",\"status_code\":\"0000\"}"; }

# Looks every tenth of a second: wait_until SECONDS WHAT COMMAND...
wait_until() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [[ "$SECONDS" -lt "$deadline" ]] || die "$what took too long"
    sleep 0.1
  done
}
