package transactions

import (
	"testing"

	"github.com/dtm-labs/client/dtmcli"

	"sagad/tests/conformance/go/stage"
)

func sagaConcurrent(t *testing.T, door stage.Door) {
	t.Parallel()
	s := stage.NewSaga(t, door)
	together := stage.Rendezvous(2)
	s.Step(stage.NewBranch(t, "out", together), nil).Step(stage.NewBranch(t, "in", together), nil)
	s.SetConcurrent()
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
}

func TestSagaConNormal(t *testing.T)   { sagaConcurrent(t, stage.HTTP) }
func TestSagaGrpcCurrent(t *testing.T) { sagaConcurrent(t, stage.GRPC) }

func TestSagaConRollbackNormal(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(failure()), answers(dtmcli.ErrOngoing, nil), nil)
	s.SetConcurrent()
	mustSucceed(t, s.Submit())
	state := stage.AwaitStatus(t, s.Gid, "failed")
	if state.Branches[0].Status != "succeed" || state.Branches[1].Status != "failed" {
		t.Errorf("branch 01 is not undone: %s", state)
	}
	if calls := s.outBack.Calls(); len(calls) < 2 {
		t.Errorf("the ongoing compensation was called %d times", len(calls))
	}
	if len(s.in.Calls()) > 0 && len(s.inBack.Calls()) == 0 {
		t.Errorf("branch 02 was called and is not undone: %s", state)
	}
}

func TestSagaConRollbackOrder(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, answers(failure()), nil, nil)
	s.SetConcurrent().AddBranchOrder(1, []int{0})
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SFPP")
	s.in.ExpectNoCalls(t)
	s.inBack.ExpectNoCalls(t)
}

func TestSagaConRollbackOrder2(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.HTTP, nil, nil, answers(failure()))
	s.SetConcurrent().AddBranchOrder(1, []int{0})
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "failed", stage.SagaOps, "SSSF")
	if s.inBack.Calls()[0].At.After(s.outBack.Calls()[0].At) {
		t.Errorf("compensations are not in inverted order")
	}
}

func TestSagaGrpcCurrentOrder(t *testing.T) {
	t.Parallel()
	s := newTwoSteps(t, stage.GRPC, answers(dtmcli.ErrOngoing, nil), nil, nil)
	s.SetConcurrent().AddBranchOrder(1, []int{0})
	mustSucceed(t, s.Submit())
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	out := s.out.Calls()
	if s.in.Calls()[0].At.Before(out[len(out)-1].At) {
		t.Errorf("step 1 was called before step 0 had succeeded")
	}
}

func TestSagaConCommittedOngoing(t *testing.T) {
	t.Parallel()
	gate := stage.NewGate(t)
	s := stage.NewSaga(t, stage.HTTP)
	out := stage.AnsweringBehind(t, "out", gate, dtmcli.ErrOngoing, nil)
	in := stage.Answering(t, "in")
	s.Step(out, nil).Step(in, nil)
	s.SetConcurrent()
	s.RequestTimeout = 60
	mustSucceed(t, s.Submit())
	out.AwaitCalls(t, 2)
	state := stage.Query(t, s.Gid)
	if state.Transaction.Status != "submitted" {
		t.Errorf("not submitted: %s", state)
	}
	stage.ExpectRows(t, state, stage.SagaOps, "PPPS")
	gate.Open()
	stage.ExpectEnd(t, s.Gid, "succeed", stage.SagaOps, "PSPS")
	if calls := in.Calls(); len(calls) != 1 {
		t.Errorf("the branch that had succeeded was called %d times", len(calls))
	}
}
