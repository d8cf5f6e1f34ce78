package transactions

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

// twoSteps is a saga of two steps; each list is what the branch answers, call by call.
type twoSteps struct {
	stage.Saga
	out, outBack, in, inBack *stage.Branch
}

func newTwoSteps(t *testing.T, door stage.Door, out, outBack, in []error) twoSteps {
	s := twoSteps{
		Saga:    stage.NewSaga(t, door),
		out:     stage.Answering(t, "out", out...),
		outBack: stage.Answering(t, "out-back", outBack...),
		in:      stage.Answering(t, "in", in...),
		inBack:  stage.Answering(t, "in-back"),
	}
	s.Step(s.out, s.outBack).Step(s.in, s.inBack)
	return s
}

func answers(list ...error) []error { return list }

func sagaNormal(t *testing.T, door stage.Door) {
	t.Parallel()
	s := newTwoSteps(t, door, nil, nil, nil)
	mustSucceed(t, s.Submit())
	state := stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	if state.Transaction.RollbackReason != "" {
		t.Errorf("rollback_reason is %q", state.Transaction.RollbackReason)
	}
	for i, branch := range []*stage.Branch{s.out, s.in} {
		calls := branch.Calls()
		if len(calls) != 1 {
			t.Fatalf("action %d was called %d times", i+1, len(calls))
		}
		got := fmt.Sprintf("%s %s %s %s", calls[0].GID, calls[0].TransType, calls[0].BranchID, calls[0].Op)
		if want := fmt.Sprintf("%s saga %02d action", s.Gid, i+1); got != want {
			t.Errorf("called as %s, want %s", got, want)
		}
	}
	s.outBack.ExpectNoCalls(t)
	s.inBack.ExpectNoCalls(t)
}

func TestSagaNormal(t *testing.T)     { sagaNormal(t, stage.HTTP) }
func TestSagaGrpcNormal(t *testing.T) { sagaNormal(t, stage.GRPC) }
func TestSagaJrpcNormal(t *testing.T) { sagaNormal(t, stage.JSONRPC) }

func sagaRollback(t *testing.T, door stage.Door, outBack []error) {
	t.Parallel()
	s := newTwoSteps(t, door, nil, outBack, answers(failure()))
	mustSucceed(t, s.Submit())
	expectReason(t, stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSF"), failureText)
	in, out := s.inBack.Calls(), s.outBack.Calls()
	if len(in) == 0 || len(out) == 0 || in[0].At.After(out[0].At) {
		t.Errorf("compensations are not in reverse order")
	}
}

func TestSagaRollback(t *testing.T)     { sagaRollback(t, stage.HTTP, nil) }
func TestSagaJrpcRollback(t *testing.T) { sagaRollback(t, stage.JSONRPC, nil) }

// The first compensation is not done at once.
func TestSagaGrpcRollback(t *testing.T) {
	sagaRollback(t, stage.GRPC, answers(dtmcli.ErrOngoing, nil))
}

func sagaOngoing(t *testing.T, door stage.Door) {
	t.Parallel()
	gate := stage.NewGate(t)
	s := stage.NewSaga(t, door)
	out := stage.AnsweringBehind(t, "out", gate, dtmcli.ErrOngoing, nil)
	s.RequestTimeout = 60
	s.Step(out, stage.Answering(t, "out-back")).Step(stage.Answering(t, "in"), stage.Answering(t, "in-back"))
	mustSucceed(t, s.Submit())
	out.AwaitCalls(t, 2)
	state := stage.Query(t, s.Gid)
	if state.Transaction.Status != "submitted" {
		t.Errorf("not submitted: %s", state)
	}
	stage.ExpectRows(t, state, stage.SagaOps, "PPPP")
	gate.Open()
	end := stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	if end.Transaction.RollbackReason != "" {
		t.Errorf("rollback_reason is %q", end.Transaction.RollbackReason)
	}
}

func TestSagaOngoingSucceed(t *testing.T)       { sagaOngoing(t, stage.HTTP) }
func TestSagaGrpcCommittedOngoing(t *testing.T) { sagaOngoing(t, stage.GRPC) }

func TestSagaFailed(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, nil, answers(errOther, nil), answers(failure()))
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSF")
	if calls := s.outBack.Calls(); len(calls) < 2 {
		t.Errorf("the compensation that erred was called %d times", len(calls))
	}
}

func TestSagaAbnormal(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(dtmcli.ErrOngoing, nil), nil, nil)
	mustSucceed(t, s.Submit())
	s.out.AwaitCalls(t, 1)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	mustFail(t, s.Submit(), "cannot sumbmit. FAILURE")
}

func sagaEmptyURL(t *testing.T, door stage.Door) {
	t.Parallel()
	s := stage.NewSaga(t, door)
	out := stage.Answering(t, "out")
	s.Step(out, nil).Step(nil, nil)
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	out.AwaitCalls(t, 1)
}

func TestSagaEmptyUrl(t *testing.T)     { sagaEmptyURL(t, stage.HTTP) }
func TestSagaGrpcEmptyUrl(t *testing.T) { sagaEmptyURL(t, stage.GRPC) }

// Clients before 1.10 have their payloads in the steps.
func TestSagaCompatibleNormal(t *testing.T) {
	t.Parallel()
	gid := stage.NewGID(t)
	out, in := stage.Answering(t, "out"), stage.Answering(t, "in")
	step := func(branch *stage.Branch, data string) string {
		return fmt.Sprintf(`{"action":%q,"compensate":"","data":%q}`, branch.URL(), data)
	}
	status, body := stage.Post(t, "/api/dtmsvr/submit", fmt.Sprintf(`{"gid":%q,"trans_type":"saga","steps":[%s,%s]}`,
		gid, step(out, `{"amount":30}`), step(in, `{"amount":31}`)))
	if status != 200 {
		t.Fatalf("submit is answered %d %s", status, body)
	}
	stage.ExpectEnd(t, gid, "succeed", stage.SagaOps, "PSPS")
	if got := out.Calls()[0].Body + in.Calls()[0].Body; got != `{"amount":30}{"amount":31}` {
		t.Errorf("payloads came as %s", got)
	}
}

// What came through one door is known at the others.
func TestSagaKnownAtEveryDoor(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.GRPC, nil, nil, nil)
	mustSucceed(t, s.Submit())
	stage.AwaitStatus(t, s.Gid, "succeed")
	again := stage.NewSaga(t, stage.HTTP)
	again.Gid = s.Gid
	again.Step(s.out, nil)
	mustFail(t, again.Submit(), "FAILURE")
}

var timeoutReason = regexp.MustCompile(`^Timeout after \d+ seconds$`)

func expectTimeoutReason(t *testing.T, state stage.State) {
	t.Helper()
	if !timeoutReason.MatchString(state.Transaction.RollbackReason) {
		t.Errorf("rollback_reason is %q", state.Transaction.RollbackReason)
	}
}
