package transactions

import (
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

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
	return redisAccounts{out: stage.NewRedisAccount(t, "out", stage.Opening), in: stage.NewRedisAccount(t, "in", stage.Opening)}
}

func (a redisAccounts) expectMoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, stage.Opening-stage.Amount)
	a.in.ExpectBalance(t, stage.Opening+stage.Amount)
}

func (a redisAccounts) expectUnmoved(t *testing.T) {
	t.Helper()
	a.out.ExpectBalance(t, stage.Opening)
	a.in.ExpectBalance(t, stage.Opening)
}

// adjustingRedis is stage.Adjusting with the barrier that the client library has for Redis.
func adjustingRedis(t *testing.T, name string, account stage.RedisAccount, change int) *stage.Branch {
	client := stage.Redis(t)
	return stage.NewBranch(t, name, func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		if err != nil {
			return "", err
		}
		by := change
		if call.Undoes() {
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

func (a redisAccounts) withdraw(t *testing.T, barrier *dtmcli.BranchBarrier) error {
	return barrier.RedisCheckAdjustAmount(stage.Redis(t), a.out.Key, -stage.Amount, stage.BarrierSeconds)
}
