package transactions

import (
	"database/sql"
	"net/url"
	"sync"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// shared is a branch that is served twice: by participants/product, in C++, and here by the client
// library. Both have the same database and the same barrier.
type shared struct {
	product stage.Product
	db      *sql.DB
	gid     string
	id      int64 // of the product and of the order: nobody else's
}

const pieces = 100

var sharedIDs struct {
	sync.Mutex
	last int64
}

func newShared(t *testing.T) shared {
	t.Helper()
	sharedIDs.Lock()
	defer sharedIDs.Unlock()
	sharedIDs.last++
	s := shared{stage.NewProduct(t), stage.DB(t), stage.NewGID(t), sharedIDs.last}
	s.product.Call(t, "SetStock", map[string]any{"product_id": s.id, "size_id": 1, "stock": pieces}, nil)
	return s
}

// cpp calls the branch at the C++ service, once.
func (s shared) cpp(t *testing.T, op string) {
	t.Helper()
	method := map[string]string{"action": "Deduct", "compensate": "Restore"}[op]
	item := map[string]any{"product_id": s.id, "size_id": 1, "quantity": stage.Amount}
	s.product.Call(t, method, map[string]any{"order_id": s.id, "items": []any{item}},
		url.Values{"gid": {s.gid}, "trans_type": {"saga"}, "branch_id": {"02"}, "op": {op}})
}

// here calls it at the client library, once, and tells whether it did anything.
func (s shared) here(t *testing.T, op string) bool {
	t.Helper()
	barrier, err := dtmcli.BarrierFrom("saga", s.gid, "02", op)
	mustSucceed(t, err)
	ran := false
	mustSucceed(t, barrier.CallWithDB(s.db, func(tx *sql.Tx) error {
		ran = true
		by := map[string]int{"action": -stage.Amount, "compensate": stage.Amount}[op]
		_, err := tx.Exec("update shop.product_stock set stock = stock + ? where product_id = ?", by, s.id)
		return err
	}))
	return ran
}

func (s shared) expectStock(t *testing.T, want int) {
	t.Helper()
	var stock int
	mustSucceed(t, s.db.QueryRow("select stock from shop.product_stock where product_id = ?", s.id).Scan(&stock))
	if stock != want {
		t.Errorf("there are %d pieces, not %d", stock, want)
	}
}

// Whatever reached one of the two is a repeat for the other.
func TestSharedBarrierAppliesOnce(t *testing.T) {
	first := newShared(t)
	first.cpp(t, "action")
	if first.here(t, "action") {
		t.Error("done again here")
	}
	first.expectStock(t, pieces-stage.Amount)
	if !first.here(t, "compensate") {
		t.Error("not undone here")
	}
	first.cpp(t, "compensate")
	first.expectStock(t, pieces)

	other := newShared(t)
	if !other.here(t, "action") {
		t.Error("not done here")
	}
	other.cpp(t, "action")
	other.expectStock(t, pieces-stage.Amount)
}

// An undo through one bars the action at the other.
func TestSharedBarrierBarsTheLateAction(t *testing.T) {
	first := newShared(t)
	first.cpp(t, "compensate")
	if first.here(t, "action") {
		t.Error("done here after its undo there")
	}
	first.expectStock(t, pieces)

	other := newShared(t)
	if other.here(t, "compensate") {
		t.Error("undone here without an action")
	}
	other.cpp(t, "action")
	other.expectStock(t, pieces)
}
