package stage

import (
	"database/sql"
	"testing"
)

// What the accounts of a transfer have at first, and how much moves.
const (
	Opening = 100
	Amount  = 30
)

// Accounts are the two sides of a transfer in the SQL database.
type Accounts struct {
	DB      *sql.DB
	Out, In Account
}

// NewAccounts opens both with the same balance.
func NewAccounts(t *testing.T) Accounts {
	t.Helper()
	return Accounts{DB: DB(t), Out: NewAccount(t, "out", Opening), In: NewAccount(t, "in", Opening)}
}

// ExpectMoved checks that the amount has gone from one to the other.
func (a Accounts) ExpectMoved(t *testing.T) {
	t.Helper()
	a.Out.ExpectBalance(t, Opening-Amount)
	a.In.ExpectBalance(t, Opening+Amount)
}

// ExpectUnmoved checks that both have what they had.
func (a Accounts) ExpectUnmoved(t *testing.T) {
	t.Helper()
	a.Out.ExpectBalance(t, Opening)
	a.In.ExpectBalance(t, Opening)
}

// Withdraw takes the amount out, in a local transaction.
func (a Accounts) Withdraw(tx *sql.Tx) error { return a.Out.Adjust(tx, -Amount) }

// Undoes tells whether a call takes back what another one did.
func (c Call) Undoes() bool { return c.Op == "compensate" || c.Op == "cancel" || c.Op == "rollback" }

// Adjusting is a branch that changes an account behind the client library's barrier, and takes the
// change back when it is called to undo.
func Adjusting(t *testing.T, name string, account Account, change int) *Branch {
	t.Helper()
	db := DB(t)
	return NewBranch(t, name, func(call Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		return "", barrier.CallWithDB(db, func(tx *sql.Tx) error {
			if call.Undoes() {
				return account.Adjust(tx, -change)
			}
			return account.Adjust(tx, change)
		})
	})
}
