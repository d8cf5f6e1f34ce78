package transactions

import (
	"database/sql"
	"testing"

	"sagad/tests/conformance/go/stage"
)

func sagaBarrier(t *testing.T, door stage.Door) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out, in := stage.Adjusting(t, "out", money.Out, -stage.Amount), stage.Adjusting(t, "in", money.In, stage.Amount)
	s := stage.NewSaga(t, door)
	s.Step(out, out).Step(in, in)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	money.ExpectMoved(t)
}

func TestSagaBarrierNormal(t *testing.T)     { sagaBarrier(t, stage.HTTP) }
func TestSagaGrpcBarrierNormal(t *testing.T) { sagaBarrier(t, stage.GRPC) }

// The second step has not enough to give: it fails, and its own compensation must undo nothing.
func sagaBarrierRollback(t *testing.T, door stage.Door) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out, in := stage.Adjusting(t, "out", money.Out, -stage.Amount), stage.Adjusting(t, "in", money.In, -2*stage.Opening)
	s := stage.NewSaga(t, door)
	s.Step(out, out).Step(in, in)
	mustSucceed(t, s.Submit())
	expectReason(t, stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSF"), "balance not enough")
	money.ExpectUnmoved(t)
}

func TestSagaBarrierRollback(t *testing.T)     { sagaBarrierRollback(t, stage.HTTP) }
func TestSagaGrpcBarrierRollback(t *testing.T) { sagaBarrierRollback(t, stage.GRPC) }

// Two barrier calls in one request are both made.
func TestSagaBarrier2Normal(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	in := stage.NewBranch(t, "in", func(call stage.Call) (string, error) {
		barrier, err := call.Barrier()
		for i := 0; i < 2 && err == nil; i++ {
			err = barrier.CallWithDB(money.DB, func(tx *sql.Tx) error { return money.In.Adjust(tx, stage.Amount/2) })
		}
		return "", err
	})
	s := stage.NewSaga(t, stage.HTTP)
	s.Step(out, out).Step(in, nil)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	money.ExpectMoved(t)
	var ids string
	mustSucceed(t, money.DB.QueryRow("select group_concat(barrier_id order by barrier_id) from dtm_barrier.barrier "+
		"where gid = ? and branch_id = '02' and op = 'action'", s.Gid).Scan(&ids))
	if ids != "01,02" {
		t.Errorf("barrier ids are %s", ids)
	}
}

func TestSagaBarrierRedisNormal(t *testing.T) {
	t.Parallel()
	money := newRedisAccounts(t)
	out, in := adjustingRedis(t, "out", money.out, -stage.Amount), adjustingRedis(t, "in", money.in, stage.Amount)
	s := stage.NewSaga(t, stage.HTTP)
	s.Step(out, out).Step(in, in)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	money.expectMoved(t)
}

func TestSagaBarrierRedisRollback(t *testing.T) {
	t.Parallel()
	money := newRedisAccounts(t)
	in, out := adjustingRedis(t, "in", money.in, stage.Amount), adjustingRedis(t, "out", money.out, -2*stage.Opening)
	s := stage.NewSaga(t, stage.HTTP)
	s.Step(in, in).Step(out, out)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSF")
	money.expectUnmoved(t)
}

// A repeated call of the same branch changes nothing.
func TestSagaBarrierRepeated(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	out := stage.Adjusting(t, "out", money.Out, -stage.Amount)
	deposit := stage.Adjusting(t, "deposit", money.In, stage.Amount)
	answers := stage.Answering(t, "answers", errOther, nil)
	in := stage.NewBranch(t, "in", func(call stage.Call) (string, error) {
		if _, err := deposit.Take(call); err != nil {
			return "", err
		}
		return answers.Take(call)
	})
	s := stage.NewSaga(t, stage.GRPC)
	s.Step(out, out).Step(in, in)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	if calls := in.Calls(); len(calls) < 2 {
		t.Errorf("%d calls", len(calls))
	}
	money.ExpectMoved(t)
}
