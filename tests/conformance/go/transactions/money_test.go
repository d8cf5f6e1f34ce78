package transactions

import (
	"database/sql"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// What the accounts of a transfer have at first, and how much moves.
const (
	opening = 100
	amount  = 30
)

// accounts are the two sides of a transfer in the SQL database.
type accounts struct {
	db      *sql.DB
	out, in stage.Account
}

func newAccounts(t *testing.T) accounts {
	return accounts{db: stage.DB(t), out: stage.NewAccount(t, "out", opening), in: stage.NewAccount(t, "in", opening)}
}

func (a accounts) expectMoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, opening-amount)
	a.in.ExpectBalance(t, opening+amount)
}

func (a accounts) expectUnmoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, opening)
	a.in.ExpectBalance(t, opening)
}

// adjusting is a branch that changes an account behind the barrier, and takes the change back when
// it is called to compensate or cancel.
func adjusting(t *testing.T, name string, account stage.Account, change int) *stage.Branch {
	db := stage.DB(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		return "", barrier.CallWithDB(db, func(tx *sql.Tx) error {
			if call.Op == "compensate" || call.Op == "cancel" {
				return account.Adjust(tx, -change)
			}
			return account.Adjust(tx, change)
		})
	})
}

// asking is the check-back of a message whose business is in the SQL database.
func asking(t *testing.T, name string) *stage.Branch {
	db := stage.DB(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		return "", barrier.QueryPrepared(db)
	})
}

// redisAccounts are the two sides of a transfer in Redis.
type redisAccounts struct{ out, in stage.RedisAccount }

func newRedisAccounts(t *testing.T) redisAccounts {
	return redisAccounts{out: stage.NewRedisAccount(t, "out", opening), in: stage.NewRedisAccount(t, "in", opening)}
}

func (a redisAccounts) expectMoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, opening-amount)
	a.in.ExpectBalance(t, opening+amount)
}

func (a redisAccounts) expectUnmoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, opening)
	a.in.ExpectBalance(t, opening)
}

// adjustingRedis is adjusting with the barrier that the client library has for Redis.
func adjustingRedis(t *testing.T, name string, account stage.RedisAccount, change int) *stage.Branch {
	client := stage.Redis(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		by := change
		if call.Op == "compensate" || call.Op == "cancel" {
			by = -change
		}
		return "", barrier.RedisCheckAdjustAmount(client, account.Key, by, stage.BarrierSeconds)
	})
}

// askingRedis is the check-back of a message whose business is in Redis.
func askingRedis(t *testing.T, name string) *stage.Branch {
	client := stage.Redis(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		return "", barrier.RedisQueryPrepared(client, stage.BarrierSeconds)
	})
}

// withdraw takes the amount out in the local transaction of a message.
func (a accounts) withdraw(tx *sql.Tx) error { return a.out.Adjust(tx, -amount) }

func (a redisAccounts) withdraw(t *testing.T, barrier *dtmcli.BranchBarrier) error {
	return barrier.RedisCheckAdjustAmount(stage.Redis(t), a.out.Key, -amount, stage.BarrierSeconds)
}
