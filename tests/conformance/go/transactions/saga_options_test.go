package transactions

import (
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// expectPause checks that the calls after the first one kept a distance. Servers may be late, but
// not early; a second is allowed because schedules may be kept in whole seconds.
func expectPause(t *testing.T, calls []stage.Call, seconds ...int) {
	t.Helper()
	if len(calls) != len(seconds)+1 {
		t.Fatalf("%d calls, want %d", len(calls), len(seconds)+1)
	}
	for i, want := range seconds {
		pause := calls[i+1].At.Sub(calls[i].At)
		if pause < time.Duration(want-1)*time.Second {
			t.Errorf("pause %d is %s, want %d s", i+1, pause, want)
		}
	}
}

// After ongoing the interval stays as it is.
func TestSagaOptionsRetryOngoing(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(dtmcli.ErrOngoing, nil), nil, nil)
	s.RetryInterval = 3
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	expectPause(t, s.out.Calls(), 3)
}

// After an error it doubles.
func TestSagaOptionsRetryError(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(errOther, errOther, nil), nil, nil)
	s.RetryInterval = 2
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	expectPause(t, s.out.Calls(), 4, 8)
}

func TestSagaOptionsTimeout(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(dtmcli.ErrOngoing), nil, nil)
	s.TimeoutToFail = 2
	mustSucceed(t, s.Submit())
	expectTimeoutReason(t, stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SPPP"))
	s.in.ExpectNoCalls(t)
}

// slowerThanDefault answers after the time that the server would wait without a request_timeout.
func slowerThanDefault(call stage.Call) (string, error) {
	select {
	case <-time.After(3500 * time.Millisecond):
		return "", nil
	case <-call.Context.Done():
		return "", call.Context.Err()
	}
}

func sagaRequestTimeout(t *testing.T, door stage.Door) {
	t.Parallel()
	s := stage.NewSaga(t, door)
	out := stage.NewBranch(t, "out", slowerThanDefault)
	s.Step(out, nil)
	s.WithGlobalTransRequestTimeout(6)
	s.WaitResult = true
	s.RetryInterval = 0 // a shorter one makes the peer call again in between
	mustSucceed(t, s.Submit())
	stage.ExpectStatus(t, s.Gid, "succeed")
	calls := out.Calls()
	if len(calls) != 1 {
		t.Fatalf("%d calls", len(calls))
	}
	if value, found := calls[0].Headers["test_header"]; found {
		t.Errorf("a header nobody asked for: %s", value)
	}
}

func TestSagaGlobalTransWithRequestTimeout(t *testing.T)     { sagaRequestTimeout(t, stage.HTTP) }
func TestSagaGrpcWithGlobalTransRequestTimeout(t *testing.T) { sagaRequestTimeout(t, stage.GRPC) }

func sagaNormalWait(t *testing.T, door stage.Door) {
	t.Parallel()
	s := newTwoSteps(t, door, nil, nil, nil)
	s.WaitResult = true
	mustSucceed(t, s.Submit())
	state := stage.Query(t, s.Gid)
	if state.Transaction.Status != "succeed" {
		t.Errorf("not succeeded on return: %s", state)
	}
	stage.ExpectRows(t, state, stage.SagaOps, "PSPS")
}

func TestSagaOptionsNormalWait(t *testing.T) { sagaNormalWait(t, stage.HTTP) }
func TestSagaGrpcNormalWait(t *testing.T)    { sagaNormalWait(t, stage.GRPC) }
func TestSagaJrpcNormalWait(t *testing.T)    { sagaNormalWait(t, stage.JSONRPC) }

func TestSagaOptionsCommittedOngoingWait(t *testing.T) {
	t.Parallel()
	gate := stage.NewGate(t)
	s := stage.NewSaga(t, stage.HTTP)
	out := stage.AnsweringBehind(t, "out", gate, dtmcli.ErrOngoing, nil)
	s.Step(out, nil).Step(stage.Answering(t, "in"), nil)
	s.WaitResult, s.RequestTimeout = true, 60
	mustFail(t, s.Submit(), "FAILURE")
	state := stage.Query(t, s.Gid)
	if state.Transaction.Status != "submitted" {
		t.Errorf("not submitted: %s", state)
	}
	stage.ExpectRows(t, state, stage.SagaOps, "PPPP")
	gate.Open()
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
}

func sagaRollbackWait(t *testing.T, door stage.Door) {
	t.Parallel()
	s := newTwoSteps(t, door, nil, nil, answers(failure()))
	s.WaitResult = true
	mustFail(t, s.Submit(), failureText)
	state := stage.Query(t, s.Gid)
	if state.Transaction.Status != "failed" {
		t.Errorf("not failed on return: %s", state)
	}
	stage.ExpectRows(t, state, stage.SagaOps, "SSSF")
	expectReason(t, state, failureText)
}

func TestSagaOptionsRollbackWait(t *testing.T)     { sagaRollbackWait(t, stage.HTTP) }
func TestSagaGrpcOptionsRollbackWait(t *testing.T) { sagaRollbackWait(t, stage.GRPC) }
func TestSagaJrpcRollbackWait(t *testing.T)        { sagaRollbackWait(t, stage.JSONRPC) }

// sagaHeaders makes the first pass end after the first of some answers; what is left is a later pass.
func sagaHeaders(t *testing.T, door stage.Door, answers ...error) {
	t.Parallel()
	s := newTwoSteps(t, door, answers, nil, nil)
	s.BranchHeaders = map[string]string{"test_header": "test"}
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	calls := append(s.out.Calls(), s.in.Calls()...)
	if len(calls) < len(answers)+1 {
		t.Fatalf("%d calls", len(calls))
	}
	for _, call := range calls {
		if call.Headers["test_header"] != "test" {
			t.Errorf("no header in the call of branch %s: %v", call.BranchID, call.Headers)
		}
	}
}

func TestSagaHeaders(t *testing.T)         { sagaHeaders(t, stage.HTTP) }
func TestSagaHeadersYes1(t *testing.T)     { sagaHeaders(t, stage.HTTP, dtmcli.ErrOngoing, nil) }
func TestSagaGrpcHeaders(t *testing.T)     { sagaHeaders(t, stage.GRPC) }
func TestSagaGrpcCronHeaders(t *testing.T) { sagaHeaders(t, stage.GRPC, dtmcli.ErrOngoing, nil) }

func TestSagaGlobalTransWithRetryLimitYes(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(errOther, errOther, errOther, nil), nil, nil)
	s.WithRetryLimit(3)
	s.WaitResult = true
	mustSucceed(t, s.Submit())
	stage.ExpectStatus(t, s.Gid, "succeed")
	if calls := s.out.Calls(); len(calls) != 4 {
		t.Errorf("%d calls, want 4", len(calls))
	}
}

func TestSagaGlobalTransWithRetryLimitNo(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, nil, nil, answers(errOther))
	s.WithRetryLimit(1)
	s.WaitResult = true
	const reason = "RetryCount is greater than RetryLimit, RetryLimit: 1"
	mustFail(t, s.Submit(), reason)
	state := stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSP")
	if state.Transaction.RollbackReason != reason {
		t.Errorf("rollback_reason is %q", state.Transaction.RollbackReason)
	}
	if calls := s.in.Calls(); len(calls) != 2 {
		t.Errorf("%d calls, want 2", len(calls))
	}
}
