package transactions

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/go-resty/resty/v2"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"sagad/tests/conformance/go/stage"
)

// callBranch registers a branch of a TCC and tries it.
type callBranch func(try, confirm, cancel *stage.Branch) error

// runTCC runs a TCC through a door, with a retry interval of a second.
func runTCC(door stage.Door, gid string, custom func(*dtmimp.TransBase), business func(callBranch) error) error {
	prepare := func(base *dtmimp.TransBase) {
		base.RetryInterval = 1
		if door == stage.JSONRPC {
			base.Protocol = dtmimp.Jrpc
		}
		if custom != nil {
			custom(base)
		}
	}
	if door == stage.GRPC {
		return dtmgrpc.TccGlobalTransaction2(door.Server(), gid,
			func(tcc *dtmgrpc.TccGrpc) { prepare(&tcc.TransBase) },
			func(tcc *dtmgrpc.TccGrpc) error {
				return business(func(try, confirm, cancel *stage.Branch) error {
					reply := wrapperspb.StringValue{}
					return tcc.CallBranch(wrapperspb.String("payload"), door.URL(try), door.URL(confirm), door.URL(cancel), &reply)
				})
			})
	}
	return dtmcli.TccGlobalTransaction2(door.Server(), gid,
		func(tcc *dtmcli.Tcc) { prepare(&tcc.TransBase) },
		func(tcc *dtmcli.Tcc) (*resty.Response, error) {
			return nil, business(func(try, confirm, cancel *stage.Branch) error {
				_, err := tcc.CallBranch("payload", door.URL(try), door.URL(confirm), door.URL(cancel))
				return err
			})
		})
}

// side is one branch of a TCC; everything succeeds unless it was made otherwise.
type side struct{ try, confirm, cancel *stage.Branch }

func newSide(t *testing.T, name string, try, cancel []error) side {
	return side{
		try:     stage.Answering(t, name+"-try", try...),
		confirm: stage.Answering(t, name+"-confirm"),
		cancel:  stage.Answering(t, name+"-cancel", cancel...),
	}
}

func (s side) callWith(call callBranch) error { return call(s.try, s.confirm, s.cancel) }

func callBoth(first, second side) func(callBranch) error {
	return func(call callBranch) error {
		if err := first.callWith(call); err != nil {
			return err
		}
		return second.callWith(call)
	}
}

func tccNormal(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, out, in := stage.NewGID(t), newSide(t, "out", nil, nil), newSide(t, "in", nil, nil)
	mustSucceed(t, runTCC(door, gid, nil, callBoth(out, in)))
	stage.ExpectEnd(t, gid, "succeed", stage.TccOps, "PSPS")
	for i, each := range []side{out, in} {
		call := each.confirm.Calls()[0]
		want := fmt.Sprintf("%s tcc %02d confirm", gid, i+1)
		if got := fmt.Sprintf("%s %s %s %s", call.GID, call.TransType, call.BranchID, call.Op); got != want {
			t.Errorf("called as %s, want %s", got, want)
		}
		if !strings.Contains(call.Body, "payload") {
			t.Errorf("payload came as %q", call.Body)
		}
		each.cancel.ExpectNoCalls(t)
	}
	if out.confirm.Calls()[0].At.Before(in.confirm.Calls()[0].At) {
		t.Errorf("the branch that was registered last is not confirmed first")
	}
}

func TestTccNormal(t *testing.T)     { tccNormal(t, stage.HTTP) }
func TestTccGrpcNormal(t *testing.T) { tccNormal(t, stage.GRPC) }
func TestTccJrpcNormal(t *testing.T) { tccNormal(t, stage.JSONRPC) }

// The short form, without options.
func TestTccCompatible(t *testing.T) {
	t.Parallel()
	gid, out, in := stage.NewGID(t), newSide(t, "out", nil, nil), newSide(t, "in", nil, nil)
	mustSucceed(t, dtmcli.TccGlobalTransaction(stage.HTTPServer(), gid, func(tcc *dtmcli.Tcc) (*resty.Response, error) {
		for _, each := range []side{out, in} {
			if response, err := tcc.CallBranch("payload", each.try.URL(), each.confirm.URL(), each.cancel.URL()); err != nil {
				return response, err
			}
		}
		return nil, nil
	}))
	stage.ExpectEnd(t, gid, "succeed", stage.TccOps, "PSPS")
}

func tccRollback(t *testing.T, door stage.Door) (stage.State, error) {
	t.Parallel()
	gid := stage.NewGID(t)
	out := newSide(t, "out", nil, answers(dtmcli.ErrOngoing, nil))
	in := newSide(t, "in", answers(failure()), nil)
	err := runTCC(door, gid, nil, callBoth(out, in))
	mustFail(t, err, failureText)
	state := stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SPSP")
	if calls := out.cancel.Calls(); len(calls) < 2 {
		t.Errorf("the ongoing cancel was called %d times", len(calls))
	}
	if in.cancel.Calls()[0].At.After(out.cancel.Calls()[0].At) {
		t.Errorf("the branch that was registered last is not cancelled first")
	}
	out.confirm.ExpectNoCalls(t)
	in.confirm.ExpectNoCalls(t)
	return state, err
}

func TestTccRollback(t *testing.T) {
	state, _ := tccRollback(t, stage.HTTP)
	expectReason(t, state, "FAILURE")
}

func TestTccJrpcRollback(t *testing.T) {
	state, _ := tccRollback(t, stage.JSONRPC)
	expectReason(t, state, "FAILURE")
}

// The reason is the error of the client, to the letter.
func TestTccGrpcRollback(t *testing.T) {
	state, err := tccRollback(t, stage.GRPC)
	if reason := state.Transaction.RollbackReason; reason != err.Error() ||
		!strings.HasPrefix(reason, "rpc error: code = Aborted desc = ") {
		t.Errorf("rollback_reason is %q, want %q", reason, err)
	}
}

// The server gives up between two branches: the second one cannot be registered any more.
func tccTimeout(t *testing.T, door stage.Door, out, in side) {
	t.Parallel()
	gid := stage.NewGID(t)
	err := runTCC(door, gid, func(base *dtmimp.TransBase) { base.TimeoutToFail = 1 }, func(call callBranch) error {
		if err := out.callWith(call); err != nil {
			return err
		}
		stage.AwaitStatus(t, gid, "failed")
		return in.callWith(call)
	})
	mustFail(t, err, "FAILURE")
	expectTimeoutReason(t, stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SP"))
	in.try.ExpectNoCalls(t)
}

func TestTccTimeout(t *testing.T) {
	tccTimeout(t, stage.HTTP, newSide(t, "out", nil, nil), newSide(t, "in", nil, nil))
}

func TestTccGrpcTimeout(t *testing.T) {
	tccTimeout(t, stage.GRPC, newSide(t, "out", nil, nil), newSide(t, "in", nil, nil))
}

func tccHeaders(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, try := stage.NewGID(t), stage.Answering(t, "try")
	custom := func(base *dtmimp.TransBase) {
		base.WaitResult = true
		base.BranchHeaders = map[string]string{"test_header": "test"}
	}
	mustSucceed(t, runTCC(door, gid, custom, func(call callBranch) error { return call(try, nil, nil) }))
	state := stage.Query(t, gid)
	if state.Transaction.Status != "succeed" {
		t.Errorf("not succeeded on return: %s", state)
	}
	stage.ExpectRows(t, state, stage.TccOps, "PS")
	if value := try.Calls()[0].Headers["test_header"]; value != "test" {
		t.Errorf("header is %q", value)
	}
}

func TestTccHeaders(t *testing.T)     { tccHeaders(t, stage.HTTP) }
func TestTccGrpcHeaders(t *testing.T) { tccHeaders(t, stage.GRPC) }

// What branches answered before 1.10: 200, and the result in the body.
var (
	oldSuccess = stage.RawAnswer{Status: 200, Body: `{"dtm_result":"SUCCESS"}`}
	oldFailure = stage.RawAnswer{Status: 200, Body: `{"dtm_result":"FAILURE"}`}
	oldOngoing = stage.RawAnswer{Status: 200, Body: `{"dtm_result":"ONGOING"}`}
)

func newOldSide(t *testing.T, name string, try error, cancel ...error) side {
	return side{
		try:     stage.Answering(t, name+"-try", try),
		confirm: stage.Answering(t, name+"-confirm", oldOngoing, oldSuccess),
		cancel:  stage.Answering(t, name+"-cancel", cancel...),
	}
}

func TestTccOldNormal(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	out, in := newOldSide(t, "out", oldSuccess, oldSuccess), newOldSide(t, "in", oldSuccess, oldSuccess)
	mustSucceed(t, runTCC(stage.HTTP, gid, nil, callBoth(out, in)))
	stage.ExpectEnd(t, gid, "succeed", stage.TccOps, "PSPS")
}

func TestTccOldRollback(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	out := newOldSide(t, "out", oldSuccess, oldOngoing, oldSuccess)
	in := newOldSide(t, "in", oldFailure, oldSuccess)
	mustFail(t, runTCC(stage.HTTP, gid, nil, callBoth(out, in)), "FAILURE")
	expectReason(t, stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SPSP"), "FAILURE")
}

func TestTccOldTimeout(t *testing.T) {
	tccTimeout(t, stage.HTTP, newOldSide(t, "out", oldSuccess, oldSuccess), newOldSide(t, "in", oldSuccess, oldSuccess))
}

// A branch registers a branch of its own, under the same gid.
func tccNested(t *testing.T, door stage.Door) {
	t.Parallel()
	gid, in, inner := stage.NewGID(t), newSide(t, "in", nil, nil), newSide(t, "inner", nil, nil)
	out := newSide(t, "out", nil, nil)
	out.try = stage.NewBranch(t, "nesting-try", func(call stage.Call) (string, error) {
		if door == stage.GRPC {
			tcc, err := dtmgrpc.TccFromGrpc(call.Context)
			if err != nil {
				return "", err
			}
			reply := wrapperspb.StringValue{}
			return "", tcc.CallBranch(wrapperspb.String("payload"), inner.try.Target(), inner.confirm.Target(),
				inner.cancel.Target(), &reply)
		}
		tcc, err := dtmcli.TccFromQuery(call.Query)
		if err != nil {
			return "", err
		}
		_, err = tcc.CallBranch("payload", inner.try.URL(), inner.confirm.URL(), inner.cancel.URL())
		return "", err
	})
	mustSucceed(t, runTCC(door, gid, nil, callBoth(out, in)))
	state := stage.AwaitStatus(t, gid, "succeed")
	spelled := ""
	for _, row := range state.Branches {
		spelled += row.BranchID + " " + row.Op + " " + row.Status + "; "
	}
	if want := "01 cancel prepared; 01 confirm succeed; 0101 cancel prepared; 0101 confirm succeed; " +
		"02 cancel prepared; 02 confirm succeed; "; spelled != want {
		t.Errorf("rows are %s", spelled)
	}
	if call := inner.confirm.Calls()[0]; call.BranchID != "0101" {
		t.Errorf("the inner branch is %s", call.BranchID)
	}
}

func TestTccNested(t *testing.T)     { tccNested(t, stage.HTTP) }
func TestTccGrpcNested(t *testing.T) { tccNested(t, stage.GRPC) }

func tccMoney(t *testing.T, door stage.Door, inChange int) (string, stage.Accounts, error) {
	t.Parallel()
	gid, money := stage.NewGID(t), stage.NewAccounts(t)
	out, in := stage.Adjusting(t, "out", money.Out, -stage.Amount), stage.Adjusting(t, "in", money.In, inChange)
	err := runTCC(door, gid, nil, func(call callBranch) error {
		if err := call(out, nil, out); err != nil {
			return err
		}
		return call(in, nil, in)
	})
	return gid, money, err
}

func TestTccBarrierNormal(t *testing.T) {
	gid, money, err := tccMoney(t, stage.HTTP, stage.Amount)
	mustSucceed(t, err)
	stage.ExpectEnd(t, gid, "succeed", stage.TccOps, "PSPS")
	money.ExpectMoved(t)
}

func TestTccBarrierRollback(t *testing.T) {
	gid, money, err := tccMoney(t, stage.HTTP, -2*stage.Opening)
	mustFail(t, err, "balance not enough")
	stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SPSP")
	money.ExpectUnmoved(t)
}

// late is a branch whose try comes after its cancel has been made, twice.
func late(t *testing.T, gid string, behind *stage.Branch) side {
	cancelled := stage.Answering(t, "cancelled", errOther, nil)
	return side{
		try: stage.NewBranch(t, "late-try", func(call stage.Call) (string, error) {
			stage.AwaitStatus(t, gid, "failed")
			return behind.Take(call)
		}),
		cancel: stage.NewBranch(t, "late-cancel", func(call stage.Call) (string, error) {
			if _, err := behind.Take(call); err != nil {
				return "", err
			}
			return cancelled.Take(call)
		}),
	}
}

func tccDisorder(t *testing.T, gid string, behind *stage.Branch) {
	each := late(t, gid, behind)
	err := runTCC(stage.HTTP, gid, func(base *dtmimp.TransBase) { base.TimeoutToFail = 1 },
		func(call callBranch) error { return each.callWith(call) })
	mustFail(t, err, "cannot sumbmit. FAILURE")
	stage.ExpectEnd(t, gid, "failed", stage.TccOps, "SP")
	if calls := each.cancel.Calls(); len(calls) < 2 {
		t.Errorf("%d cancels", len(calls))
	}
}

func TestTccBarrierDisorderMysql(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	tccDisorder(t, stage.NewGID(t), stage.Adjusting(t, "behind", money.Out, -stage.Amount))
	money.ExpectUnmoved(t)
}

func TestTccBarrierDisorderRedis(t *testing.T) {
	t.Parallel()
	money := newRedisAccounts(t)
	tccDisorder(t, stage.NewGID(t), adjustingRedis(t, "behind", money.out, -stage.Amount))
	money.expectUnmoved(t)
}

// A panic inside the barrier takes everything back, and comes through.
func TestTccBarrierPanic(t *testing.T) {
	t.Parallel()
	money := stage.NewAccounts(t)
	barrier, err := dtmcli.BarrierFrom("tcc", stage.NewGID(t), "01", "try")
	mustSucceed(t, err)
	if panicked := panics(func() {
		_ = barrier.CallWithDB(money.DB, func(tx *sql.Tx) error {
			if err := money.Withdraw(tx); err != nil {
				return err
			}
			panic(errOther)
		})
	}); !panicked {
		t.Error("no panic")
	}
	money.ExpectUnmoved(t)
}

func panics(do func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	do()
	return false
}
